//! The relay that a request continues. One server holds a relay; where several servers share the database, it may be another than the
//! one that got the request.

use http::Method;

/// The segment before the relay's id and the number of segments before that one, in the API and in the Citizen Service console.
const PLACES: [(&str, usize); 2] = [("chip-relays", 4), ("answers", 3)];

/// The id of the relay that a request continues; `None` for every other request.
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
