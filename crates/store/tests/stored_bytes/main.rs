//! What earlier versions saved is read, and written again byte for byte.

use recovery::appointment::Slot;
use recovery::authenticator::Authenticator;
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::enrolment::Enrolment;
use recovery::grant::Grant;
use recovery::person::Person;
use recovery::sms_budget::SmsBudget;
use recovery::temporary_pin::TemporaryPin;
use recovery::veto::Veto;
use std::collections::BTreeSet;
use store::appointment::{StoredAppointment, StoredCentre};
use store::case::StoredCase;
use store::codec::{Reader, to_bytes};
use store::facade::Aggregate;
use store::p_code::StoredPCode;
use store::used_sets::UsedSets;

/// The kind, and whether the bytes come back as they were.
type Check = (u16, fn(u16, &[u8]) -> bool);

const ROWS: &str = include_str!("rows.txt");

/// Every kind of row that this crate knows.
const CHECKS: [Check; 15] = [
    check::<Authenticator>(),
    check::<Grant>(),
    check::<Enrolment>(),
    check::<TemporaryPin>(),
    check::<StoredPCode>(),
    check::<Person>(),
    check::<StoredCase>(),
    check::<UsedSets>(),
    check::<Veto>(),
    check::<AgentLimit>(),
    check::<CentreLimit>(),
    check::<StoredCentre>(),
    check::<Slot>(),
    check::<StoredAppointment>(),
    check::<SmsBudget>(),
];

const fn check<A: Aggregate>() -> Check {
    (A::KIND.code(), comes_back::<A>)
}

fn comes_back<A: Aggregate>(schema: u16, bytes: &[u8]) -> bool {
    let mut reader = Reader::of_schema(schema, bytes);
    let value = A::restore(&mut reader, A::KIND.name()).expect("an earlier version wrote it");
    reader.finish().is_ok() && (schema != A::SCHEMA || to_bytes(&value).as_slice() == bytes)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two hexadecimal digits"))
        .collect()
}

#[test]
fn what_an_earlier_version_saved_comes_back_byte_for_byte() {
    let mut seen = BTreeSet::new();
    for row in ROWS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = row.split(' ');
        let mut word = || words.next().expect("kind, schema version and bytes");
        let (kind, schema): (u16, u16) = (word().parse().unwrap(), word().parse().unwrap());
        let bytes = unhex(word());
        let (_, check) = CHECKS.into_iter().find(|(code, _)| *code == kind).unwrap();
        assert!(check(schema, &bytes), "{row}");
        seen.insert(kind);
    }
    assert_eq!(seen, CHECKS.into_iter().map(|(kind, _)| kind).collect(), "each has its row");
}
