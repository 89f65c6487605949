//! A server that holds every key reads cards through a relay, and lets them prove what they can.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::UnixTime;
use chip::password::Password;
use chip::reader::{Limits, Plan, Proven, ProvingReader, ReadError, Turn};
use chip::verdict::{ChipPolicy, Presence, VerifyError, verify};
use chip_sim::{
    AgreementAnswer, Card, ChipAuthentication, Cipher, Curve, Document, DocumentSpec, Faults,
    Group, Issuer, Random as _, Seeded, profile, profiles, utopian_passport,
};

/// 2026-11-22T12:00:00Z
const NOW: UnixTime = UnixTime::from_secs(1_795_348_800);

/// A phone that carries messages: commands in turn until one is not answered with 9000.
struct Relay {
    card: Card,
    /// Faults of the card when it is held to the phone again.
    later: Faults,
    carried: usize,
    contacts: usize,
    /// Sees, and may change, every answer.
    meddle: fn(usize, &mut Vec<u8>),
}

impl Relay {
    fn new(card: Card) -> Self {
        Self { card, later: Faults::default(), carried: 0, contacts: 0, meddle: |_, _| {} }
    }

    fn read(&mut self, batch_commands_max: usize) -> Result<Proven, ReadError> {
        let zone = self.card.document().mrz_information();
        let plan = Plan {
            batch_commands_max,
            answer_bytes_max: 258,
            ..Plan::new(Password::from_mrz_information(zone).unwrap())
        };
        let source = Mutex::new(Seeded::new([41; 32]));
        let randoms = Arc::new(move |octets: &mut [u8]| source.lock().unwrap().fill(octets));
        let mut turn = ProvingReader::begin(plan, randoms, Limits { resumptions_max: 5 });
        loop {
            turn = match turn {
                Turn::Send(waiting) => {
                    if waiting.begins_session() {
                        self.contacts += 1;
                        self.card.reset();
                    }
                    let mut answers = Vec::new();
                    let mut lost = false;
                    for command in waiting.commands() {
                        let mut answer = self.card.transmit(command);
                        (self.meddle)(self.carried, &mut answer);
                        self.carried += 1;
                        lost = answer.is_empty();
                        if lost {
                            self.card.set_faults(self.later.clone());
                            break;
                        }
                        let stops = !answer.ends_with(&[0x90, 0x00]);
                        answers.push(answer);
                        if stops {
                            break;
                        }
                    }
                    if lost { waiting.lost_after(answers) } else { waiting.answers(answers) }
                }
                Turn::Done(proven) => return Ok(*proven),
                Turn::Failed(error) => return Err(error),
            };
        }
    }
}

fn issued(name: &str) -> (Issuer, Document) {
    profile(name).unwrap().issue(&mut Seeded::new([1; 32])).unwrap()
}

fn card(name: &str) -> Card {
    Card::new(issued(name).1, [2; 32])
}

fn judged(proven: &Proven, issuer: &Issuer) -> Result<Presence, VerifyError> {
    let mut trust = Store::new();
    for certificate in issuer.csca_certificates() {
        trust.add(Certificate::from_der(&certificate).unwrap());
    }
    let reading = &proven.reading;
    let data_groups = reading.data_groups();
    let proofs = proven.proofs();
    let evidence = reading.evidence(&data_groups, &proofs);
    verify(&evidence, &trust, &ChipPolicy::default(), NOW).map(|chip| chip.presence())
}

#[test]
fn every_profile_proves_what_it_can_in_at_most_twelve_round_trips() {
    for name in profiles().iter().map(|profile| profile.name) {
        let (issuer, document) = issued(name);
        let mut relay = Relay::new(Card::new(document, [2; 32]));

        let proven = relay.read(256).unwrap();

        let active =
            matches!(name, "aa" | "aa-rsa" | "dk-passport" | "td1" | "td1-long" | "td2" | "td3");
        let agreed = matches!(name, "ca" | "ca-3des" | "ca-dh" | "residence-card");
        let mapped = matches!(name, "pace-cam" | "foreign-id");
        let given = proven.reading.active_authentication.as_ref();
        assert_eq!(given.is_some_and(|given| given.outcome.is_ok()), active, "{name}");
        assert_eq!(proven.chip_authentication.is_some(), agreed, "{name}");
        assert_eq!(proven.pace_cam.is_some(), mapped, "{name}");
        let presence = judged(&proven, &issuer).unwrap();
        let proves = active || agreed || mapped;
        assert_eq!(matches!(presence, Presence::Proven(_)), proves, "{name}");
        assert!(proven.round_trips <= 12, "{name}: {}", proven.round_trips);
        assert_eq!((proven.resumptions, relay.contacts), (0, 1), "{name}");
    }
}

