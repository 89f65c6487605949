//! Recorded sessions of real chips, found through `GENVEJ_DATA`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod external;

use chip::active;
use chip::chip_authentication::{self, Dg14, Handover};
use chip::key_derivation::SessionKeys;
use chip::secure_messaging::{Counter, SecureMessaging};
use chip::signature::HashAlgorithm;
use chip::symmetric::{Cipher, Key};
use serde_json::Value;

fn read(below: &str) -> Option<Value> {
    let text = std::fs::read_to_string(external::path(below)?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn a_recorded_answer_of_a_chip_with_an_odd_modulus_counts() {
    let Some(vectors) = read("chip/vectors/aa.json") else { return };
    let mut recorded = 0;
    for vector in vectors["rsa_iso9796_2"].as_array().unwrap() {
        if vector["ef_dg15"].is_null() || vector["secure_messaging"].is_null() {
            continue;
        }
        recorded += 1;
        let key = active::public_key(&octets(&vector["ef_dg15"])).unwrap();
        let challenge: [u8; 8] = octets(&vector["challenge"]).try_into().unwrap();

        let answer = active::verify(&key, None, challenge, &octets(&vector["signature"])).unwrap();

        assert_eq!(answer.hash, HashAlgorithm::Sha256);
        let mut other = challenge;
        other[0] ^= 1;
        assert!(active::verify(&key, None, other, &octets(&vector["signature"])).is_err());
    }
    assert_eq!(recorded, 1);
}

#[test]
fn recorded_key_agreements_come_out_byte_for_byte() {
    let Some(vectors) = read("chip/vectors/chip_authentication.json") else { return };
    for run in vectors["runs"].as_array().unwrap() {
        let name = &run["name"];
        let dg14 = Dg14::from_file(&octets(&run["ef_dg14"])).unwrap();
        let plain = |at: usize| octets(&run["exchange"][at]["plain_command"]);
        let recorded: Vec<Vec<u8>> = (0..run["exchange"].as_array().unwrap().len())
            .filter(|at| run["exchange"][*at]["keys"] == "old")
            .map(plain)
            .collect();
        // Eight zero octets before the recorded private key reduce to that very key.
        let random = [vec![0; 8], octets(&run["ifd_ephemeral_private_key"])].concat();

        let found = dg14.offers().iter().any(|offer| {
            let wanted = chip_authentication::random_bytes(offer);
            let mut random = random.clone();
            while random.len() < wanted {
                random.insert(0, 0);
            }
            Handover::of(offer).iter().any(|handover| {
                let Ok((relay, _)) =
                    chip_authentication::begin_by(&dg14, offer, *handover, &random)
                else {
                    return false;
                };
                let agree: Vec<Vec<u8>> =
                    relay.agree.iter().map(|command| command.encode().unwrap()).collect();
                agree == recorded && relay.read == protected_by_the_recorded_keys(run)
            })
        });

        assert!(found, "{name}");
    }
}

/// The server's read under the session keys that the recording states.
fn protected_by_the_recorded_keys(run: &Value) -> chip::apdu::Command {
    let cipher = match run["cipher_after"].as_str().unwrap() {
        "3des" => Cipher::TripleDes,
        "aes128" => Cipher::Aes128,
        "aes192" => Cipher::Aes192,
        "aes256" => Cipher::Aes256,
        other => panic!("{other}"),
    };
    let keys = SessionKeys {
        encryption: Key::new(cipher, &octets(&run["ks_enc_after"])).unwrap(),
        mac: Key::new(cipher, &octets(&run["ks_mac_after"])).unwrap(),
    };
    let read = chip::apdu::Command {
        expected: Some(8),
        ..chip::apdu::Command::new(0x00, 0xB0, 0x81, 0x00)
    };
    SecureMessaging::new(keys, Counter::ZERO).protect(&read).unwrap().0
}
