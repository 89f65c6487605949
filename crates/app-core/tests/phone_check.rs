//! SERVICE.md R5: the check in the app says yes, or no and why, and what to do instead.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, unused_imports, reason = "this target uses a part of it")]
mod fake;

use app_core::{ActError, Action, CameraState, PhoneCheck, ReaderState, Release, Screen};
use fake::{Phone, World};

const PIN: &str = "402916";

const GOOD: PhoneCheck = PhoneCheck {
    reader: ReaderState::Ready,
    camera: CameraState::Ready,
    system: Release::NewEnough,
    app: Release::NewEnough,
    connected: true,
};

fn reader(phone: &Phone, state: ReaderState) {
    *phone.chips.reader.lock().unwrap() = Some(state);
}

fn device(phone: &Phone, camera: CameraState, system: Release) {
    *phone.chips.device.lock().unwrap() = (camera, system);
}

fn forgot_pin(phone: &mut Phone) {
    phone.act(Action::Settings).act(Action::PinSettings).act(Action::ForgotPin);
}

/// What the check found, and whether it goes on from there.
fn found(phone: &Phone) -> (PhoneCheck, bool) {
    let screen = phone.screen();
    let Screen::PhoneCheck { check, goes_on, .. } = screen else { panic!("no check: {screen:?}") };
    (check, goes_on)
}

#[test]
fn a_phone_that_can_says_yes_and_goes_on() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);

    phone.act(Action::Settings).act(Action::CheckPhone);
    assert_eq!(found(&phone), (GOOD, true));
    phone.act(Action::Back);
    assert_eq!(phone.screen(), Screen::Settings);
    phone.act(Action::CheckPhone).act(Action::UseDocument);

    assert!(matches!(phone.screen(), Screen::Consent { .. }));
}

#[test]
fn what_stands_in_the_way_is_shown_before_anything_is_begun() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    let ready = (CameraState::Ready, Release::NewEnough);
    let ways = [
        (ReaderState::Missing, ready, PhoneCheck { reader: ReaderState::Missing, ..GOOD }),
        (ReaderState::Off, ready, PhoneCheck { reader: ReaderState::Off, ..GOOD }),
        (
            ReaderState::Ready,
            (CameraState::Missing, Release::NewEnough),
            PhoneCheck { camera: CameraState::Missing, ..GOOD },
        ),
        (
            ReaderState::Ready,
            (CameraState::Ready, Release::TooOld),
            PhoneCheck { system: Release::TooOld, ..GOOD },
        ),
    ];

    for (slot, (camera, system), wanted) in ways {
        reader(&phone, slot);
        device(&phone, camera, system);
        phone.act(Action::Home);
        forgot_pin(&mut phone);
        let Screen::ForgotPin(help) = phone.screen() else { panic!("not the ways") };
        assert!(!help.phone_can_scan, "{wanted:?}");

        phone.act(Action::UseDocument);

        assert_eq!(found(&phone), (wanted, false));
    }
    assert_eq!(world.arrivals("POST /v1/app/recoveries"), 0);
}

#[test]
fn no_answer_of_the_check_is_a_dead_end() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    reader(&phone, ReaderState::Missing);
    forgot_pin(&mut phone);

    phone.act(Action::UseDocument);
    let Screen::PhoneCheck { help, .. } = phone.screen() else { panic!("no check") };
    assert_eq!(help.support_phone.as_deref(), Some("+45 00 00 00 00"));
    assert!(help.booking_url.is_some() && help.scanning_url.is_some());
    phone.act(Action::OtherWays);
    assert!(matches!(phone.screen(), Screen::OtherWays(_)));
    phone.act(Action::CheckPhone).act(Action::HaveTemporaryPin);
    assert!(matches!(phone.screen(), Screen::TemporaryPin { .. }));
}

#[test]
fn what_was_mended_is_seen_when_it_is_checked_again() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    reader(&phone, ReaderState::Off);
    forgot_pin(&mut phone);
    phone.act(Action::UseDocument);
    assert_eq!(found(&phone).0.reader, ReaderState::Off);

    reader(&phone, ReaderState::Ready);
    phone.act(Action::CheckPhone);

    assert_eq!(found(&phone), (GOOD, true));
    phone.act(Action::Back);
    assert!(matches!(phone.screen(), Screen::ForgotPin(_)), "back to where it was asked");
}

#[test]
fn an_app_that_the_server_serves_no_longer_says_so_even_where_it_just_learns_it() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    forgot_pin(&mut phone);
    world.state().app_version_min = Some("1.4.1".to_owned());

    phone.act(Action::UseDocument);

    assert_eq!(found(&phone), (PhoneCheck { app: Release::TooOld, ..GOOD }, false));
    assert_eq!(world.arrivals("POST /v1/app/recoveries"), 0);
    world.state().app_version_min = Some("1.4.0".to_owned());
    phone.act(Action::CheckPhone).act(Action::UseDocument);
    assert!(matches!(phone.screen(), Screen::Consent { .. }));
}

#[test]
fn without_a_connection_the_check_says_that_alone() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    phone.act(Action::Settings);
    world.state().offline = true;

    phone.act(Action::CheckPhone);

    assert_eq!(found(&phone), (PhoneCheck { connected: false, ..GOOD }, false));
    assert_eq!(phone.notice(), None, "the check says it");
    world.state().offline = false;
    phone.act(Action::CheckPhone);
    assert_eq!(found(&phone), (GOOD, true));
}

#[test]
fn capabilities_that_the_phone_does_not_report_count_as_present() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    device(&phone, CameraState::Unknown, Release::Unknown);
    forgot_pin(&mut phone);

    phone.act(Action::UseDocument);

    assert!(matches!(phone.screen(), Screen::Consent { .. }));
}

#[test]
fn a_phone_that_belongs_to_nobody_has_nothing_to_check() {
    let world = World::new();
    let mut phone = Phone::new(&world);

    assert_eq!(phone.app.act(Action::CheckPhone), Err(ActError::OutOfPlace));
}
