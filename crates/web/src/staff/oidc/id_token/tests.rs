//! Tests of tokens with every algorithm, and of each reason to refuse a token.

use super::super::settings::{ClaimNames, ClientAuthentication};
use super::*;
use crate::staff::{HttpAnswer, HttpCall, LineError, OidcClient};
use chip_sim::{Curve, CurveForm, Digest, KeyKind, KeyPair, Scheme, Seeded};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use std::sync::Arc;

const ISSUER: &str = "https://id.example";
const NOW: i64 = 1_795_341_600;

#[derive(Debug)]
struct NoLine;

#[async_trait::async_trait]
impl OidcClient for NoLine {
    async fn call(&self, _: HttpCall) -> Result<HttpAnswer, LineError> {
        Err(LineError::Busy)
    }
}

fn settings() -> OidcSettings {
    OidcSettings {
        issuer: ISSUER.into(),
        client_id: "genvej".into(),
        client_secret: None,
        client_authentication: ClientAuthentication::Basic,
        scope: "openid".into(),
        claims: ClaimNames::default(),
        audiences: Vec::new(),
        acr_values: Vec::new(),
        max_age_secs: None,
        client: Arc::new(NoLine),
    }
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

enum Secret {
    Chip(KeyPair, Scheme),
    Ed(SigningKey),
}

/// A key of the provider with its algorithm.
struct Key {
    algorithm: &'static str,
    secret: Secret,
}

impl Key {
    fn ec(algorithm: &'static str, curve: Curve, digest: Digest) -> Self {
        let kind = KeyKind::Ec { curve, form: CurveForm::Named };
        let key = KeyPair::generate(kind, &mut Seeded::new([3; 32]));
        Self { algorithm, secret: Secret::Chip(key, Scheme::EcdsaPlain(digest)) }
    }

    fn rsa(algorithm: &'static str, modulus_bits: u16, scheme: Scheme) -> Self {
        let kind = KeyKind::Rsa { modulus_bits, public_exponent: 65_537 };
        Self {
            algorithm,
            secret: Secret::Chip(KeyPair::generate(kind, &mut Seeded::new([4; 32])), scheme),
        }
    }

    fn ed() -> Self {
        Self { algorithm: "EdDSA", secret: Secret::Ed(SigningKey::from_bytes(&[5; 32])) }
    }

    fn jwk(&self) -> Value {
        let mut key = match &self.secret {
            Secret::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(key.verifying_key().as_bytes())})
            }
            Secret::Chip(key @ KeyPair::Rsa(_), _) => {
                let info = key.public_key_info();
                let (rest, exponent) = info.split_at(info.len() - 3);
                // The exponent follows its INTEGER header; the modulus is before that.
                let modulus = &rest[rest.len() - 2 - modulus_bytes(info.len())..rest.len() - 2];
                json!({"kty": "RSA", "n": text(modulus), "e": text(exponent)})
            }
            Secret::Chip(key @ KeyPair::Ec(_), _) => {
                let (curve, bytes) = match self.algorithm {
                    "ES256" => ("P-256", 32),
                    "ES384" => ("P-384", 48),
                    _ => ("P-521", 66),
                };
                let info = key.public_key_info();
                let (x, y) = info[info.len() - 2 * bytes..].split_at(bytes);
                json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y)})
            }
        };
        let members = key.as_object_mut().unwrap();
        members.insert("kid".into(), "1".into());
        members.insert("use".into(), "sig".into());
        key
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        let head = format!(
            "{}.{}",
            text(header.to_string().as_bytes()),
            text(claims.to_string().as_bytes())
        );
        let signature = match &self.secret {
            Secret::Ed(key) => key.sign(head.as_bytes()).to_bytes().to_vec(),
            Secret::Chip(key, scheme) => {
                chip_sim::sign(key, *scheme, head.as_bytes(), &mut Seeded::new([6; 32]))
            }
        };
        format!("{head}.{}", text(&signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.signed(&json!({"alg": self.algorithm, "kid": "1", "typ": "JWT"}), claims)
    }
}

const fn modulus_bytes(info_bytes: usize) -> usize {
    match info_bytes {
        294 => 256,
        422 => 384,
        162 => 128,
        _ => 512,
    }
}

fn keys(of: &[&Key]) -> Value {
    json!({"keys": of.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "anna", "aud": "genvej", "iat": NOW, "exp": NOW + 300, "nonce": "n",
        "name": "Anna", "genvej_roles": ["agent"],
    })
}

