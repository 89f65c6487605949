//! Tests of the properties of the libraries on which this service relies, and of the checks of a key before they see
//! it.

use super::*;
use chip_sim::{Digest, KeyKind, KeyPair, Scheme, Seeded, sign};
use ed25519_dalek::{Signer as _, SigningKey};

const MESSAGE: &[u8] = b"header.claims";
const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const EXPONENT: [u8; 3] = [1, 0, 1];

fn named(name: &str) -> ProviderAlgorithm {
    ProviderAlgorithm::named(name).unwrap()
}

fn digest(name: &str) -> (Digest, u8) {
    match name.get(2..) {
        Some("256") => (Digest::Sha256, 32),
        Some("384") => (Digest::Sha384, 48),
        _ => (Digest::Sha512, 64),
    }
}

fn scheme(name: &str) -> Scheme {
    let (digest, salt_bytes) = digest(name);
    match name.get(..2) {
        Some("RS") => Scheme::RsaPkcs1(digest),
        Some("PS") => Scheme::RsaPss { digest, salt_bytes },
        _ => Scheme::EcdsaPlain(digest),
    }
}

fn signed(key: &KeyPair, scheme: Scheme, seed: u8) -> Vec<u8> {
    sign(key, scheme, MESSAGE, &mut Seeded::new([seed; 32]))
}

/// A key pair of 2048 bits and its modulus.
fn rsa() -> (KeyPair, Vec<u8>) {
    let kind = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65_537 };
    let key = KeyPair::generate(kind, &mut Seeded::new([4; 32]));
    let modulus = key.public_key_info()[33..289].to_vec();
    (key, modulus)
}

fn rsa_key(name: &str, modulus: &[u8]) -> Option<ProviderKey> {
    ProviderKey::rsa(named(name), modulus, &EXPONENT)
}

/// A key pair on the curve of an algorithm, with the curve's name and both coordinates.
fn ec(name: &str) -> (KeyPair, &'static str, Vec<u8>, Vec<u8>) {
    let (curve, crv, bytes) = match name {
        "ES256" => (chip_sim::Curve::Secp256r1, "P-256", 32),
        "ES384" => (chip_sim::Curve::Secp384r1, "P-384", 48),
        _ => (chip_sim::Curve::Secp521r1, "P-521", 66),
    };
    let kind = KeyKind::Ec { curve, form: chip_sim::CurveForm::Named };
    let key = KeyPair::generate(kind, &mut Seeded::new([3; 32]));
    let info = key.public_key_info();
    let (x, y) = info[info.len() - 2 * bytes..].split_at(bytes);
    (key, crv, x.to_vec(), y.to_vec())
}

#[test]
fn an_rsa_key_verifies_the_one_algorithm_that_it_is_used_with() {
    let (pair, modulus) = rsa();
    for made in RSA {
        let signature = signed(&pair, scheme(made), 6);
        for asked in RSA {
            let key = rsa_key(asked, &modulus).unwrap();
            assert_eq!(key.verifies(MESSAGE, &signature), made == asked, "{made} as {asked}");
        }
    }
}

/// RSASSA-PSS signatures (RFC 7518 section 3.5).
#[test]
fn the_salt_of_pss_is_as_long_as_the_hash() {
    let (pair, modulus) = rsa();
    for name in ["PS256", "PS384", "PS512"] {
        let key = rsa_key(name, &modulus).unwrap();
        let (digest, right) = digest(name);
        for salt_bytes in [0, 20, 32, 48, 64] {
            let signature = signed(&pair, Scheme::RsaPss { digest, salt_bytes }, 6);
            assert_eq!(
                key.verifies(MESSAGE, &signature),
                salt_bytes == right,
                "{name} {salt_bytes}"
            );
        }
    }
}

#[test]
fn an_rsa_key_is_neither_short_nor_costly_nor_even() {
    let ones = |bits: usize| {
        let mut number = vec![0xFF; bits.div_ceil(8)];
        number[0] >>= (8 - bits % 8) % 8;
        number
    };
    for (bits, good) in
        [(0, false), (8, false), (2_047, false), (2_048, true), (8_192, true), (8_193, false)]
    {
        let modulus = if bits == 0 { Vec::new() } else { ones(bits) };
        assert_eq!(rsa_key("RS256", &modulus).is_some(), good, "{bits} bits");
    }
    assert!(rsa_key("RS256", &[vec![0], ones(8_192)].concat()).is_some(), "a sign that is no bit");
    assert!(rsa_key("RS256", &[vec![0; 200], ones(1_024)].concat()).is_none(), "zeros are no bits");
    let mut even = ones(2_048);
    even[255] = 0xFE;
    let verifies = |key: Option<ProviderKey>| key.is_some_and(|it| it.verifies(MESSAGE, &[1; 256]));
    assert!(!verifies(rsa_key("RS256", &even)), "an even modulus");
    for exponent in [&[][..], &[0], &[1], &[4], &[0xFF; 300]] {
        let key = ProviderKey::rsa(named("RS256"), &ones(2_048), exponent);
        assert!(!verifies(key), "an exponent of {} bytes", exponent.len());
    }
}

