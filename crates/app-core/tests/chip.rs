//! The chip + face route with a simulated document held to the phone.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, reason = "this target uses a part of it")]
mod fake;

use app_core::{
    Action, CaptureEvent, CapturedFrame, FaceWay, GreyPicture, HeadMovement, LiveCapture, Screen,
};
use chip_sim::{Seeded, profile};
use fake::phone::Contact;
use fake::{Chips, Phone, World, typed};
use wire::Bytes;
use wire::face::{FaceLight, FacePrompt};

const PIN: &str = "402916";
const NEW_PIN: &str = "739158";
/// A passport with PACE and active authentication.
const PROFILE: &str = "td3";

fn document() -> chip_sim::Card {
    let (_, document) = profile(PROFILE).unwrap().issue(&mut Seeded::new([7; 32])).unwrap();
    chip_sim::Card::new(document, [8; 32])
}

fn hold(phone: &Phone, commands_left: usize) {
    let contact = Contact { card: document(), commands_left };
    phone.chips.contacts.lock().unwrap().push(Box::new(contact));
}

fn at_the_document(world: &World) -> Phone {
    let mut phone = Phone::with_chips(world, Chips::default());
    phone.activate("ABCD1234").pin(PIN).pin(PIN).act(Action::Home);
    phone.act(Action::Settings).act(Action::PinSettings).act(Action::ForgotPin);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HaveNationalNumber);
    phone
}

fn type_lines(phone: &mut Phone) {
    let lines = typed(document().document().mrz());
    phone.act(Action::DocumentLines { lines });
    assert!(matches!(phone.screen(), Screen::Hold { .. }), "{:?}", phone.notice());
}

fn frame(number: u8, good: bool) -> Action {
    let jpeg = Bytes(vec![0xFF, 0xD8, number, u8::from(good)]);
    Action::FaceFrame(CapturedFrame { jpeg, at_ms: u32::from(number) * 300, grey: None })
}

fn show_face(phone: &mut Phone) {
    phone.act(Action::FaceStart { head: HeadMovement::Turns, light: false });
    for number in 0..4 {
        phone.act(frame(number, true));
    }
}

fn at_the_face(world: &World) -> Phone {
    let mut phone = at_the_document(world);
    type_lines(&mut phone);
    hold(&phone, usize::MAX);
    phone.act(Action::Read);
    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    phone
}

fn shown(phone: &Phone) -> LiveCapture {
    let screen = phone.screen();
    let Screen::Face { capture: Some(capture), .. } = screen else {
        panic!("no capture runs: {screen:?}")
    };
    capture
}

#[test]
fn a_prompt_is_shown_after_the_last_is_met_and_a_hint_where_it_is_not() {
    let world = World::new();
    let mut phone = at_the_face(&world);

    phone.act(Action::FaceStart { head: HeadMovement::StaysStill, light: false });
    let begun = shown(&phone);
    phone.act(frame(0, false));
    let hinted = shown(&phone);
    phone.act(frame(1, true)).act(frame(2, true));
    let next = shown(&phone);

    assert_eq!((begun.way, begun.prompt), (FaceWay::MovePhone, FacePrompt::LookStraight));
    assert_eq!(hinted.hint.as_deref(), Some("face-follow-prompt"));
    assert_eq!((hinted.event, hinted.prompt_number), (CaptureEvent::Hint, 0));
    assert_eq!((next.event, next.prompt), (CaptureEvent::NewPrompt, FacePrompt::TurnLeft));
}

#[test]
fn the_light_of_the_screen_is_asked_for_and_declined() {
    let world = World::new();
    let mut phone = at_the_face(&world);

    phone.act(Action::FaceStart { head: HeadMovement::Turns, light: true });
    let lit = shown(&phone).light;
    phone.act(Action::FaceStop);
    phone.act(Action::FaceStart { head: HeadMovement::Turns, light: false });
    let declined = shown(&phone).light;

    assert_eq!((lit, declined), (Some(FaceLight::Amber), None));
}

#[test]
fn what_is_plainly_too_dark_is_said_and_not_sent() {
    let world = World::new();
    let mut phone = at_the_face(&world);
    phone.act(Action::FaceStart { head: HeadMovement::Turns, light: false });

    let grey = GreyPicture { width: 40, height: 30, grey: Bytes(vec![9; 1_200]) };
    let jpeg = Bytes(vec![0xFF, 0xD8, 1]);
    phone.act(Action::FaceFrame(CapturedFrame { jpeg, at_ms: 0, grey: Some(grey) }));

    assert_eq!(shown(&phone).hint.as_deref(), Some("face-too-dark"));
    let frames = "POST /v1/app/recoveries/cccccccccccccccccccccccccccccccc/face/frames";
    assert_eq!(world.arrivals(frames), 0);
}

