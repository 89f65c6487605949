//! Registration and login from both sides, and what an attacker tries on them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use pin::{
    Account, AnswerError, CredentialIdentifier, Fill, Holder, Login, LoginError, LoginState, Pin,
    RECORD_BYTES, Record, Registration, RegistrationError, ServerSetup, Stretch, WrongPin,
};
use proptest::prelude::*;

const HOLDER: Holder<'static> = Holder(b"instance-1");
const RIGHT: &str = "402916";
const WRONG: &str = "402917";

/// Predictable bytes: a counter stretched by a linear congruence.
fn seeded(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |bytes: &mut [u8]| {
        for byte in bytes {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

fn cheap() -> Stretch {
    Stretch::new(8, 1).unwrap()
}

struct Known {
    setup: ServerSetup,
    identifier: CredentialIdentifier,
    record: Record,
}

fn register_under(
    setup: &ServerSetup,
    identifier: &CredentialIdentifier,
    typed: &str,
    random: &mut Fill<'_>,
) -> Record {
    let registration = Registration::start(Pin::parse(typed).unwrap(), random).unwrap();
    let response = setup.answer_registration(identifier, registration.request()).unwrap();
    let upload = registration.finish(&response, HOLDER, &cheap(), random).unwrap();
    Record::from_bytes(&upload).unwrap()
}

fn registered() -> Known {
    let mut random = seeded(1);
    let setup = ServerSetup::generate(&mut random);
    let identifier = CredentialIdentifier::generate(&mut random);
    let record = register_under(&setup, &identifier, RIGHT, &mut random);
    Known { setup, identifier, record }
}

impl Known {
    fn account(&self) -> Account<'_> {
        Account::Registered { identifier: self.identifier, record: &self.record }
    }
}

fn typed(digits: &str, seed: u64) -> Login {
    Login::start(Pin::parse(digits).unwrap(), &mut seeded(seed)).unwrap()
}

#[test]
fn the_right_pin_gives_both_sides_the_same_key() {
    let known = registered();
    let login = typed(RIGHT, 2);

    let answered =
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();
    let finished = login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).unwrap();
    let state = LoginState::from_bytes(answered.state.as_bytes());

    assert_eq!(state.finish(HOLDER, &finished.ke3), Ok(finished.session_key));
}

#[test]
fn the_parameters_of_real_phones_work_too() {
    let mut random = seeded(1);
    let setup = ServerSetup::generate(&mut random);
    let identifier = CredentialIdentifier::generate(&mut random);
    let registration = Registration::start(Pin::parse(RIGHT).unwrap(), &mut random).unwrap();
    let response = setup.answer_registration(&identifier, registration.request()).unwrap();
    let upload =
        registration.finish(&response, HOLDER, &Stretch::ON_THE_PHONE, &mut random).unwrap();
    let record = Record::from_bytes(&upload).unwrap();
    let login = typed(RIGHT, 2);

    let account = Account::Registered { identifier, record: &record };
    let answered = setup.answer_login(account, HOLDER, login.ke1(), &mut random).unwrap();
    let finished =
        login.finish(&answered.ke2, HOLDER, &Stretch::ON_THE_PHONE, &mut random).unwrap();

    assert!(answered.state.finish(HOLDER, &finished.ke3).is_ok());
}

#[test]
fn a_wrong_pin_fails_on_the_phone_and_its_guess_at_a_third_message_on_the_server() {
    let known = registered();
    let login = typed(WRONG, 2);

    let answered =
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();

    let error = login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).unwrap_err();
    assert_eq!(error, LoginError::WrongPin);
    assert_eq!(answered.state.finish(HOLDER, &[0; 64]), Err(WrongPin));
}

#[test]
fn an_unknown_account_is_answered_in_the_same_shape_and_no_pin_fits() {
    let known = registered();
    let login = typed(RIGHT, 2);
    let stand_in = CredentialIdentifier::from_bytes([7; 32]);

    let answered = known
        .setup
        .answer_login(Account::Unknown { stand_in }, HOLDER, login.ke1(), &mut seeded(3))
        .unwrap();

    let error = login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).unwrap_err();
    assert_eq!(error, LoginError::WrongPin);
}

