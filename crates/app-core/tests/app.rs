//! A phone against a server that keeps its promises and loses messages on request.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, unused_imports, reason = "this target uses a part of it")]
mod fake;

use app_core::{
    ActError, Action, CapturedFrame, CodeEntry, Home, LockCard, Screen, Steps, TypedText,
};
use fake::{Lose, Phone, World, typed};
use wire::Bytes;

const PIN: &str = "402916";
const NEW_PIN: &str = "739158";

fn home(phone: &Phone) -> Home {
    let screen = phone.screen();
    let Screen::Home(home) = screen else { panic!("not the state card: {screen:?}") };
    home
}

fn forgot_pin(phone: &mut Phone) {
    phone.act(Action::Settings).act(Action::PinSettings).act(Action::ForgotPin);
}

fn wrong_tries(world: &World) -> u8 {
    world.state().instances.values().next().unwrap().wrong
}

#[test]
fn a_new_phone_is_activated_gets_its_first_pin_and_opens() {
    let world = World::new();
    let mut phone = Phone::new(&world);
    assert_eq!(phone.screen(), Screen::Activate { first: true });

    phone.activate("abcd 1234");
    let entry = CodeEntry::NewPin { seconds_left: 600, first_ever: true };
    assert_eq!(phone.screen(), Screen::PinPad { entry, steps: None });
    phone.pin(PIN);
    assert_eq!(phone.screen(), Screen::PinPad { entry: CodeEntry::NewPinAgain, steps: None });
    phone.pin(PIN);
    assert!(matches!(phone.screen(), Screen::Done { text } if text.key == "done-first-pin"));
    phone.act(Action::Home);
    assert_eq!(home(&phone).lock, LockCard::Ready { tries_left: 3 });

    phone.act(Action::Open).pin(PIN);
    assert!(home(&phone).opened);
    phone.act(Action::Close);
    assert!(!home(&phone).opened);
}

#[test]
fn a_code_that_is_none_is_not_sent_and_an_unknown_one_leaves_no_key_behind() {
    let world = World::new();
    let mut phone = Phone::new(&world);

    phone.activate("ABC");
    assert_eq!(phone.notice().as_deref(), Some("notice-activation-code-form"));
    assert!(world.state().seen.is_empty());
    phone.activate("ZZZZ9999");
    assert_eq!(phone.notice().as_deref(), Some("activation-refused"));
    assert_eq!(phone.keys(), 0);
}

#[test]
fn the_link_of_an_activation_or_both_numbers_together_fit_into_either_field() {
    let link = "genvej://activate/ABCDEFGHJK/ABCD1234";
    let both = "abcde-fghjk abcd 1234";
    for (offer, code) in
        [("", link), (link, ""), ("", both), (both, ""), ("ABCDE FGHJK", "abcd-1234")]
    {
        let world = World::new();
        let mut phone = Phone::new(&world);

        phone.act(Action::Activate {
            offer: typed(offer),
            code: typed(code),
            device_name: "Test phone".into(),
            label: "Me".into(),
        });

        assert!(matches!(phone.screen(), Screen::PinPad { .. }), "{offer} {code}");
    }
    let world = World::new();
    let mut phone = Phone::new(&world);
    for (offer, code, notice) in [
        ("ABCDEFGHJ", "ABCD1234", "notice-offer-form"),
        ("ABCDEFGHJK", "ABCD123", "notice-activation-code-form"),
        ("", "ABCD1234", "notice-offer-form"),
        ("https://evil.example/ABCDEFGHJK/ABCD1234", "", "notice-activation-code-form"),
    ] {
        phone.act(Action::Activate {
            offer: typed(offer),
            code: typed(code),
            device_name: "Test phone".into(),
            label: "Me".into(),
        });
        assert_eq!(phone.notice().as_deref(), Some(notice), "{offer} {code}");
    }
    assert!(world.state().seen.is_empty(), "what is none is not sent");
}

