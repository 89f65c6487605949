//! A strict parser of the profile's headers.

use base64ct::{Base64, Encoding};

use crate::base::COMPONENTS;
use crate::key::SIGNATURE_BYTES;

/// The headers of a signed request, in lower case.
pub const HEADERS: [&str; 4] =
    ["signature-input", "signature", "content-digest", "idempotency-key"];

/// Longest idempotency key, in characters.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 64;
/// Longest nonce, in characters.
pub const NONCE_CHARS_MAX: usize = 64;
/// Longest key id: a thumbprint of 32 bytes in hex.
const KEYID_CHARS_MAX: usize = 64;
/// Longest header value that is looked at, in bytes.
const HEADER_BYTES_MAX: usize = 512;
pub(crate) const LABEL: &str = "genvej";
pub(crate) const ALGORITHM: &str = "ecdsa-p256-sha256";

/// What sort of device signed. The tag is part of what is signed, so that a signature of one sort is none of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedBy {
    /// An instance of the app.
    App,
    /// A screen that shows codes at a desk.
    Screen,
}

impl SignedBy {
    const ALL: [Self; 2] = [Self::App, Self::Screen];

    /// The parameter `tag`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::App => "genvej-app-1",
            Self::Screen => "genvej-screen-1",
        }
    }
}

/// What is wrong with a signed request's headers. For logs of the server: the caller of an API gets
/// one answer for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The header is not there.
    #[error("the header {0} is missing")]
    Missing(&'static str),
    /// The header is there twice: proxies disagree on which one counts.
    #[error("the header {0} is there more than once")]
    Repeated(&'static str),
    /// The header is not in the one form of the profile.
    #[error("the header {0} is not in the form of the profile")]
    Form(&'static str),
}

/// The header that occurs exactly once, as text.
pub(crate) fn single<'a>(
    name: &'static str,
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<&'a str, HeaderError> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(HeaderError::Missing(name))?;
    if values.next().is_some() {
        return Err(HeaderError::Repeated(name));
    }
    if value.len() > HEADER_BYTES_MAX {
        return Err(HeaderError::Form(name));
    }
    std::str::from_utf8(value).map_err(|_| HeaderError::Form(name))
}

/// `Signature-Input` in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignatureInput<'a> {
    /// Everything after `genvej=`, as sent: the last line of the signature base.
    pub(crate) parameters: &'a str,
    pub(crate) keyid: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) signed_by: SignedBy,
}

pub(crate) fn signature_input(value: &str) -> Result<SignatureInput<'_>, HeaderError> {
    parse_signature_input(value).ok_or(HeaderError::Form("signature-input"))
}

fn parse_signature_input(value: &str) -> Option<SignatureInput<'_>> {
    let parameters = value.strip_prefix(LABEL)?.strip_prefix('=')?;
    let mut rest = parameters.strip_prefix(COMPONENTS)?;
    let (mut keyid, mut nonce, mut algorithm, mut tag) = (None, None, None, None);
    while !rest.is_empty() {
        let (name, after_name) = rest.strip_prefix(';')?.split_once("=\"")?;
        let (value, after_value) = after_name.split_once('"')?;
        let slot = match name {
            "keyid" => &mut keyid,
            "nonce" => &mut nonce,
            "alg" => &mut algorithm,
            "tag" => &mut tag,
            _ => return None,
        };
        if slot.replace(value).is_some() {
            return None;
        }
        rest = after_value;
    }
    let (keyid, nonce, tag) = (keyid?, nonce?, tag?);
    let signed_by = SignedBy::ALL.into_iter().find(|by| by.tag() == tag)?;
    let fits = is_keyid(keyid) && is_token(nonce, NONCE_CHARS_MAX) && algorithm? == ALGORITHM;
    fits.then_some(SignatureInput { parameters, keyid, nonce, signed_by })
}

pub(crate) fn signature(value: &str) -> Result<[u8; SIGNATURE_BYTES], HeaderError> {
    let parse = || {
        let encoded = value.strip_prefix(LABEL)?.strip_prefix("=:")?.strip_suffix(':')?;
        let mut bytes = [0; SIGNATURE_BYTES];
        // `decode` refuses other alphabets, missing padding and stray bits.
        let decoded = Base64::decode(encoded, &mut bytes).ok()?;
        (decoded.len() == SIGNATURE_BYTES).then_some(())?;
        Some(bytes)
    };
    parse().ok_or(HeaderError::Form("signature"))
}

pub(crate) fn content_digest(value: &str) -> Result<&str, HeaderError> {
    let parse = || {
        let encoded = value.strip_prefix("sha-256=:")?.strip_suffix(':')?;
        let mut bytes = [0; 32];
        let decoded = Base64::decode(encoded, &mut bytes).ok()?;
        (decoded.len() == 32).then_some(value)
    };
    parse().ok_or(HeaderError::Form("content-digest"))
}

pub(crate) fn idempotency_key(value: &str) -> Result<&str, HeaderError> {
    is_token(value, IDEMPOTENCY_KEY_CHARS_MAX)
        .then_some(value)
        .ok_or(HeaderError::Form("idempotency-key"))
}

/// An instance id (32 hex digits) or a thumbprint (64).
pub(crate) fn is_keyid(text: &str) -> bool {
    matches!(text.len(), 32 | KEYID_CHARS_MAX)
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 8 characters or more of the base64url alphabet.
pub(crate) fn is_token(text: &str, chars_max: usize) -> bool {
    (8..=chars_max).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
