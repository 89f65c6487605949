//! Every kind of row there is: the one table. What removes rows, what erases a person and what keeps evidence all walk it.

use crate::Kind;

/// How the rows of a kind end, and whether evidence is kept about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// The row counts something against somebody: before its time it ends by a sealed tombstone, never by
    /// deletion.
    Counter {
        /// Whether the deadline of the row is its end. Elsewhere it is the next instant at which time alone
        /// changes the row, and a tombstone stays for good.
        lapses: bool,
    },
    /// Evidence is kept, and the row may be deleted at any time.
    Plain,
    /// No evidence is kept: nothing is decided on what such a row says.
    Unwatched,
}

/// What happens to a row when its deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenDue {
    /// The sweeper deletes it: what is left of it is of no use and often personal.
    Goes,
    /// The domain says how it goes on.
    GoesOn,
    /// Rows of this kind have no deadline that the sweeper heeds.
    Stays,
}

/// Whose the rows of a kind are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Some or all are sealed under the key of a person, and go when the person is erased.
    ToPersons,
    /// None is about one person of the register in particular.
    ToService,
}

/// A kind with what becomes of its rows.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// Code and name.
    pub kind: Kind,
    /// How rows end before their time.
    pub care: Care,
    /// How rows end, or go on, in time.
    pub when_due: WhenDue,
    /// Whether the erasure of a person looks at them.
    pub belongs: Belongs,
}

const PLAIN: Care = Care::Plain;
const UNWATCHED: Care = Care::Unwatched;
/// A counter whose deadline is its end.
const LAPSES: Care = Care::Counter { lapses: true };
/// A counter that ends by decision alone.
const COUNTS: Care = Care::Counter { lapses: false };

macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident = $code:literal $text:literal, $care:ident, $due:ident, $belongs:ident; )+) => {
        $( $(#[$doc])* pub const $name: Kind = Kind::new($code, $text); )+

        /// Every kind, by code.
        pub const ALL: [Registered; [$( $code ),+].len()] = [$( Registered {
            kind: $name,
            care: $care,
            when_due: WhenDue::$due,
            belongs: Belongs::$belongs,
        } ),+];
    };
}

kinds! {
    /// Rows that hold a wrapped data key; the id is the person's.
    PERSON_KEY = 1 "person key", PLAIN, Stays, ToService;
    /// Rows that hold a lease; the id is the job's.
    LEASE = 2 "lease", UNWATCHED, Stays, ToService;
    /// Rows of the evidence that wait to be folded.
    EVIDENCE = 3 "evidence about rows", UNWATCHED, Stays, ToService;
    /// Nodes of the tree of evidence.
    EVIDENCE_NODE = 4 "node of the evidence", UNWATCHED, Stays, ToService;
    /// The one row that names the root of the tree of evidence.
    EVIDENCE_ROOT = 5 "root of the evidence", UNWATCHED, Stays, ToService;
    /// App instances; the id is the instance's.
    INSTANCE = 10 "app instance", COUNTS, GoesOn, ToPersons;
    /// Grants; the id is the grant's.
    GRANT = 11 "grant", LAPSES, Goes, ToPersons;
    /// Enrolments; the id is the offer's number, by which a code is found: it is no secret, so that wrong codes count against one
    /// offer and nothing of the code shows in the database (PROTOCOLS.md section 1).
    ENROLMENT = 12 "enrolment", LAPSES, Goes, ToPersons;
    /// The place of a person's temporary PIN; the id is the person's.
    TEMPORARY_PIN = 13 "temporary PIN", COUNTS, GoesOn, ToPersons;
    /// P codes; the id is the P code's.
    P_CODE = 14 "P code", LAPSES, Goes, ToPersons;
    /// Persons; the id is the person's.
    PERSON = 15 "person", COUNTS, GoesOn, ToPersons;
    /// Recovery cases; the id is the case's.
    CASE = 16 "recovery case", COUNTS, GoesOn, ToPersons;
    /// Sets that were used; the id is the person's.
    USED_SETS = 17 "used question sets", COUNTS, Stays, ToPersons;
    /// Links; the id is the veto's.
    VETO = 18 "veto link", LAPSES, Goes, ToPersons;
    /// What an agent has asked for; the id is the agent's.
    AGENT_LIMIT = 19 "agent's unknown numbers", COUNTS, Stays, ToService;
    /// What a centre has asked for; the id is the centre's.
    CENTRE_LIMIT = 20 "centre's unknown numbers", COUNTS, Stays, ToService;
    /// Centres; the id is the centre's.
    CENTRE = 24 "centre", PLAIN, Stays, ToService;
    /// Times that somebody has booked; the id is the slot's.
    SLOT = 25 "slot", PLAIN, Goes, ToService;
    /// Bookings; the id is the appointment's.
    APPOINTMENT = 26 "appointment", PLAIN, GoesOn, ToService;
    /// The id is a keyed hash of the number or the range: the row names nobody.
    SMS_BUDGET = 27 "text messages to a number", LAPSES, Goes, ToService;
    /// Codes that wait to be shown.
    REVEAL = 30 "code to show once", PLAIN, Goes, ToPersons;
    /// Nonces that were used; the id is the nonce's own.
    USED_NONCE = 31 "used nonce", LAPSES, Goes, ToService;
    /// Identities; the id is the person's.
    IDENTITY = 32 "identity", PLAIN, Stays, ToPersons;
    /// Replies to commands; the id is a keyed hash of caller and key.
    REPLY = 33 "reply", PLAIN, Goes, ToPersons;
    /// Reserved tries; the id is the ticket's.
    PIN_TICKET = 34 "PIN try", PLAIN, Goes, ToPersons;
    /// Sign-ins; the id is the sign-in's.
    SIGN_IN = 35 "sign-in", PLAIN, Goes, ToPersons;
    /// Open challenges; the id is a hash of case and chip session.
    CHALLENGE = 36 "chip challenge", PLAIN, Goes, ToPersons;
    /// Reserved face tries; the id is a hash of case and try.
    FACE_TRY = 37 "face try", PLAIN, Goes, ToPersons;
    /// Captures under way; the id is a hash of case and try.
    CAPTURE = 38 "face capture", PLAIN, Goes, ToPersons;
    /// Open agreements; the id is a hash of case and chip session.
    AGREEMENT = 39 "chip key agreement", PLAIN, Goes, ToPersons;
    /// Staff accounts; the id is the member's.
    STAFF_ACCOUNT = 40 "staff account", PLAIN, Stays, ToService;
    /// Staff sessions; the id is the head of a keyed hash of site and token.
    STAFF_SESSION = 41 "staff session", PLAIN, Goes, ToService;
    /// Invitations; the id is the head of a keyed hash of the link's token.
    STAFF_INVITATION = 42 "staff invitation", PLAIN, Goes, ToService;
    /// Notes on calls; the id is the case's.
    CALL_NOTES = 43 "call notes", PLAIN, Goes, ToService;
    /// Passkeys; the id is the head of a keyed hash of the credential's own id.
    PASSKEY = 44 "passkey", PLAIN, Stays, ToService;
    /// What was used; kept until it would have lapsed.
    USED_ONCE = 45 "used passkey challenge", LAPSES, Goes, ToService;
    /// Tombstones.
    TOMBSTONE = 46 "tombstone", LAPSES, Goes, ToService;
    /// What the operator was told of one alarm; one row for each kind of alarm.
    ALARM_NOTICE = 47 "alarm notice", PLAIN, Stays, ToService;
    /// What members of staff carry; the id is the member's, or an invitation's until it is used.
    STAFF_PERSON = 48 "person of a member of staff", PLAIN, Goes, ToService;
    /// Cases that were drawn; the id is the case's.
    CASE_SAMPLE = 49 "sampled case", PLAIN, Goes, ToService;
    /// Notes; the id is the case's.
    DESK_NOTES = 50 "desk notes", PLAIN, Goes, ToService;
    /// Addresses that showed a code in an earlier version; none is made any more, and what is left is swept.
    REVEAL_LINK = 51 "reveal address", PLAIN, Goes, ToService;
    /// Paired screens.
    PAIRED_SCREEN = 52 "paired screen", PLAIN, Goes, ToService;
    /// Pairings under way; the id is the head of a keyed hash of the code that was shown to the first member of staff.
    SCREEN_PAIRING = 53 "screen pairing", LAPSES, Goes, ToService;
    /// Codes that clerks had shown; the id is the clerk's.
    CODES_SHOWN = 54 "codes that a clerk had shown", LAPSES, Goes, ToService;
    /// Sessions at the provider; the id is the session's.
    STAFF_PROVIDER_SESSION = 58 "staff session at the provider", PLAIN, Goes, ToService;
    /// Sign-ins that wait for one person; the id is a keyed hash of the operator's id of the person.
    WAITING_SIGN_INS = 60 "waiting sign-ins", PLAIN, Goes, ToService;
    /// Heartbeats; the id is a random number that a server draws, or takes over from one that is gone.
    HEARTBEAT = 70 "heartbeat", PLAIN, Stays, ToService;
    /// What the first person asked; one row at most.
    TIME_ACCEPTANCE = 71 "asked time acceptance", PLAIN, Goes, ToService;
}

/// The codes that a walk over all rows looks at.
pub const CODES: std::ops::RangeInclusive<u16> = 1..=1_023;

/// What is done with a kind. One that is not in the table is watched all the same: it is only allowed to be deleted early.
#[must_use]
pub fn care(kind: Kind) -> Care {
    let known = ALL.iter().find(|known| known.kind.code() == kind.code());
    known.map_or(Care::Plain, |known| known.care)
}

/// The kinds whose rows the sweeper deletes when they are due.
pub fn going_when_due() -> impl Iterator<Item = Kind> {
    ALL.into_iter().filter(|known| known.when_due == WhenDue::Goes).map(|known| known.kind)
}

/// The kinds among whose rows may be some that belong to a person.
pub fn of_persons() -> impl Iterator<Item = Kind> {
    ALL.into_iter().filter(|known| known.belongs == Belongs::ToPersons).map(|known| known.kind)
}

/// Whether a row of this kind may be sealed under a person's key; kinds of tests may.
pub(crate) fn may_belong_to_persons(kind: Kind) -> bool {
    let known = ALL.iter().find(|known| known.kind.code() == kind.code());
    known.is_none_or(|known| known.belongs == Belongs::ToPersons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_and_stands_by_it() {
        assert!(ALL.is_sorted_by(|one, next| one.kind.code() < next.kind.code()));
        assert!(ALL.iter().all(|known| CODES.contains(&known.kind.code())));
    }

    #[test]
    fn a_counter_whose_deadline_is_its_end_goes_when_it_is_due_and_no_other_counter_does() {
        // What has an end that nobody heeds would stay for good; what has none must not be swept before it is counted.
        for Registered { kind, care, when_due, .. } in ALL {
            if let Care::Counter { lapses } = care {
                assert_eq!(lapses, when_due == WhenDue::Goes, "{kind}");
            }
        }
    }

    #[test]
    fn what_no_table_knows_is_watched() {
        assert_eq!(care(Kind::new(999, "another")), Care::Plain);
        assert_eq!(care(LEASE), Care::Unwatched);
    }
}
