//! The names of HTTP methods, for labels of metrics and fields of log lines.

use http::Method;

/// The name of a well-known method, or `other`. Clients can invent methods, and a map with methods as keys must not
/// grow with them.
#[must_use]
pub fn known_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_method_has_no_name_of_its_own() {
        assert_eq!(known_name(&Method::PATCH), "PATCH");
        assert_eq!(known_name(&Method::from_bytes(b"get").unwrap()), "other");
        assert_eq!(known_name(&Method::from_bytes(b"BREW-1").unwrap()), "other");
    }
}
