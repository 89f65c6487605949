//! The verification of the provider's signed tokens: ID tokens (OpenID Connect Core sections 3.1.3.7 and 12.2) and
//! logout tokens (Back-Channel Logout 1.0 section 2.6).

use super::provider_key::{ProviderAlgorithm, ProviderKey};
use super::settings::OidcSettings;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The largest difference between the provider's clock and ours, in seconds.
const CLOCK_OFF_SECS_MAX: i64 = 60;
/// The greatest age of a token, in seconds: a sign-in at the provider takes at most ten minutes.
const AGE_SECS_MAX: i64 = 600;
/// The largest instant that is accepted, in seconds since 1970: in the year 33658.
const INSTANT_MAX: f64 = 1e12;
pub(super) const TOKEN_BYTES_MAX: usize = 64 * 1024;
const KEYS_MAX: usize = 64;
const AUDIENCES_MAX: usize = 64;

/// The reason why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {what}")]
pub(super) struct TokenFault {
    /// The header parameter or claim that is wrong, or our name for it.
    pub(super) field: &'static str,
    what: &'static str,
}

pub(super) const fn fault(field: &'static str, what: &'static str) -> TokenFault {
    TokenFault { field, what }
}

/// The parameters of a token's header that matter for its verification.
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

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    IdToken,
    LogoutToken,
}

/// The occasion on which an ID token is checked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Occasion<'a> {
    /// The end of a sign-in that began at this second.
    SignIn { nonce: &'a str, begun_secs: i64, anew: bool },
    /// The confirmation of a session by the provider.
    Confirmation { nonce: &'a str, subject: &'a str },
}

/// A token split in its parts, of which nothing is verified yet.
#[derive(Debug)]
pub(super) struct UnverifiedToken<'t> {
    header: Header,
    algorithm: ProviderAlgorithm,
    signed: &'t str,
    body: &'t str,
    signature: &'t str,
}

impl<'t> UnverifiedToken<'t> {
    /// Splits a token in its parts and refuses one that no key could make valid.
    pub(super) fn read(token: &'t str, sort: TokenKind) -> Result<Self, TokenFault> {
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
        // A token with a critical extension that is not understood is refused (RFC 7515 section 4.1.11). `b64` is such
        // an extension (RFC 7797).
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

    /// Whether one of these keys could have signed the token.
    pub(super) fn has_candidate(&self, keys: &Value) -> bool {
        self.candidates(keys).next().is_some()
    }

    /// Verifies the signature with the provider's keys and returns the claims.
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

    /// The keys that may have signed the token. The key determines the algorithm; a key for another algorithm than the
    /// token names is not tried.
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

/// Whether `typ` fits the kind of token. It is a media type that may omit `application/` and is compared without regard
/// to case (RFC 7515 section 4.1.9).
fn typ_fits(typ: Option<&str>, sort: TokenKind) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    let typ = typ.strip_prefix("application/").unwrap_or(&typ);
    typ == "jwt" || (sort == TokenKind::LogoutToken && typ == "logout+jwt")
}

fn decoded(part: &str, field: &'static str) -> Result<Vec<u8>, TokenFault> {
    Base64UrlUnpadded::decode_vec(part).map_err(|_| fault(field, "is no base64url"))
}

/// The value of a claim; `null` counts as absent.
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

/// An instant in whole seconds; the claim may have a fraction (RFC 7519 section 2).
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

/// Checks when the person authenticated at the provider.
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
    // After a sign-out, the provider must have asked for credentials again.
    if anew && at.is_some_and(|at| at < begun_secs.saturating_sub(CLOCK_OFF_SECS_MAX)) {
        return Err(fault("auth_time", "is before the sign-in that was asked for"));
    }
    Ok(())
}

/// Checks the issuer of the token and its audience.
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

/// Checks when the token was issued and from when it is valid.
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

/// The subject of the token.
pub(super) fn subject(claims: &Map<String, Value>) -> Result<Option<&str>, TokenFault> {
    let Some(subject) = text(claims, "sub")? else { return Ok(None) };
    let long = subject.len() > service::staff::oidc::SUBJECT_BYTES_MAX;
    if subject.is_empty() || long || subject.chars().any(char::is_control) {
        return Err(fault("sub", "is empty or too long"));
    }
    Ok(Some(subject))
}

/// The content of a logout token.
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
    // An ID token must not pass for a logout token.
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
