//! Chips whose keys the server holds: agreed behind the phone's reading, or read by the server through the phone.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, reason = "this target uses a part of it")]
mod fake;

use app_core::{Action, Screen};
use chip_sim::{AgreementAnswer, Faults, Seeded, profile};
use fake::phone::Contact;
use fake::{Chips, Phone, World, typed};

const PIN: &str = "402916";
const CHIP: &str = "POST /v1/app/recoveries/cccccccccccccccccccccccccccccccc/chip";

fn document(chip: &str, faults: Faults) -> chip_sim::Card {
    let (_, document) = profile(chip).unwrap().issue(&mut Seeded::new([7; 32])).unwrap();
    chip_sim::Card::new(document, [8; 32]).with_faults(faults)
}

fn held(phone: &Phone, card: chip_sim::Card, commands_left: usize) {
    phone.chips.contacts.lock().unwrap().insert(0, Box::new(Contact { card, commands_left }));
}

fn at_the_chip(world: &World, chip: &str) -> Phone {
    let mut phone = Phone::with_chips(world, Chips::default());
    phone.activate("ABCD1234").pin(PIN).pin(PIN).act(Action::Home);
    phone.act(Action::Settings).act(Action::PinSettings).act(Action::ForgotPin);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HaveNationalNumber);
    let lines = typed(document(chip, Faults::default()).document().mrz());
    phone.act(Action::DocumentLines { lines });
    assert!(matches!(phone.screen(), Screen::Hold { .. }), "{:?}", phone.notice());
    phone
}

#[test]
fn a_chip_without_active_authentication_agrees_keys_with_the_server() {
    for chip in ["ca", "ca-3des", "ca-dh"] {
        let world = World::new();
        let mut phone = at_the_chip(&world, chip);
        held(&phone, document(chip, Faults::default()), usize::MAX);

        phone.act(Action::Read);

        assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
        assert_eq!(world.state().chip.agreed_in_way, Some(0), "{chip}");
    }
}

#[test]
fn a_chip_that_signs_is_not_asked_to_agree_keys() {
    let world = World::new();
    let mut phone = at_the_chip(&world, "td3");
    held(&phone, document("td3", Faults::default()), usize::MAX);

    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    assert_eq!(world.arrivals(&format!("{CHIP}-authentication")), 0);
}

#[test]
fn a_way_that_the_chip_refuses_is_followed_by_the_next_in_a_new_contact() {
    let faults =
        Faults { agreement_answer: AgreementAnswer::OnlyGeneralAuthenticate, ..Faults::default() };
    let world = World::new();
    let mut phone = at_the_chip(&world, "ca-3des");
    held(&phone, document("ca-3des", faults.clone()), usize::MAX);
    held(&phone, document("ca-3des", faults), usize::MAX);

    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    assert_eq!(world.state().chip.agreed_in_way, Some(1));
    assert_eq!(world.arrivals(CHIP), 1);
}

#[test]
fn a_chip_that_agrees_in_no_way_is_sent_as_it_is_for_the_server_to_judge() {
    let faults = Faults { agreement_answer: AgreementAnswer::OldKeysKept, ..Faults::default() };
    let world = World::new();
    let mut phone = at_the_chip(&world, "ca");
    for _ in 0..3 {
        held(&phone, document("ca", faults.clone()), usize::MAX);
    }

    phone.act(Action::Read);

    assert_eq!(world.state().chip.agreed_in_way, None);
    assert_eq!(world.arrivals(CHIP), 1);
}

#[test]
fn the_server_reads_through_the_phone_and_gives_what_the_face_needs() {
    let world = World::new();
    world.state().chip.read_by_server = true;
    let mut phone = at_the_chip(&world, "ca");
    held(&phone, document("ca", Faults::default()), usize::MAX);

    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    assert!(world.state().chip.proven.as_ref().unwrap().chip_authentication.is_some());
    assert_eq!(world.arrivals(CHIP), 0);
    let progress = phone.progress.lock().unwrap().clone();
    assert!(progress.is_sorted_by_key(|step| step.percent), "{progress:?}");
}

#[test]
fn a_broken_contact_goes_on_with_the_servers_reading() {
    let world = World::new();
    world.state().chip.read_by_server = true;
    let mut phone = at_the_chip(&world, "ca");
    held(&phone, document("ca", Faults::default()), 40);
    phone.act(Action::Read);
    assert_eq!(phone.notice().as_deref(), Some("notice-chip-lost"));

    held(&phone, document("ca", Faults::default()), usize::MAX);
    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    let state = world.state();
    assert_eq!(state.chip.proven.as_ref().unwrap().resumptions, 1);
    let begun = state.seen.iter().filter(|seen| seen.ends_with("/chip-relays")).count();
    assert_eq!(begun, 1);
}

#[test]
fn a_server_that_forgot_the_reading_begins_another_without_a_word() {
    let world = World::new();
    world.state().chip.read_by_server = true;
    let mut phone = at_the_chip(&world, "td3");
    held(&phone, document("td3", Faults::default()), 30);
    phone.act(Action::Read);
    world.state().chip.forget();

    held(&phone, document("td3", Faults::default()), usize::MAX);
    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    assert_eq!(world.state().chip.proven.as_ref().unwrap().resumptions, 0);
}

#[test]
fn what_does_not_open_the_chip_is_typed_again() {
    let world = World::new();
    world.state().chip.read_by_server = true;
    let mut phone = at_the_chip(&world, "td3");
    phone.act(Action::TypeAgain);
    phone.act(Action::DocumentFields {
        number: typed("X00000000"),
        birth: typed("17 04 1968"),
        expiry: typed("01 01 2030"),
    });
    held(&phone, document("td3", Faults::default()), usize::MAX);

    phone.act(Action::Read);

    assert_eq!(phone.notice().as_deref(), Some("notice-chip-refused"));
    assert!(matches!(phone.screen(), Screen::Document { .. }));
}
