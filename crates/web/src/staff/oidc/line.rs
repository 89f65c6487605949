//! Requests to the provider, as the binary carries them.

use async_trait::async_trait;
use std::fmt;
use zeroize::Zeroizing;

/// One request to the provider.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// Where to.
    pub url: String,
    /// The form of a POST; a GET where there is none.
    pub form: Option<Vec<(&'static str, Zeroizing<String>)>>,
    /// The value of `Authorization`, where there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The largest body to be read, in bytes.
    pub body_bytes_max: usize,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Too many requests to the provider are under way.
    #[error("too many requests to the provider are under way")]
    Busy,
    /// It could not be reached, or took too long.
    #[error("the provider did not answer")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Carries requests to the provider, on threads that nothing else of the service waits for.
#[async_trait]
pub trait OidcClient: Send + Sync + fmt::Debug {
    /// Calls; follows no redirect, and gives up in time.
    ///
    /// # Errors
    ///
    /// Why no answer came.
    async fn call(&self, call: HttpCall) -> Result<HttpAnswer, LineError>;
}
