//! Every kind of row, in one table. The sweeper, the erasure of a person and the evidence about rows all use it.

use crate::Kind;

/// How rows of a kind may end early, and whether evidence is kept about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// The row counts something against somebody. It is never deleted early; a sealed tombstone takes its place.
    Counter {
        /// Whether the row ends at its deadline. Otherwise the deadline is the next instant at which time alone changes
        /// the row, and a tombstone is kept for ever.
        lapses: bool,
    },
    /// Evidence is kept about the row, and it may be deleted at any time.
    Plain,
    /// No evidence is kept about the row, because no decision depends on it.
    Unwatched,
}

/// What happens to a row when its deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenDue {
    /// The sweeper deletes the row: it is no longer of use and often personal.
    Goes,
    /// The domain applies the passing of time, and the row stays.
    GoesOn,
    /// Rows of this kind have no deadline that the sweeper looks at.
    Stays,
}

/// Whether rows of a kind belong to persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// Some or all rows are sealed under the data key of a person, and are deleted when the person is erased.
    ToPersons,
    /// No row is about one registered person in particular.
    ToService,
}

/// A kind, with how its rows end.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// The code and the name of the kind.
    pub kind: Kind,
    /// How rows may end early.
    pub care: Care,
    /// What happens to a row at its deadline.
    pub when_due: WhenDue,
    /// Whether the erasure of a person looks at rows of this kind.
    pub belongs: Belongs,
}

const PLAIN: Care = Care::Plain;
const UNWATCHED: Care = Care::Unwatched;
/// A counter that ends at its deadline.
const LAPSES: Care = Care::Counter { lapses: true };
/// A counter that ends only by a decision.
const COUNTS: Care = Care::Counter { lapses: false };