#[test]
fn an_activation_whose_answer_is_lost_is_the_same_one_when_typed_again() {
    let world = World::new();
    let mut phone = Phone::new(&world);
    world.lose(Lose::Answer, "POST /v1/app/activations", 3);

    phone.activate("ABCD1234");
    assert_eq!(phone.notice().as_deref(), Some("notice-offline"));
    phone.activate("ABCD1234");

    assert!(matches!(phone.screen(), Screen::PinPad { .. }));
    assert_eq!(world.state().instances.len(), 1);
    assert_eq!(phone.keys(), 1);
}

#[test]
fn three_wrong_pins_lock_and_the_state_card_offers_the_ways() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);

    phone.act(Action::Open).pin("111112");
    assert_eq!(phone.notice().as_deref(), Some("notice-wrong-pin"));
    let entry = CodeEntry::Open { tries_left: Some(2) };
    assert_eq!(phone.screen(), Screen::PinPad { entry, steps: None });
    phone.pin("111113").pin("111114");

    assert_eq!(home(&phone).lock, LockCard::Locked { seconds_left: 180, wrong_tries: 3 });
    assert_eq!(phone.app.act(Action::Open), Ok(()));
    assert!(matches!(phone.screen(), Screen::Home(_)), "a locked app shows no PIN pad");
    phone.act(Action::HaveTemporaryPin);
    assert_eq!(phone.screen(), Screen::TemporaryPin { tries_left: None });
}

#[test]
fn a_right_pin_approves_the_sign_in_whose_number_was_typed_and_a_refusal_takes_it_away() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.sign_in("s1", "0481", "The library");
    world.sign_in("s2", "7733", "The bank");
    phone.act(Action::Refresh);
    assert!(home(&phone).sign_in_waits);

    phone.act(Action::AnswerSignIn);
    assert_eq!(phone.screen(), Screen::SignInNumber);
    phone.act(Action::SignInNumber { digits: typed("04 81") });
    let Screen::SignIn { sign_in, approves: true } = phone.screen() else { panic!("not found") };
    assert_eq!((sign_in.sign_in_id.as_str(), sign_in.service.as_str()), ("s1", "The library"));
    let of_the_other = Action::Approve { sign_in_id: "s2".into() };
    assert_eq!(phone.app.act(of_the_other), Err(ActError::OutOfPlace));
    phone.act(Action::Approve { sign_in_id: "s1".into() });
    let entry = CodeEntry::Approve { service: "The library".into(), tries_left: Some(3) };
    assert_eq!(phone.screen(), Screen::PinPad { entry, steps: None });
    phone.pin(PIN);
    assert!(matches!(phone.screen(), Screen::Done { text } if text.key == "done-approved"));
    phone.act(Action::Home).act(Action::AnswerSignIn);
    phone.act(Action::SignInNumber { digits: typed("7733") });
    phone.act(Action::Refuse { sign_in_id: "s2".into() }).act(Action::Home);

    assert!(!home(&phone).sign_in_waits);
    let unknown = Action::Approve { sign_in_id: "s1".into() };
    assert_eq!(phone.app.act(unknown), Err(ActError::OutOfPlace));
}

/// CHECKLIST attack 26 in the app: three hundred requests of a stranger are not on the screen.
#[test]
fn a_flood_of_sign_ins_shows_nothing_but_that_something_waits() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    for number in 1_000..1_300 {
        world.sign_in(&format!("stranger-{number}"), &number.to_string(), "Your bank, urgent");
    }
    world.sign_in("mine", "9001", "The library");
    phone.act(Action::Refresh);

    assert!(!format!("{:?}", phone.view()).contains("urgent"));
    phone.act(Action::AnswerSignIn).act(Action::SignInNumber { digits: typed("9001") });

    assert!(
        matches!(phone.screen(), Screen::SignIn { sign_in, .. } if sign_in.sign_in_id == "mine")
    );
}

