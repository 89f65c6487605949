//! SMS against message centres that behave as each test says, unit by unit, in clear and over TLS.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::{net::SocketAddr, num::NonZeroU16, sync::Arc, time::Duration};

use messages::{
    Blame, MessageId, PhoneNumber, Reference, Retry, SenderName, Sms, SmsSender as _,
    endpoint::Unencrypted,
    smpp::{
        CentreAlphabet, Protection, SmppSender, SmppSettings, SmppSettingsError,
        pdu::{Body, Pdu, ShortMessage, status, unit_length},
    },
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

/// The centre's side of one session.
struct Centre<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Centre<S> {
    async fn bound(stream: S) -> Self {
        let mut centre = Self { stream, buffer: Vec::new() };
        let bind = centre.next().await.unwrap();
        let Body::Bind(asked) = &bind.body else { panic!("{bind:?}") };
        let body = Body::BindResp { kind: asked.kind, system_id: "centre".to_owned() };
        centre.say(status::OK, bind.sequence, body).await;
        centre
    }

    async fn next(&mut self) -> Option<Pdu> {
        loop {
            if let Some(length) = unit_length(&self.buffer).unwrap()
                && self.buffer.len() >= length
            {
                let rest = self.buffer.split_off(length);
                let unit = std::mem::replace(&mut self.buffer, rest);
                return Some(Pdu::decode(&unit).unwrap());
            }
            if self.stream.read_buf(&mut self.buffer).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// The next message to a phone, with its sequence number.
    async fn submitted(&mut self) -> (u32, Box<ShortMessage>) {
        let unit = self.next().await.unwrap();
        let Body::SubmitSm(message) = unit.body else { panic!("not a message: {unit:?}") };
        (unit.sequence, message)
    }

    async fn say(&mut self, status: u32, sequence: u32, body: Body) {
        let bytes = Pdu { status, sequence, body }.encode();
        self.stream.write_all(&bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    async fn take(&mut self, sequence: u32, id: &str) {
        self.say(status::OK, sequence, Body::SubmitSmResp { message_id: id.to_owned() }).await;
    }
}

fn settings(address: SocketAddr) -> SmppSettings {
    SmppSettings {
        address: address.to_string(),
        system_id: "genvej".to_owned(),
        password: "secret08".into(),
        system_type: String::new(),
        protection: Protection::None(Unencrypted::LoopbackOnly),
        sender: SenderName::parse("Genvej").unwrap(),
        alphabet: CentreAlphabet::Gsm,
        window: NonZeroU16::new(2).unwrap(),
        answer_within: Duration::from_millis(400),
        enquire_every: Duration::from_secs(30),
    }
}

fn sms(reference: u128, text: &str) -> Sms {
    Sms {
        to: PhoneNumber::parse("+4520123456").unwrap(),
        text: text.into(),
        keep_trying: None,
        reference: Reference(reference),
    }
}

async fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_the_window_holds() {
    let (listener, address) = listening().await;
    let (report, mut seen) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let first = centre.submitted().await.0;
        let second = centre.submitted().await.0;
        // A third before either is answered would be one too many.
        let early = tokio::time::timeout(Duration::from_millis(150), centre.next()).await;
        report.send(early.is_ok()).await.unwrap();
        centre.take(second, "b").await;
        let third = centre.submitted().await.0;
        centre.take(first, "a").await;
        centre.take(third, "c").await;
        // Keeps the session until everybody was answered.
        assert!(centre.next().await.is_none());
    });
    let sender = Arc::new(SmppSender::new(settings(address)).unwrap().0);
    let sends: Vec<_> = (0..3_u128)
        .map(|n| {
            let sender = Arc::clone(&sender);
            tokio::spawn(async move { sender.send(&sms(n, "hej")).await })
        })
        .collect();

    for send in sends {
        assert_eq!(send.await.unwrap().unwrap().len(), 1);
    }

    assert!(!seen.recv().await.unwrap(), "the third request came before an answer");
}

#[tokio::test]
async fn what_waited_for_its_turn_in_vain_was_surely_not_sent() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        while centre.next().await.is_some() {}
    });
    let mut narrow = settings(address);
    narrow.window = NonZeroU16::new(1).unwrap();
    let sender = Arc::new(SmppSender::new(narrow).unwrap().0);
    let first = {
        let sender = Arc::clone(&sender);
        tokio::spawn(async move { sender.send(&sms(1, "hej")).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;

    let second = sender.send(&sms(2, "hej")).await.unwrap_err();

    assert_eq!(first.await.unwrap().unwrap_err().retry(), Retry::Unsure, "the centre had it");
    assert_eq!(second.retry(), Retry::Later, "it never left");
}

#[tokio::test]
async fn what_still_waits_when_its_time_is_up_was_surely_not_sent_though_the_session_goes_on() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let first = centre.submitted().await.0;
        centre.submitted().await;
        // An answer in between keeps the session, and a third request fills the window again.
        tokio::time::sleep(Duration::from_millis(300)).await;
        centre.take(first, "a").await;
        while centre.next().await.is_some() {}
    });
    let sender = Arc::new(SmppSender::new(settings(address)).unwrap().0);
    let mut waiting = Vec::new();
    for n in 0..4 {
        let sender = Arc::clone(&sender);
        waiting.push(tokio::spawn(async move { sender.send(&sms(n, "hej")).await }));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }

    let last = waiting.pop().unwrap().await.unwrap().unwrap_err();

    assert_eq!(last.retry(), Retry::Later, "it waited for its turn in vain");
}

