use std::time::Duration;

use messages::{
    Invitation, Mail, MailAddress, MailSender as _, PhoneNumber, Reference, SenderName, Sms,
    SmsSender as _,
    endpoint::Unencrypted,
    smpp::{
        self as sms_centre, CentreAlphabet, DeliveryState, SmppSender, SmppSettings, WINDOW_DEFAULT,
    },
    smtp::{Protection, SmtpSender, SmtpSettings},
};

use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn inbox() -> Inbox {
    Inbox::new(Arc::new(now))
}

async fn centre(inbox: &Inbox) -> Running {
    let account = smpp::Account { system_id: "genvej".to_owned(), password: "secret08".to_owned() };
    smpp::serve(inbox.clone(), account).await.unwrap()
}

fn settings(address: SocketAddr, password: &str) -> SmppSettings {
    SmppSettings {
        address: address.to_string(),
        system_id: "genvej".to_owned(),
        password: password.into(),
        system_type: String::new(),
        protection: sms_centre::Protection::None(Unencrypted::LoopbackOnly),
        sender: SenderName::parse("Genvej").unwrap(),
        alphabet: CentreAlphabet::Gsm,
        window: WINDOW_DEFAULT,
        answer_within: Duration::from_secs(5),
        enquire_every: Duration::from_secs(30),
    }
}

fn sms(text: &str) -> Sms {
    Sms {
        to: PhoneNumber::parse("+4500000012").unwrap(),
        text: text.into(),
        keep_trying: None,
        reference: Reference(1),
    }
}

#[tokio::test]
async fn an_sms_arrives_and_its_receipt_goes_back() {
    let inbox = inbox();
    let centre = centre(&inbox).await;
    let (sender, mut receipts) = SmppSender::new(settings(centre.address, "secret08")).unwrap();

    let ids = sender.send(&sms("Din kode: 01234567 æøå")).await.unwrap();

    let receipt = receipts.recv().await.unwrap();
    assert_eq!((&receipt.message, receipt.state), (&ids[0], DeliveryState::Delivered));
    let items = inbox.of("+4500000012");
    let text = "Din kode: 01234567 æøå".to_owned();
    assert_eq!(items[0].content, Content::Sms { from: "Genvej".to_owned(), text });
    assert_eq!((items[0].number, items[0].at), (1, now()));
}

#[tokio::test]
async fn a_long_sms_is_one_item() {
    let inbox = inbox();
    let centre = centre(&inbox).await;
    let (sender, _receipts) = SmppSender::new(settings(centre.address, "secret08")).unwrap();

    for text in ["å".repeat(400), "ж".repeat(200)] {
        sender.send(&sms(&text)).await.unwrap();
        let content = inbox.items().pop().unwrap().content;
        assert_eq!(content, Content::Sms { from: "Genvej".to_owned(), text });
    }
    assert_eq!(inbox.items().len(), 2);
}

#[tokio::test]
async fn a_wrong_password_brings_nothing_in() {
    let inbox = inbox();
    let centre = centre(&inbox).await;
    let (sender, _receipts) = SmppSender::new(settings(centre.address, "wrong")).unwrap();

    assert!(sender.send(&sms("hej")).await.is_err());
    assert_eq!(inbox.items(), []);
}

fn mail() -> Mail {
    Mail {
        to: MailAddress::parse("anna.holm.1@post.example").unwrap(),
        subject: "Din app har fået en ny PIN-kode, og det er en meget lang overskrift for Åse".into(),
        text: "Hej Åse\n.\n..to\nhttps://genvej.example/s/0123456789abcdef0123456789abcdef012345678=9\n"
            .into(),
        invitation: None,
        reference: Reference(2),
        written_at: now(),
    }
}

fn sender(server: &Running) -> SmtpSender {
    SmtpSender::new(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        protection: Protection::None(Unencrypted::LoopbackOnly),
        trust: None,
        login: None,
        our_name: "genvej.example".to_owned(),
        from_name: "Genvej".to_owned(),
        from: MailAddress::parse("no-reply@genvej.example").unwrap(),
        answer_within: Duration::from_secs(5),
    })
    .unwrap()
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let inbox = inbox();
    let server = smtp::serve(inbox.clone()).await.unwrap();

    sender(&server).send(&mail()).await.unwrap();

    let items = inbox.of("anna.holm.1@post.example");
    let Content::Mail { from, subject, text, calendar } = &items[0].content else { panic!() };
    assert!(from.contains("no-reply@genvej.example"));
    assert_eq!(subject, mail().subject.expose());
    assert_eq!(text.trim_end(), mail().text.expose().trim_end());
    assert_eq!(calendar, &None);
}

#[tokio::test]
async fn a_calendar_file_arrives_with_its_mail() {
    let inbox = inbox();
    let server = smtp::serve(inbox.clone()).await.unwrap();
    let mut mail = mail();
    mail.invitation = Some(Invitation {
        uid: "1@genvej.example".to_owned(),
        sequence: 0,
        written_at: now(),
        start: now(),
        end: now(),
        summary: "Borgerservice Ærø".into(),
        location: "Vej 1".into(),
        description: "Husk gyldig legitimation".into(),
        cancelled: false,
    });

    sender(&server).send(&mail).await.unwrap();

    let Content::Mail { text, calendar, .. } = inbox.items().remove(0).content else { panic!() };
    assert!(text.starts_with("Hej Åse"));
    assert!(calendar.unwrap().contains("SUMMARY:Borgerservice Ærø\n"));
}

#[tokio::test]
async fn whoever_waits_learns_of_the_next_message() {
    let inbox = inbox();
    let centre = centre(&inbox).await;
    let (sender, _receipts) = SmppSender::new(settings(centre.address, "secret08")).unwrap();
    let mut watch = inbox.watch();

    sender.send(&sms("hej")).await.unwrap();
    watch.changed().await.unwrap();

    assert_eq!(*watch.borrow(), 1);
}
