//! E-mail against a real SMTP server (PyPI `aiosmtpd`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::{process::Command, time::Duration};

use messages::{
    Invitation, Mail, MailAddress, MailSender as _, Reference, Retry,
    endpoint::Unencrypted,
    smtp::{Protection, SmtpSender, SmtpSettings, SmtpSettingsError},
};
use servers::{Server, script};

mod servers;

fn server() -> Server {
    let mut python = Command::new("python3");
    python.arg(script("mail_server.py"));
    Server::start(
        &mut python,
        "this test needs Python 3 and aiosmtpd: run `python3 -m pip install aiosmtpd==1.4.6`",
    )
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        protection: Protection::None(Unencrypted::LoopbackOnly),
        trust: None,
        login: None,
        our_name: "genvej.example".to_owned(),
        from_name: "Genvej på nettet".to_owned(),
        from: MailAddress::parse("no-reply@genvej.example").unwrap(),
        answer_within: Duration::from_secs(5),
    }
}

fn mail(to: &str) -> Mail {
    Mail {
        to: MailAddress::parse(to).unwrap(),
        subject: "Din app har fået en ny PIN-kode".into(),
        text:
            "Hej Åse\n\nhttps://genvej.example/s/0123456789abcdef0123456789abcdef0123456789abcdef\n"
                .into(),
        invitation: None,
        reference: Reference(0xABCD),
        written_at: "2026-11-22T13:05:00Z".parse().unwrap(),
    }
}

/// The mail as the server's Python reads it: headers, then each part's type and text.
fn read(said: &serde_json::Value) -> serde_json::Value {
    let script = "import sys,json,base64,email\n\
        from email import policy\n\
        m=email.message_from_bytes(base64.b64decode(sys.argv[1]),policy=policy.default)\n\
        parts=[(p.get_content_type(),p.get_param('method'),p.get_content()) for p in m.walk() if not p.is_multipart()]\n\
        print(json.dumps({'headers':dict(m.items()),'parts':parts}))";
    let content = said["content"].as_str().unwrap();
    let output = Command::new("python3").args(["-c", script, content]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_mail_arrives_with_its_danish_letters() {
    let server = server();
    let sender = SmtpSender::new(settings(server.port)).unwrap();

    sender.send(&mail("aase@example.dk")).await.unwrap();

    let said = server.next("mail");
    assert_eq!(said["sender"], "no-reply@genvej.example");
    assert_eq!(said["to"][0], "aase@example.dk");
    let read = read(&said);
    let headers = &read["headers"];
    assert_eq!(headers["Subject"], "Din app har fået en ny PIN-kode");
    assert_eq!(headers["From"], "Genvej på nettet <no-reply@genvej.example>");
    assert_eq!(headers["Date"], "Sun, 22 Nov 2026 13:05:00 +0000");
    assert_eq!(headers["Message-ID"], "<0000000000000000000000000000abcd@genvej.example>");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    let text = read["parts"][0][2].as_str().unwrap();
    assert!(text.contains("Hej Åse") && text.contains("0123456789abcdef0123456789abcdef"));
}

#[tokio::test]
async fn an_appointment_comes_with_its_calendar_file() {
    let server = server();
    let sender = SmtpSender::new(settings(server.port)).unwrap();
    let mut mail = mail("aase@example.dk");
    mail.invitation = Some(Invitation {
        uid: "K7M2-PX@genvej.example".to_owned(),
        sequence: 0,
        written_at: mail.written_at,
        start: "2026-12-01T09:15:00Z".parse().unwrap(),
        end: "2026-12-01T09:30:00Z".parse().unwrap(),
        summary: "Borgerservice Ærø".into(),
        location: "Vej 1".into(),
        description: "Husk gyldig legitimation".into(),
        cancelled: false,
    });

    sender.send(&mail).await.unwrap();

    let read = read(&server.next("mail"));
    assert_eq!(read["parts"][1][0], "text/calendar");
    assert_eq!(read["parts"][1][1], "PUBLISH");
    assert!(read["parts"][1][2].as_str().unwrap().contains("SUMMARY:Borgerservice Ærø"));
}

#[tokio::test]
async fn each_failure_says_whether_to_try_again_and_never_to_whom() {
    let server = server();
    let sender = SmtpSender::new(settings(server.port)).unwrap();
    let away = SmtpSender::new(settings(1)).unwrap();

    let unknown = sender.send(&mail("unknown@example.dk")).await.unwrap_err();
    let busy = sender.send(&mail("busy@example.dk")).await.unwrap_err();
    let unreachable = away.send(&mail("aase@example.dk")).await.unwrap_err();

    assert_eq!((unknown.retry(), unknown.their_code()), (Retry::Never, Some(550)));
    assert_eq!((busy.retry(), busy.their_code()), (Retry::Later, Some(451)));
    assert_eq!(unreachable.retry(), Retry::Later);
    for error in [unknown, busy, unreachable] {
        let chain = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
        assert!(!chain.contains("example.dk"), "{chain}");
    }
}

#[test]
fn a_server_elsewhere_is_never_spoken_to_in_the_clear() {
    let mut elsewhere = settings(25);
    elsewhere.host = "mail.example".to_owned();

    let refused = SmtpSender::new(elsewhere).unwrap_err();

    assert!(matches!(refused, SmtpSettingsError::Unprotected(_)));
}
