//! Cookies of the consoles: host-only, `HttpOnly`, named per site; `Secure` where the origin is https.

use super::ConsoleState;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use service::staff::Site;

/// The session's cookie.
pub(super) const fn session_name(site: Site) -> &'static str {
    match site {
        Site::Support => "genvej-support",
        Site::Desk => "genvej-desk",
    }
}

/// How the cookies of sign-ins under way at the provider begin; each sign-in has one of its own.
///
/// It is `Lax`, because the browser comes back from another site; it opens nothing: without the provider's answer to
/// exactly this sign-in it is worth nothing, and without it the provider's answer is (login CSRF).
pub(super) const fn sign_in_name(site: Site) -> &'static str {
    match site {
        Site::Support => "genvej-support-sign-in",
        Site::Desk => "genvej-desk-sign-in",
    }
}

/// The mark of a browser in which somebody signed out; it makes the provider ask who is there.
pub(super) const fn signed_out_name(site: Site) -> &'static str {
    match site {
        Site::Support => "genvej-support-signed-out",
        Site::Desk => "genvej-desk-signed-out",
    }
}

/// Cookies whose names begin so.
pub(super) fn starting_with<'h>(headers: &'h HeaderMap, start: &str) -> Vec<(String, &'h str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| name.starts_with(start))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The value of a cookie of that name; two of one name are none.
pub(super) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A `Set-Cookie` value of a cookie that is `Lax` and lapses.
pub(super) fn set_for(
    state: &ConsoleState,
    name: &str,
    value: &str,
    lifetime: recovery::time::Duration,
) -> Option<HeaderValue> {
    let same_site = format!("Lax; Max-Age={}", lifetime.as_secs_rounded_up());
    set(state, name, value, &same_site)
}

/// A `Set-Cookie` value; an empty `value` removes the cookie.
pub(super) fn set(
    state: &ConsoleState,
    name: &str,
    value: &str,
    same_site: &str,
) -> Option<HeaderValue> {
    let secure = if state.settings.origin.is_https() { "; Secure" } else { "" };
    let gone = if value.is_empty() { "; Max-Age=0" } else { "" };
    HeaderValue::try_from(format!(
        "{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{gone}"
    ))
    .map(|mut header| {
        header.set_sensitive(true);
        header
    })
    .ok()
}
