//! The addresses of other systems, and the rule that connections to them are protected.

use std::net::IpAddr;

use http::Uri;

/// The longest address of a service in the configuration, in bytes.
const URL_BYTES_MAX: usize = 2_048;

/// Why the address of another system cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The text is not `https://host[:port]/path`.
    #[error("not an address of the form https://host/path")]
    NotAnAddress,
    /// The address has a user name or password before the host, where it can be mistaken for the host (RFC 3986 §7.6).
    #[error("an address must not carry a name or password before its host")]
    UserInfo,
    /// The connection would be neither encrypted nor stay on this machine.
    #[error(
        "the connection is not encrypted; use TLS, an address of this machine, or accept the risk by name (accept_unencrypted = true)"
    )]
    Unprotected,
}

/// Where unencrypted connections are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unencrypted {
    /// Unencrypted connections are allowed only on this machine.
    #[default]
    LoopbackOnly,
    /// Unencrypted connections are allowed everywhere, because the operator accepted the risk (`accept_unencrypted =
    /// true` in the configuration).
    AcceptedByOperator,
}

/// Parses the address of a service: `https`, or `http` where [`Unencrypted`] allows it.
///
/// # Errors
///
/// [`EndpointError`] where the text is not such an address.
pub fn service_url(text: &str, unencrypted: Unencrypted) -> Result<Uri, EndpointError> {
    if text.len() > URL_BYTES_MAX {
        return Err(EndpointError::NotAnAddress);
    }
    let uri: Uri = text.parse().map_err(|_| EndpointError::NotAnAddress)?;
    let authority = uri.authority().ok_or(EndpointError::NotAnAddress)?;
    if authority.as_str().contains('@') {
        return Err(EndpointError::UserInfo);
    }
    if authority.host().is_empty() {
        return Err(EndpointError::NotAnAddress);
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") => {
            let host = authority.host().to_owned();
            clear_text(&host, unencrypted).map(|()| uri)
        }
        Some(_) | None => Err(EndpointError::NotAnAddress),
    }
}

/// Checks that an unencrypted connection to this host is allowed.
///
/// # Errors
///
/// [`EndpointError::Unprotected`] where it is not.
pub fn clear_text(host: &str, unencrypted: Unencrypted) -> Result<(), EndpointError> {
    if unencrypted == Unencrypted::AcceptedByOperator || is_loopback(host) {
        Ok(())
    } else {
        Err(EndpointError::Unprotected)
    }
}

/// Whether the host of an address is this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The proxy that the environment names for this address. There is none for addresses of this machine, because the
/// loopback address of a proxy is another machine.
#[must_use]
pub fn proxy_for(url: &str) -> Option<ureq::Proxy> {
    let uri: Option<Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    if is_loopback(host) { None } else { ureq::Proxy::try_from_env() }
}

/// Splits `host:port` or `[v6]:port` into the host, without brackets, and the port.
///
/// # Errors
///
/// [`EndpointError::NotAnAddress`] where the text does not have this form.
pub fn host_and_port(text: &str) -> Result<(&str, u16), EndpointError> {
    let (host, port) = text.rsplit_once(':').ok_or(EndpointError::NotAnAddress)?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0);
    let port = port.ok_or(EndpointError::NotAnAddress)?;
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or(EndpointError::NotAnAddress)?,
        None if host.contains(':') => return Err(EndpointError::NotAnAddress),
        None => host,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    if bare.is_empty() || !bare.chars().all(plain) {
        return Err(EndpointError::NotAnAddress);
    }
    Ok((bare, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_travel_encrypted_or_stay_on_this_machine() {
        for url in [
            "https://sms.example/v1",
            "http://127.0.0.1:8080/x",
            "http://127.8.9.10/",
            "http://[::1]:1/",
            "http://localhost",
            "http://LOCALHOST:80/",
        ] {
            assert!(service_url(url, Unencrypted::LoopbackOnly).is_ok(), "{url}");
        }
        for url in [
            "http://sms.example/v1",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "http://localhost.:80/",
            "http://127.1/",
            "http://2130706433/",
        ] {
            assert_eq!(
                service_url(url, Unencrypted::LoopbackOnly),
                Err(EndpointError::Unprotected),
                "{url}"
            );
        }
    }

    #[test]
    fn what_stands_before_the_host_is_no_host() {
        for url in [
            "http://localhost@evil.example/",
            "http://localhost:x@evil.example/",
            "http://localhost:80@evil.example/",
            "https://user:secret@sms.example/",
        ] {
            let read = service_url(url, Unencrypted::AcceptedByOperator);
            assert!(
                matches!(read, Err(EndpointError::UserInfo | EndpointError::NotAnAddress)),
                "{url}"
            );
        }
    }

    #[test]
    fn only_addresses_of_web_services_are_read() {
        for url in ["", "ftp://localhost", "localhost", "/path", "https://", "http:///x", "https:x"]
        {
            let read = service_url(url, Unencrypted::AcceptedByOperator);
            assert_eq!(read, Err(EndpointError::NotAnAddress), "{url}");
        }
        let long = format!("https://sms.example/{}", "a".repeat(URL_BYTES_MAX));
        assert!(service_url(&long, Unencrypted::LoopbackOnly).is_err());
    }

    #[test]
    fn the_risk_has_to_be_accepted_by_name() {
        let url = "http://sms.example/v1";
        assert!(service_url(url, Unencrypted::AcceptedByOperator).is_ok());
        assert!(clear_text("smsc.example", Unencrypted::LoopbackOnly).is_err());
        assert!(clear_text("smsc.example", Unencrypted::AcceptedByOperator).is_ok());
        assert!(clear_text("::ffff:127.0.0.1", Unencrypted::LoopbackOnly).is_ok());
    }

    #[test]
    fn a_host_and_its_port_are_told_apart() {
        assert_eq!(host_and_port("smsc.example:2775"), Ok(("smsc.example", 2775)));
        assert_eq!(host_and_port("[::1]:2775"), Ok(("::1", 2775)));
        for text in
            ["smsc.example", "smsc.example:0", ":1", "::1:2775", "a b:1", "[::1:1", "h:99999"]
        {
            assert!(host_and_port(text).is_err(), "{text}");
        }
    }
}
