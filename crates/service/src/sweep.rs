//! The sweep does what is due by time alone: lost tries count as wrong, codes and cases lapse, expired rows are deleted.

use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::authenticator::Authenticator;
use recovery::person::Person;
use recovery::policy::Policy;
use recovery::temporary_pin::TemporaryPin;
use recovery::time::Timestamp;
use store::case::StoredCase;
use store::facade::{Aggregate, Loaded};
use store::{Id, Kind, Transaction};

/// The number of rows of each kind that one pass reads.
const BATCH: usize = 256;
/// The largest number of passes in one sweep: 2.5 million rows of each kind. A sweep without an end would delay the stop of
/// the server.
const PASSES_MAX: usize = 10_000;

/// The counts of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows whose state changed.
    pub elapsed: usize,
    /// Rows that were deleted.
    pub deleted: usize,
}

impl Service {
    /// Passes over all rows that are due, until none is left or a pass changes nothing. Losing a race against a request does
    /// not matter: the next sweep finds the row again.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn sweep(&self) -> Result<Swept, Failure> {
        let mut all = Swept::default();
        for _ in 0..PASSES_MAX {
            let (swept, full) = self.sweep_once().await?;
            all.elapsed = all.elapsed.saturating_add(swept.elapsed);
            all.deleted = all.deleted.saturating_add(swept.deleted);
            if !full || swept == Swept::default() {
                break;
            }
        }
        Ok(all)
    }

    /// One pass. Returns also whether a kind filled it, so that more rows may be due.
    async fn sweep_once(&self) -> Result<(Swept, bool), Failure> {
        let apps = self
            .elapse::<Authenticator>(|it, policy, now| it.elapse(policy, now), |it| Some(it.person))
            .await?;
        let codes = self
            .elapse::<TemporaryPin>(|it, policy, now| it.elapse(policy, now), |it| Some(it.person))
            .await?;
        let cases = self.elapse::<StoredCase>(lapse, |it| it.case.person()).await?;
        let persons = self
            .elapse::<Person>(|it, policy, now| it.elapse(policy, now), |it| Some(it.id))
            .await?;
        let visits = self.sweep_appointments(BATCH).await?;
        let each = [apps, codes, cases, persons, visits];
        let mut full = each.into_iter().any(|count| count >= BATCH);
        let elapsed = each.into_iter().fold(0, usize::saturating_add);
        let mut swept = Swept { elapsed, deleted: 0 };
        let now = self.now().await?;
        self.relays.sweep(now);
        self.parts().store.expire_effects(now, BATCH).await?;
        for kind in store::kinds::going_when_due() {
            let deleted = self.delete_due(kind, now).await?;
            full |= deleted >= BATCH;
            swept.deleted = swept.deleted.saturating_add(deleted);
        }
        Ok((swept, full))
    }

    async fn elapse<A: Aggregate>(
        &self,
        elapse: impl Fn(&A, &Policy, Timestamp) -> Option<recovery::Step<A>>,
        person: impl Fn(&A) -> Option<recovery::id::PersonId>,
    ) -> Result<usize, Failure> {
        let now = self.now().await?;
        let due = self.parts().store.due(A::KIND, now, BATCH).await?;
        let mut count = 0_usize;
        for row in due {
            let mut work = Work::begin(self).await?;
            let loaded: Loaded<A> = match work.open(&row).await {
                Ok(loaded) => loaded,
                // Ended, or of an erased person: nothing opens it any more, and it must not stand before what is due.
                Err(Failure::Refused(_)) => {
                    self.drop_row(&row).await?;
                    continue;
                }
                Err(other) => return Err(other),
            };
            let Some(step) = elapse(&loaded.value, &self.parts().policy, work.now()) else {
                continue;
            };
            let next = work.take(person(&loaded.value), step);
            work.put(&loaded, &next);
            match work.commit().await {
                Ok(()) => count = count.saturating_add(1),
                Err(Failure::Rival) => {}
                // The case of a call, which the service's key opens, whose person was erased: no key seals its entries.
                Err(Failure::Refused(no)) if no.code == RefusalCode::NotFound => {
                    self.drop_row(&row).await?;
                }
                Err(other) => return Err(other),
            }
        }
        Ok(count)
    }

    async fn delete_due(&self, kind: Kind, now: Timestamp) -> Result<usize, Failure> {
        let due = self.parts().store.due(kind, now, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        // All at once; one that a rival has changed meanwhile holds the others up, so then each goes by itself.
        let all = due.iter().fold(Transaction::new(now), |transaction, row| {
            transaction.delete(kind, row.record.id, row.version)
        });
        match self.parts().store.commit(all).await {
            Ok(_) => return Ok(due.len()),
            Err(error) if error.class() == store::Class::Rival => {}
            Err(error) => return Err(error.into()),
        }
        let mut count = 0_usize;
        for row in due {
            let id: Id = row.record.id;
            let transaction = Transaction::new(now).delete(kind, id, row.version);
            match self.parts().store.commit(transaction).await {
                Ok(_) => count = count.saturating_add(1),
                Err(error) if error.class() == store::Class::Rival => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(count)
    }
}

fn lapse(
    stored: &StoredCase,
    policy: &Policy,
    now: Timestamp,
) -> Option<recovery::Step<StoredCase>> {
    let step = stored.case.elapse(policy, now)?;
    Some(step.map(|case| stored.after(case)))
}