#[test]
fn the_same_first_message_and_randomness_give_the_same_bytes() {
    let known = registered();
    let login = typed(RIGHT, 2);

    let answer = |seed| {
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(seed)).unwrap()
    };

    assert_eq!(typed(RIGHT, 2).ke1(), login.ke1());
    assert_eq!(answer(3).ke2, answer(3).ke2);
    assert_ne!(answer(3).ke2, answer(4).ke2);
}

#[test]
fn a_third_message_of_another_answer_is_refused() {
    let known = registered();
    let login = typed(RIGHT, 2);
    let first =
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();
    let second =
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(5)).unwrap();

    let finished = login.finish(&first.ke2, HOLDER, &cheap(), &mut seeded(4)).unwrap();

    assert_eq!(second.state.finish(HOLDER, &finished.ke3), Err(WrongPin));
}

#[test]
fn a_record_moved_to_another_instance_opens_nothing_there() {
    let known = registered();
    let elsewhere = Holder(b"instance-2");
    let login = typed(RIGHT, 2);

    let answered =
        known.setup.answer_login(known.account(), elsewhere, login.ke1(), &mut seeded(3)).unwrap();

    // The thief's app says the identity it registered under, or the one of the row: neither works.
    let as_registered = login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4));
    assert_eq!(as_registered.unwrap_err(), LoginError::WrongPin);
    let as_row = login.finish(&answered.ke2, elsewhere, &cheap(), &mut seeded(4));
    assert_eq!(as_row.unwrap_err(), LoginError::WrongPin);
}

#[test]
fn another_setup_opens_nothing() {
    let known = registered();
    let other = ServerSetup::generate(&mut seeded(99));
    let login = typed(RIGHT, 2);

    let answered =
        other.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();

    assert!(login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).is_err());
}

#[test]
fn a_setup_survives_its_file_and_a_damaged_file_is_refused() {
    let known = registered();
    let bytes = known.setup.to_bytes();

    let loaded = ServerSetup::from_bytes(&bytes).unwrap();

    let login = typed(RIGHT, 2);
    let answered =
        loaded.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();
    assert!(login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).is_ok());
    let mut damaged = *bytes;
    damaged[96..].fill(0xFF);
    assert!(ServerSetup::from_bytes(&damaged).is_err());
}

/// Offline, on the attacker's own machine: does `guess`, evaluated by the registration endpoint
/// under `identifier`, unmask the server's public key in a KE2 that it once paid a try for?
///
/// RFC 9807 §6.3.2.2: `pad = Expand(masking_key, masking_nonce || "CredentialResponsePad")`, and
/// the masking key depends on nothing but the PIN and the OPRF key (§5.2.1).
fn unmasks(
    setup: &ServerSetup,
    identifier: &CredentialIdentifier,
    guess: &str,
    ke2: &[u8; 320],
) -> bool {
    let registration = Registration::start(Pin::parse(guess).unwrap(), &mut seeded(6)).unwrap();
    let response = setup.answer_registration(identifier, registration.request()).unwrap();
    let server_public_key = &response[32..];
    let upload = registration.finish(&response, HOLDER, &cheap(), &mut seeded(7)).unwrap();
    let masking_key = &upload[32..96];
    let info = [&ke2[32..64], b"CredentialResponsePad"].concat();
    let mut pad = [0; 32];
    hkdf::Hkdf::<sha2::Sha512>::from_prk(masking_key).unwrap().expand(&info, &mut pad).unwrap();
    let unmasked: Vec<u8> = pad.iter().zip(&ke2[64..96]).map(|(a, b)| a ^ b).collect();
    unmasked == server_public_key
}

/// PROTOCOLS.md section 3: registration played as an oracle for the PIN of the live record.
#[test]
fn registration_is_no_oracle_for_the_old_pin() {
    let known = registered();
    let paid = typed("000001", 2);
    let ke2 =
        known.setup.answer_login(known.account(), HOLDER, paid.ke1(), &mut seeded(3)).unwrap().ke2;

    // Under the identifier of the live record the attack works: that is why the rule exists.
    assert!(unmasks(&known.setup, &known.identifier, RIGHT, &ke2));
    assert!(!unmasks(&known.setup, &known.identifier, WRONG, &ke2));

    // Under the fresh one that every registration draws, right and wrong look the same.
    let fresh = CredentialIdentifier::generate(&mut seeded(8));
    assert!(!unmasks(&known.setup, &fresh, RIGHT, &ke2));
    assert!(!unmasks(&known.setup, &fresh, WRONG, &ke2));
}

