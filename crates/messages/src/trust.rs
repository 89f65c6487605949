//! Certificate authorities of the operator's own, in the place of the public ones.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The most certificates of one file.
const CERTIFICATES_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Who is trusted to sign the certificates of one line: the public authorities, or those of a file alone.
#[derive(Clone, Default)]
pub struct Trust(Option<Arc<Vec<Certificate<'static>>>>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map(|certificates| certificates.len());
        f.debug_tuple("Trust").field(&count).finish()
    }
}

/// The certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file.
    #[error("{path} cannot be read")]
    File {
        /// Where it was looked for.
        path: PathBuf,
        /// What the layer below says.
        #[source]
        source: io::Error,
    },
    /// What is in it.
    #[error("{path} holds no certificates in PEM")]
    Content {
        /// Which file.
        path: PathBuf,
    },
}

impl Trust {
    /// Those of a file in PEM, or the public ones where none is named.
    ///
    /// # Errors
    ///
    /// [`TrustError`].
    pub fn read(path: Option<&Path>) -> Result<Self, TrustError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let file = |source| TrustError::File { path: path.to_owned(), source };
        let text = std::fs::read(path).map_err(file)?;
        Self::parse(&text).ok_or_else(|| TrustError::Content { path: path.to_owned() })
    }

    /// Those of a text in PEM; `None` where it holds none, too many, or something that is not PEM.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let mut certificates = Vec::new();
        for item in parse_pem(text) {
            if let PemItem::Certificate(certificate) = item.ok()? {
                certificates.push(certificate);
            }
        }
        let usable = !certificates.is_empty() && certificates.len() <= CERTIFICATES_MAX;
        usable.then(|| Self(Some(Arc::new(certificates))))
    }

    /// For an agent of `ureq`.
    #[must_use]
    pub fn tls(&self) -> TlsConfig {
        let roots = match &self.0 {
            Some(certificates) => RootCerts::Specific(Arc::clone(certificates)),
            None => RootCerts::WebPki,
        };
        TlsConfig::builder().root_certs(roots).build()
    }
}
