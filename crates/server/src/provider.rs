//! The connection to the operator's OpenID Connect provider.

use crate::config::{self, Config};
use async_trait::async_trait;
use messages::endpoint;
use messages::own_threads::{NotRun, OwnThreads};
use messages::trust::{Trust, TrustError};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::header::{ACCEPT, AUTHORIZATION, HOST};
use ureq::http::uri::Uri;
use ureq::{Agent, Proxy};
use web::staff::{
    ClaimNames, ClientAuthentication, HttpAnswer, HttpCall, LineError, Oidc, OidcClient,
    OidcSettings,
};
use zeroize::Zeroizing;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The number of requests to the provider that are under way at once.
const THREADS: usize = 8;
/// The number of requests to the provider that may wait.
const QUEUE_MAX: usize = 64;

/// The provider of staff sign-in cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The issuer's address is neither https nor on this machine.
    #[error("configuration, staff.oidc.issuer")]
    Issuer(#[source] Unprotected),
    /// The certificate authorities for the provider cannot be used.
    #[error("configuration, staff.oidc.trust")]
    Trust(#[source] TrustError),
    /// The threads for calls to the provider cannot be started.
    #[error("no threads for the provider")]
    Threads(#[source] io::Error),
}

/// An address of a provider on another machine without TLS: the provider's keys decide who is an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the provider has an https address, or http on this machine, without a user and a fragment"
)]
pub struct Unprotected;

/// Calls the provider over HTTPS, or over plain HTTP on this machine; follows no redirect.
#[derive(Debug)]
struct ProviderLine {
    agents: Arc<Agents>,
    threads: OwnThreads,
}

/// The HTTP clients for calls to the provider.
#[derive(Debug)]
struct Agents {
    /// The client for other machines.
    elsewhere: Agent,
    /// The client for this machine, which ignores the proxy that the environment may name.
    here: Agent,
}

/// The provider that the configuration names.
pub(crate) fn provider(config: &Config) -> Result<Option<Oidc>, ProviderError> {
    let Some(oidc) = &config.staff.oidc else { return Ok(None) };
    reached(&oidc.issuer).map_err(ProviderError::Issuer)?;
    let trust = Trust::read(oidc.trust.as_deref()).map_err(ProviderError::Trust)?;
    let line = ProviderLine::start(&trust).map_err(ProviderError::Threads)?;
    let names = &oidc.claims;
    let settings = OidcSettings {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: oidc.client_secret.as_ref().map(|it| Zeroizing::new(it.0.expose().clone())),
        client_authentication: match oidc.client_authentication {
            config::ClientAuthentication::ClientSecretBasic => ClientAuthentication::Basic,
            config::ClientAuthentication::ClientSecretPost => ClientAuthentication::Post,
        },
        scope: oidc.scope.0.clone(),
        claims: ClaimNames {
            name: names.name.clone(),
            roles: names.roles.clone(),
            centre: names.centre.clone(),
            person: names.person.clone(),
            declared: names.declared.clone(),
        },
        audiences: oidc.audiences.clone(),
        acr_values: oidc.acr_values.clone(),
        max_age_secs: oidc.max_age_secs,
        client: Arc::new(line),
    };
    Ok(Some(Oidc::new(settings)))
}

impl ProviderLine {
    fn start(trust: &Trust) -> io::Result<Self> {
        let agent = |proxy| {
            let config = Agent::config_builder()
                .timeout_global(Some(ANSWER_WITHIN))
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(proxy)
                .tls_config(trust.tls())
                .build();
            config.into()
        };
        let agents = Agents { elsewhere: agent(Proxy::try_from_env()), here: agent(None) };
        let threads = OwnThreads::start("provider", THREADS, QUEUE_MAX)?;
        Ok(Self { agents: Arc::new(agents), threads })
    }
}

#[async_trait]
impl OidcClient for ProviderLine {
    async fn call(&self, call: HttpCall) -> Result<HttpAnswer, LineError> {
        let agents = Arc::clone(&self.agents);
        match self.threads.run(move || agents.call(&call)).await {
            Ok(answer) => answer.map_err(LineError::Failed),
            Err(NotRun::Full) => Err(LineError::Busy),
            Err(error @ NotRun::Lost) => Err(LineError::Failed(Box::new(error))),
        }
    }
}

