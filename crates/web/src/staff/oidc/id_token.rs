//! The ID token: a signed statement of the provider, believed only after every check of OpenID Connect Core 3.1.3.7.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use recovery::id::CentreId;
use recovery::sensitive::Sensitive;
use serde::Deserialize;
use serde_json::Value;
use service::staff::oidc::{Claims, ProviderKey};

/// How far the provider's clock may be off, in seconds.
const CLOCK_OFF_SECS_MAX: i64 = 60;
const TOKEN_BYTES_MAX: usize = 64 * 1024;
const KEYS_MAX: usize = 64;
const ROLES_MAX: usize = 16;

/// What the token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now_secs: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    name: Option<String>,
    #[serde(default)]
    genvej_roles: Vec<String>,
    genvej_centre: Option<String>,
    genvej_person: Option<String>,
}

/// Verifies the signature first and reads what is signed after.
pub(super) fn claims(
    token: &str,
    keys: &Value,
    expected: &Expected<'_>,
) -> Result<Claims, &'static str> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err("it is too long");
    }
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("it has not three parts");
    };
    let header: Header = part(head)?;
    let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| "not base64url")?;
    let signed = token.get(..head.len() + 1 + body.len()).ok_or("it has not three parts")?;
    if !candidates(keys, &header).any(|key| key.verifies(signed.as_bytes(), &signature)) {
        return Err("no key of the provider signed it");
    }
    let body: Body = part(body)?;
    check(&body, expected)?;
    let centre = match body.genvej_centre.as_deref() {
        Some(text) => Some(service::id(text).map(CentreId).ok_or("the centre is no id")?),
        None => None,
    };
    Ok(Claims {
        issuer: body.iss,
        name: body.name.unwrap_or_else(|| body.sub.clone()),
        subject: body.sub,
        roles: body.genvej_roles.into_iter().take(ROLES_MAX).collect(),
        centre,
        person: body.genvej_person.map(Sensitive::new),
    })
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, &'static str> {
    let bytes = Base64UrlUnpadded::decode_vec(text).map_err(|_| "not base64url")?;
    serde_json::from_slice(&bytes).map_err(|_| "not the JSON that was expected")
}

/// The keys that may have signed it. The algorithm belongs to the key and not to the token, which only says which it took.
fn candidates(keys: &Value, header: &Header) -> impl Iterator<Item = ProviderKey> {
    let all = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter().take(KEYS_MAX).filter_map(move |key| {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|it| Base64UrlUnpadded::decode_vec(it).ok());
        if text("use").is_some_and(|it| it != "sig")
            || text("alg").is_some_and(|it| it != header.alg)
            || header.kid.as_deref().is_some_and(|kid| text("kid") != Some(kid))
        {
            return None;
        }
        match (header.alg.as_str(), text("kty")?) {
            ("RS256", "RSA") => ProviderKey::rs256(&bytes("n")?, &bytes("e")?),
            ("ES256", "EC") if text("crv") == Some("P-256") => {
                ProviderKey::es256(&bytes("x")?, &bytes("y")?)
            }
            _ => None,
        }
    })
}

fn check(body: &Body, expected: &Expected<'_>) -> Result<(), &'static str> {
    if body.iss != expected.issuer {
        return Err("another issuer's");
    }
    let (ours, others) = match &body.aud {
        Value::String(one) => (one == expected.client_id, 0),
        Value::Array(several) => (
            several.iter().any(|it| it.as_str() == Some(expected.client_id)),
            several.len().saturating_sub(1),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => (false, 0),
    };
    let azp_fits = body.azp.as_deref().map_or(others == 0, |azp| azp == expected.client_id);
    if !ours || !azp_fits {
        return Err("made for another client");
    }
    if expected.now_secs >= body.exp.saturating_add(CLOCK_OFF_SECS_MAX) {
        return Err("it has lapsed");
    }
    if body.iat > expected.now_secs.saturating_add(CLOCK_OFF_SECS_MAX) {
        return Err("it was made in the future");
    }
    if body.nonce.as_deref() != Some(expected.nonce) {
        return Err("it answers another sign-in");
    }
    if body.sub.is_empty() || body.sub.len() > 255 {
        return Err("it names nobody");
    }
    Ok(())
}
