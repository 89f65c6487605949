//! The one page that may call.

/// The origin of the Citizen Service console, as a browser writes it: scheme, host, and the port where it is not the
/// scheme's own.
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
        let bad = || OriginError(text.to_owned());
        let (rest, own_port) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, "443"),
            (None, Some(rest)) => (rest, "80"),
            (None, None) => return Err(bad()),
        };
        let (host, port) = match rest.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let is_host = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '[' | ']' | ':')
        };
        let port_fits = port.is_none_or(|port| {
            port != own_port && !port.starts_with('0') && port.parse::<u16>().is_ok()
        });
        if host.is_empty() || !host.chars().all(is_host) || !port_fits {
            return Err(bad());
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::DeskOrigin;

    #[test]
    fn origins_are_taken_as_browsers_write_them_alone() {
        for good in [
            "https://desk.example",
            "http://desk.localhost:8080",
            "https://desk.example:8443",
            "http://[::1]:8080",
        ] {
            assert_eq!(good.parse::<DeskOrigin>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "*",
            "null",
            "desk.example",
            "https://",
            "https://desk.example/",
            "https://desk.example/page",
            "https://Desk.example",
            "https://desk.example:443",
            "http://desk.example:80",
            "https://desk.example:99999",
            "https://desk.example:",
            "https://user@desk.example",
            "file://desk",
            "https://a.example https://b.example",
        ] {
            assert!(bad.parse::<DeskOrigin>().is_err(), "{bad}");
        }
    }
}
