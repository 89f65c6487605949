//! A simulated passport, read as a phone reads it.

use super::{Answer, House, Phone, bytes, unbytes};
use chip::certificate::Certificate;
use chip::password::Password;
use chip::reader::{AccessControl, Done, Plan, Reader, Reading, Step};
use chip_sim::{Card, Document, Issuer, Seeded, profile};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A national number with 60 added to the day, so that it belongs to nobody.
pub(crate) const NATIONAL_NUMBER: &str = "8105720013";

/// A Danish passport with BAC and active authentication, and its issuing state.
pub(crate) static PASSPORT: LazyLock<(Issuer, Document)> = LazyLock::new(|| issued("aa"));

/// A Danish passport with the chip of this profile, and its issuing state.
pub(crate) fn issued(chip: &str) -> (Issuer, Document) {
    let mut passport = profile(chip).unwrap();
    passport.country = "DK";
    passport.spec.issuing_state = "DNK".to_owned();
    passport.spec.nationality = "DNK".to_owned();
    passport.spec.number = "209800123".to_owned();
    passport.spec.birth = "720521".to_owned();
    passport.spec.optional_data = NATIONAL_NUMBER.to_owned();
    passport.issue(&mut Seeded::new([7; 32])).unwrap()
}

pub(crate) fn trusted() -> chip::csca::Store {
    trusting(&PASSPORT.0)
}

pub(crate) fn trusting(issuer: &Issuer) -> chip::csca::Store {
    let mut csca = chip::csca::Store::new();
    assert!(csca.add(Certificate::from_der(issuer.csca_der()).unwrap()));
    csca
}

/// Reads the passport with this challenge as a phone does, and returns what the phone would send.
pub(crate) fn reading(session: &[u8; 16], challenge: [u8; 8]) -> Value {
    let mut card = Card::new(PASSPORT.1.clone(), [9; 32]);
    as_sent(&read(&mut card, challenge).reading, session)
}

/// Reads a card as a phone does. The session with the chip stays open.
pub(crate) fn read(card: &mut Card, challenge: [u8; 8]) -> Done {
    let password = Password::from_mrz_information(card.document().mrz_information()).unwrap();
    let random = Box::new(|buffer: &mut [u8]| buffer.fill(4));
    let mut step = Reader::begin(Plan::new(password), random, None);
    loop {
        step = match step {
            Step::Send(waiting) => {
                let answer = card.transmit(waiting.command());
                waiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(Some(challenge)),
            Step::Done(done) => break done,
            Step::Failed(failure) => panic!("{:?}", failure.error),
        };
    }
}

/// The submission of a read as a phone sends it.
pub(crate) fn as_sent(read: &Reading, session: &[u8; 16]) -> Value {
    let files: Map<String, Value> =
        read.files.iter().map(|(file, content)| (file.name().to_owned(), bytes(content))).collect();
    let access = if matches!(read.access, AccessControl::Pace { .. }) { "pace" } else { "bac" };
    let mut sent = json!({
        "chip_session": bytes(session),
        "files": files,
        "access": access,
        "apdus": read.apdus,
    });
    if let Some(given) = &read.active_authentication {
        sent["active_authentication"] = bytes(given.outcome.as_ref().unwrap());
    }
    sent
}

/// An app of the passport's holder whose case waits for the chip.
pub(crate) struct AtChip {
    pub(crate) phone: Phone,
    pub(crate) path: String,
}

impl AtChip {
    pub(crate) fn of(house: &House) -> Self {
        let phone = house.phone_of(&house.enrol_as("p1", &json!(NATIONAL_NUMBER)));
        let begin = json!({ "consent_version": 1, "p_code_given": false });
        let case = phone.call("POST", "/v1/app/recoveries", &begin);
        assert_eq!(case.body["step"]["step"], "chip", "{:?}", case.body);
        let path = format!("/v1/app/recoveries/{}", case.text("case_id"));
        Self { phone, path }
    }

    pub(crate) fn challenge(&self, session: &[u8; 16]) -> [u8; 8] {
        let path = format!("{}/active-authentication-challenge", self.path);
        let answer = self.phone.call("POST", &path, &json!({ "chip_session": bytes(session) }));
        unbytes(&answer.body["challenge"])
    }

    pub(crate) fn send(&self, reading: &Value) -> Answer {
        self.phone.call("POST", &format!("{}/chip", self.path), reading)
    }
}

/// The id of the chip session, for tests that need only one.
pub(crate) const SESSION: [u8; 16] = [3; 16];
