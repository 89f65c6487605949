//! The `Cookie` field, read pair by pair: one that cannot be read does not lose the others.

use cookie::Cookie;
use http::HeaderMap;
use http::header::COOKIE;

/// Pairs that are looked at; a browser keeps some fifty for one host.
const PAIRS_MAX: usize = 200;

/// Every pair that can be read, in the order of the field.
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

/// The first value under this name.
pub(crate) fn first(headers: &HeaderMap, name: &str) -> Option<String> {
    values(headers, name).next()
}

/// The only value under this name: two of one name are none, for one of them is somebody else's.
pub(crate) fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = values(headers, name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

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
}
