//! Signed statements of the provider, believed only after every check: ID tokens (OpenID Connect Core sections 3.1.3.7 and 12.2)
//! and logout tokens (Back-Channel Logout 1.0 section 2.6).

use super::provider_key::{ProviderAlgorithm, ProviderKey};
use super::settings::OidcSettings;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use serde_json::{Map, Value};

/// How far the provider's clock may be off, in seconds.
const CLOCK_OFF_SECS_MAX: i64 = 60;
/// How long ago a statement may have been made, in seconds: somebody is at the provider for ten minutes at most.
const AGE_SECS_MAX: i64 = 600;
/// The largest instant that is read, in seconds: the year 33658.
const INSTANT_MAX: f64 = 1e12;
pub(super) const TOKEN_BYTES_MAX: usize = 64 * 1024;
const KEYS_MAX: usize = 64;
const AUDIENCES_MAX: usize = 64;

/// What a statement was not accepted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {what}")]
pub(super) struct TokenFault {
    /// A member of the header, a claim, or a name of ours for one.
    pub(super) field: &'static str,
    what: &'static str,
}

pub(super) const fn fault(field: &'static str, what: &'static str) -> TokenFault {
    TokenFault { field, what }
}

/// The header of a statement, as far as it says what to do.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Value>,
    #[serde(default)]
    b64: Option<Value>,
}

/// What sort of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    IdToken,
    LogoutToken,
}

/// When a statement is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Occasion<'a> {
    /// At the end of a sign-in that began at this second.
    SignIn { nonce: &'a str, begun_secs: i64, anew: bool },
    /// When the provider stands by a session once more.
    Confirmation { nonce: &'a str, subject: &'a str },
}

/// A statement in its parts; nothing of it is believed.
#[derive(Debug)]
pub(super) struct Unverified<'t> {
    header: Header,
    algorithm: ProviderAlgorithm,
    signed: &'t str,
    body: &'t str,
    signature: &'t str,
}

impl<'t> Unverified<'t> {
    /// Takes a statement apart and refuses what no key could mend.
    pub(super) fn read(token: &'t str, sort: Sort) -> Result<Self, TokenFault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(fault("token", "is too long"));
        }
        let parts = || fault("token", "has not three parts");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(parts)?;
        let (head, body) = signed.split_once('.').ok_or_else(parts)?;
        if body.contains('.') {
            return Err(parts());
        }
        let header: Header = serde_json::from_slice(&decoded(head, "header")?)
            .map_err(|_| fault("header", "is not the JSON that was expected"))?;
        // RFC 7515 section 4.1.11: what has to be understood and is not, refuses the whole. RFC 7797: `b64` is such a thing.
        if header.crit.is_some() {
            return Err(fault("crit", "names an extension that is not understood"));
        }
        if header.b64.as_ref().is_some_and(|b64| *b64 != Value::Bool(true)) {
            return Err(fault("b64", "is not supported"));
        }
        if !typ_fits(header.typ.as_deref(), sort) {
            return Err(fault("typ", "is another sort of token"));
        }
        let algorithm =
            ProviderAlgorithm::named(&header.alg).ok_or(fault("alg", "is not accepted"))?;
        Ok(Self { header, algorithm, signed, body, signature })
    }

    /// Whether one of these keys could have signed it.
    pub(super) fn has_candidate(&self, keys: &Value) -> bool {
        self.candidates(keys).next().is_some()
    }

    /// The claims, once a key of the provider's has signed them.
    pub(super) fn verified(self, keys: &Value) -> Result<Map<String, Value>, TokenFault> {
        let signature = decoded(self.signature, "signature")?;
        let verifies = |key: ProviderKey| key.verifies(self.signed.as_bytes(), &signature);
        if !self.candidates(keys).any(verifies) {
            return Err(fault("signature", "is of no key of the provider"));
        }
        match serde_json::from_slice(&decoded(self.body, "claims")?) {
            Ok(Value::Object(claims)) => Ok(claims),
            Ok(_) | Err(_) => Err(fault("claims", "are not the JSON that was expected")),
        }
    }

    /// The keys that may have signed it. The algorithm belongs to the key and not to the token, which only says which it took.
    fn candidates<'k>(&'k self, keys: &'k Value) -> impl Iterator<Item = ProviderKey> + 'k {
        let all = keys.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let name = self.header.alg.as_str();
        all.iter().take(KEYS_MAX).filter_map(move |key| {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let verifies = key
                .get("key_ops")
                .and_then(Value::as_array)
                .is_none_or(|all| all.iter().any(|it| it.as_str() == Some("verify")));
            if text("use").is_some_and(|it| it != "sig")
                || !verifies
                || text("alg").is_some_and(|it| it != name)
                || self.header.kid.as_deref().is_some_and(|kid| text("kid") != Some(kid))
            {
                return None;
            }
            provider_key(self.algorithm, text)
        })
    }
}

