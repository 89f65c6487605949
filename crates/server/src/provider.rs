//! The line to the operator's OpenID Connect provider.

use base64ct::{Base64, Encoding as _};
use std::error::Error;
use std::time::Duration;
use ureq::Agent;
use ureq::http::header::{AUTHORIZATION, HOST};
use ureq::http::uri::Uri;
use web::staff::{HttpAnswer, HttpCall, OidcClient};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Calls over HTTPS, or plain HTTP on this machine; follows no redirect.
#[derive(Debug)]
pub(crate) struct ProviderLine(Agent);

/// A provider elsewhere is only reached over TLS: its keys decide who is an agent.
#[derive(Debug, thiserror::Error)]
#[error("the provider has an https address, or http on this machine")]
struct Unprotected;

impl ProviderLine {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self(config.into())
    }
}

impl OidcClient for ProviderLine {
    fn call(&self, call: &HttpCall) -> Result<HttpAnswer, Box<dyn Error + Send + Sync>> {
        let (url, host) = reached(&call.url)?;
        let basic = call.basic.as_ref().map(|(user, password)| {
            let pair = format!("{user}:{}", password.as_str());
            format!("Basic {}", Base64::encode_string(pair.as_bytes()))
        });
        let mut answer = match &call.form {
            None => {
                let mut request = self.0.get(&url);
                if let Some(host) = &host {
                    request = request.header(HOST, host);
                }
                request.call()?
            }
            Some(form) => {
                let mut request = self.0.post(&url);
                if let Some(host) = &host {
                    request = request.header(HOST, host);
                }
                if let Some(basic) = basic {
                    request = request.header(AUTHORIZATION, basic);
                }
                request.send_form(form.iter().map(|(name, value)| (*name, value.as_str())))?
            }
        };
        let limit = u64::try_from(call.body_bytes_max).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit).read_to_vec()?;
        Ok(HttpAnswer { status: answer.status().as_u16(), body })
    }
}

/// Where to connect, and the `Host` to name: names below `localhost` are this machine (RFC 6761 section 6.3), whatever
/// the system's resolver thinks.
fn reached(url: &str) -> Result<(String, Option<String>), Box<dyn Error + Send + Sync>> {
    let uri: Uri = url.parse()?;
    if uri.scheme_str() == Some("https") {
        return Ok((url.to_owned(), None));
    }
    let host = uri.host().unwrap_or_default();
    let local = host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1";
    let Some(authority) = uri.authority().filter(|_| local) else {
        return Err(Box::new(Unprotected));
    };
    let port = authority.port_u16().unwrap_or(80);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    Ok((format!("http://127.0.0.1:{port}{path}"), Some(authority.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_elsewhere_needs_tls() {
        assert!(reached("http://signin.example/token").is_err());
        assert_eq!(reached("https://signin.example/token").unwrap().1, None);
    }

    #[test]
    fn names_below_localhost_are_this_machine() {
        let (url, host) = reached("http://signin.localhost:8460/jwks?a=b").unwrap();

        assert_eq!(url, "http://127.0.0.1:8460/jwks?a=b");
        assert_eq!(host.as_deref(), Some("signin.localhost:8460"));
    }
}