#[test]
fn a_new_registration_ends_the_old_pin() {
    let known = registered();
    let fresh = CredentialIdentifier::generate(&mut seeded(8));
    let record = register_under(&known.setup, &fresh, "739158", &mut seeded(9));
    let account = Account::Registered { identifier: fresh, record: &record };

    for (digits, fits) in [("739158", true), (RIGHT, false)] {
        let login = typed(digits, 2);
        let answered =
            known.setup.answer_login(account, HOLDER, login.ke1(), &mut seeded(3)).unwrap();
        assert_eq!(login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).is_ok(), fits);
    }
}

#[test]
fn a_retry_of_a_registration_gets_the_identical_answer() {
    let known = registered();
    let fresh = CredentialIdentifier::generate(&mut seeded(8));
    let registration = Registration::start(Pin::parse(RIGHT).unwrap(), &mut seeded(9)).unwrap();

    let first = known.setup.answer_registration(&fresh, registration.request()).unwrap();
    let again = known.setup.answer_registration(&fresh, registration.request()).unwrap();

    assert_eq!(first, again);
}

#[test]
fn a_reflected_answer_is_refused() {
    let registration = Registration::start(Pin::parse(RIGHT).unwrap(), &mut seeded(9)).unwrap();
    let known = registered();
    let mut response =
        known.setup.answer_registration(&known.identifier, registration.request()).unwrap();
    response[..32].copy_from_slice(registration.request());

    let refused = registration.finish(&response, HOLDER, &cheap(), &mut seeded(4)).unwrap_err();

    assert_eq!(refused, RegistrationError::Malformed);
}

#[test]
fn the_identity_element_is_no_message() {
    let known = registered();

    let registration = known.setup.answer_registration(&known.identifier, &[0; 32]);
    let login = known.setup.answer_login(known.account(), HOLDER, &[0; 96], &mut seeded(3));

    assert_eq!(registration, Err(AnswerError::Malformed));
    assert_eq!(login.unwrap_err(), AnswerError::Malformed);
    assert_eq!(Record::from_bytes(&[0; RECORD_BYTES]), Err(AnswerError::Malformed));
}

#[test]
fn nothing_secret_is_printed() {
    let known = registered();
    let login = typed(RIGHT, 2);
    let answered =
        known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();

    for printed in [
        format!("{:?}", known.setup),
        format!("{:?}", known.record),
        format!("{:?}", known.identifier),
        format!("{:?}", answered.state),
        format!("{login:?}"),
    ] {
        assert!(printed.ends_with("([hidden])"), "{printed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_flipped_bit_in_the_second_message_fails(bit in 0_usize..320 * 8) {
        let known = registered();
        let login = typed(RIGHT, 2);
        let mut ke2 =
            known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap().ke2;
        ke2[bit / 8] ^= 1 << (bit % 8);

        prop_assert!(login.finish(&ke2, HOLDER, &cheap(), &mut seeded(4)).is_err());
    }

    #[test]
    fn one_flipped_bit_in_the_third_message_fails(bit in 0_usize..64 * 8) {
        let known = registered();
        let login = typed(RIGHT, 2);
        let answered =
            known.setup.answer_login(known.account(), HOLDER, login.ke1(), &mut seeded(3)).unwrap();
        let mut ke3 = login.finish(&answered.ke2, HOLDER, &cheap(), &mut seeded(4)).unwrap().ke3;
        ke3[bit / 8] ^= 1 << (bit % 8);

        prop_assert_eq!(answered.state.finish(HOLDER, &ke3), Err(WrongPin));
    }

    #[test]
    fn arbitrary_messages_never_panic(
        ke1 in prop::array::uniform32(any::<[u8; 3]>()),
        record in prop::collection::vec(any::<u8>(), RECORD_BYTES),
    ) {
        let known = registered();
        let ke1: [u8; 96] = ke1.concat().try_into().unwrap();
        let record: [u8; RECORD_BYTES] = record.try_into().unwrap();

        let _ = known.setup.answer_login(known.account(), HOLDER, &ke1, &mut seeded(3));
        let _ = Record::from_bytes(&record);
    }
}