fn provider_key<'k>(
    algorithm: ProviderAlgorithm,
    text: impl Fn(&str) -> Option<&'k str>,
) -> Option<ProviderKey> {
    let bytes = |name: &str| Base64UrlUnpadded::decode_vec(text(name)?).ok();
    match text("kty")? {
        "RSA" => ProviderKey::rsa(algorithm, &bytes("n")?, &bytes("e")?),
        "EC" => ProviderKey::ec(algorithm, text("crv")?, &bytes("x")?, &bytes("y")?),
        "OKP" if text("crv") == Some("Ed25519") => ProviderKey::ed25519(algorithm, &bytes("x")?),
        _ => None,
    }
}

/// RFC 7515 section 4.1.9: a media type, with `application/` left out, compared without regard to case.
fn typ_fits(typ: Option<&str>, sort: Sort) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    typ == "jwt" || (sort == Sort::LogoutToken && typ == "logout+jwt")
}

fn decoded(part: &str, field: &'static str) -> Result<Vec<u8>, TokenFault> {
    Base64UrlUnpadded::decode_vec(part).map_err(|_| fault(field, "is no base64url"))
}

/// A claim; one that is `null` is not there.
pub(super) fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    claims.get(name).filter(|value| !value.is_null())
}

fn text<'c>(
    claims: &'c Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'c str>, TokenFault> {
    match claim(claims, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(fault(name, "is no text")),
    }
}

