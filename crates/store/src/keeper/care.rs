//! What the keeper of rows does with each kind of row: the one table.

use crate::Kind;

/// Rows of the evidence that wait to be folded.
pub const EVIDENCE: Kind = Kind::new(3, "evidence about rows");
/// Nodes of the tree of evidence.
pub const EVIDENCE_NODE: Kind = Kind::new(4, "node of the evidence");
/// The one row that names the root of the tree of evidence.
pub const EVIDENCE_ROOT: Kind = Kind::new(5, "root of the evidence");

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

/// Kinds of counters: code, name, and whether the deadline of a row is its end.
///
/// Whoever adds a kind whose rows limit anything adds it here. A kind that is not here is watched all the
/// same: it is only allowed to be deleted early.
const COUNTERS: [(u16, &str, bool); 17] = [
    (10, "app instance: PIN tries, locks, blocks", false),
    (11, "grant: whether it was spent", true),
    (12, "enrolment: wrong codes, whether it was used", true),
    (13, "temporary PIN: tries, how many were issued", false),
    (14, "P code: uses", true),
    (15, "person: freeze, recoveries, caps", false),
    (16, "recovery case: state, tries", false),
    (17, "question sets that were used", false),
    (18, "veto link: whether it was used", true),
    (19, "agent's unknown numbers", false),
    (20, "centre's unknown numbers", false),
    (27, "text messages to a number", true),
    (31, "used nonce", true),
    (45, "used passkey challenge", true),
    (53, "screen pairing: wrong check numbers", true),
    (54, "codes that a clerk had shown", true),
    (46, "what the caps remember of an erased person", true),
];

/// What is done with a kind.
#[must_use]
pub fn care(kind: Kind) -> Care {
    match kind.code() {
        // Leases save work and carry no decision; the others are the evidence itself.
        2..=5 => Care::Unwatched,
        code => COUNTERS
            .iter()
            .find(|(counter, _, _)| *counter == code)
            .map_or(Care::Plain, |(_, _, lapses)| Care::Counter { lapses: *lapses }),
    }
}

/// The codes that a walk over all rows looks at.
pub const CODES: std::ops::RangeInclusive<u16> = 1..=1_023;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_this_crate_knows_as_counters_are_in_the_table() {
        let counters = [
            crate::authenticator::INSTANCE,
            crate::grant::GRANT,
            crate::enrolment::ENROLMENT,
            crate::temporary_pin::TEMPORARY_PIN,
            crate::p_code::P_CODE,
            crate::person::PERSON,
            crate::case::CASE,
            crate::used_sets::USED_SETS,
            crate::veto::VETO,
            crate::caller_limits::AGENT_LIMIT,
            crate::caller_limits::CENTRE_LIMIT,
            crate::sms_budget::SMS_BUDGET,
        ];
        for kind in counters {
            assert!(matches!(care(kind), Care::Counter { .. }), "{kind}");
        }
        assert_eq!(care(crate::lease::LEASE), Care::Unwatched);
        assert_eq!(care(crate::person_key::PERSON_KEY), Care::Plain);
        assert!(COUNTERS.iter().all(|(code, _, _)| CODES.contains(code)));
    }
}
