//! Host-only cookies (docs/adr/own-cookie-field.md). The `Cookie` header is parsed pair by pair, so that a pair that
//! cannot be parsed does not hide the others.
//!
//! Where a site is reached over TLS, its cookies are `Secure` and their names begin with `__Host-`. A browser accepts
//! such a cookie only from this host, whatever other hosts of the same domain set (RFC 6265bis section 4.1.3.2). The
//! sandbox on `http://…localhost` cannot use them, because some browsers keep no `Secure` cookie there.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The largest number of pairs that are parsed; a browser keeps about fifty cookies for one host.
const PAIRS_MAX: usize = 200;

/// The name and value of every cookie that can be parsed, in the order of the header.
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> + '_ {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b';'))
        .take(PAIRS_MAX)
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| Cookie::parse(pair).ok())
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
}

fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = String> + 'h {
    all(headers).filter(move |(other, _)| other == name).map(|(_, value)| value)
}

/// The value of the first cookie with this name.
pub(crate) fn first(headers: &HeaderMap, name: &str) -> Option<String> {
    values(headers, name).next()
}

/// The value of the only cookie with this name; `None` where there are two, because another host set one of them.
pub(crate) fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = values(headers, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The prefix of the names of cookies.
pub(crate) const fn prefix(by_tls: bool) -> &'static str {
    if by_tls { "__Host-" } else { "" }
}

/// Makes a `Set-Cookie` header for a cookie that scripts cannot read. The cookie lasts as long as the browser's
/// session, or as many seconds as stated. An empty value removes the cookie.
pub(crate) fn set(
    by_tls: bool,
    name: &str,
    value: &str,
    same_site: SameSite,
    lifetime_secs: Option<i64>,
) -> Option<HeaderValue> {
    let lifetime_secs = if value.is_empty() { Some(0) } else { lifetime_secs };
    let mut cookie = Cookie::build((format!("{}{name}", prefix(by_tls)), value))
        .path("/")
        .http_only(true)
        .same_site(same_site)
        .secure(by_tls)
        .build();
    cookie.set_max_age(lifetime_secs.map(Duration::seconds));
    let mut field = HeaderValue::try_from(cookie.to_string()).ok()?;
    field.set_sensitive(true);
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(COOKIE, HeaderValue::from_bytes(field).unwrap());
        }
        headers
    }

    #[test]
    fn one_odd_cookie_does_not_lose_the_others() {
        for field in [
            &b"theirs=\xe6\xf8\xe5; ours=1"[..],
            b"ours=1; theirs=\xff",
            b"nonsense; =; ;; ours=1",
            b"a=\"x; ours=1",
            b"theirs=a=b=c;ours=1",
            b"theirs={\"a\": 1}; ours=1",
            b"\xc3=1; ours=1",
        ] {
            assert_eq!(only(&headers(&[field]), "ours").as_deref(), Some("1"), "{field:?}");
        }
        assert_eq!(only(&headers(&[b"theirs=1", b"ours=1"]), "ours").as_deref(), Some("1"));
    }

    #[test]
    fn two_of_one_name_are_none() {
        assert_eq!(only(&headers(&[b"ours=1; ours=2"]), "ours"), None);
        assert_eq!(only(&headers(&[b"ours=1", b"ours=1"]), "ours"), None);
        assert_eq!(first(&headers(&[b"ours=1; ours=2"]), "ours").as_deref(), Some("1"));
    }

    #[test]
    fn a_cookie_is_this_hosts_alone_and_no_scripts() {
        let field = |by_tls, value, secs| {
            let field = set(by_tls, "ours", value, SameSite::Strict, secs).unwrap();
            assert!(field.is_sensitive());
            field.to_str().unwrap().to_owned()
        };

        assert_eq!(
            field(true, "1", None),
            "__Host-ours=1; HttpOnly; SameSite=Strict; Secure; Path=/"
        );
        assert_eq!(
            field(false, "1", Some(60)),
            "ours=1; HttpOnly; SameSite=Strict; Path=/; Max-Age=60"
        );
        assert_eq!(field(false, "", None), "ours=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
        assert_eq!(set(true, "ours", "1\r\nother: 2", SameSite::Lax, None), None);
    }
}
