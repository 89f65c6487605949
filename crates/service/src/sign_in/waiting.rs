//! The sign-ins that wait for one person: few of each client, and found by the number that the service's own page shows.
//!
//! There is one row for each person, so that two requests at once neither get the same number nor exceed what one client may
//! have open. The app lists none of them: somebody who floods a person with requests fills a row, and the person still types
//! one number.

use super::SignInId;
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

store::row_ids! {
    /// The sign-ins that wait for one person: a keyed hash of the operator's id of the person.
    pub(crate) WaitingId;
}

/// The largest number of sign-ins of one client that wait for one person; a newer one replaces the oldest.
pub(super) const OF_ONE_CLIENT_MAX: usize = 3;
/// The number of wrong numbers that ends a sign-in.
pub(super) const WRONG_NUMBERS_MAX: u8 = 2;
/// The largest number of sign-ins in one row: more than all configured clients together can have open.
const ALL_MAX: usize = 1_024;

/// The row of the sign-ins that wait for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitingSignIns {
    pub(super) id: WaitingId,
    pub(super) waiting: Vec<Waiting>,
}

/// One sign-in that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) sign_in: SignInId,
    pub(super) client: String,
    /// The number that the service shows, four digits.
    pub(super) number: u16,
    /// When the sign-in lapses.
    pub(super) until: Timestamp,
    /// The number of wrong numbers typed while it waited.
    pub(super) wrong: u8,
}

/// The result of looking for a typed number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The number belongs to this sign-in.
    Found(SignInId),
    /// The number belongs to none. It counts against all that wait: `ended` had too many wrong numbers now, `left` says
    /// whether others still wait.
    Wrong { ended: Vec<SignInId>, left: bool },
    /// No sign-in waits.
    Nothing,
}

impl WaitingSignIns {
    pub(super) const fn none(id: WaitingId) -> Self {
        Self { id, waiting: Vec::new() }
    }

    /// Removes the sign-ins that have lapsed.
    pub(super) fn forget_lapsed(&mut self, now: Timestamp) {
        self.waiting.retain(|waiting| now < waiting.until);
    }

    /// Removes a sign-in that was decided.
    pub(super) fn forget(&mut self, sign_in: SignInId) {
        self.waiting.retain(|waiting| waiting.sign_in != sign_in);
    }

    /// Makes room for one more sign-in of this client; returns those that were removed, oldest first.
    pub(super) fn make_room(&mut self, client: &str) -> Vec<SignInId> {
        let own: Vec<SignInId> = self
            .waiting
            .iter()
            .filter(|waiting| waiting.client == client)
            .map(|waiting| waiting.sign_in)
            .collect();
        let too_many = own.len().saturating_add(1).saturating_sub(OF_ONE_CLIENT_MAX);
        let replaced: Vec<SignInId> = own.into_iter().take(too_many).collect();
        self.waiting.retain(|waiting| !replaced.contains(&waiting.sign_in));
        replaced
    }

    pub(super) fn has_number(&self, number: u16) -> bool {
        self.waiting.iter().any(|waiting| waiting.number == number)
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= ALL_MAX
    }

    /// Looks for a number. A wrong one counts against all sign-ins that wait, since nobody knows which was meant.
    pub(super) fn typed(&mut self, number: Option<u16>, now: Timestamp) -> Typed {
        self.forget_lapsed(now);
        if self.waiting.is_empty() {
            return Typed::Nothing;
        }
        if let Some(found) = self.waiting.iter().find(|waiting| Some(waiting.number) == number) {
            return Typed::Found(found.sign_in);
        }
        for waiting in &mut self.waiting {
            waiting.wrong = waiting.wrong.saturating_add(1);
        }
        let over = |waiting: &Waiting| waiting.wrong >= WRONG_NUMBERS_MAX;
        let ended = self.waiting.iter().filter(|it| over(it)).map(|it| it.sign_in).collect();
        self.waiting.retain(|waiting| !over(waiting));
        Typed::Wrong { ended, left: !self.waiting.is_empty() }
    }
}

impl Aggregate for WaitingSignIns {
    type Id = WaitingId;
    const KIND: Kind = kinds::WAITING_SIGN_INS;

    fn id(&self) -> WaitingId {
        self.id
    }

    fn owner(&self) -> Owner {
        // The service's: it outlives the moment in which an unknown person becomes known, and holds nothing of anybody.
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.waiting.iter().map(|it| it.until).max().unwrap_or(Timestamp(0)))
    }
}

store::stored! { struct WaitingSignIns { id, waiting } }
store::stored! { struct Waiting { sign_in, client, number, until, wrong } }

#[cfg(test)]
mod tests {
    use super::{Typed, Waiting, WaitingId, WaitingSignIns};
    use crate::sign_in::SignInId;
    use recovery::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_000);

    fn waiting(sign_in: u128, client: &str, number: u16) -> Waiting {
        let until = Timestamp(2_000);
        Waiting { sign_in: SignInId(sign_in), client: client.to_owned(), number, until, wrong: 0 }
    }

    fn of(waiting: Vec<Waiting>) -> WaitingSignIns {
        WaitingSignIns { id: WaitingId(1), waiting }
    }

    #[test]
    fn a_client_has_three_open_at_one_person_and_replaces_its_own_oldest() {
        let own = [1, 2, 3].map(|id| waiting(id, "shop", 10));
        let mut row = of([own.to_vec(), vec![waiting(4, "bank", 11)]].concat());

        assert_eq!(row.make_room("shop"), [SignInId(1)]);
        assert_eq!(row.make_room("bank"), []);
        assert_eq!(row.waiting.len(), 3);
    }

    #[test]
    fn two_wrong_numbers_end_what_waited_and_nothing_that_came_after() {
        let mut row = of(vec![waiting(1, "shop", 10), waiting(2, "bank", 11)]);

        assert_eq!(row.typed(Some(12), NOW), Typed::Wrong { ended: vec![], left: true });
        row.waiting.push(waiting(3, "shop", 13));
        let ended = vec![SignInId(1), SignInId(2)];
        assert_eq!(row.typed(Some(12), NOW), Typed::Wrong { ended, left: true });
        assert_eq!(row.typed(Some(13), NOW), Typed::Found(SignInId(3)));
        assert_eq!(row.typed(Some(13), Timestamp(2_000)), Typed::Nothing);
    }
}
