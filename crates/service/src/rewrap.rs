//! Goes over all rows after a rotation of the master key (`genvej keys rotate`).

use crate::work::Subject;
use crate::{Failure, Service};
use recovery::event::JournalEvent;
use store::facade::Aggregate as _;
use store::rewrap::{self, AllUnder, Walk};
use store::seal::Nonce;

impl Service {
    /// Whether rows may be sealed under an older master key than the newest.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn has_rows_under_older_keys(&self) -> Result<bool, Failure> {
        Ok(!rewrap::is_done(&*self.parts().store, &self.parts().keys).await?)
    }

    /// Goes on with a walk over all rows and seals some of them anew; `None` once it has ended, which the journal then says. Several
    /// servers may walk at once, to no harm.
    ///
    /// # Errors
    ///
    /// Store errors; the walk can go on from where it was.
    pub async fn rewrap(&self, walk: Walk) -> Result<Option<Walk>, Failure> {
        let parts = self.parts();
        if !walk.has_ended() {
            let now = self.now().await?;
            let nonce = || Nonce(self.draw());
            return Ok(Some(walk.step(&*parts.store, &parts.keys, now, nonce).await?));
        }
        let done = AllUnder { master: parts.keys.newest().0 };
        attempt!(self, |work| {
            let before = work.load::<AllUnder>(done.id()).await?;
            work.save(before.as_ref(), &done);
            let event = JournalEvent::KeysRewrapped { master: done.master, rows: walk.rows };
            work.say(Subject::Nobody { matter: 0 }, event);
            Ok(None)
        })
    }
}