fn es256() -> Key {
    Key::ec("ES256", Curve::Secp256r1, Digest::Sha256)
}

/// Verifies and checks a token completely.
fn checked(token: &str, keys: &Value, settings: &OidcSettings) -> Result<(), TokenFault> {
    let said = UnverifiedToken::read(token, TokenKind::IdToken)?.verified(keys)?;
    let occasion = Occasion::SignIn { nonce: "n", begun_secs: NOW - 5, anew: false };
    check_id_token(&said, settings, occasion, NOW)
}

fn field(result: Result<(), TokenFault>) -> &'static str {
    result.unwrap_err().field
}

#[test]
fn a_statement_of_every_algorithm_is_verified_and_a_changed_one_is_not() {
    let pss = |digest, salt_bytes| Scheme::RsaPss { digest, salt_bytes };
    let all = [
        es256(),
        Key::ec("ES384", Curve::Secp384r1, Digest::Sha384),
        Key::ec("ES512", Curve::Secp521r1, Digest::Sha512),
        Key::rsa("RS256", 2048, Scheme::RsaPkcs1(Digest::Sha256)),
        Key::rsa("RS384", 2048, Scheme::RsaPkcs1(Digest::Sha384)),
        Key::rsa("RS512", 2048, Scheme::RsaPkcs1(Digest::Sha512)),
        Key::rsa("PS256", 2048, pss(Digest::Sha256, 32)),
        Key::rsa("PS384", 2048, pss(Digest::Sha384, 48)),
        Key::rsa("PS512", 2048, pss(Digest::Sha512, 64)),
        Key::ed(),
    ];
    for key in &all {
        let set = keys(&[key]);
        let token = key.token(&claims());
        assert_eq!(checked(&token, &set, &settings()), Ok(()), "{}", key.algorithm);

        let other = key.token(&json!({"iss": ISSUER}));
        let (signed, _) = token.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        let mixed = format!("{signed}.{signature}");
        assert_eq!(field(checked(&mixed, &set, &settings())), "signature", "{}", key.algorithm);
        for cut in [1, 4] {
            let cut = token.get(..token.len() - cut).unwrap();
            assert_eq!(field(checked(cut, &set, &settings())), "signature", "{}", key.algorithm);
        }
    }
}

