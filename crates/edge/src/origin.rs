//! Web origins in their canonical form (RFC 9110 section 4.2.3, RFC 6454).

use crate::host::Authority;
use http::HeaderMap;
use http::header::ORIGIN;
use std::fmt;

/// A scheme, host and port in canonical form: in lower case, without a final dot, and without the default port of the
/// scheme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
    authority: String,
}

/// A text that is not an [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: write scheme and host, as in https://support.example.org, without a path")]
pub struct NotAnOrigin;

const fn own_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

impl Origin {
    /// Parses `http://…` or `https://…` without a path; a slash at the end is ignored.
    ///
    /// # Errors
    ///
    /// [`NotAnOrigin`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(NotAnOrigin),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let parsed = Authority::parse(rest).ok_or(NotAnOrigin)?;
        let port = parsed.port().unwrap_or(own_port(https));
        let host = parsed.host().to_owned();
        let authority =
            if port == own_port(https) { host.clone() } else { format!("{host}:{port}") };
        Ok(Self { https, host, port, authority })
    }

    /// The host and port as in a `Host` header, without the default port of the scheme.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without the port, which is also the id of a passkey's relying party.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the origin is reached over TLS.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether a request for this host is for this origin. Where the host has no port, the default port of the origin's
    /// scheme is assumed.
    #[must_use]
    pub fn is_at(&self, target: &Authority) -> bool {
        target.host() == self.host && target.port().unwrap_or(own_port(self.https)) == self.port
    }

    /// Whether a request that changes something may come from a page of this origin, by its `Origin` header. A request
    /// without the header does not come from a browser and is admitted. Several headers, `null` and every other origin
    /// are not.
    #[must_use]
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        let mut sent = headers.get_all(ORIGIN).iter();
        let Some(origin) = sent.next() else { return true };
        let text = origin.to_str().unwrap_or_default();
        // A serialised origin has no slash at its end (RFC 6454 section 6.1).
        sent.next().is_none()
            && !text.ends_with('/')
            && Self::parse(text).is_ok_and(|origin| origin == *self)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn of_two_origins_in_one_request_neither_is_admitted() {
        let site = origin("https://a.example");
        let admits = |sent: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for origin in sent {
                headers.append(ORIGIN, http::HeaderValue::from_static(origin));
            }
            site.admits(&headers)
        };

        assert!(admits(&[]) && admits(&["https://a.example"]));
        assert!(!admits(&["https://a.example", "https://b.example"]));
        assert!(!admits(&["https://a.example", "https://a.example"]));
        assert!(!admits(&["https://a.example/"]) && !admits(&["null"]));
    }

    #[test]
    fn one_origin_has_one_form() {
        for written in [
            "https://a.example",
            "https://A.Example/",
            "HTTPS://a.example.",
            "https://a.example:443",
            "https://a.example:0443/",
            "https://a.example.:443",
            "https://a.example:",
        ] {
            assert_eq!(origin(written).to_string(), "https://a.example", "{written}");
            assert_eq!(origin(written), origin("https://a.example"), "{written}");
        }
        assert_eq!(origin("http://[::1]:80").to_string(), "http://[::1]");
        assert_eq!(origin("http://a.example:443").to_string(), "http://a.example:443");
        for wrong in [
            "https://a.example/x",
            "ftp://a.example",
            "a.example",
            "https://",
            "https://u@a.example",
            "https://a.example?x",
            "https://a.example//",
            "null",
            "https://a.example:70000",
            "//a.example",
        ] {
            assert_eq!(Origin::parse(wrong), Err(NotAnOrigin), "{wrong}");
        }
    }

    #[test]
    fn a_host_is_at_an_origin_whatever_its_spelling_and_at_no_other_port() {
        let site = origin("https://a.example");
        for at in ["a.example", "A.EXAMPLE", "a.example.", "a.example:443", "a.example.:443"] {
            assert!(site.is_at(&Authority::parse(at).unwrap()), "{at}");
        }
        for elsewhere in ["a.example:80", "b.example", "a.example:8443", "a.example.b.example"] {
            assert!(!site.is_at(&Authority::parse(elsewhere).unwrap()), "{elsewhere}");
        }
        assert!(origin("http://a.example").is_at(&Authority::parse("a.example:80").unwrap()));
        assert!(!origin("http://a.example:1").is_at(&Authority::parse("a.example").unwrap()));
    }

    #[test]
    fn an_origin_admits_its_own_pages_and_what_is_no_browser() {
        let site = origin("https://a.example");
        let headers = |sent: &[&str]| {
            let mut headers = HeaderMap::new();
            for origin in sent {
                headers.append(ORIGIN, origin.parse().unwrap());
            }
            headers
        };
        for own in
            [&[][..], &["https://a.example"], &["https://a.example:443"], &["https://A.example."]]
        {
            assert!(site.admits(&headers(own)), "{own:?}");
        }
        for foreign in [
            &["null"][..],
            &["http://a.example"],
            &["https://b.example"],
            &["https://a.example/"],
            &[""],
            &["https://a.example", "https://a.example"],
            &["https://a.example https://b.example"],
        ] {
            assert!(!site.admits(&headers(foreign)), "{foreign:?}");
        }
    }
}
