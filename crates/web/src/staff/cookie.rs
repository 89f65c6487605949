//! The cookies of the consoles. Each console has its own names.

use super::ConsoleState;
use crate::cookies;
use cookie::SameSite;
use http::{HeaderMap, HeaderValue};
use service::staff::Site;

/// The name of the cookie with the session's token.
pub(super) fn session_name(site: Site) -> String {
    format!("genvej-{}", site.code())
}

/// The beginning of the names of the cookies for unfinished sign-ins at the provider; each sign-in has its own cookie.
///
/// The cookie is `Lax`, because the browser returns from another site. It grants no access: the cookie is worthless
/// without the provider's reply to exactly this sign-in, and that reply is worthless without the cookie, which prevents
/// login CSRF.
pub(super) fn sign_in_name(site: Site) -> String {
    format!("genvej-{}-sign-in", site.code())
}

/// The name of the cookie that marks a browser in which somebody signed out, so that the provider asks for credentials
/// at the next sign-in.
pub(super) fn signed_out_name(site: Site) -> String {
    format!("genvej-{}-signed-out", site.code())
}

fn by_tls(state: &ConsoleState) -> bool {
    state.settings.origin.is_https()
}

/// The cookies whose names begin with `start`, without the prefix that all names have.
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

/// The value of the cookie with this name; `None` where there are two.
pub(super) fn read(state: &ConsoleState, headers: &HeaderMap, name: &str) -> Option<String> {
    cookies::only(headers, &format!("{}{name}", cookies::prefix(by_tls(state))))
}

/// Makes a `Set-Cookie` header for a `Strict` cookie; an empty `value` removes the cookie.
pub(super) fn set(state: &ConsoleState, name: &str, value: &str) -> Option<HeaderValue> {
    cookies::set(by_tls(state), name, value, SameSite::Strict, None)
}

/// Makes a `Set-Cookie` header for a `Lax` cookie, which browsers also send when another site leads to this one; an
/// empty `value` removes the cookie.
pub(super) fn set_lax(state: &ConsoleState, name: &str, value: &str) -> Option<HeaderValue> {
    cookies::set(by_tls(state), name, value, SameSite::Lax, None)
}

/// Makes a `Set-Cookie` header for a `Lax` cookie that expires after its lifetime; an empty `value` removes the cookie.
pub(super) fn set_for(
    state: &ConsoleState,
    name: &str,
    value: &str,
    lifetime: recovery::time::Duration,
) -> Option<HeaderValue> {
    let secs = i64::try_from(lifetime.as_secs_rounded_up()).ok();
    cookies::set(by_tls(state), name, value, SameSite::Lax, secs)
}