/// A point in time, in whole seconds (RFC 7519 section 2: it may have a fraction).
fn instant(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, TokenFault> {
    let Some(value) = claim(claims, name) else { return Ok(None) };
    let secs = value.as_f64().filter(|secs| secs.is_finite() && secs.abs() <= INSTANT_MAX);
    #[expect(clippy::cast_possible_truncation, reason = "within a range that an i64 holds")]
    secs.map(|secs| Some(secs.floor() as i64)).ok_or(fault(name, "is no point in time"))
}

/// Checks an ID token whose signature was verified.
pub(super) fn check_id_token(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    occasion: Occasion<'_>,
    now_secs: i64,
) -> Result<(), TokenFault> {
    check_origin(claims, settings)?;
    check_times(claims, now_secs)?;
    let exp = instant(claims, "exp")?.ok_or(fault("exp", "is missing"))?;
    if now_secs >= exp.saturating_add(CLOCK_OFF_SECS_MAX) {
        return Err(fault("exp", "has passed"));
    }
    let nonce = text(claims, "nonce")?;
    let subject = subject(claims)?.ok_or(fault("sub", "is missing"))?;
    match occasion {
        Occasion::SignIn { nonce: expected, begun_secs, anew } => {
            if nonce != Some(expected) {
                return Err(fault("nonce", "answers another sign-in"));
            }
            check_authentication(claims, settings, (begun_secs, anew), now_secs)?;
        }
        Occasion::Confirmation { nonce: expected, subject: same } => {
            if nonce.is_some_and(|nonce| nonce != expected) {
                return Err(fault("nonce", "answers another sign-in"));
            }
            if subject != same {
                return Err(fault("sub", "is somebody else"));
            }
        }
    }
    let acr = text(claims, "acr")?;
    let asked = &settings.acr_values;
    if !asked.is_empty() && !acr.is_some_and(|acr| asked.iter().any(|it| it == acr)) {
        return Err(fault("acr", "is no way to sign in that was asked for"));
    }
    Ok(())
}

/// How and when somebody proved to the provider who they are.
fn check_authentication(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    (begun_secs, anew): (i64, bool),
    now_secs: i64,
) -> Result<(), TokenFault> {
    let at = instant(claims, "auth_time")?;
    if at.is_some_and(|at| at > now_secs.saturating_add(CLOCK_OFF_SECS_MAX)) {
        return Err(fault("auth_time", "lies in the future"));
    }
    if let Some(max_age) = settings.max_age_secs {
        let at = at.ok_or(fault("auth_time", "is missing"))?;
        let until = at.saturating_add(i64::from(max_age)).saturating_add(CLOCK_OFF_SECS_MAX);
        if now_secs > until {
            return Err(fault("auth_time", "is too long ago"));
        }
    }
    // After somebody signed out, the provider has to ask again who is there.
    if anew && at.is_some_and(|at| at < begun_secs.saturating_sub(CLOCK_OFF_SECS_MAX)) {
        return Err(fault("auth_time", "is before the sign-in that was asked for"));
    }
    Ok(())
}

/// Who made it, and for whom.
fn check_origin(claims: &Map<String, Value>, settings: &OidcSettings) -> Result<(), TokenFault> {
    if text(claims, "iss")? != Some(&settings.issuer) {
        return Err(fault("iss", "is another issuer"));
    }
    let client = settings.client_id.as_str();
    let audiences: Vec<&str> = match claim(claims, "aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) if several.len() <= AUDIENCES_MAX => several
            .iter()
            .map(|it| it.as_str().ok_or(fault("aud", "is no list of texts")))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(fault("aud", "is no list of texts")),
        None => return Err(fault("aud", "is missing")),
    };
    if !audiences.contains(&client) {
        return Err(fault("aud", "is another client"));
    }
    let foreign = |it: &&str| *it != client && !settings.audiences.iter().any(|known| known == it);
    if audiences.iter().any(foreign) {
        return Err(fault("aud", "names an audience that is not trusted"));
    }
    let azp = text(claims, "azp")?;
    let several = audiences.iter().any(|it| *it != client);
    if azp.map_or(several, |azp| azp != client) {
        return Err(fault("azp", "is another client"));
    }
    Ok(())
}

/// When it was made, and from when it counts.
fn check_times(claims: &Map<String, Value>, now_secs: i64) -> Result<(), TokenFault> {
    let soon = now_secs.saturating_add(CLOCK_OFF_SECS_MAX);
    let iat = instant(claims, "iat")?.ok_or(fault("iat", "is missing"))?;
    if iat > soon {
        return Err(fault("iat", "lies in the future"));
    }
    if iat < now_secs.saturating_sub(AGE_SECS_MAX).saturating_sub(CLOCK_OFF_SECS_MAX) {
        return Err(fault("iat", "is too long ago"));
    }
    if instant(claims, "nbf")?.is_some_and(|nbf| nbf > soon) {
        return Err(fault("nbf", "lies in the future"));
    }
    Ok(())
}

/// Whom it is about.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<Option<&str>, TokenFault> {
    let Some(subject) = text(claims, "sub")? else { return Ok(None) };
    let long = subject.len() > service::staff::oidc::SUBJECT_BYTES_MAX;
    if subject.is_empty() || long || subject.chars().any(char::is_control) {
        return Err(fault("sub", "is empty or too long"));
    }
    Ok(Some(subject))
}

/// What a logout token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Logout {
    pub(super) subject: Option<String>,
    pub(super) sid: Option<String>,
    pub(super) token_id: String,
}

/// Checks a logout token whose signature was verified.
pub(super) fn check_logout_token(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    now_secs: i64,
) -> Result<Logout, TokenFault> {
    const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
    check_origin(claims, settings)?;
    check_times(claims, now_secs)?;
    let exp = instant(claims, "exp")?;
    if exp.is_some_and(|exp| now_secs >= exp.saturating_add(CLOCK_OFF_SECS_MAX)) {
        return Err(fault("exp", "has passed"));
    }
    if !claim(claims, "events").and_then(|it| it.get(EVENT)).is_some_and(Value::is_object) {
        return Err(fault("events", "is no logout"));
    }
    // An ID token is none.
    if claims.contains_key("nonce") {
        return Err(fault("nonce", "is there"));
    }
    let bounded = |name, max| match text(claims, name) {
        Ok(Some(text)) if text.is_empty() || text.len() > max => {
            Err(fault(name, "is empty or too long"))
        }
        other => other.map(|text| text.map(str::to_owned)),
    };
    let sid = bounded("sid", service::staff::provider_session::SID_BYTES_MAX)?;
    let subject = subject(claims)?.map(str::to_owned);
    if sid.is_none() && subject.is_none() {
        return Err(fault("sub", "is missing, and sid is too"));
    }
    let token_id = bounded("jti", 255)?.ok_or(fault("jti", "is missing"))?;
    Ok(Logout { subject, sid, token_id })
}

#[cfg(test)]
mod tests;