#[test]
fn a_wrong_number_can_be_typed_again_and_the_second_ends_what_waits() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.sign_in("s1", "0481", "The library");
    phone.act(Action::Refresh).act(Action::AnswerSignIn);

    phone.act(Action::SignInNumber { digits: typed("481") });
    assert_eq!(phone.notice().as_deref(), Some("notice-sign-in-number-form"));
    phone.act(Action::SignInNumber { digits: typed("0482") });
    assert_eq!(phone.notice().as_deref(), Some("sign-in-number-wrong"));
    assert_eq!(phone.screen(), Screen::SignInNumber);
    phone.act(Action::SignInNumber { digits: typed("0483") });

    assert_eq!(phone.notice().as_deref(), Some("sign-in-numbers-used"));
    assert!(!home(&phone).sign_in_waits);
}

#[test]
fn a_try_that_is_sent_again_is_the_same_try() {
    for lost in [Lose::Request, Lose::Answer] {
        for path in ["POST /v1/app/pin/tries", "POST /v1/app/pin/tries/"] {
            let world = World::new();
            let mut phone = Phone::bound(&world, PIN);
            phone.act(Action::Open);
            world.lose(lost, path, 3);

            phone.pin(PIN);
            assert_eq!(phone.screen(), Screen::Interrupted { counts_as_try: true });
            phone.act(Action::TryAgain);

            assert!(home(&phone).opened, "{lost:?} {path}");
            assert_eq!(wrong_tries(&world), 0);
        }
    }
}

#[test]
fn a_lost_connection_that_cost_a_try_is_said_even_after_a_restart() {
    for restart in [false, true] {
        let world = World::new();
        let mut phone = Phone::bound(&world, PIN);
        phone.act(Action::Open);
        world.lose(Lose::Answer, "POST /v1/app/pin/tries", 3);
        phone.pin(PIN);

        // Thirty seconds pass on the server: the ticket counts as wrong.
        world.instance(|instance| {
            instance.ticket = None;
            instance.count_wrong();
        });
        if restart {
            phone.restart();
        } else {
            phone.act(Action::Home);
        }

        assert_eq!(phone.notice().as_deref(), Some("notice-lost-connection-cost-a-try"));
        assert_eq!(home(&phone).lock, LockCard::Ready { tries_left: 2 });
        phone.act(Action::Home);
        assert_eq!(phone.notice(), None, "it is said once");
    }
}

#[test]
fn a_lost_connection_that_cost_nothing_says_nothing() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    phone.act(Action::Open);
    world.lose(Lose::Request, "POST /v1/app/pin/tries", 3);
    phone.pin(PIN);

    phone.act(Action::Home);

    assert_eq!(phone.notice(), None);
    assert_eq!(home(&phone).lock, LockCard::Ready { tries_left: 3 });
}

#[test]
fn offline_the_last_known_state_is_shown_as_of_and_nothing_is_tried() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.state().offline = true;

    phone.restart();

    let shown = home(&phone);
    assert_eq!(shown.lock, LockCard::Ready { tries_left: 3 });
    assert_eq!(shown.as_of.as_deref(), Some("2026-11-22T10:00:00Z"));
    assert_eq!(shown.help.support_phone.as_deref(), Some("+45 00 00 00 00"));
    phone.act(Action::Open);
    assert!(matches!(phone.screen(), Screen::Home(_)));
    assert_eq!(phone.notice().as_deref(), Some("notice-offline"));
    world.state().offline = false;
    phone.act(Action::Refresh);
    assert_eq!(home(&phone).as_of, None);
    assert_eq!(world.arrivals("POST /v1/app/pin/tries"), 0);
}

