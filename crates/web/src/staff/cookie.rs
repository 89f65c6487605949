//! Cookies of the consoles: host-only, `HttpOnly`, named per site.
//!
//! Where the console is reached over TLS they are `Secure` and their names begin with `__Host-`: then a browser takes them
//! from this host alone, whatever another host below the same domain sets (RFC 6265bis section 4.1.3.2). A sandbox on
//! `http://…localhost` cannot: some browsers keep no `Secure` cookie there.

use super::ConsoleState;
use http::{HeaderMap, HeaderValue};
use service::staff::Site;

/// The session's cookie.
pub(super) const fn session_name(site: Site) -> &'static str {
    match site {
        Site::Support => "genvej-support",
        Site::Desk => "genvej-desk",
        Site::Operations => "genvej-operations",
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
        Site::Operations => "genvej-operations-sign-in",
    }
}

/// The mark of a browser in which somebody signed out; it makes the provider ask who is there.
pub(super) const fn signed_out_name(site: Site) -> &'static str {
    match site {
        Site::Support => "genvej-support-signed-out",
        Site::Desk => "genvej-desk-signed-out",
        Site::Operations => "genvej-operations-signed-out",
    }
}

fn prefix(state: &ConsoleState) -> &'static str {
    if state.settings.origin.is_https() { "__Host-" } else { "" }
}

/// Cookies whose names begin so, without what every name begins with here.
pub(super) fn starting_with(
    state: &ConsoleState,
    headers: &HeaderMap,
    start: &str,
) -> Vec<(String, String)> {
    let ours = crate::cookies::all(headers).filter_map(|(name, value)| {
        let name = name.strip_prefix(prefix(state))?;
        name.starts_with(start).then(|| (name.to_owned(), value))
    });
    ours.collect()
}

/// The value of a cookie of that name; two of one name are none.
pub(super) fn read(state: &ConsoleState, headers: &HeaderMap, name: &str) -> Option<String> {
    crate::cookies::only(headers, &format!("{}{name}", prefix(state)))
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
        "{}{name}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{gone}",
        prefix(state)
    ))
    .map(|mut header| {
        header.set_sensitive(true);
        header
    })
    .ok()
}
