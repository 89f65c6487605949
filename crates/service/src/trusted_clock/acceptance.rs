//! Taking back a future that was committed while the clock was wrong: by one person with the key file, and where the
//! settings ask for two, a second with a passkey.

use super::Mistrust;
use crate::parts::{ClockReading, PARTING_MAX_MS};
use crate::staff::SignedIn;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::StaffId;
use recovery::policy::Policy;
use recovery::staff::Role;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

store::row_ids! {
    /// The one request to set time back.
    pub AcceptanceId;
}

const THE_ONE: AcceptanceId = AcceptanceId(1);

/// How long the request waits for the second person, in milliseconds on either clock.
const ASKED_LIFETIME_MS: i64 = 3_600_000;

/// The request of the person with the key file, which waits for the second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedAcceptance {
    /// Both clocks, when it was made.
    pub reading: ClockReading,
    /// The time of the last commit.
    pub last: Timestamp,
}

/// A committed time that lies in the future of this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommittedFuture {
    /// The time of the last commit.
    pub last: Timestamp,
    /// The time that this machine's clock says.
    pub clock: Timestamp,
}

impl Aggregate for AskedAcceptance {
    type Id = AcceptanceId;
    const KIND: Kind = kinds::TIME_ACCEPTANCE;

    fn id(&self) -> AcceptanceId {
        THE_ONE
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(Timestamp(self.reading.wall.0.saturating_add(ASKED_LIFETIME_MS)))
    }
}

store::stored! { struct AskedAcceptance { reading, last } }

impl AskedAcceptance {
    fn is_open(&self, now: ClockReading, last: Timestamp) -> bool {
        let age = now.wall.0.saturating_sub(self.reading.wall.0);
        self.last == last && (-PARTING_MAX_MS..ASKED_LIFETIME_MS).contains(&age)
    }
}

impl Service {
    /// The future that was committed, if the last commit is more than 5 s ahead of this machine's clock.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn committed_future(&self) -> Result<Option<CommittedFuture>, Failure> {
        let clock = self.parts().clock.now();
        let last = self.parts().store.last_committed().await?;
        let is_future = |last: &Timestamp| last.0.saturating_sub(PARTING_MAX_MS) > clock.0;
        Ok(last.filter(is_future).map(|last| CommittedFuture { last, clock }))
    }

    /// Takes a committed future back for somebody who holds the key file. Where the settings ask for two persons, this only
    /// asks the second one: it returns `false`, and nothing is taken back yet.
    ///
    /// # Errors
    ///
    /// `time-not-ahead`; a clock that is not confirmed itself; store errors.
    pub async fn accept_time_by_key_file(&self) -> Result<bool, Failure> {
        let reading = self.parts().clock.reading();
        let future = self.committed_future().await?;
        let future = future.ok_or(Failure::refused(RefusalCode::TimeNotAhead))?;
        if !self.is_synchronised() && !self.database_agrees(reading).await {
            let why = Mistrust::NotConfirmed;
            self.say_closed(why);
            return Err(Failure::ClockNotTrusted { why });
        }
        if self.parts().settings.time_acceptance_persons < 2 {
            self.take_back(future, None).await?;
            return Ok(true);
        }
        let asked = AskedAcceptance { reading, last: future.last };
        let still = self.with_time_standing_still();
        let mut work = Work::begin(&still).await?;
        work.get::<AskedAcceptance>(THE_ONE).await?;
        work.set(&asked);
        let event = JournalEvent::TimeAcceptanceAsked { last: future.last, clock: future.clock };
        work.say(Subject::Nobody { matter: 0 }, event);
        work.commit().await?;
        Ok(false)
    }

    /// The future that the second person is asked to take back, where a first person has asked within the hour.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn asked_time_acceptance(&self) -> Result<Option<CommittedFuture>, Failure> {
        let Some(future) = self.committed_future().await? else { return Ok(None) };
        let still = self.with_time_standing_still();
        let mut work = Work::begin(&still).await?;
        let asked = work.get::<AskedAcceptance>(THE_ONE).await?;
        let reading = self.parts().clock.reading();
        let is_open = asked.is_some_and(|asked| asked.is_open(reading, future.last));
        Ok(is_open.then_some(future))
    }

    /// Takes it back on the confirmation of the second person: a member of staff with the role of an operator.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`; `time-acceptance-not-asked`; `clock-not-trusted` where this server's clock is not right itself.
    pub async fn confirm_time_acceptance(&self, by: &SignedIn) -> Result<(), Failure> {
        by.member().require(Role::Operator)?;
        let asked = self.asked_time_acceptance().await?;
        let future = asked.ok_or(Failure::refused(RefusalCode::TimeAcceptanceNotAsked))?;
        let reading = self.parts().clock.reading();
        let is_confirmed = self.is_synchronised() || self.database_agrees(reading).await;
        if !self.clock().guard().may_take_back(reading, is_confirmed) {
            let why = self.clock_mistrust().unwrap_or(Mistrust::NotConfirmed);
            return Err(Failure::ClockNotTrusted { why });
        }
        self.take_back(future, Some(by.member().id)).await
    }

    async fn take_back(&self, future: CommittedFuture, by: Option<StaffId>) -> Result<(), Failure> {
        let still = self.with_time_standing_still();
        let mut work = Work::begin(&still).await?;
        let asked = work.get::<AskedAcceptance>(THE_ONE).await?;
        if let Some(asked) = &asked {
            work.remove(asked);
        }
        let CommittedFuture { last, clock } = future;
        let event = JournalEvent::TimeAccepted { last, clock, by };
        work.say(Subject::Nobody { matter: 0 }, event);
        work.take_time_back(clock);
        work.commit().await?;
        tracing::warn!(
            last = last.0,
            clock = clock.0,
            "a future that was committed was taken back"
        );
        Ok(())
    }

    /// The time of the last commit; the clock's own on an empty store.
    pub(crate) async fn last_moment(&self) -> Result<Timestamp, Failure> {
        let last = self.parts().store.last_committed().await?;
        Ok(last.map_or_else(|| self.parts().clock.now(), Into::into))
    }
}
