use jiff::Zoned;

use super::*;
use crate::smpp;

fn texts() -> Texts {
    let sender = Sender { service: "Genvej".to_owned(), phone: "70 10 10 10".to_owned() };
    Texts::built_in(sender).unwrap()
}

fn at(text: &str) -> Zoned {
    text.parse().unwrap()
}

fn copenhagen() -> Zoned {
    at("2026-11-22T14:05:00+01:00[Europe/Copenhagen]")
}

#[test]
fn the_temporary_pin_says_that_nobody_asks_for_it_and_until_when() {
    let until = copenhagen();
    let message = Message::TemporaryPin { code: "01234567", now: &until, until: &until };

    let danish = texts().sms("da", &message).unwrap();
    let english = texts().sms("en-GB", &message).unwrap();

    assert_eq!(
        danish.expose(),
        "Genvej: Din midlertidige PIN-kode er 01234567. Den gælder til kl. 14:05. Skriv den kun i \
         din egen app. Ingen vil nogensinde bede dig om koden."
    );
    assert_eq!(
        english.expose(),
        "Genvej: Your temporary PIN is 01234567. It is valid until 14:05. Enter it only in your \
         own app. Nobody will ever ask you for the code."
    );
    for text in [danish, english] {
        assert_eq!(
            smpp::parts(text.expose(), smpp::CentreAlphabet::Gsm).unwrap().len(),
            1,
            "one SMS"
        );
        assert!(!text.expose().contains("://") && !text.expose().contains("www"));
    }
}

#[test]
fn a_code_that_outlives_the_day_names_the_day() {
    let now = at("2026-11-22T23:50:00+01:00[Europe/Copenhagen]");
    let until = at("2026-11-23T00:20:00+01:00[Europe/Copenhagen]");
    let day = "mandag den 23. november 2026 kl. 00:20";
    for message in [
        Message::TemporaryPin { code: "01234567", now: &now, until: &until },
        Message::ConfirmChannel { code: "123456", now: &now, until: &until },
    ] {
        let text = texts().sms("da", &message).unwrap();

        assert!(text.expose().contains(&format!("gælder til {day}.")), "{}", message.id());
        assert!(
            smpp::parts(text.expose(), smpp::CentreAlphabet::Gsm).unwrap().len() <= 2,
            "{}",
            message.id()
        );
    }
}

#[test]
fn the_code_of_an_appointment_names_the_day_on_which_it_ends() {
    let until = copenhagen();
    let message = Message::AppointmentCode { reference: "K7M2-PX", code: "123456", until: &until };

    let danish = texts().sms("da", &message).unwrap();
    let english = texts().mail("en", &message).unwrap();

    assert!(danish.expose().ends_with("gælder til søndag den 22. november 2026 kl. 14:05."));
    assert!(english.body.expose().contains("valid until Sunday 22 November 2026 at 14:05."));
}

#[test]
fn a_temporary_pin_has_no_mail() {
    let until = copenhagen();
    let message = Message::TemporaryPin { code: "01234567", now: &until, until: &until };

    assert!(texts().mail("da", &message).is_err());
}

#[test]
fn a_clock_elsewhere_is_named() {
    let until = at("2026-11-22T11:05:00-02:00[America/Nuuk]");
    let message = Message::TemporaryPin { code: "01234567", now: &until, until: &until };

    let text = texts().sms("da", &message).unwrap();

    assert!(text.expose().contains("gælder til kl. 11:05 (Nuuk)."));
}

