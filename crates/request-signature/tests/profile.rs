//! The profile from both sides, and what an attacker changes on the way.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use request_signature::{
    HeaderError, Message, Presented, PublicKey, SignedHeaders, SigningInput, SoftwareKey,
    VerifyError, thumbprint,
};

const KEYID: &str = "00112233445566778899aabbccddeeff";
const NONCE: &str = "b64url_nonce-0001";
const KEY: &str = "idem-0001";
const MESSAGE: Message<'static> = Message {
    method: "POST",
    target_uri: "https://genvej.example/v1/app/pin/tries?x=1",
    body: br#"{"hello": "world"}"#,
};

/// `test-key-ecc-p256` of RFC 9421 appendix B.1.3.
fn rfc_key() -> SoftwareKey {
    let mut secret = [0; 32];
    Base64UrlUnpadded::decode("UpuF81l-kOxbjf7T4mNSv0r5tN67Gim7rnf6EFpcYDs", &mut secret).unwrap();
    SoftwareKey::from_bytes(&secret).unwrap()
}

fn signed(message: &Message<'_>) -> SignedHeaders {
    let input = SigningInput::new(message, KEYID, NONCE, KEY).unwrap();
    let signature = rfc_key().sign(input.to_sign());
    input.signed(&signature)
}

fn presented(headers: &SignedHeaders) -> Result<Presented, HeaderError> {
    Presented::parse(|name| {
        headers
            .pairs()
            .into_iter()
            .filter(|(of, _)| *of == name)
            .map(|(_, value)| value.as_bytes())
            .collect::<Vec<_>>()
    })
}

fn with_input(value: &str) -> Result<Presented, HeaderError> {
    presented(&SignedHeaders { signature_input: value.to_owned(), ..signed(&MESSAGE) })
}

#[test]
fn the_ecdsa_key_and_example_of_rfc_9421_appendix_b_2_4() {
    let base = "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": \
        sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\
        \"content-length\": 23\n\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \
        \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
    let mut signature = [0; 64];
    Base64::decode(
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==",
        &mut signature,
    )
    .unwrap();
    let mut point = [4; 65];
    let (_, coordinates) = point.split_at_mut(1);
    let (x, y) = coordinates.split_at_mut(32);
    Base64UrlUnpadded::decode("qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA", x).unwrap();
    Base64UrlUnpadded::decode("Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0", y).unwrap();

    let key = PublicKey::from_bytes(&point).unwrap();

    assert_eq!(key, rfc_key().public_key());
    assert!(key.verifies(base.as_bytes(), &signature));
    assert!(!key.verifies(&base.as_bytes()[1..], &signature));
}

#[test]
fn the_signature_base_is_the_one_worked_out_by_hand() {
    let input = SigningInput::new(&MESSAGE, KEYID, NONCE, KEY).unwrap();

    assert_eq!(
        std::str::from_utf8(input.to_sign()).unwrap(),
        "\"@method\": POST\n\
         \"@target-uri\": https://genvej.example/v1/app/pin/tries?x=1\n\
         \"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n\
         \"idempotency-key\": idem-0001\n\
         \"@signature-params\": (\"@method\" \"@target-uri\" \"content-digest\" \"idempotency-key\")\
         ;keyid=\"00112233445566778899aabbccddeeff\";alg=\"ecdsa-p256-sha256\"\
         ;nonce=\"b64url_nonce-0001\";tag=\"genvej-app-1\""
    );
}

#[test]
fn what_the_phone_signs_the_server_verifies() {
    let presented = presented(&signed(&MESSAGE)).unwrap();

    assert_eq!(presented.keyid(), KEYID);
    assert_eq!(presented.nonce(), NONCE);
    assert_eq!(presented.idempotency_key(), KEY);
    assert_eq!(presented.verify(&MESSAGE, &rfc_key().public_key()), Ok(()));
}

