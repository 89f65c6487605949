//! Names of HTTP methods that may become a label or a field of a log.

use http::Method;

/// The method by its name where the registry of RFC 9110 section 18.2 knows it, else `other`: whoever invents methods must
/// not grow a map that is keyed by them.
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