#[tokio::test]
async fn a_full_window_without_an_answer_ends_the_session_and_the_next_message_opens_another() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let mut deaf = Centre::bound(listener.accept().await.unwrap().0).await;
        while deaf.next().await.is_some() {}
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let sequence = centre.submitted().await.0;
        centre.take(sequence, "m1").await;
        assert!(centre.next().await.is_none());
    });
    let mut narrow = settings(address);
    narrow.window = NonZeroU16::new(1).unwrap();
    let (sender, _receipts) = SmppSender::new(narrow).unwrap();

    assert_eq!(sender.send(&sms(1, "hej")).await.unwrap_err().retry(), Retry::Unsure);
    tokio::time::sleep(Duration::from_millis(100)).await;

    assert_eq!(sender.send(&sms(1, "hej")).await.unwrap(), [MessageId("m1".to_owned())]);
}

#[tokio::test]
async fn a_centre_that_lives_and_takes_no_message_does_not_hold_the_window_for_ever() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let mut alive = Centre::bound(listener.accept().await.unwrap().0).await;
        while let Some(unit) = alive.next().await {
            if matches!(unit.body, Body::EnquireLink) {
                alive.say(status::OK, unit.sequence, Body::EnquireLinkResp).await;
            }
        }
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let sequence = centre.submitted().await.0;
        centre.take(sequence, "m1").await;
        assert!(centre.next().await.is_none());
    });
    let mut narrow = settings(address);
    narrow.window = NonZeroU16::new(1).unwrap();
    narrow.enquire_every = Duration::from_millis(100);
    let (sender, _receipts) = SmppSender::new(narrow).unwrap();

    assert_eq!(sender.send(&sms(1, "hej")).await.unwrap_err().retry(), Retry::Unsure);
    tokio::time::sleep(Duration::from_millis(300)).await;

    assert_eq!(sender.send(&sms(1, "hej")).await.unwrap(), [MessageId("m1".to_owned())]);
}

#[tokio::test]
async fn answers_and_alerts_that_nobody_knows_are_never_answered() {
    let (listener, address) = listening().await;
    let (report, mut seen) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let sequence = centre.submitted().await.0;
        for command in [0x8000_0103, 0x8000_0021, 0x102, 0x0B] {
            centre.say(status::OK, 9_999, Body::Unknown { command }).await;
        }
        // A request that is not spoken is answered, and shows that nothing came before it.
        centre.say(status::OK, 77, Body::Unknown { command: 0x103 }).await;
        report.send(centre.next().await.unwrap()).await.unwrap();
        centre.take(sequence, "m1").await;
        assert!(centre.next().await.is_none());
    });
    let (sender, _receipts) = SmppSender::new(settings(address)).unwrap();

    sender.send(&sms(1, "hej")).await.unwrap();

    let answer = seen.recv().await.unwrap();
    assert_eq!((answer.sequence, answer.body), (77, Body::GenericNack));
    assert_eq!(answer.status, status::INVALID_COMMAND);
}