#[test]
fn a_get_is_signed_over_the_digest_of_the_empty_body() {
    let get = Message { method: "GET", body: b"", ..MESSAGE };
    let headers = signed(&get);

    assert_eq!(headers.content_digest, "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    let presented = presented(&headers).unwrap();
    assert_eq!(presented.verify(&get, &rfc_key().public_key()), Ok(()));
}

#[test]
fn each_covered_part_is_covered() {
    let key = rfc_key().public_key();
    let presented_as_signed = presented(&signed(&MESSAGE)).unwrap();

    for changed in [
        Message { method: "PUT", ..MESSAGE },
        Message { target_uri: "https://genvej.example/v1/app/pin/tries?x=2", ..MESSAGE },
        Message { target_uri: "http://genvej.example/v1/app/pin/tries?x=1", ..MESSAGE },
        Message { target_uri: "https://genvej.example/v1/app/pin/tries?x=1\n", ..MESSAGE },
    ] {
        assert_eq!(presented_as_signed.verify(&changed, &key), Err(VerifyError::Signature));
    }
    let other_body = Message { body: b"{}", ..MESSAGE };
    assert_eq!(presented_as_signed.verify(&other_body, &key), Err(VerifyError::Digest));

    // Body and digest changed together, nonce, idempotency key and key id: the signature says no.
    let genuine = signed(&MESSAGE);
    let input = |from: &str, to: &str| genuine.signature_input.replace(from, to);
    for headers in [
        SignedHeaders { content_digest: signed(&other_body).content_digest, ..genuine.clone() },
        SignedHeaders { idempotency_key: "idem-0002".into(), ..genuine.clone() },
        SignedHeaders { signature_input: input(NONCE, "b64url_nonce-0002"), ..genuine.clone() },
        SignedHeaders {
            signature_input: input(KEYID, "00112233445566778899aabbccddeefe"),
            ..genuine.clone()
        },
    ] {
        let body =
            if headers.content_digest == genuine.content_digest { MESSAGE } else { other_body };
        let verdict = presented(&headers).unwrap().verify(&body, &key);
        assert_eq!(verdict, Err(VerifyError::Signature));
    }
}

#[test]
fn another_key_and_an_unknown_one_are_refused_alike() {
    let presented = presented(&signed(&MESSAGE)).unwrap();
    let other = SoftwareKey::from_bytes(&[7; 32]).unwrap().public_key();

    assert_eq!(presented.verify(&MESSAGE, &other), Err(VerifyError::Signature));
    assert_eq!(presented.verify_unknown(&MESSAGE), VerifyError::Signature);
}

#[test]
fn what_the_stand_in_for_unknown_keys_signs_is_refused() {
    let input = SigningInput::new(&MESSAGE, KEYID, NONCE, KEY).unwrap();
    let signature = SoftwareKey::from_bytes(&[1; 32]).unwrap().sign(input.to_sign());

    let presented = presented(&input.signed(&signature)).unwrap();

    assert_eq!(presented.verify_unknown(&MESSAGE), VerifyError::Signature);
}

#[test]
fn parameters_may_come_in_another_order_and_are_signed_as_sent() {
    const COMPONENTS: &str = r#"("@method" "@target-uri" "content-digest" "idempotency-key")"#;
    let parameters = format!(
        "{COMPONENTS};alg=\"ecdsa-p256-sha256\";tag=\"genvej-app-1\";nonce=\"{NONCE}\";keyid=\"{KEYID}\""
    );
    let usual = SigningInput::new(&MESSAGE, KEYID, NONCE, KEY).unwrap();
    let base = std::str::from_utf8(usual.to_sign()).unwrap();
    let (lines, _) = base.split_once("\"@signature-params\": ").unwrap();
    let base = format!("{lines}\"@signature-params\": {parameters}");
    let signature = rfc_key().sign(base.as_bytes());
    let headers = SignedHeaders {
        signature_input: format!("genvej={parameters}"),
        ..usual.signed(&signature)
    };

    let presented = presented(&headers).unwrap();

    assert_eq!(presented.verify(&MESSAGE, &rfc_key().public_key()), Ok(()));
}

#[test]
fn every_other_form_of_signature_input_is_refused() {
    let genuine = signed(&MESSAGE).signature_input;
    let without = |part: &str| genuine.replace(part, "");
    let swapped = |from: &str, to: &str| {
        assert!(genuine.contains(from));
        genuine.replace(from, to)
    };
    for value in [
        String::new(),
        swapped("genvej=", "sig1="),
        swapped("genvej=(", "genvej= ("),
        format!(" {genuine}"),
        format!("{genuine} "),
        format!("{genuine},sig1=(\"@method\")"),
        format!("{genuine};created=1"),
        format!("{genuine};nonce=\"another-nonce-1\""),
        format!("{genuine};"),
        swapped("\"@method\" ", ""),
        swapped("\"@method\" ", "\"@method\"  "),
        swapped("\"@target-uri\"", "\"@path\""),
        swapped("\"content-digest\" \"idempotency-key\"", "\"idempotency-key\" \"content-digest\""),
        swapped(";tag", "; tag"),
        swapped("\"content-digest\"", "\"content-digest\";bs"),
        without(";alg=\"ecdsa-p256-sha256\""),
        without(";tag=\"genvej-app-1\""),
        without(&format!(";nonce=\"{NONCE}\"")),
        without(&format!(";keyid=\"{KEYID}\"")),
        swapped("ecdsa-p256-sha256", "hmac-sha256"),
        swapped("ecdsa-p256-sha256", "rsa-v1_5-sha256"),
        swapped("genvej-app-1", "genvej-app-2"),
        swapped(NONCE, "short"),
        swapped(NONCE, &"n".repeat(65)),
        swapped(NONCE, "with space in it"),
        swapped(NONCE, "with\\\"quote-in-it"),
        swapped(KEYID, "00112233445566778899AABBCCDDEEFF"),
        swapped(KEYID, "0011"),
        format!("{genuine}{}", ";x=\"y\"".repeat(200)),
    ] {
        assert_eq!(with_input(&value), Err(HeaderError::Form("signature-input")), "{value}");
    }
}

#[test]
fn every_other_form_of_signature_digest_and_key_is_refused() {
    let genuine = signed(&MESSAGE);
    for value in ["", "genvej=::", "sig1=:AAAA:", "genvej=:AAAA:", "genvej=:!!!!:"] {
        let headers = SignedHeaders { signature: value.into(), ..genuine.clone() };
        assert_eq!(presented(&headers), Err(HeaderError::Form("signature")), "{value}");
    }
    let unpadded = genuine.signature.replace("==:", ":");
    let headers = SignedHeaders { signature: unpadded, ..genuine.clone() };
    assert_eq!(presented(&headers), Err(HeaderError::Form("signature")));
    let two = format!("{0}, sha-512=:AAAA:", genuine.content_digest);
    for value in ["", "sha-512=:AAAA:", "sha-256=::", "sha-256=:AAAA:", &two] {
        let headers = SignedHeaders { content_digest: value.into(), ..genuine.clone() };
        assert_eq!(presented(&headers), Err(HeaderError::Form("content-digest")), "{value}");
    }
    let long = "k".repeat(65);
    for value in ["", "short", "with a space", "line\nbreak-1", &long] {
        let headers = SignedHeaders { idempotency_key: value.into(), ..genuine.clone() };
        assert_eq!(presented(&headers), Err(HeaderError::Form("idempotency-key")), "{value}");
    }
}

#[test]
fn a_missing_and_a_repeated_header_are_refused() {
    let headers = signed(&MESSAGE);
    for missing in request_signature::HEADERS {
        let parsed = Presented::parse(|name| {
            let pairs = headers.pairs();
            let found = pairs.into_iter().find(|(of, _)| *of == name && *of != missing);
            found.map(|(_, value)| value.as_bytes())
        });
        assert_eq!(parsed, Err(HeaderError::Missing(missing)));
    }
    for twice in request_signature::HEADERS {
        let parsed = Presented::parse(|name| {
            let (_, value) = headers.pairs().into_iter().find(|(of, _)| *of == name).unwrap();
            vec![value.as_bytes(); if name == twice { 2 } else { 1 }]
        });
        assert_eq!(parsed, Err(HeaderError::Repeated(twice)));
    }
}

#[test]
fn a_phone_cannot_sign_what_the_profile_does_not_allow() {
    for (keyid, nonce, key) in [
        ("x\";tag=\"other", NONCE, KEY),
        (KEYID, "n\";alg=\"none", KEY),
        (KEYID, NONCE, "a\n\"@method\": GET"),
    ] {
        assert!(SigningInput::new(&MESSAGE, keyid, nonce, key).is_err());
    }
}

#[test]
fn keys_in_other_forms_are_refused() {
    let mut point = rfc_key().public_key().to_bytes();
    point[0] = 2;
    assert!(PublicKey::from_bytes(&point).is_err());
    point[0] = 4;
    point[64] ^= 1;
    assert!(PublicKey::from_bytes(&point).is_err());
    assert!(PublicKey::from_bytes(&[0; 65]).is_err());
    assert!(SoftwareKey::from_bytes(&[0; 32]).is_err());
    assert!(SoftwareKey::from_bytes(&[0xFF; 32]).is_err());
    assert_eq!(thumbprint(&point).len(), 64);
    assert_eq!(format!("{:?}", rfc_key()), "SoftwareKey([hidden])");
}

#[test]
fn a_source_that_draws_outside_the_order_is_asked_again() {
    let mut draws = 0;
    let key = SoftwareKey::generate(&mut |bytes| {
        draws += 1;
        bytes.fill(if draws == 1 { 0xFF } else { 5 });
    });

    assert_eq!(draws, 2);
    assert_eq!(*key.to_bytes(), [5; 32]);
}

proptest! {
    #[test]
    fn arbitrary_headers_never_panic_and_never_verify(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 4),
    ) {
        let parsed = Presented::parse(|name| {
            let at = request_signature::HEADERS.iter().position(|header| *header == name).unwrap();
            [values[at].as_slice()]
        });
        prop_assert!(parsed.is_err());
    }

    #[test]
    fn one_changed_byte_in_a_header_is_refused(which in 0_usize..4, at in any::<prop::sample::Index>(), to in 0x20_u8..0x7f) {
        let headers = signed(&MESSAGE);
        let changed: Vec<(&str, Vec<u8>)> = headers
            .pairs()
            .into_iter()
            .enumerate()
            .map(|(index, (name, value))| {
                let mut bytes = value.as_bytes().to_vec();
                if index == which {
                    let position = at.index(bytes.len());
                    prop_assume!(bytes[position] != to);
                    bytes[position] = to;
                }
                Ok((name, bytes))
            })
            .collect::<Result<_, TestCaseError>>()?;
        let parsed = Presented::parse(|name| {
            changed.iter().filter(|(of, _)| *of == name).map(|(_, value)| value.as_slice()).collect::<Vec<_>>()
        });
        if let Ok(presented) = parsed {
            prop_assert!(presented.verify(&MESSAGE, &rfc_key().public_key()).is_err());
        }
    }
}