#[test]
fn r12_a_ready_app_takes_a_temporary_pin_under_settings_pin_code_forgot() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.instance(|instance| instance.temporary_pin = Some("48151623".into()));

    assert_eq!(phone.app.act(Action::HaveTemporaryPin), Err(ActError::OutOfPlace));
    forgot_pin(&mut phone);
    phone.act(Action::HaveTemporaryPin).act(Action::TemporaryPin { code: typed("4815 1623") });
    let steps = Some(Steps { at: 2, of: 2 });
    let entry = CodeEntry::NewPin { seconds_left: 600, first_ever: false };
    assert_eq!(phone.screen(), Screen::PinPad { entry, steps });
    phone.pin(NEW_PIN).pin(NEW_PIN).act(Action::Home);

    phone.act(Action::Open).pin(PIN);
    assert_eq!(phone.notice().as_deref(), Some("notice-wrong-pin"));
    phone.pin(NEW_PIN);
    assert!(home(&phone).opened);
}

#[test]
fn r12_a_locked_and_a_blocked_app_take_it_on_the_state_card() {
    for blocked in [false, true] {
        let world = World::new();
        let mut phone = Phone::bound(&world, PIN);
        world.instance(|instance| {
            instance.temporary_pin = Some("48151623".into());
            instance.wrong = if blocked { 9 } else { 3 };
            instance.blocked = blocked;
            instance.locked = Some(180);
        });
        phone.act(Action::Refresh);
        let expected = if blocked {
            LockCard::Blocked
        } else {
            LockCard::Locked { seconds_left: 180, wrong_tries: 3 }
        };
        assert_eq!(home(&phone).lock, expected);

        phone.act(Action::HaveTemporaryPin).act(Action::TemporaryPin { code: typed("48151623") });
        phone.pin(NEW_PIN).pin(NEW_PIN).act(Action::Home);

        assert_eq!(home(&phone).lock, LockCard::Ready { tries_left: 3 });
    }
}

#[test]
fn a_wrong_temporary_pin_says_how_many_tries_are_left_and_a_lost_one_is_not_counted_twice() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.instance(|instance| instance.temporary_pin = Some("48151623".into()));
    forgot_pin(&mut phone);
    phone.act(Action::HaveTemporaryPin);
    world.lose(Lose::Answer, "POST /v1/app/temporary-pin", 3);

    phone.act(Action::TemporaryPin { code: typed("00000001") });
    assert_eq!(phone.notice().as_deref(), Some("notice-offline-code"));
    phone.act(Action::TemporaryPin { code: typed("0000 0001") });

    assert_eq!(phone.notice().as_deref(), Some("temporary-pin-wrong"));
    assert_eq!(phone.screen(), Screen::TemporaryPin { tries_left: Some(2) });
    world.instance(|instance| assert_eq!(instance.temporary_tries, 2));
    phone.act(Action::TemporaryPin { code: typed("1234567") });
    assert_eq!(phone.notice().as_deref(), Some("notice-temporary-pin-form"));
    world.instance(|instance| assert_eq!(instance.temporary_tries, 2));
}

#[test]
fn weak_pins_are_refused_with_the_birth_date_that_the_grant_released() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.instance(|instance| instance.temporary_pin = Some("48151623".into()));
    forgot_pin(&mut phone);
    phone.act(Action::HaveTemporaryPin).act(Action::TemporaryPin { code: typed("48151623") });

    for (weak, key) in [
        ("111222", "notice-weak-few-digits"),
        ("345678", "notice-weak-run"),
        ("170468", "notice-weak-birth-date"),
        ("196804", "notice-weak-birth-date"),
        ("159753", "notice-weak-common"),
        ("12345", "notice-six-digits"),
    ] {
        phone.pin(weak);
        assert_eq!(phone.notice().as_deref(), Some(key), "{weak}");
        assert!(matches!(phone.screen(), Screen::PinPad { entry: CodeEntry::NewPin { .. }, .. }));
    }
    phone.pin(NEW_PIN).pin("739159");
    assert_eq!(phone.notice().as_deref(), Some("notice-pins-differ"));
    assert_eq!(world.arrivals("POST /v1/app/pin/registrations"), 1, "the first PIN alone");
}

#[test]
fn an_unused_grant_survives_a_restart() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.grant(None);

    phone.restart();
    assert_eq!(home(&phone).new_pin_seconds_left, Some(600));
    phone.act(Action::ChoosePin).pin(NEW_PIN).pin(NEW_PIN).act(Action::Home);
    assert_eq!(home(&phone).new_pin_seconds_left, None);

    phone.act(Action::Open).pin(NEW_PIN);
    assert!(home(&phone).opened);
}

