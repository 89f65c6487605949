//! The one page that may call.

/// The origin of the Citizen Service console, in the form in which a browser writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskOrigin(String);

/// Not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin: write it as the browser does, like https://desk.example or http://desk.localhost:8080"
)]
pub struct OriginError(String);

impl DeskOrigin {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for DeskOrigin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        edge::Origin::parse(text)
            .map(|origin| Self(origin.to_string()))
            .map_err(|_| OriginError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::DeskOrigin;

    #[test]
    fn an_origin_is_kept_as_browsers_write_it_and_nothing_else_is_one() {
        for good in [
            "https://desk.example",
            "http://desk.localhost:8080",
            "https://desk.example:8443",
            "http://[::1]:8080",
        ] {
            assert_eq!(good.parse::<DeskOrigin>().unwrap().as_str(), good);
        }
        for written in [
            "https://Desk.example/",
            "https://desk.example.",
            "https://desk.example:443",
            // An empty port is the usual one (RFC 3986 section 6.2.3).
            "https://desk.example:",
        ] {
            let origin = written.parse::<DeskOrigin>().unwrap();
            assert_eq!(origin.as_str(), "https://desk.example", "{written}");
        }
        for bad in [
            "",
            "*",
            "null",
            "desk.example",
            "https://",
            "https://desk.example/page",
            "https://desk.example:99999",
            "https://user@desk.example",
            "file://desk",
            "https://a.example https://b.example",
        ] {
            assert!(bad.parse::<DeskOrigin>().is_err(), "{bad}");
        }
    }
}
