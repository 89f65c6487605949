//! SMS against a real SMPP server (npm `smpp`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::{path::Path, process::Command, time::Duration};

use messages::{
    MessageId, PhoneNumber, Reference, Retry, SenderName, Sms, SmsSender as _,
    endpoint::Unencrypted,
    smpp::{
        CentreAlphabet, DeliveryState, Protection, Receipt, SmppSender, SmppSettings,
        WINDOW_DEFAULT,
    },
};
use servers::{Server, script};

mod servers;

fn centre() -> Server {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules");
    let mut node = Command::new("node");
    node.arg(script("message_centre.cjs")).env("NODE_PATH", modules);
    Server::start(
        &mut node,
        "this test needs Node.js 20 or later and the npm package `smpp`: \
         run `npm ci --ignore-scripts` in the project's folder",
    )
}

fn settings(centre: &Server) -> SmppSettings {
    SmppSettings {
        address: format!("127.0.0.1:{}", centre.port),
        system_id: "genvej".to_owned(),
        password: "secret08".into(),
        system_type: String::new(),
        protection: Protection::None(Unencrypted::LoopbackOnly),
        sender: SenderName::parse("Genvej").unwrap(),
        alphabet: CentreAlphabet::Gsm,
        window: WINDOW_DEFAULT,
        answer_within: Duration::from_millis(1_500),
        enquire_every: Duration::from_secs(30),
    }
}

fn started(settings: SmppSettings) -> (SmppSender, tokio::sync::mpsc::Receiver<Receipt>) {
    SmppSender::new(settings).unwrap()
}

fn sms(to: &str, text: &str) -> Sms {
    Sms {
        to: PhoneNumber::parse(to).unwrap(),
        text: text.into(),
        keep_trying: Some(Duration::from_secs(1_800)),
        reference: Reference(7),
    }
}

#[tokio::test]
async fn a_danish_text_arrives_whole_and_its_receipt_comes_back() {
    let centre = centre();
    let (sender, mut receipts) = started(settings(&centre));

    let ids = sender.send(&sms("+4520123456", "Æbler på Ærø: 01234567 €")).await.unwrap();

    assert_eq!(ids, [MessageId("m1".to_owned())]);
    let message = centre.next("message");
    assert_eq!(message["text"], "Æbler på Ærø: 01234567 €");
    assert_eq!(message["to"], "4520123456");
    assert_eq!((&message["from"], &message["from_ton"]), (&"Genvej".into(), &5.into()));
    assert_eq!((&message["coding"], &message["receipt"]), (&0.into(), &1.into()));
    assert!((1_795..=1_800).contains(&message["validity_secs"].as_i64().unwrap()), "{message}");
    let receipt = receipts.recv().await.unwrap();
    assert_eq!((receipt.message, receipt.state), (ids[0].clone(), DeliveryState::Delivered));
    centre.next("receipt_taken");
}

#[tokio::test]
async fn letters_beyond_the_gsm_alphabet_go_as_ucs_2() {
    let centre = centre();
    let (sender, _receipts) = started(settings(&centre));

    sender.send(&sms("+4520123456", "Żółć 😀")).await.unwrap();

    let message = centre.next("message");
    assert_eq!((&message["text"], &message["coding"]), (&"Żółć 😀".into(), &8.into()));
}

#[tokio::test]
async fn a_long_text_goes_in_numbered_parts() {
    let centre = centre();
    let (sender, _receipts) = started(settings(&centre));
    let long = format!("{}å{}", "a".repeat(152), "b".repeat(100));

    let ids = sender.send(&sms("+4520123456", &long)).await.unwrap();

    assert_eq!(ids.len(), 2);
    let (first, second) = (centre.next("message"), centre.next("message"));
    let header = |part: &serde_json::Value| part["header"].as_str().unwrap().to_owned();
    let (one, two) = (header(&first), header(&second));
    assert!(one.ends_with("0201") && two.ends_with("0202"), "{one} {two}");
    assert_eq!(one[..one.len() - 2], two[..two.len() - 2], "one reference");
    let joined = format!("{}{}", first["text"].as_str().unwrap(), second["text"].as_str().unwrap());
    assert_eq!(joined, long);
}

#[tokio::test]
async fn one_session_serves_many_and_says_goodbye() {
    let centre = centre();
    let (sender, _receipts) = started(settings(&centre));
    let sends = (0..20).map(|n| {
        let sender = &sender;
        async move { sender.send(&sms(&format!("+45201234{n:02}"), "hej")).await.unwrap() }
    });

    for send in sends {
        send.await;
    }
    sender.close().await;

    assert_eq!(centre.next("bind")["known"], true);
    for _ in 0..20 {
        assert_eq!(centre.next_of(&["bind", "message"])["event"], "message", "one session");
    }
    centre.next("unbind");
}

#[tokio::test]
async fn each_failure_says_whether_to_try_again() {
    let centre = centre();
    let (sender, _receipts) = started(settings(&centre));
    let failed = async |to: &str| sender.send(&sms(to, "hej")).await.unwrap_err();

    let throttled = failed("+4520000001").await;
    let no_such_number = failed("+4520000002").await;
    let silence = failed("+4520000003").await;
    let broken = failed("+4520000004").await;

    assert_eq!((throttled.retry(), throttled.their_code()), (Retry::Later, Some(0x58)));
    assert_eq!((no_such_number.retry(), no_such_number.their_code()), (Retry::Never, Some(0x0B)));
    assert_eq!(silence.retry(), Retry::Unsure);
    assert_eq!(broken.retry(), Retry::Unsure);
    for error in [throttled, no_such_number, silence, broken] {
        assert!(!format!("{error} {error:?}").contains("4520"), "{error}");
    }
    // The next one opens a new session.
    sender.send(&sms("+4520123456", "hej")).await.unwrap();
}

#[tokio::test]
async fn a_centre_that_is_away_or_refuses_us_costs_nothing() {
    let centre = centre();
    let mut wrong = settings(&centre);
    wrong.password = "wrong".into();
    let mut away = settings(&centre);
    away.address = "127.0.0.1:1".to_owned();

    let refused = started(wrong).0.send(&sms("+4520123456", "hej")).await.unwrap_err();
    let unreachable = started(away).0.send(&sms("+4520123456", "hej")).await.unwrap_err();

    assert_eq!(refused.retry(), Retry::Later);
    assert_eq!(unreachable.retry(), Retry::Later);
    assert!(std::error::Error::source(&refused).unwrap().to_string().contains("0xe"));
}

#[tokio::test]
async fn a_silent_session_is_kept_alive() {
    let centre = centre();
    let mut brisk = settings(&centre);
    brisk.enquire_every = Duration::from_millis(100);
    let (sender, _receipts) = started(brisk);

    sender.send(&sms("+4520123456", "hej")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;

    centre.next("enquire_link");
    centre.next("enquire_link");
}