fn every_message<'a>(when: &'a Zoned) -> Vec<Message<'a>> {
    let link = "https://genvej.example/s/0123456789abcdef";
    let appointment = Appointment {
        at: when,
        centre: "Borgerservice Aarhus",
        address: "Havnegade 1, 8000 Aarhus C",
        reference: "K7M2-PX",
        link,
    };
    let mut messages = vec![
        Message::Activation { code: "AB12CD34", until: when },
        Message::ConfirmChannel { code: "123456", now: when, until: when },
        Message::Notice(Notice::TemporaryPinIssued { at: when, link }),
        Message::Notice(Notice::WaitBegun { at: when, link }),
        Message::Notice(Notice::NewPinAllowed { at: when, link }),
        Message::Notice(Notice::Recovered { at: when, link }),
        Message::Notice(Notice::Stopped { at: when }),
        Message::NumberChanged { at: when },
        Message::AppointmentCode { reference: "K7M2-PX", code: "123456", until: when },
        Message::WrittenRequest,
    ];
    let news = [
        AppointmentNews::Booked,
        AppointmentNews::Moved,
        AppointmentNews::Reminder,
        AppointmentNews::Cancelled,
    ];
    messages.extend(news.map(|news| Message::Appointment(news, appointment.clone())));
    messages
}

#[test]
fn every_message_has_words_in_every_language_and_on_every_channel() {
    let (texts, when) = (texts(), copenhagen());

    for language in ["da", "en"] {
        for message in every_message(&when) {
            let sms = texts.sms(language, &message).unwrap();
            let mail = texts.mail(language, &message).unwrap();
            assert!(!sms.expose().contains(['{', '}', '\u{2068}']), "{}", message.id());
            assert!(!mail.body.expose().contains(['{', '}', '\u{2068}']), "{}", message.id());
            assert!(!mail.subject.expose().contains('\n'), "{}", message.id());
            assert!(
                smpp::parts(sms.expose(), smpp::CentreAlphabet::Gsm).unwrap().len() <= 2,
                "{}: two SMS",
                message.id()
            );
        }
    }
}

#[test]
fn a_notice_names_the_moment_and_the_link() {
    let when = copenhagen();
    let link = "https://genvej.example/s/abc";
    let notice = Message::Notice(Notice::Recovered { at: &when, link });

    let danish = texts().sms("da", &notice).unwrap();
    let english = texts().mail("en", &notice).unwrap();

    assert!(danish.expose().contains("søndag den 22. november 2026 kl. 14:05"));
    assert!(danish.expose().ends_with("https://genvej.example/s/abc"));
    assert!(english.body.expose().contains("on Sunday 22 November 2026 at 14:05"));
}

#[test]
fn a_third_language_is_one_file() {
    let greenlandic = DANISH.replace("Ingen vil", "Kialluunniit");
    let until = copenhagen();

    let texts = texts().with_language("kl", &greenlandic).unwrap();

    let message = Message::TemporaryPin { code: "01234567", now: &until, until: &until };
    assert!(texts.sms("kl", &message).unwrap().expose().contains("Kialluunniit"));
    assert!(texts.sms("fo", &message).unwrap().expose().contains("Ingen vil"), "falls back");
}

#[test]
fn a_translation_cannot_bring_a_link_into_the_temporary_pin() {
    let refused = |file: &str| texts().with_language("kl", file).unwrap_err();
    let arguments =
        LanguageError::Arguments { tag: "kl".to_owned(), id: "temporary-pin-sms".to_owned() };

    let by_argument = DANISH.replacen("PIN-kode er { $code }.", "{ $code } { $link }", 1);
    assert_eq!(refused(&by_argument), arguments);
    let by_hand = DANISH.replacen("PIN-kode er { $code }.", "{ $code } https://x.example", 1);
    assert_eq!(refused(&by_hand), arguments);
    let without_code = DANISH.replacen("PIN-kode er { $code }.", "PIN-kode", 1);
    assert_eq!(refused(&without_code), arguments);
}

#[test]
fn a_file_that_lacks_a_text_is_refused_by_name() {
    let file = DANISH.replace("written-request-sms", "something-else");

    let error = texts().with_language("kl", &file).unwrap_err();

    assert_eq!(error.to_string(), "the language file kl lacks written-request-sms");
}