impl Agents {
    fn call(&self, call: &HttpCall) -> Result<HttpAnswer, Box<dyn Error + Send + Sync>> {
        let Reached { url, host, is_here } = reached(&call.url)?;
        let agent = if is_here { &self.here } else { &self.elsewhere };
        let mut headers = vec![(ACCEPT, "application/json")];
        headers.extend(host.as_deref().map(|host| (HOST, host)));
        headers.extend(call.authorization.as_ref().map(|it| (AUTHORIZATION, it.as_str())));
        let mut answer = match &call.form {
            None => {
                let request = headers
                    .into_iter()
                    .fold(agent.get(&url), |request, (name, value)| request.header(name, value));
                request.call()?
            }
            Some(form) => {
                let request = headers
                    .into_iter()
                    .fold(agent.post(&url), |request, (name, value)| request.header(name, value));
                request.send_form(form.iter().map(|(name, value)| (*name, value.as_str())))?
            }
        };
        let limit = u64::try_from(call.body_bytes_max).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit).read_to_vec()?;
        Ok(HttpAnswer { status: answer.status().as_u16(), body })
    }
}

/// How an address of the provider is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reached {
    /// The URL to connect to.
    url: String,
    /// The value of `Host`, where it is not that of the URL.
    host: Option<String>,
    /// Whether the address is on this machine; a proxy could not reach it.
    is_here: bool,
}

/// Names below `localhost` are this machine (RFC 6761 section 6.3), whatever the system's resolver says.
fn reached(url: &str) -> Result<Reached, Unprotected> {
    let uri: Uri = url.parse().map_err(|_| Unprotected)?;
    let authority = uri.authority().ok_or(Unprotected)?;
    if authority.as_str().contains('@') || url.contains('#') {
        return Err(Unprotected);
    }
    let host = authority.host().to_ascii_lowercase();
    let is_named_here = host == "localhost" || host.ends_with(".localhost");
    let is_here = is_named_here || endpoint::is_loopback(&host);
    match uri.scheme_str() {
        Some("https") => Ok(Reached { url: url.to_owned(), host: None, is_here }),
        Some("http") if is_named_here => {
            let port = authority.port_u16().unwrap_or(80);
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            let url = format!("http://127.0.0.1:{port}{path}");
            Ok(Reached { url, host: Some(authority.to_string()), is_here })
        }
        Some("http") if is_here => Ok(Reached { url: url.to_owned(), host: None, is_here }),
        Some(_) | None => Err(Unprotected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use testkit::TlsServer;

    #[test]
    fn a_provider_elsewhere_needs_tls() {
        for url in [
            "http://signin.example/token",
            "http://localhost:x@evil.example/",
            "https://user@signin.example/token",
            "ftp://localhost/token",
            "signin.example",
        ] {
            assert!(reached(url).is_err(), "{url}");
        }
        let elsewhere = reached("https://signin.example/token").unwrap();
        assert_eq!((elsewhere.host, elsewhere.is_here), (None, false));
    }

    #[test]
    fn no_proxy_stands_before_this_machine() {
        for url in [
            "https://localhost:8443/token",
            "https://signin.LOCALHOST/token",
            "https://127.8.9.10/token",
            "https://[::1]/token",
            "http://[::1]:8460/token",
            "http://127.0.0.1:8460/token",
        ] {
            assert!(reached(url).unwrap().is_here, "{url}");
        }
    }

    /// What a call to a provider over TLS comes to for a line that trusts the authorities in this file.
    async fn called(server: &TlsServer, trusted: Option<&str>) -> Result<HttpAnswer, LineError> {
        let folder = tempfile::tempdir().unwrap();
        let file = trusted.map(|pem| {
            let file = folder.path().join("authorities.pem");
            std::fs::write(&file, pem).unwrap();
            file
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
        let server = server.clone();
        std::thread::spawn(move || {
            let mut line = server.over(listener.accept().unwrap().0);
            let mut asked = [0; 1_024];
            let read = line.read(&mut asked).unwrap_or(0);
            if asked.starts_with(b"GET /keys ") && read > 0 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = line.write_all(answer);
                line.conn.send_close_notify();
                let _ = line.flush();
            }
        });
        let line = ProviderLine::start(&Trust::read(file.as_deref()).unwrap()).unwrap();
        line.call(HttpCall { url, form: None, authorization: None, body_bytes_max: 100 }).await
    }

    #[tokio::test]
    async fn a_provider_is_believed_under_the_authority_that_the_operator_named_and_no_other() {
        let (ours, other) = (TlsServer::of_localhost(), TlsServer::of_localhost());

        let trusted = called(&ours, Some(&ours.authority)).await.unwrap();
        let public = called(&ours, None).await;
        let of_another = called(&ours, Some(&other.authority)).await;

        assert_eq!((trusted.status, trusted.body.as_slice()), (200, b"{}".as_slice()));
        assert!(matches!(public, Err(LineError::Failed(_))));
        assert!(matches!(of_another, Err(LineError::Failed(_))));
    }

    #[test]
    fn names_below_localhost_are_this_machine() {
        let reached = reached("http://signin.localhost:8460/jwks?a=b").unwrap();

        assert_eq!(reached.url, "http://127.0.0.1:8460/jwks?a=b");
        assert_eq!(reached.host.as_deref(), Some("signin.localhost:8460"));
        assert!(reached.is_here);
    }
}
