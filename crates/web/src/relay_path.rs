//! The relay that a request goes on with. One server holds a relay, and with several of them it may not be the one that was asked.

use http::Method;

/// The segment before the relay's id, and how many segments stand before it: in the API and in the console of the desk.
const PLACES: [(&str, usize); 2] = [("chip-relays", 4), ("answers", 3)];

/// The id of the relay that a request goes on with; `None` for every other request.
#[must_use]
pub fn relay_in(method: &Method, path: &str) -> Option<u128> {
    if *method != Method::POST {
        return None;
    }
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let (id, before) = segments.split_last()?;
    let (name, before) = before.split_last()?;
    PLACES.contains(&(*name, before.len())).then(|| service::id(id))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_named_by_the_two_paths_that_go_on_with_one() {
        let id = "0200000000000000000000000000000a";
        let named = Some(0x0200_0000_0000_0000_0000_0000_0000_000a);
        for (method, path, relay) in [
            (Method::POST, format!("/v1/app/recoveries/1/chip-relays/{id}"), named),
            (Method::POST, format!("/cases/1/chip/answers/{id}"), named),
            (Method::GET, format!("/cases/1/chip/answers/{id}"), None),
            (Method::POST, "/v1/app/recoveries/1/chip-relays".to_owned(), None),
            (Method::POST, "/v1/app/recoveries/1/chip-relays/x".to_owned(), None),
            (Method::POST, format!("/v1/app/recoveries/1/face/{id}"), None),
            (Method::POST, format!("/{id}"), None),
        ] {
            assert_eq!(relay_in(&method, &path), relay, "{method} {path}");
        }
    }
}
