//! The requests that need neither a signature nor a sign-in. The edge limits their rate for each client.

use http::Method;

/// The paths where every request is open to all.
const ALWAYS: [&str; 6] =
    ["/passkey", "/invite", "/sign-in/provider", "/sign-in/return", "/book", "/log"];
/// The paths where only requests that send something are limited; loading the page is cheap.
const SENT: [&str; 6] =
    ["/v1/app/nonce", "/v1/app/activations", "/oauth/token", "/booking", "/stop", "/reveal"];

/// Whether a request needs neither a signature nor a token nor a session.
#[must_use]
pub fn is_open_to_all(method: &Method, path: &str) -> bool {
    let is_below = |start: &&str| {
        path.strip_prefix(*start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let looks = matches!(*method, Method::GET | Method::HEAD);
    ALWAYS.iter().any(is_below) || (!looks && SENT.iter().any(is_below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_sign_in_is_held_to_a_rate_and_nothing_else() {
        for (method, path) in [
            (Method::POST, "/v1/app/nonce"),
            (Method::POST, "/oauth/token"),
            (Method::GET, "/sign-in/provider"),
            (Method::GET, "/book/c0101"),
            (Method::GET, "/log/tile/0/000"),
            (Method::POST, "/booking/cancel"),
            (Method::POST, "/passkey/challenge"),
            (Method::POST, "/stop/abc"),
            (Method::POST, "/invite/abc"),
        ] {
            assert!(is_open_to_all(&method, path), "{method} {path}");
        }
        for (method, path) in [
            (Method::POST, "/v1/app/pin/tries"),
            (Method::GET, "/stop/abc"),
            (Method::GET, "/booking"),
            (Method::POST, "/v1/enrolments"),
            (Method::GET, "/"),
            (Method::POST, "/bookings"),
        ] {
            assert!(!is_open_to_all(&method, path), "{method} {path}");
        }
    }
}
