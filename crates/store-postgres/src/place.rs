//! Where the database is, and what has to be true of the way to it.

use crate::failure::Trouble;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long one server may take to accept a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the connection counts as lost.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// The port where none is named.
const PORT: u16 = 5432;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none of a PostgreSQL database.
    #[error("the database URL cannot be read: {reason}")]
    Url {
        /// What is wrong with it, without the URL: it may hold a password.
        reason: String,
    },
    /// The URL asks for a connection in the clear to another machine.
    #[error(
        "the database {place} is on another machine: the connection needs TLS, and the URL says sslmode=disable"
    )]
    Plain {
        /// Which database.
        place: String,
    },
    /// The certificates that the server's is to be checked with.
    #[error("the root certificates {} cannot be read", path.display())]
    Roots {
        /// Which file.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server is away, or is one that nothing may be saved on.
    #[error("the database {place} could not be opened")]
    Server {
        /// Which database.
        place: String,
        /// What the server said, or that nobody answered.
        #[source]
        source: Trouble,
    },
    /// There are no tables.
    #[error("the database {place} is empty; `genvej migrate` fills it")]
    Missing {
        /// Which database.
        place: String,
    },
    /// There are tables of something else.
    #[error("{place} is not a database of this program")]
    Foreign {
        /// Which database.
        place: String,
    },
    /// A newer program wrote it.
    #[error(
        "the database {place} has layout {found}, this program knows {known}: it is too old for it"
    )]
    Newer {
        /// Which database.
        place: String,
        /// The layout of the database.
        found: u32,
        /// The newest layout of this program.
        known: u32,
    },
    /// Migrations are missing.
    #[error("the database {place} has layout {found}, {known} is needed: run `genvej migrate`")]
    Older {
        /// Which database.
        place: String,
        /// The layout of the database.
        found: u32,
        /// The layout that is needed.
        known: u32,
    },
    /// The threads of the store could not be started.
    #[error("no threads could be started for the database {place}")]
    Threads {
        /// Which database.
        place: String,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// A stable code, for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "bad-url",
            Self::Plain { .. } => "tls-needed",
            Self::Roots { .. } => "bad-root-certificates",
            Self::Server { source, .. } => source.code(),
            Self::Missing { .. } => "database-empty",
            Self::Foreign { .. } => "database-foreign",
            Self::Newer { .. } => "database-newer",
            Self::Older { .. } => "database-older",
            Self::Threads { .. } => "no-threads",
        }
    }
}

/// A database of a server, and how to speak to it.
#[derive(Clone)]
pub struct Place {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
    /// Host, port and database: what errors name it by. Never the URL, which may hold a password.
    pub(crate) name: String,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("name", &self.name).finish_non_exhaustive()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Place {
    /// Reads `postgresql://user:password@host:port/database`; several hosts may stand in it, of which the one that takes writes
    /// is used. A server on another machine is spoken to by TLS alone, and its certificate has to be valid for its name under
    /// `roots` (a file of PEM certificates; without it, the roots of the web).
    ///
    /// # Errors
    ///
    /// [`OpenError::Url`], [`OpenError::Plain`] and [`OpenError::Roots`].
    pub fn new(url: &str, roots: Option<&Path>) -> Result<Self, OpenError> {
        let mut config: Config =
            url.parse().map_err(|error| OpenError::Url { reason: chain(&error) })?;
        let name = name(&config);
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(OpenError::Url { reason: "it names no host".to_owned() });
        }
        let mode = config.get_ssl_mode();
        if is_local(&config) {
            // A server on this machine mostly has a certificate that nobody has signed, or none.
            let asked = roots.is_some() || mode == SslMode::Require;
            config.ssl_mode(if asked { SslMode::Require } else { SslMode::Disable });
        } else if mode == SslMode::Disable {
            return Err(OpenError::Plain { place: name });
        } else {
            config.ssl_mode(SslMode::Require);
        }
        if config.get_hosts().len().max(config.get_hostaddrs().len()) > 1 {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WAIT);
        }
        config.keepalives_idle(SILENCE_MAX).tcp_user_timeout(SILENCE_MAX);
        if config.get_application_name().is_none() {
            config.application_name("genvej");
        }
        let tls = MakeRustlsConnect::new(tls(roots)?);
        Ok(Self { config, tls, name })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn name(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(PORT);
        match host {
            Host::Tcp(host) => format!("{host}:{port}"),
            Host::Unix(folder) => format!("{}:{port}", folder.display()),
        }
    });
    let hosts: Vec<_> = hosts.collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

/// Whether every server of the URL is on this machine.
fn is_local(config: &Config) -> bool {
    let is_loopback = |host: &str| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(host) => is_loopback(host),
        Host::Unix(_) => true,
    })
}

fn tls(roots: Option<&Path>) -> Result<ClientConfig, OpenError> {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Roots {
                path: path.to_owned(),
                source,
            };
            let read = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.into()))?;
            for certificate in read {
                let certificate = certificate.map_err(|error| failed(error.into()))?;
                store.add(certificate).map_err(|error| failed(error.into()))?;
            }
            if store.is_empty() {
                return Err(failed("it holds no certificate".into()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Url { reason: error.to_string() })?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_another_machine_is_never_spoken_to_in_the_clear() {
        let plain = Place::new("postgresql://a@db.example/genvej?sslmode=disable", None);
        let usual = Place::new("postgresql://a@db.example/genvej", None).unwrap();
        let mixed = Place::new("postgresql://a@localhost,10.0.0.7/genvej", None).unwrap();

        assert!(matches!(plain, Err(OpenError::Plain { .. })), "{plain:?}");
        assert_eq!(usual.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(mixed.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn of_several_servers_the_one_that_takes_writes_is_used() {
        let one = Place::new("postgresql://a@[::1]/genvej", None).unwrap();
        let two = Place::new("postgresql://a@127.0.0.1:5432,127.0.0.1:5433/genvej", None).unwrap();

        assert_eq!(one.config.get_target_session_attrs(), TargetSessionAttrs::Any);
        assert_eq!(two.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(two.to_string(), "127.0.0.1:5432,127.0.0.1:5433/genvej");
    }

    #[test]
    fn neither_errors_nor_logs_show_the_password() {
        let place = Place::new("postgresql://a:geheim@127.0.0.1/genvej", None).unwrap();
        let bad = Place::new("postgresql://a:geheim@127.0.0.1/genvej?sslmode=geheim", None);

        assert!(!format!("{place} {place:?}").contains("geheim"));
        let said = bad.unwrap_err().to_string();
        assert!(said.contains("sslmode"), "{said}");
        assert!(!said.contains("a:geheim"), "{said}");
    }
}
