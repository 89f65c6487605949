//! Active authentication against signatures of other programs; each test is named after its clause
//! of Doc 9303-11.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip::active::{self, ActiveError};
use chip::curve::{Curve, Point};
use chip::key::{EcPublicKey, PublicKey, RsaPublicKey};
use chip::signature::{HashAlgorithm, SignatureAlgorithm};
use serde_json::Value;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/active_authentication.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn challenge(value: &Value) -> [u8; 8] {
    octets(value).try_into().unwrap()
}

fn hash(value: &Value) -> HashAlgorithm {
    match value.as_str().unwrap() {
        "sha1" => HashAlgorithm::Sha1,
        "sha224" => HashAlgorithm::Sha224,
        "sha256" => HashAlgorithm::Sha256,
        "sha384" => HashAlgorithm::Sha384,
        "sha512" => HashAlgorithm::Sha512,
        other => panic!("{other}"),
    }
}

#[test]
fn clause_6_1_2_2_rsa_answers_count_with_every_trailer_and_not_when_bent() {
    let mut valid = 0;
    for vector in vectors()["rsa"].as_array().unwrap() {
        let name = &vector["name"];
        let exponent = octets(&vector["public_exponent"]);
        let key =
            PublicKey::Rsa(RsaPublicKey::new(&octets(&vector["modulus"]), &exponent).unwrap());
        let challenge = challenge(&vector["challenge"]);
        let signature = octets(&vector["signature"]);

        let answer = active::verify(&key, None, challenge, &signature);

        if vector["expected"] == "valid" {
            valid += 1;
            assert_eq!(answer.map(|answer| answer.hash), Ok(hash(&vector["hash"])), "{name}");
            for at in [0, 3, 7] {
                let mut other = challenge;
                other[at] ^= 0x80;
                let answer = active::verify(&key, None, other, &signature);
                assert_eq!(answer, Err(ActiveError::Mismatch), "{name}");
            }
        } else {
            assert_eq!(answer, Err(ActiveError::Mismatch), "{name}");
        }
    }
    assert_eq!(valid, 7);
}

#[test]
fn clause_6_1_2_2_the_smaller_of_the_two_signatures_counts_as_well() {
    // ISO/IEC 9796-2 lets a signer send n - S.
    for vector in vectors()["rsa"].as_array().unwrap() {
        if vector["expected"] != "valid" {
            continue;
        }
        let modulus = octets(&vector["modulus"]);
        let key = RsaPublicKey::new(&modulus, &octets(&vector["public_exponent"])).unwrap();
        let other = less(&modulus, &octets(&vector["signature"]));

        let answer =
            active::verify(&PublicKey::Rsa(key), None, challenge(&vector["challenge"]), &other);

        assert!(answer.is_ok(), "{}", vector["name"]);
    }
}

/// `a - b` for big-endian numbers of one length.
fn less(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = a
        .iter()
        .zip(b)
        .rev()
        .map(|(a, b)| {
            let value = i16::from(*a) - i16::from(*b) - borrow;
            borrow = i16::from(value < 0);
            u8::try_from(value.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

#[test]
fn clause_6_1_2_3_ecdsa_answers_count_plain_and_in_der_and_not_when_bent() {
    for vector in vectors()["ecdsa"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let key = active::public_key(&octets(&vector["ef_dg15"])).unwrap();
        let PublicKey::Ec(point) = &key else { panic!("{name}") };
        assert_eq!(point.point().to_sec1(), octets(&vector["public_key"]), "{name}");
        let challenge_ = challenge(&vector["challenge"]);
        let used = hash(&vector["hash"]);
        let declared = Some(SignatureAlgorithm::EcdsaPlain(used));

        let plain = octets(&vector["signature_plain"]);
        let answer = active::verify(&key, declared, challenge_, &plain).unwrap();
        assert_eq!((answer.hash, answer.hash_declared, answer.ecdsa_der), (used, true, false));

        let der = octets(&vector["signature_der"]);
        let answer = active::verify(&key, declared, challenge_, &der).unwrap();
        assert!(answer.ecdsa_der, "{name}");

        let answer = active::verify(&key, None, challenge_, &plain).unwrap();
        assert_eq!((answer.hash, answer.hash_declared), (used, false), "{name}");

        for negative in vector["negatives"].as_array().unwrap() {
            let signature = octets(&negative["signature_plain"]);
            let answer =
                active::verify(&key, declared, challenge(&negative["challenge"]), &signature);
            assert_eq!(answer, Err(ActiveError::Mismatch), "{name}: {}", negative["why"]);
        }
    }
}

#[test]
fn an_answer_longer_than_any_signature_is_refused_unread() {
    let key = PublicKey::Ec(EcPublicKey::new(Curve::P256.generator()));

    let answer = active::verify(&key, None, [0; 8], &vec![1; active::ANSWER_BYTES_MAX + 1]);

    assert_eq!(answer, Err(ActiveError::TooLong));
}

#[test]
fn a_file_that_holds_no_key_is_named_as_broken() {
    for bytes in [&b""[..], b"\x6f\x00", b"\x6e\x02\x05\x00", b"\x6f\x84\xff\xff\xff\xff"] {
        assert!(active::public_key(bytes).is_err());
    }
    assert!(Point::from_sec1(Curve::P256, &[4; 65]).is_err());
}
