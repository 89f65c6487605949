//! Cookies of the consoles, named per site.

use super::ConsoleState;
use crate::cookies;
use cookie::SameSite;
use http::{HeaderMap, HeaderValue};
use service::staff::Site;

/// The session's cookie.
pub(super) fn session_name(site: Site) -> String {
    format!("genvej-{}", site.code())
}

/// How the cookies of sign-ins under way at the provider begin; each sign-in has one of its own.
///
/// It is `Lax`, because the browser comes back from another site; it opens nothing: without the provider's answer to
/// exactly this sign-in it is worth nothing, and without it the provider's answer is (login CSRF).
pub(super) fn sign_in_name(site: Site) -> String {
    format!("genvej-{}-sign-in", site.code())
}

/// The mark of a browser in which somebody signed out; it makes the provider ask who is there.
pub(super) fn signed_out_name(site: Site) -> String {
    format!("genvej-{}-signed-out", site.code())
}

fn by_tls(state: &ConsoleState) -> bool {
    state.settings.origin.is_https()
}

/// Cookies whose names begin so, without what every name begins with here.
pub(super) fn starting_with(
    state: &ConsoleState,
    headers: &HeaderMap,
    start: &str,
) -> Vec<(String, String)> {
    let ours = cookies::all(headers).filter_map(|(name, value)| {
        let name = name.strip_prefix(cookies::prefix(by_tls(state)))?;
        name.starts_with(start).then(|| (name.to_owned(), value))
    });
    ours.collect()
}

/// The value of a cookie of that name; two of one name are none.
pub(super) fn read(state: &ConsoleState, headers: &HeaderMap, name: &str) -> Option<String> {
    cookies::only(headers, &format!("{}{name}", cookies::prefix(by_tls(state))))
}

/// A `Set-Cookie` value; an empty `value` removes the cookie.
pub(super) fn set(state: &ConsoleState, name: &str, value: &str) -> Option<HeaderValue> {
    cookies::set(by_tls(state), name, value, SameSite::Strict, None)
}

/// Likewise, of one that comes along from another site too.
pub(super) fn set_lax(state: &ConsoleState, name: &str, value: &str) -> Option<HeaderValue> {
    cookies::set(by_tls(state), name, value, SameSite::Lax, None)
}

/// Likewise, of one that lapses by itself.
pub(super) fn set_for(
    state: &ConsoleState,
    name: &str,
    value: &str,
    lifetime: recovery::time::Duration,
) -> Option<HeaderValue> {
    let secs = i64::try_from(lifetime.as_secs_rounded_up()).ok();
    cookies::set(by_tls(state), name, value, SameSite::Lax, secs)
}
