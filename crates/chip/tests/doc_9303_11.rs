//! The worked examples of Doc 9303-11, byte for byte; each test is named after its clause.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken vector fails its test")]

use chip::apdu::{Command, Response};
use chip::bac::{Bac, BacRandom};
use chip::curve::{Curve, Point};
use chip::key_derivation::{Purpose, derive, session_keys};
use chip::lds::security_info::SecurityInfos;
use chip::pace::{Pace, PaceSecrets};
use chip::password::Password;
use chip::secure_messaging::{Counter, SecureMessaging};
use chip::symmetric::Cipher;
use chip::tlv::Tag;
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn cipher(name: &str) -> Cipher {
    match name {
        "3des" => Cipher::TripleDes,
        "aes128" => Cipher::Aes128,
        "aes192" => Cipher::Aes192,
        "aes256" => Cipher::Aes256,
        other => panic!("{other}"),
    }
}

#[test]
fn clause_9_7_1_key_derivation() {
    let entries = vectors("kdf")["derivations"].as_array().unwrap().clone();
    assert_eq!(entries.len(), 24);
    for entry in entries {
        let purpose = match text(&entry["purpose"]) {
            "enc" => Purpose::Encryption,
            "mac" => Purpose::Mac,
            "pi" => Purpose::Password,
            other => panic!("{other}"),
        };

        let key = derive(cipher(text(&entry["cipher"])), &octets(&entry["shared_secret"]), purpose);

        assert_eq!(*key.unwrap().expose(), octets(&entry["key"]), "{entry}");
    }
}

#[test]
fn clause_9_7_3_password_keys() {
    for entry in vectors("kdf")["password_keys"].as_array().unwrap() {
        let password = match text(&entry["password_type"]) {
            "mrz" => Password::from_mrz_information(text(&entry["mrz_information"])),
            _ => Password::card_access_number(text(&entry["can"])),
        };

        let key = password.unwrap().pace_key(Cipher::Aes128).unwrap();

        assert_eq!(*key.expose(), octets(&entry["k_pi_aes128"]), "{entry}");
    }
}

#[test]
fn appendix_d_1_document_basic_access_keys_from_the_seed() {
    let case = &vectors("bac")["d1_key_derivation"];

    let keys = session_keys(Cipher::TripleDes, &octets(&case["k_seed"])).unwrap();

    assert_eq!(*keys.encryption.expose(), octets(&case["enc"]["key"]));
    assert_eq!(*keys.mac.expose(), octets(&case["mac"]["key"]));
}

#[test]
fn appendix_d_2_keys_from_the_fields_of_the_zone() {
    for case in vectors("bac")["d2_document_basic_access_keys"]["cases"].as_array().unwrap() {
        let from_fields = Password::mrz(
            text(&case["document_number"]),
            text(&case["date_of_birth"]),
            text(&case["date_of_expiry"]),
        )
        .unwrap();
        let lines: Vec<&str> = case["mrz_lines"].as_array().unwrap().iter().map(text).collect();
        let from_zone = chip::mrz::Mrz::read(&lines.concat()).unwrap().password().unwrap();
        let expected = session_keys(Cipher::TripleDes, &octets(&case["k_seed"])).unwrap();

        let keys = from_fields.basic_access_keys().unwrap();

        assert_eq!(from_fields, from_zone);
        assert_eq!(keys.encryption, expected.encryption);
        assert_eq!(keys.mac, expected.mac);
        assert_eq!(
            from_fields,
            Password::from_mrz_information(text(&case["mrz_information"])).unwrap()
        );
    }
}

/// Plays Appendix D.3 and gives the session.
fn appendix_d_3() -> SecureMessaging {
    let case = &vectors("bac")["d3_authentication"];
    let password = Password::from_mrz_information(text(&case["mrz_information"])).unwrap();
    let random = BacRandom {
        challenge: octets(&case["rnd_ifd"]).try_into().unwrap(),
        key: octets(&case["k_ifd"]).try_into().unwrap(),
    };
    let answer = |name: &str| Response::parse(&octets(&case[name])).unwrap();

    let bac = Bac::new(&password, random).unwrap();
    assert_eq!(Bac::challenge_command().encode().unwrap(), octets(&case["get_challenge_command"]));
    let (command, authenticating) = bac.authenticate(&answer("get_challenge_response")).unwrap();
    assert_eq!(command.encode().unwrap(), octets(&case["external_authenticate_command"]));
    authenticating.finish(&answer("external_authenticate_response")).unwrap()
}

#[test]
fn appendix_d_3_authentication_and_session_keys() {
    let case = &vectors("bac")["d3_authentication"];
    let expected = SecureMessaging::new(
        session_keys(Cipher::TripleDes, &octets(&case["ks_seed"])).unwrap(),
        Counter::from_octets(octets(&case["ssc"]).try_into().unwrap()),
    );
    let probe = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data([0x01, 0x1E]);

    let (protected, _) = appendix_d_3().protect(&probe).unwrap();

    assert_eq!(protected, expected.protect(&probe).unwrap().0);
}

