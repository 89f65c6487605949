//! What a restored database must not bring back (CHECKLIST attack 8; docs/adr/restores.md).
//!
//! Between the backup and the restore codes were redeemed, grants spent, tries used up, cases stopped; the backup knows nothing
//! of it. Everything that could be used a second time therefore ends here. It runs on a database that nobody serves, before
//! the evidence about its rows begins anew.

use crate::work::Work;
use crate::{Failure, Service};
use recovery::Decision;
use recovery::authenticator::Authenticator;
use recovery::enrolment::Enrolment;
use recovery::grant::Grant;
use recovery::id::PersonId;
use recovery::temporary_pin::TemporaryPin;
use store::facade::Aggregate;
use store::rows::case::StoredCase;
use store::{Kind, Transaction, kinds};

/// The number of rows that are changed in one transaction.
const BATCH: usize = 200;

/// Kinds whose rows are good for one use, or open something, within minutes or days: whether they were used or ended since
/// the backup is not known.
const USED_ONCE: [Kind; 15] = [
    kinds::PIN_TICKET,
    kinds::SIGN_IN,
    kinds::WAITING_SIGN_INS,
    kinds::CHALLENGE,
    kinds::AGREEMENT,
    kinds::FACE_TRY,
    kinds::CAPTURE,
    kinds::REVEAL,
    kinds::REVEAL_LINK,
    kinds::STAFF_SESSION,
    kinds::STAFF_PROVIDER_SESSION,
    kinds::STAFF_INVITATION,
    kinds::PAIRED_SCREEN,
    kinds::SCREEN_PAIRING,
    kinds::TIME_ACCEPTANCE,
];

/// What ended, so that a restore gives nobody anything back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The number of apps whose tries of the PIN count as used up but for one.
    pub tries: u64,
    /// The number of temporary PINs, grants, open cases and enrolment offers that ended.
    pub ended: u64,
    /// The number of other rows that were deleted.
    pub deleted: u64,
}

impl Service {
    /// Ends everything in a restored database that could be used a second time. Running it again changes nothing more.
    ///
    /// # Errors
    ///
    /// Store errors; then the database must not be served.
    pub async fn end_what_a_restore_brought_back(&self) -> Result<Ended, Failure> {
        let policy = &self.parts().policy;
        let codes =
            self.each::<TemporaryPin, _>(TemporaryPin::withdraw, |it| Some(it.person)).await?;
        let grants = self.each::<Grant, _>(Grant::withdraw, |it| Some(it.person)).await?;
        let cases = self.each::<StoredCase, _>(ended, |it| it.case.person()).await?;
        let offers =
            self.each::<Enrolment, _>(|it| it.withdraw().ok(), |it| Some(it.person)).await?;
        let tries =
            self.each::<Authenticator, _>(|it| it.restored(policy), |it| Some(it.person)).await?;
        let ended = [codes, grants, cases, offers].into_iter().fold(0, u64::saturating_add);
        let mut deleted = 0_u64;
        for kind in USED_ONCE {
            deleted = deleted.saturating_add(self.delete_all(kind).await?);
        }
        Ok(Ended { tries, ended, deleted })
    }

    /// Takes a step in each row of a kind that has one to take.
    async fn each<A: Aggregate, D: Into<Decision<A>>>(
        &self,
        step: impl Fn(&A) -> Option<D>,
        person: impl Fn(&A) -> Option<PersonId>,
    ) -> Result<u64, Failure> {
        let (mut count, mut after) = (0_u64, None);
        loop {
            let rows = self.parts().store.scan(A::KIND, after, BATCH).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = Some(last.record.id);
            let mut work = Work::begin(self).await?;
            for row in &rows {
                let value: A = match work.open(row).await {
                    Ok(value) => value,
                    // Ended, or of a person who was erased.
                    Err(Failure::Refused(_)) => continue,
                    Err(other) => return Err(other),
                };
                let Some(step) = step(&value) else { continue };
                let next = work.take(person(&value), step);
                work.set(&next);
                count = count.saturating_add(1);
            }
            work.commit().await?;
        }
    }

    async fn delete_all(&self, kind: Kind) -> Result<u64, Failure> {
        let mut count = 0_u64;
        loop {
            let rows = self.parts().store.scan(kind, None, BATCH).await?;
            if rows.is_empty() {
                return Ok(count);
            }
            let mut transaction = Transaction::new(self.now().await?);
            for row in &rows {
                transaction = transaction.delete(kind, row.record.id, row.version);
                count = count.saturating_add(1);
            }
            self.parts().store.commit(transaction).await?;
        }
    }
}

fn ended(stored: &StoredCase) -> Option<Decision<StoredCase>> {
    Some(stored.case.restored()?.map(|case| stored.after(case)))
}