#[test]
fn a_capture_that_the_service_had_no_time_for_is_sent_again() {
    let world = World::new();
    let mut phone = at_the_face(&world);
    world.instance(|instance| instance.pool_is_full = true);
    show_face(&mut phone);
    assert!(shown(&phone).held_back, "{:?}", phone.notice());

    phone.act(Action::FaceSend);

    assert!(matches!(phone.screen(), Screen::PinPad { .. }), "{:?}", phone.notice());
    world.instance(|instance| assert_eq!(instance.captured.take().unwrap().frames.len(), 4));
}

#[test]
fn a_broken_contact_goes_on_where_it_was_and_the_face_leads_to_a_new_pin() {
    let world = World::new();
    let mut phone = at_the_document(&world);
    type_lines(&mut phone);

    hold(&phone, 12);
    phone.act(Action::Read);
    assert_eq!(phone.notice().as_deref(), Some("notice-chip-lost"));
    let reached = phone.progress.lock().unwrap().last().unwrap().percent;
    assert!(reached > 0 && reached < 100, "{reached}");
    hold(&phone, usize::MAX);
    phone.act(Action::Read);

    let progress = phone.progress.lock().unwrap().clone();
    assert!(progress.is_sorted_by_key(|step| step.percent), "{progress:?}");
    assert!(matches!(phone.screen(), Screen::Face { tries_left: 3, .. }), "{:?}", phone.notice());
    assert_eq!(world.arrivals("POST /v1/app/recoveries/cccccccccccccccccccccccccccccccc/chip"), 1);

    show_face(&mut phone);
    world.instance(|instance| {
        let capture = instance.captured.take().unwrap();
        assert_eq!(capture.dg2.0.first(), Some(&0x75), "EF.DG2 rides along");
        // Each frame was signed once, when the server looked at it (crate face_capture).
        assert!(!capture.frames.is_empty());
        assert!(capture.frames.windows(2).all(|two| two[0].at_ms < two[1].at_ms));
    });
    phone.pin(NEW_PIN).pin(NEW_PIN);
    assert!(matches!(phone.screen(), Screen::Done { text } if text.key == "done-new-pin"));
}

#[test]
fn the_birth_date_of_the_chip_is_no_pin() {
    let world = World::new();
    let mut phone = at_the_document(&world);
    type_lines(&mut phone);
    hold(&phone, usize::MAX);
    phone.act(Action::Read);
    show_face(&mut phone);
    let card = document();
    let mrz = chip::mrz::Mrz::read(card.document().mrz()).unwrap().birth;
    let birth = format!("{:02}{:02}{:02}", mrz.day.unwrap(), mrz.month.unwrap(), mrz.year.unwrap());

    phone.pin(&birth);

    assert_eq!(phone.notice().as_deref(), Some("notice-weak-birth-date"), "{birth}");
}

#[test]
fn a_slip_in_the_number_is_said_and_typed_again() {
    let world = World::new();
    let mut phone = at_the_document(&world);
    phone.act(Action::DocumentFields {
        number: typed("X00000000"),
        birth: typed("17 04 1968"),
        expiry: typed("01 01 2030"),
    });
    hold(&phone, usize::MAX);

    phone.act(Action::Read);

    assert_eq!(phone.notice().as_deref(), Some("notice-chip-refused"));
    assert!(matches!(phone.screen(), Screen::Document { again: false, .. }));
    type_lines(&mut phone);
}

#[test]
fn after_a_restart_the_picture_is_read_again_and_not_sent_a_second_time() {
    let world = World::new();
    let mut phone = at_the_document(&world);
    type_lines(&mut phone);
    hold(&phone, usize::MAX);
    phone.act(Action::Read);
    assert!(matches!(phone.screen(), Screen::Face { .. }));

    phone.restart();
    phone.act(Action::UseDocument);
    assert!(matches!(phone.screen(), Screen::Document { again: true, .. }));
    type_lines(&mut phone);
    hold(&phone, usize::MAX);
    phone.act(Action::Read);

    assert!(matches!(phone.screen(), Screen::Face { .. }), "{:?}", phone.notice());
    assert_eq!(world.arrivals("POST /v1/app/recoveries/cccccccccccccccccccccccccccccccc/chip"), 1);
}