/// A signature in the form of X.509 instead of RFC 7518.
#[test]
fn a_signature_in_der_is_none() {
    let key = es256();
    let token = key.token(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let plain = Base64UrlUnpadded::decode_vec(signature).unwrap();
    let mut numbers = Vec::new();
    for number in plain.chunks(32) {
        let first = number.iter().position(|byte| *byte != 0).unwrap();
        let number = &number[first..];
        let sign = vec![0; usize::from(number[0] > 0x7F)];
        let number = [sign.as_slice(), number].concat();
        numbers.extend([vec![2, u8::try_from(number.len()).unwrap()], number].concat());
    }
    let der = [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat();
    let spoiled = format!("{signed}.{}", Base64UrlUnpadded::encode_string(&der));

    assert_eq!(field(checked(&spoiled, &keys(&[&key]), &settings())), "signature");
}

#[test]
fn the_algorithm_belongs_to_the_key() {
    let key = es256();
    let mut set = keys(&[&key]);
    for (member, value) in [
        ("use", json!("enc")),
        ("alg", json!("ES384")),
        ("crv", json!("P-384")),
        ("kty", json!("oct")),
        ("kid", json!("2")),
        ("key_ops", json!(["sign"])),
        ("x", json!("AAAA")),
    ] {
        let mut spoiled = set.clone();
        spoiled["keys"][0][member] = value;
        let result = checked(&key.token(&claims()), &spoiled, &settings());
        assert_eq!(field(result), "signature", "{member}");
    }
    // The header names no key, so that any key of the set may have signed.
    let nameless = key.signed(&json!({"alg": "ES256"}), &claims());
    set["keys"].as_array_mut().unwrap().insert(0, Key::ed().jwk());
    assert_eq!(checked(&nameless, &set, &settings()), Ok(()));
    let short = Key::rsa("RS256", 1024, Scheme::RsaPkcs1(Digest::Sha256));
    let result = checked(&short.token(&claims()), &keys(&[&short]), &settings());
    assert_eq!(field(result), "signature", "1024 bits");
}

#[test]
fn a_header_is_read_by_the_standards() {
    let key = es256();
    let set = keys(&[&key]);
    let with = |header: Value| checked(&key.signed(&header, &claims()), &set, &settings());
    for good in [
        json!({"alg": "ES256"}),
        json!({"alg": "ES256", "typ": "jwt"}),
        json!({"alg": "ES256", "typ": "application/JWT"}),
        json!({"alg": "ES256", "typ": null, "kid": null}),
        json!({"alg": "ES256", "b64": true}),
        json!({"alg": "ES256", "x5t": "unknown members are ignored"}),
    ] {
        assert_eq!(with(good.clone()), Ok(()), "{good}");
    }
    for (bad, field) in [
        (json!({"alg": "none"}), "alg"),
        (json!({"alg": "HS256"}), "alg"),
        (json!({"alg": "ES256K"}), "alg"),
        (json!({"alg": 7}), "header"),
        (json!({}), "header"),
        (json!({"alg": "ES256", "typ": "at+jwt"}), "typ"),
        (json!({"alg": "ES256", "typ": "logout+jwt"}), "typ"),
        (json!({"alg": "ES256", "crit": ["b64"], "b64": true}), "crit"),
        (json!({"alg": "ES256", "crit": ["exp"]}), "crit"),
        (json!({"alg": "ES256", "crit": []}), "crit"),
        (json!({"alg": "ES256", "b64": false}), "b64"),
        (json!({"alg": "ES256", "kid": 7}), "header"),
    ] {
        assert_eq!(with(bad.clone()).unwrap_err().field, field, "{bad}");
    }
    for bad in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "..", "€.b.c"] {
        assert!(UnverifiedToken::read(bad, TokenKind::IdToken).is_err(), "{bad}");
    }
    assert_eq!(
        UnverifiedToken::read(&"a".repeat(70_000), TokenKind::IdToken).unwrap_err().field,
        "token"
    );
}

#[test]
fn each_claim_that_does_not_fit_is_named() {
    let key = es256();
    let set = keys(&[&key]);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        checked(&key.token(&claims), &set, &settings())
    };
    for (name, value) in [
        ("exp", json!(NOW as f64 + 0.5)),
        ("exp", json!(NOW - 59)),
        ("iat", json!(NOW - 659)),
        ("iat", json!(NOW + 60)),
        ("iat", json!(NOW as f64 - 0.25)),
        ("nbf", json!(NOW + 60)),
        ("nbf", json!(null)),
        ("aud", json!(["genvej"])),
        ("azp", json!(null)),
        ("azp", json!("genvej")),
        ("acr", json!(null)),
        ("auth_time", json!(null)),
        ("auth_time", json!(NOW - 1_000_000)),
    ] {
        assert_eq!(with(name, value.clone()), Ok(()), "{name} {value}");
    }
    for (name, value) in [
        ("iss", json!("https://id.example/")),
        ("iss", json!(null)),
        ("sub", json!("")),
        ("sub", json!(null)),
        ("sub", json!(7)),
        ("sub", json!("x".repeat(256))),
        ("aud", json!("other")),
        ("aud", json!(["genvej", "other"])),
        ("aud", json!(["genvej", 7])),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("azp", json!("other")),
        ("azp", json!(7)),
        ("exp", json!(NOW - 60)),
        ("exp", json!("soon")),
        ("exp", json!(1e300)),
        ("exp", json!(null)),
        ("iat", json!(NOW + 61)),
        ("iat", json!(NOW - 661)),
        ("iat", json!(null)),
        ("nbf", json!(NOW + 61)),
        ("nbf", json!("now")),
        ("nonce", json!("m")),
        ("nonce", json!(null)),
        ("acr", json!(7)),
        ("auth_time", json!(NOW + 61)),
        ("auth_time", json!("now")),
    ] {
        assert_eq!(with(name, value.clone()).unwrap_err().field, name, "{name} {value}");
    }
}

#[test]
fn a_foreign_audience_counts_only_where_it_is_named_and_we_are_the_authorised_party() {
    let key = es256();
    let set = keys(&[&key]);
    let settings = OidcSettings { audiences: vec!["api".into()], ..settings() };
    let with = |aud: Value, azp: Value| {
        let mut claims = claims();
        claims["aud"] = aud;
        claims["azp"] = azp;
        checked(&key.token(&claims), &set, &settings)
    };

    assert_eq!(with(json!(["genvej", "api"]), json!("genvej")), Ok(()));
    assert_eq!(field(with(json!(["genvej", "api"]), json!(null))), "azp");
    assert_eq!(field(with(json!(["genvej", "api"]), json!("api"))), "azp");
    assert_eq!(field(with(json!(["genvej", "api", "more"]), json!("genvej"))), "aud");
    assert_eq!(field(with(json!(["api"]), json!("genvej"))), "aud");
}