#[tokio::test]
async fn a_half_sent_message_goes_on_with_the_part_that_is_missing_under_one_reference() {
    let (listener, address) = listening().await;
    let (report, mut seen) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut centre = Centre::bound(listener.accept().await.unwrap().0).await;
        let (sequence, first) = centre.submitted().await;
        centre.take(sequence, "a").await;
        let (sequence, second) = centre.submitted().await;
        centre
            .say(status::THROTTLED, sequence, Body::SubmitSmResp { message_id: String::new() })
            .await;
        let (sequence, again) = centre.submitted().await;
        centre.take(sequence, "b").await;
        for part in [first, second, again] {
            report.send(part.payload.get(..6).unwrap().to_vec()).await.unwrap();
        }
        assert!(centre.next().await.is_none());
    });
    let (sender, _receipts) = SmppSender::new(settings(address)).unwrap();
    let long = sms(0xABCD, &"a".repeat(200));

    let error = sender.send(&long).await.unwrap_err();
    let ids = sender.send(&long).await.unwrap();

    assert_eq!((error.retry(), error.their_code()), (Retry::Unsure, Some(status::THROTTLED)));
    assert_eq!(ids, [MessageId("a".to_owned()), MessageId("b".to_owned())]);
    let [first, second, again] =
        [seen.recv().await.unwrap(), seen.recv().await.unwrap(), seen.recv().await.unwrap()];
    assert_eq!(second, again, "the same part, under the same reference");
    assert_eq!(first.get(3), again.get(3), "one reference for both parts");
}

#[tokio::test]
async fn a_wrong_name_or_password_is_the_operators_fault() {
    let (listener, address) = listening().await;
    tokio::spawn(async move {
        let mut centre = Centre { stream: listener.accept().await.unwrap().0, buffer: Vec::new() };
        let bind = centre.next().await.unwrap();
        let Body::Bind(asked) = bind.body else { panic!("not a bind") };
        let body = Body::BindResp { kind: asked.kind, system_id: String::new() };
        centre.say(status::INVALID_PASSWORD, bind.sequence, body).await;
    });
    let (sender, _receipts) = SmppSender::new(settings(address)).unwrap();

    let error = sender.send(&sms(1, "hej")).await.unwrap_err();

    assert_eq!((error.retry(), error.blame()), (Retry::Later, Blame::Operator));
}

/// A certificate for `localhost`: in PEM as an authority to trust, and a server that shows it.
fn certificate() -> (String, tokio_rustls::TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), tokio_rustls::TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn a_message_travels_over_tls_to_the_centre_that_the_operator_trusts() {
    let (listener, address) = listening().await;
    let (pem, acceptor) = certificate();
    tokio::spawn(async move {
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        let mut centre = Centre::bound(stream).await;
        let sequence = centre.submitted().await.0;
        centre.take(sequence, "m1").await;
        assert!(centre.next().await.is_none());
    });
    let mut secure = settings(address);
    secure.address = format!("localhost:{}", address.port());
    secure.answer_within = Duration::from_secs(5);
    secure.protection = Protection::Tls { trust: Some(pem.into_bytes()) };
    let (sender, _receipts) = SmppSender::new(secure).unwrap();

    assert_eq!(sender.send(&sms(1, "hej")).await.unwrap(), [MessageId("m1".to_owned())]);
}

#[tokio::test]
async fn a_centre_with_another_certificate_hears_no_password() {
    let (listener, address) = listening().await;
    let (_, acceptor) = certificate();
    let (other, _) = certificate();
    let (report, mut seen) = mpsc::channel(1);
    tokio::spawn(async move {
        let accepted = acceptor.accept(listener.accept().await.unwrap().0).await;
        report.send(accepted.is_ok()).await.unwrap();
    });
    let mut secure = settings(address);
    secure.address = format!("localhost:{}", address.port());
    secure.answer_within = Duration::from_secs(5);
    secure.protection = Protection::Tls { trust: Some(other.into_bytes()) };
    let (sender, _receipts) = SmppSender::new(secure).unwrap();

    let error = sender.send(&sms(1, "hej")).await.unwrap_err();

    assert_eq!((error.retry(), error.blame()), (Retry::Later, Blame::Operator));
    assert!(!seen.recv().await.unwrap(), "the connection was refused");
}

#[test]
fn a_centre_elsewhere_is_reached_over_tls_unless_the_operator_accepts_the_risk() {
    let address: SocketAddr = "192.0.2.1:2775".parse().unwrap();

    let refused = SmppSender::new(settings(address)).unwrap_err();
    let mut accepted = settings(address);
    accepted.protection = Protection::None(Unencrypted::AcceptedByOperator);
    let mut secure = settings(address);
    secure.protection = Protection::Tls { trust: None };
    let mut nothing_trusted = settings(address);
    nothing_trusted.protection = Protection::Tls { trust: Some(b"no certificate".to_vec()) };

    assert!(matches!(refused, SmppSettingsError::Address(_)));
    assert!(SmppSender::new(accepted).is_ok());
    assert!(SmppSender::new(secure).is_ok());
    assert!(matches!(SmppSender::new(nothing_trusted), Err(SmppSettingsError::Trust)));
}