#[test]
fn a_new_pin_whose_answer_is_lost_is_sent_again_byte_for_byte() {
    for path in ["POST /v1/app/pin/registrations", "PUT /v1/app/pin/registrations"] {
        for lost in [Lose::Request, Lose::Answer] {
            let world = World::new();
            let mut phone = Phone::bound(&world, PIN);
            world.grant(None);
            phone.act(Action::ChoosePin).pin(NEW_PIN);
            world.lose(lost, path, 3);

            phone.pin(NEW_PIN);
            assert_eq!(phone.screen(), Screen::Interrupted { counts_as_try: false });
            phone.act(Action::TryAgain);

            assert!(matches!(phone.screen(), Screen::Done { .. }), "{path} {lost:?}");
            phone.act(Action::Home).act(Action::Open).pin(NEW_PIN);
            assert!(home(&phone).opened);
        }
    }
}

#[test]
fn a_lapsed_grant_is_said_and_leads_back_to_the_state_card() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.grant(None);
    phone.act(Action::ChoosePin).pin(NEW_PIN);
    world.instance(|instance| instance.grant = None);

    phone.pin(NEW_PIN);

    assert_eq!(phone.notice().as_deref(), Some("grant-not-valid"));
    assert_eq!(home(&phone).lock, LockCard::Ready { tries_left: 3 });
}

#[test]
fn the_time_to_choose_goes_on_while_pins_are_refused() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.grant(None);
    phone.act(Action::ChoosePin);
    let seconds = |phone: &Phone| {
        let Screen::PinPad { entry: CodeEntry::NewPin { seconds_left, .. }, .. } = phone.screen()
        else {
            return None;
        };
        Some(seconds_left)
    };
    let leave = |left: u64| {
        world.instance(|instance| instance.grant.as_mut().unwrap().seconds_left = left);
    };

    leave(480);
    phone.pin("111111");
    assert_eq!(phone.notice().as_deref(), Some("notice-weak-few-digits"));
    assert_eq!(seconds(&phone), Some(480));
    leave(300);
    phone.pin(NEW_PIN).pin(PIN);
    assert_eq!(phone.notice().as_deref(), Some("notice-pins-differ"));
    assert_eq!(seconds(&phone), Some(300));
    world.instance(|instance| instance.grant = None);
    phone.act(Action::Refresh);

    assert_eq!(phone.notice().as_deref(), Some("notice-grant-lapsed"));
    assert_eq!(seconds(&phone), None);
}

#[test]
fn one_phone_holds_several_people_each_with_a_key_of_their_own() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    phone.act(Action::AddPerson).activate("EFGH5678").pin(NEW_PIN).pin(NEW_PIN).act(Action::Home);

    assert_eq!(phone.view().people.len(), 2);
    assert_eq!(phone.keys(), 2);
    phone.act(Action::Open).pin(NEW_PIN);
    assert!(home(&phone).opened);
    phone.act(Action::SelectPerson { index: 0 });
    assert!(!home(&phone).opened, "another person's app is closed");
    phone.act(Action::Open).pin(NEW_PIN);
    assert_eq!(phone.notice().as_deref(), Some("notice-wrong-pin"));
    phone.restart();
    assert!(phone.view().people[0].selected);
}

#[test]
fn an_ended_binding_is_said_and_can_be_removed() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    assert_eq!(phone.app.act(Action::RemovePerson), Err(ActError::OutOfPlace));
    world.instance(|instance| instance.unbound = true);

    phone.act(Action::Refresh);
    assert_eq!(home(&phone).lock, LockCard::Unbound);
    phone.act(Action::RemovePerson);

    assert_eq!(phone.screen(), Screen::Activate { first: true });
    assert_eq!(phone.keys(), 0);
}