#[test]
fn appendix_d_4_secure_messaging() {
    let steps = vectors("bac")["d4_secure_messaging"]["steps"].as_array().unwrap().clone();
    assert_eq!(steps.len(), 3);
    let mut session = appendix_d_3();
    for step in steps {
        let plain = Command::parse(&octets(&step["command"]["plain_command"])).unwrap();
        let answer = Response::parse(&octets(&step["response"]["protected_response"])).unwrap();

        let taken_apart = session
            .take_apart(&Command::parse(&octets(&step["command"]["protected_command"])).unwrap())
            .unwrap();
        let (protected, awaiting) = session.protect(&plain).unwrap();
        let (opened, after) = awaiting.open(&answer).unwrap();

        assert_eq!(protected.encode().unwrap(), octets(&step["command"]["protected_command"]));
        assert_eq!(opened.encode(), octets(&step["response"]["plain_response"]));
        assert_eq!(taken_apart.command, plain);
        session = after;
    }
}

/// Plays a worked example of PACE: every command as printed, every answer fed in.
fn pace(name: &str) -> (Value, chip::pace::Opened) {
    let case = vectors(name);
    let info = octets(&case["pace_info"]);
    let infos = SecurityInfos::parse(&chip::tlv::object(Tag::new(0x31), &info)).unwrap();
    let offer = &infos.pace()[0];
    let password = match text(&case["password"]["password_type"]) {
        "mrz" => Password::from_mrz_information(text(&case["password"]["mrz_information"])),
        _ => Password::card_access_number(text(&case["password"]["can"])),
    };
    let mapping = case["mapping"].get("ifd_private_key").unwrap_or(&case["nonce_t"]);
    let agreement = &case["key_agreement"]["ifd_private_key"];
    let secrets = PaceSecrets::recorded(offer, &octets(mapping), &octets(agreement)).unwrap();
    let apdus = case["apdus"].as_array().unwrap().clone();
    let check = |index: usize, command: Command| {
        assert_eq!(command.encode().unwrap(), octets(&apdus[index]["command"]), "command {index}");
        let answer =
            apdus[index].get("response").map_or(vec![0x7C, 0x02, 0x82, 0x00, 0x90, 0x00], octets);
        Response::parse(&answer).unwrap()
    };

    let pace = Pace::new(offer, &password.unwrap(), secrets).unwrap();
    let answer = check(0, pace.select_command(false));
    let (command, step) = pace.selected(&answer).unwrap();
    let answer = check(1, command);
    let (command, step) = step.mapped(&answer).unwrap();
    let answer = check(2, command);
    let (command, step) = step.agreed(&answer).unwrap();
    let answer = check(3, command);
    let (command, step) = step.token(&answer).unwrap();
    let answer = check(4, command);
    let opened = step.finish(&answer).unwrap();
    (case, opened)
}

fn assert_session_keys(case: &Value, session: SecureMessaging) {
    let keys = session_keys(Cipher::Aes128, &octets(&case["shared_secret"])).unwrap();
    assert_eq!(*keys.encryption.expose(), octets(&case["ks_enc"]));
    assert_eq!(*keys.mac.expose(), octets(&case["ks_mac"]));
    let probe = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data([0x01, 0x1E]);
    let expected = SecureMessaging::new(keys, Counter::ZERO);

    assert_eq!(session.protect(&probe).unwrap().0, expected.protect(&probe).unwrap().0);
}

#[test]
fn appendix_g_1_pace_generic_mapping_over_ecdh() {
    let (case, opened) = pace("pace_gm_ecdh");
    assert_session_keys(&case, opened.session);
}

#[test]
fn appendix_g_2_pace_generic_mapping_over_dh() {
    let (case, opened) = pace("pace_gm_dh");
    assert_session_keys(&case, opened.session);
}

#[test]
fn appendix_h_1_pace_integrated_mapping_over_ecdh() {
    let (case, opened) = pace("pace_im_ecdh");
    assert_session_keys(&case, opened.session);
}

#[test]
fn appendix_h_2_pace_integrated_mapping_over_dh() {
    let (case, opened) = pace("pace_im_dh");
    assert_session_keys(&case, opened.session);
}

#[test]
fn appendix_i_pace_chip_authentication_mapping() {
    let (case, opened) = pace("pace_cam");
    let proof = opened.chip_authentication.unwrap();
    let curve = Curve::BrainpoolP256r1;
    let key = octets(&case["chip_authentication"]["ic_static_public_key"]);

    assert!(proof.proves(&Point::from_sec1(curve, &key).unwrap()));
    assert!(!proof.proves(&curve.generator()));
    assert_session_keys(&case, opened.session);
}