#[test]
fn a_reading_through_a_cable_proves_the_same() {
    for name in ["td3", "ca", "ca-3des", "ca-dh", "pace-cam"] {
        let (issuer, document) = issued(name);

        let proven = Relay::new(Card::new(document, [2; 32])).read(1).unwrap();

        assert!(matches!(judged(&proven, &issuer), Ok(Presence::Proven(_))), "{name}");
        assert!(proven.apdus >= u64::from(proven.reading.apdus), "{name}");
    }
}

#[test]
fn a_lost_tag_costs_no_byte_and_the_chip_proves_itself_again() {
    for name in ["td3", "ca", "ca-dh", "pace-cam"] {
        for lost_after in (600..20_000).step_by(1_931) {
            let (issuer, document) = issued(name);
            let faults = Faults { lost_after_bytes: Some(lost_after), ..Faults::default() };
            let mut relay = Relay::new(Card::new(document, [2; 32]).with_faults(faults));

            let proven = relay.read(256).unwrap();

            assert!(
                matches!(judged(&proven, &issuer), Ok(Presence::Proven(_))),
                "{name} {lost_after}"
            );
            assert!(relay.contacts <= 2, "{name} {lost_after}");
            let octets: usize = proven.reading.files.values().map(Vec::len).sum();
            // Protection, access control and proof add a half; a file read twice would double it.
            assert!(proven.bytes < u64::try_from(octets * 2).unwrap(), "{name} {lost_after}");
        }
    }
}

#[test]
fn a_tag_that_is_lost_for_ever_ends_the_reading() {
    let faults = Faults { lost_after_bytes: Some(300), ..Faults::default() };
    let mut relay = Relay::new(card("td3").with_faults(faults.clone()));
    relay.later = faults;

    let error = relay.read(256).unwrap_err();

    assert_eq!(relay.contacts, 6);
    assert_eq!(error.retry(), chip::reader::Retry::HoldAgain);
}

#[test]
fn a_second_way_of_chip_authentication_is_tried_in_a_new_session() {
    let group = Group::Curve(Curve::BrainpoolP256r1);
    let spec = DocumentSpec {
        chip_authentication: vec![ChipAuthentication::new(group, Cipher::TripleDes)],
        ..utopian_passport()
    };
    let issuer = issued("ca").0;
    let document = issuer.issue(&spec, &mut Seeded::new([6; 32])).unwrap();
    for batch in [1, 256] {
        let answer = AgreementAnswer::OnlyGeneralAuthenticate;
        let faults = Faults { agreement_answer: answer, ..Faults::default() };
        let mut relay = Relay::new(Card::new(document.clone(), [7; 32]).with_faults(faults));

        let proven = relay.read(batch).unwrap();

        assert_eq!((proven.agreements_failed, relay.contacts, proven.resumptions), (1, 2, 0));
        assert!(matches!(judged(&proven, &issuer), Ok(Presence::Proven(_))));
    }
}

#[test]
fn a_copy_without_the_key_is_read_and_proves_nothing() {
    // What a relay that holds a copy of the files can do: everything but the proof.
    let (issuer, document) = issued("ca");
    let answer = AgreementAnswer::OldKeysKept;
    let faults = Faults { agreement_answer: answer, ..Faults::default() };
    let mut relay = Relay::new(Card::new(document, [2; 32]).with_faults(faults));

    let proven = relay.read(256).unwrap();

    assert!(proven.chip_authentication.is_none());
    assert!(judged(&proven, &issuer).is_err());
}

#[test]
fn a_bit_changed_on_the_way_is_never_taken_for_the_chip() {
    let whole = Relay::new(card("ca")).read(256).unwrap();
    for at in 0..12 {
        let (issuer, document) = issued("ca");
        let mut relay = Relay::new(Card::new(document, [2; 32]));
        relay.meddle = match at % 3 {
            0 => |at, answer| {
                if at % 7 == 3
                    && let Some(first) = answer.get_mut(2)
                {
                    *first ^= 1;
                }
            },
            1 => |at, answer| {
                if at % 5 == 4 {
                    *answer = vec![0x90, 0x00];
                }
            },
            _ => |at, answer| {
                if at > 20 {
                    answer.truncate(answer.len() / 2);
                }
            },
        };

        // It may fail, or come out right after new sessions; never otherwise.
        if let Ok(proven) = relay.read(256) {
            let changed = proven.reading.files != whole.reading.files;
            assert!(!(changed && judged(&proven, &issuer).is_ok()), "{at}");
        }
    }
}
