//! The host that a request is for (RFC 9112 section 3.2), in its canonical form (RFC 3986 section 6.2).

use http::header::HOST;
use http::{Method, Request, Uri};
use std::net::{Ipv4Addr, Ipv6Addr};

const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// A host, with a port where one was written. The host is in lower case and has no final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

/// Why the host of a request cannot be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The request has no `Host` header (RFC 9112 section 3.2).
    #[error("the request names no host")]
    Missing,
    /// The request has several `Host` headers, of which a proxy and this server could each use another (RFC 9112
    /// section 3.2).
    #[error("the request names several hosts")]
    Several,
    /// The host is neither a name nor an address.
    #[error("what stands for the host is none")]
    Malformed,
}

impl Authority {
    /// Parses `host` or `host:port`. An empty port counts as absent (RFC 3986 section 6.2.3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address are inside brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            Some(_) | None => (text, ""),
        };
        Some(Self { host: canonical_host(host)?, port: canonical_port(port)? })
    }

    /// The host: a name in lower case or an address. An IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where one was written.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

fn canonical_port(digits: &str) -> Option<Option<u16>> {
    if digits.is_empty() {
        return Some(None);
    }
    let all = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() <= 16;
    all.then(|| digits.parse().ok()).flatten().map(Some)
}

fn canonical_host(host: &str) -> Option<String> {
    if let Some(inside) = host.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > HOST_BYTES_MAX || !name.split('.').all(is_label) {
        return None;
    }
    // A name whose last label is a number must be a valid IPv4 address.
    let last_is_number =
        name.rsplit('.').next().is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit()));
    if last_is_number && name.parse::<Ipv4Addr>().is_err() {
        return None;
    }
    Some(name.to_ascii_lowercase())
}

/// The host that a request is for.
///
/// A target in absolute form takes precedence over the `Host` header, which must be present and valid nevertheless (RFC
/// 9112 sections 3.2 and 3.2.2).
///
/// # Errors
///
/// [`HostError`], which is answered with status 400.
pub fn target<B>(request: &Request<B>) -> Result<Authority, HostError> {
    let mut fields = request.headers().get_all(HOST).iter();
    let field = fields.next().ok_or(HostError::Missing)?;
    if fields.next().is_some() {
        return Err(HostError::Several);
    }
    let named = field.to_str().ok().and_then(Authority::parse).ok_or(HostError::Malformed)?;
    match in_target(request.method(), request.uri())? {
        Some(target) => Ok(target),
        None => Ok(named),
    }
}

fn in_target(method: &Method, uri: &Uri) -> Result<Option<Authority>, HostError> {
    let Some(authority) = uri.authority() else { return Ok(None) };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    // The target of CONNECT has no scheme.
    if !is_web && *method != Method::CONNECT {
        return Err(HostError::Malformed);
    }
    Authority::parse(authority.as_str()).map(Some).ok_or(HostError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_of(request: http::request::Builder) -> Result<String, HostError> {
        target(&request.body(()).unwrap()).map(|it| match it.port() {
            Some(port) => format!("{} {port}", it.host()),
            None => it.host().to_owned(),
        })
    }

    #[test]
    fn one_host_has_one_form() {
        for (written, host, port) in [
            ("desk.example", "desk.example", None),
            ("Desk.EXAMPLE.", "desk.example", None),
            ("desk.example:", "desk.example", None),
            ("desk.example:0443", "desk.example", Some(443)),
            ("desk.example.:8400", "desk.example", Some(8400)),
            ("[2001:DB8:0::1]:80", "[2001:db8::1]", Some(80)),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
        ] {
            let parsed = Authority::parse(written).unwrap();
            assert_eq!((parsed.host(), parsed.port()), (host, port), "{written}");
        }
        let long = "a".repeat(64);
        for wrong in [
            "",
            ".",
            "a..b",
            "a.example..",
            ":80",
            "a b",
            "a,b",
            "user@a.example",
            "a.example/",
            "a:1:2",
            "a:99999",
            "a:-1",
            "a:x",
            "[::1",
            "::1",
            "[::1]x",
            "[a]",
            "%61.example",
            "æ.example",
            "127.0.0.999",
            "1.2.3",
            &long,
        ] {
            assert!(Authority::parse(wrong).is_none(), "{wrong}");
        }
    }

    /// A request without a host, with two, or with an invalid one is a bad request (RFC 9112 section 3.2).
    #[test]
    fn no_host_two_hosts_and_no_host_at_all_are_refused() {
        let two = Request::get("/").header(HOST, "a.example").header(HOST, "a.example");
        let twice = Request::get("/").header(HOST, "a.example, b.example");

        assert_eq!(host_of(Request::get("/")), Err(HostError::Missing));
        assert_eq!(host_of(two), Err(HostError::Several));
        assert_eq!(host_of(twice), Err(HostError::Malformed));
        assert_eq!(host_of(Request::get("/").header(HOST, "")), Err(HostError::Malformed));
        assert_eq!(
            host_of(Request::get("/").header(HOST, &b"a.\xff"[..])),
            Err(HostError::Malformed)
        );
    }

    /// A target in absolute form takes precedence over the `Host` header (RFC 9112 section 3.2.2).
    #[test]
    fn the_absolute_form_decides_over_the_field() {
        let other = Request::get("http://B.example:80/x").header(HOST, "a.example");
        let alone = Request::get("http://b.example/x");
        let file = Request::get("ftp://b.example/x").header(HOST, "a.example");

        assert_eq!(host_of(other), Ok("b.example 80".to_owned()));
        assert_eq!(host_of(alone), Err(HostError::Missing));
        assert_eq!(host_of(file), Err(HostError::Malformed));
    }
}