#[test]
fn a_signature_is_exactly_as_long_as_its_key_says() {
    let (pair, modulus) = rsa();
    let mut all = Vec::new();
    for name in RSA {
        all.push((name, rsa_key(name, &modulus).unwrap(), signed(&pair, scheme(name), 6)));
    }
    for name in ["ES256", "ES384", "ES512"] {
        let (pair, crv, x, y) = ec(name);
        let key = ProviderKey::ec(named(name), crv, &x, &y).unwrap();
        all.push((name, key, signed(&pair, scheme(name), 6)));
    }
    let pair = SigningKey::from_bytes(&[5; 32]);
    let key = ProviderKey::ed25519(named("EdDSA"), pair.verifying_key().as_bytes()).unwrap();
    all.push(("EdDSA", key, pair.sign(MESSAGE).to_bytes().to_vec()));

    for (name, key, signature) in &all {
        assert!(key.verifies(MESSAGE, signature), "{name}");
        assert!(!key.verifies(b"header.other", signature), "{name}: another message");
        let shorter = signature.get(1..).unwrap();
        let cut = signature.get(..signature.len() - 1).unwrap();
        let longer = [&[0], signature.as_slice()].concat();
        let more = [signature.as_slice(), &[0]].concat();
        let nothing = vec![0; signature.len()];
        let most = vec![0xFF; signature.len()];
        for spoiled in [&[], shorter, cut, &longer, &more, &nothing, &most] {
            assert!(!key.verifies(MESSAGE, spoiled), "{name}: {} bytes", spoiled.len());
        }
    }
}

/// ECDSA signatures in JOSE need not have the smaller of the two possible values of `s`; a provider's library may send
/// either.
#[test]
fn both_halves_of_a_curve_sign() {
    for name in ["ES256", "ES384", "ES512"] {
        let (pair, crv, x, y) = ec(name);
        let key = ProviderKey::ec(named(name), crv, &x, &y).unwrap();
        let mut high = 0;
        for seed in 0..16 {
            let signature = signed(&pair, scheme(name), seed);
            assert!(key.verifies(MESSAGE, &signature), "{name} {seed}");
            // The first octet of a P-521 number contains one bit.
            let half = if name == "ES512" { 1 } else { 0x80 };
            high += u8::from(signature[signature.len() / 2] >= half);
        }
        assert!((1..16).contains(&high), "{name}: {high} of 16 in the upper half");
    }
}

#[test]
fn a_key_on_another_curve_or_of_another_type_is_none_of_the_algorithm() {
    for name in ["ES256", "ES384", "ES512"] {
        let (_, crv, x, y) = ec(name);
        for other in ["ES256", "ES384", "ES512", "RS256", "PS512", "EdDSA"] {
            let key = ProviderKey::ec(named(other), crv, &x, &y);
            assert_eq!(key.is_some(), other == name, "{name} as {other}");
        }
        let mut beside = y.clone();
        *beside.last_mut().unwrap() ^= 1;
        assert!(ProviderKey::ec(named(name), crv, &x, &beside).is_none(), "{name}: off the curve");
        assert!(ProviderKey::ec(named(name), "P-192", &x, &y).is_none());
        let long = [&[0], x.as_slice()].concat();
        assert!(ProviderKey::ec(named(name), crv, &long, &y).is_none());
        assert!(ProviderKey::ec(named(name), crv, &x, &[]).is_none());
    }
    let (_, modulus) = rsa();
    let ed = SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes();
    for other in ["ES256", "ES512", "EdDSA"] {
        assert!(rsa_key(other, &modulus).is_none(), "RSA as {other}");
    }
    for other in ["RS256", "ES256", "ES512"] {
        assert!(ProviderKey::ed25519(named(other), &ed).is_none(), "Ed25519 as {other}");
    }
}

#[test]
fn no_algorithm_shares_a_secret_or_signs_nothing() {
    for name in ["none", "None", "", "HS256", "HS384", "HS512", "ES256K", "rs256", "Ed448", "RS1"] {
        assert!(ProviderAlgorithm::named(name).is_none(), "{name}");
    }
    assert_eq!(ProviderAlgorithm::named("Ed25519"), ProviderAlgorithm::named("EdDSA"));
}

#[test]
fn a_key_of_ed25519_has_32_bytes_and_is_not_weak() {
    let pair = SigningKey::from_bytes(&[5; 32]);
    let public = pair.verifying_key().to_bytes();
    let key = |bytes: &[u8]| ProviderKey::ed25519(named("EdDSA"), bytes);
    assert!(key(&public).is_some());

    for bytes in [&[][..], &public[..31], &[&public[..], &[0]].concat()] {
        assert!(key(bytes).is_none(), "{} bytes", bytes.len());
    }
    // With the neutral point as the key, one signature is valid for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(key(&neutral).is_none());
    assert!(key(&[0; 32]).is_none(), "a point of order four");
}

/// Accepting `s + order` besides `s` would permit two signatures of one message (RFC 8032 section 5.1.7).
#[test]
fn the_scalar_of_ed25519_is_below_the_order() {
    const ORDER: [u8; 32] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let pair = SigningKey::from_bytes(&[5; 32]);
    let key = ProviderKey::ed25519(named("EdDSA"), pair.verifying_key().as_bytes()).unwrap();
    let mut signature = pair.sign(MESSAGE).to_bytes();
    assert!(key.verifies(MESSAGE, &signature));

    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    assert!(!key.verifies(MESSAGE, &signature));
}