#[test]
fn how_and_when_somebody_proved_who_they_are_is_held_against_what_was_asked() {
    let key = es256();
    let set = keys(&[&key]);
    let settings = OidcSettings {
        acr_values: vec!["mfa".into(), "passkey".into()],
        max_age_secs: Some(3_600),
        ..settings()
    };
    let with = |acr: Value, auth_time: Value| {
        let mut claims = claims();
        claims["acr"] = acr;
        claims["auth_time"] = auth_time;
        checked(&key.token(&claims), &set, &settings)
    };

    assert_eq!(with(json!("mfa"), json!(NOW - 3_660)), Ok(()));
    assert_eq!(field(with(json!("pwd"), json!(NOW))), "acr");
    assert_eq!(field(with(json!(null), json!(NOW))), "acr");
    assert_eq!(field(with(json!("mfa"), json!(NOW - 3_661))), "auth_time");
    assert_eq!(field(with(json!("mfa"), json!(null))), "auth_time");

    let token = key.token(&claims());
    let mut said =
        UnverifiedToken::read(&token, TokenKind::IdToken).unwrap().verified(&set).unwrap();
    said.insert("auth_time".into(), json!(NOW - 100));
    let anew = Occasion::SignIn { nonce: "n", begun_secs: NOW - 5, anew: true };
    let plain = self::settings();
    assert_eq!(field(check_id_token(&said, &plain, anew, NOW)), "auth_time", "nobody was asked");
}

#[test]
fn a_session_is_confirmed_for_its_own_member_alone() {
    let said = |claims: Value| claims.as_object().unwrap().clone();
    let settings = settings();
    let occasion = Occasion::Confirmation { nonce: "n", subject: "anna" };
    let check = |claims: Value| check_id_token(&said(claims), &settings, occasion, NOW);
    let mut without = claims();
    without.as_object_mut().unwrap().remove("nonce");

    assert_eq!(check(claims()), Ok(()));
    assert_eq!(check(without.clone()), Ok(()));
    without["sub"] = "bo".into();
    assert_eq!(field(check(without)), "sub");
    let mut other = claims();
    other["nonce"] = "m".into();
    assert_eq!(field(check(other)), "nonce");
}

#[test]
fn a_logout_token_is_no_id_token_and_the_reverse() {
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let good = json!({
        "iss": ISSUER, "aud": "genvej", "iat": NOW, "exp": NOW + 120, "jti": "t", "sub": "anna",
        "sid": "s", "events": {event: {}},
    });
    let check = |claims: &Value| {
        check_logout_token(claims.as_object().unwrap(), &settings(), NOW).map_err(|it| it.field)
    };
    let ended = check(&good).unwrap();
    assert_eq!((ended.subject.as_deref(), ended.sid.as_deref()), (Some("anna"), Some("s")));

    for (name, value, field) in [
        ("nonce", json!("n"), "nonce"),
        ("events", json!({}), "events"),
        ("events", json!({event: true}), "events"),
        ("events", json!(null), "events"),
        ("jti", json!(null), "jti"),
        ("jti", json!("x".repeat(256)), "jti"),
        ("aud", json!("other"), "aud"),
        ("iss", json!("other"), "iss"),
        ("iat", json!(NOW - 700), "iat"),
        ("exp", json!(NOW - 60), "exp"),
        ("sid", json!(""), "sid"),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert_eq!(check(&bad).unwrap_err(), field, "{name}");
    }
    let mut nobody = good.clone();
    nobody["sub"] = json!(null);
    nobody["sid"] = json!(null);
    assert_eq!(check(&nobody).unwrap_err(), "sub");
    let key = es256();
    let sort = |typ: &str, sort| {
        let token = key.signed(&json!({"alg": "ES256", "typ": typ}), &good);
        UnverifiedToken::read(&token, sort).is_ok()
    };
    assert!(sort("logout+jwt", TokenKind::LogoutToken) && sort("JWT", TokenKind::LogoutToken));
    assert!(!sort("logout+jwt", TokenKind::IdToken) && !sort("at+jwt", TokenKind::LogoutToken));
}