#[test]
fn a_nonce_that_lapsed_costs_the_person_nothing() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    world.state().nonces.clear();

    phone.act(Action::Open).pin(PIN);

    assert!(home(&phone).opened);
}

#[test]
fn frames_without_every_prompt_or_too_large_are_not_sent() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    forgot_pin(&mut phone);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HaveNationalNumber);
    assert!(matches!(phone.screen(), Screen::Document { again: false, .. }));

    let frame = CapturedFrame { jpeg: Bytes(vec![0xFF, 0xD8]), at_ms: 0, grey: None };
    let face = Action::FaceFrame(frame);
    assert_eq!(phone.app.act(face), Err(ActError::OutOfPlace), "not before the document");
}

#[test]
fn what_is_typed_of_a_document_is_checked_before_the_chip_is_asked() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    forgot_pin(&mut phone);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HaveNationalNumber);
    let fields = |number: &str, birth: &str, expiry: &str| Action::DocumentFields {
        number: typed(number),
        birth: typed(birth),
        expiry: typed(expiry),
    };

    for (action, key) in [
        (fields("", "17-04-1968", "01-01-2030"), "notice-number-form"),
        (fields("L898902C", "April", "01-01-2030"), "notice-birth-form"),
        (fields("L898902C", "17-04-1968", "2030"), "notice-expiry-form"),
        (Action::CardAccessNumber { digits: typed("12") }, "notice-can-form"),
        (Action::DocumentLines { lines: typed("P<UTO") }, "notice-lines-form"),
    ] {
        phone.act(action);
        assert_eq!(phone.notice().as_deref(), Some(key));
        assert!(matches!(phone.screen(), Screen::Document { .. }));
    }
    phone.act(fields("L898902C", "17-04-1968", "01-01-2030"));
    assert!(matches!(phone.screen(), Screen::Hold { .. }));
    phone.act(Action::Read);
    assert_eq!(phone.notice().as_deref(), Some("notice-no-document"));

    let typed_before = |phone: &Phone| {
        let Screen::Document { typed, .. } = phone.screen() else { return None };
        Some(typed.number.text().to_owned())
    };
    phone.act(Action::ReadingHelp).act(Action::TypeAgain);
    assert_eq!(typed_before(&phone).as_deref(), Some("L898902C"), "nobody types it twice");
    phone.act(Action::CancelRecovery);
    forgot_pin(&mut phone);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HaveNationalNumber);
    assert_eq!(typed_before(&phone).as_deref(), Some(""), "the next may be another person");
}

#[test]
fn a_p_code_is_asked_for_before_the_document_and_a_cancelled_case_is_gone() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    forgot_pin(&mut phone);
    phone.act(Action::UseDocument).act(Action::Consent).act(Action::HavePCode);

    assert!(matches!(phone.screen(), Screen::PCode { .. }));
    phone.act(Action::PCode { code: typed("123") });
    assert_eq!(phone.notice().as_deref(), Some("notice-p-code-form"));
    phone.act(Action::PCode { code: typed("1234 5678") });
    assert!(matches!(phone.screen(), Screen::Document { .. }));
    phone.act(Action::CancelRecovery);

    assert!(!home(&phone).recovery_open);
}

#[test]
fn no_code_is_printed_or_kept() {
    let world = World::new();
    let mut phone = Phone::bound(&world, PIN);
    phone.act(Action::Open);
    world.lose(Lose::Answer, "POST /v1/app/pin/tries", 3);
    phone.pin(PIN);

    let action = Action::Pin { digits: TypedText::new(PIN) };
    let json: Action = serde_json::from_str(r#"{"act":"pin","digits":"402916"}"#).unwrap();
    for printed in [
        format!("{action:?}"),
        format!("{json:?}"),
        format!("{:?}", phone.app),
        format!("{:?}", phone.view()),
        phone.vault_text(),
    ] {
        assert!(!printed.contains(PIN), "{printed}");
    }
    assert!(!phone.vault_text().contains("birth"));
}