macro_rules! kinds {
    ($( $(#[$doc:meta])* $name:ident = $code:literal $text:literal, $care:ident, $due:ident, $belongs:ident; )+) => {
        $( $(#[$doc])* pub const $name: Kind = Kind::new($code, $text); )+

        /// Every kind, in the order of the codes.
        pub const ALL: [Registered; [$( $code ),+].len()] = [$( Registered {
            kind: $name,
            care: $care,
            when_due: WhenDue::$due,
            belongs: Belongs::$belongs,
        } ),+];
    };
}

kinds! {
    /// A person's wrapped data key; the id is the person's.
    PERSON_KEY = 1 "person key", PLAIN, Stays, ToService;
    /// Leases; the id is the job's.
    LEASE = 2 "lease", UNWATCHED, Stays, ToService;
    /// Rows of evidence that wait to be folded into the tree.
    EVIDENCE = 3 "evidence about rows", UNWATCHED, Stays, ToService;
    /// Nodes of the tree of evidence.
    EVIDENCE_NODE = 4 "node of the evidence", UNWATCHED, Stays, ToService;
    /// The one row that names the root of the tree of evidence.
    EVIDENCE_ROOT = 5 "root of the evidence", UNWATCHED, Stays, ToService;
    /// Tiles of the log of hashes; the id is level and index.
    LOG_TILE = 6 "tile of the log", PLAIN, Stays, ToService;
    /// The one row that says how far the log of hashes is, with the checkpoint that was published last.
    LOG_STATE = 7 "state of the log", PLAIN, Stays, ToService;
    /// App instances; the id is the instance's.
    INSTANCE = 10 "app instance", COUNTS, GoesOn, ToPersons;
    /// Grants; the id is the grant's.
    GRANT = 11 "grant", LAPSES, Goes, ToPersons;
    /// Enrolment offers; the id is the offer's number, by which a code is found. The number is no secret, so that wrong
    /// codes count against one offer and nothing of the code shows in the database (PROTOCOLS.md section 1).
    ENROLMENT = 12 "enrolment", LAPSES, Goes, ToPersons;
    /// The one place for a person's temporary PIN; the id is the person's.
    TEMPORARY_PIN = 13 "temporary PIN", COUNTS, GoesOn, ToPersons;
    /// P codes; the id is the P code's.
    P_CODE = 14 "P code", LAPSES, Goes, ToPersons;
    /// Persons; the id is the person's.
    PERSON = 15 "person", COUNTS, GoesOn, ToPersons;
    /// Recovery cases; the id is the case's.
    CASE = 16 "recovery case", COUNTS, GoesOn, ToPersons;
    /// The question sets that were used for a person; the id is the person's.
    USED_SETS = 17 "used question sets", COUNTS, Stays, ToPersons;
    /// Veto links; the id is the link's.
    VETO = 18 "veto link", LAPSES, Goes, ToPersons;
    /// The calls of an agent about unknown document numbers; the id is the agent's.
    AGENT_LIMIT = 19 "agent's unknown numbers", COUNTS, Stays, ToService;
    /// The calls of a centre about unknown document numbers; the id is the centre's.
    CENTRE_LIMIT = 20 "centre's unknown numbers", COUNTS, Stays, ToService;
    /// Centres; the id is the centre's.
    CENTRE = 24 "centre", PLAIN, Stays, ToService;
    /// Slots that somebody has booked; the id is the slot's.
    SLOT = 25 "slot", PLAIN, Goes, ToService;
    /// Bookings; the id is the appointment's.
    APPOINTMENT = 26 "appointment", PLAIN, GoesOn, ToService;
    /// Counts of text messages; the id is a keyed hash of the phone number or the range, so that the row names nobody.
    SMS_BUDGET = 27 "text messages to a number", LAPSES, Goes, ToService;
    /// Temporary PINs that wait to be shown once.
    REVEAL = 30 "code to show once", PLAIN, Goes, ToPersons;
    /// Nonces that were used; the id is the nonce's own.
    USED_NONCE = 31 "used nonce", LAPSES, Goes, ToService;
    /// Identities of persons; the id is the person's.
    IDENTITY = 32 "identity", PLAIN, Stays, ToPersons;
    /// Replies to commands of the operator; the id is a keyed hash of the client and its idempotency key.
    REPLY = 33 "reply", PLAIN, Goes, ToPersons;
    /// Reserved tries of a PIN; the id is the ticket's.
    PIN_TICKET = 34 "PIN try", PLAIN, Goes, ToPersons;
    /// Sign-ins; the id is the sign-in's.
    SIGN_IN = 35 "sign-in", PLAIN, Goes, ToPersons;
    /// Open chip challenges; the id is a hash of case and chip session.
    CHALLENGE = 36 "chip challenge", PLAIN, Goes, ToPersons;
    /// Reserved comparisons of faces; the id is a hash of case and try.
    FACE_TRY = 37 "face try", PLAIN, Goes, ToPersons;
    /// Face captures under way; the id is a hash of case and try.
    CAPTURE = 38 "face capture", PLAIN, Goes, ToPersons;
    /// Open key agreements with a chip; the id is a hash of case and chip session.
    AGREEMENT = 39 "chip key agreement", PLAIN, Goes, ToPersons;
    /// Staff accounts; the id is that of the member of staff.
    STAFF_ACCOUNT = 40 "staff account", PLAIN, Stays, ToService;
    /// Staff sessions; the id is the first half of a keyed hash of site and token.
    STAFF_SESSION = 41 "staff session", PLAIN, Goes, ToService;
    /// Invitations of staff; the id is the first half of a keyed hash of the link's token.
    STAFF_INVITATION = 42 "staff invitation", PLAIN, Goes, ToService;
    /// Notes of agents on calls; the id is the case's.
    CALL_NOTES = 43 "call notes", PLAIN, Goes, ToService;
    /// Passkeys; the id is the first half of a keyed hash of the credential id.
    PASSKEY = 44 "passkey", PLAIN, Stays, ToService;
    /// Passkey challenges that were used, kept until they would have expired.
    USED_ONCE = 45 "used passkey challenge", LAPSES, Goes, ToService;
    /// Tombstones of rows that ended early.
    TOMBSTONE = 46 "tombstone", LAPSES, Goes, ToService;
    /// What the operator was told about each kind of alarm; one row for each.
    ALARM_NOTICE = 47 "alarm notice", PLAIN, Stays, ToService;
    /// The person ids of members of staff; the id is that of the member, or of the invitation until it is used.
    STAFF_PERSON = 48 "person of a member of staff", PLAIN, Goes, ToService;
    /// Cases that were drawn for review by a second member of staff; the id is the case's.
    CASE_SAMPLE = 49 "sampled case", PLAIN, Goes, ToService;
    /// Notes of clerks on visits; the id is the case's.
    DESK_NOTES = 50 "desk notes", PLAIN, Goes, ToService;
    /// Addresses that showed a code in an earlier version; no new ones are made, and the sweeper deletes what is left.
    REVEAL_LINK = 51 "reveal address", PLAIN, Goes, ToService;
    /// Screens that were paired to show temporary PINs.
    PAIRED_SCREEN = 52 "paired screen", PLAIN, Goes, ToService;
    /// Pairings of screens under way; the id is the first half of a keyed hash of the code that was shown to the first
    /// member of staff.
    SCREEN_PAIRING = 53 "screen pairing", LAPSES, Goes, ToService;
    /// Temporary PINs that a clerk had shown on a screen or printed; the id is the clerk's.
    CODES_SHOWN = 54 "codes that a clerk had shown", LAPSES, Goes, ToService;
    /// Staff sessions at the operator's identity provider; the id is the session's.
    STAFF_PROVIDER_SESSION = 58 "staff session at the provider", PLAIN, Goes, ToService;
    /// Sign-ins that wait for one person; the id is a keyed hash of the operator's id of the person.
    WAITING_SIGN_INS = 60 "waiting sign-ins", PLAIN, Goes, ToService;
    /// The master key that seals all rows, once a walk over them has ended; one row.
    ALL_UNDER = 61 "master key of all rows", PLAIN, Stays, ToService;
    /// Heartbeats of servers; the id is a random number that a server draws, or takes over from a server that is gone.
    HEARTBEAT = 70 "heartbeat", PLAIN, Stays, ToService;
    /// The request of the first of two persons to set time back; at most one row.
    TIME_ACCEPTANCE = 71 "asked time acceptance", PLAIN, Goes, ToService;
}

/// The codes of kinds that a walk over all rows covers.
pub const CODES: std::ops::RangeInclusive<u16> = 1..=1_023;

/// How rows of a kind may end early. A kind that is not in the table is still kept under evidence, as [`Care::Plain`].
#[must_use]
pub fn care(kind: Kind) -> Care {
    let known = ALL.iter().find(|known| known.kind.code() == kind.code());
    known.map_or(Care::Plain, |known| known.care)
}

/// The kinds whose rows the sweeper deletes when they are due.
pub fn going_when_due() -> impl Iterator<Item = Kind> {
    ALL.into_iter().filter(|known| known.when_due == WhenDue::Goes).map(|known| known.kind)
}

/// The kinds of which some rows may belong to a person.
pub fn of_persons() -> impl Iterator<Item = Kind> {
    ALL.into_iter().filter(|known| known.belongs == Belongs::ToPersons).map(|known| known.kind)
}

/// Whether a row of this kind may be sealed under a person's data key; kinds of tests may be.
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
