//! The interface through which requests reach the provider; the `genvej` binary implements it.

use async_trait::async_trait;
use std::fmt;
use zeroize::Zeroizing;

/// A request to the provider.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// The address.
    pub url: String,
    /// The form of a POST request; `None` for a GET request.
    pub form: Option<Vec<(&'static str, Zeroizing<String>)>>,
    /// The value of the `Authorization` header, where there is one.
    pub authorization: Option<Zeroizing<String>>,
    /// The largest body of the reply that is read, in bytes.
    pub body_bytes_max: usize,
}

/// The provider's reply.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// The reason why there is no reply from the provider.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Too many requests to the provider are under way.
    #[error("too many requests to the provider are under way")]
    Busy,
    /// The provider could not be reached, or took too long.
    #[error("the provider did not answer")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sends requests to the provider. It has threads of its own, so that a slow provider holds up nothing else of the
/// service.
#[async_trait]
pub trait OidcClient: Send + Sync + fmt::Debug {
    /// Sends a request and returns the reply. It follows no redirect and has a time-out.
    ///
    /// # Errors
    ///
    /// [`LineError`] where there is no reply.
    async fn call(&self, call: HttpCall) -> Result<HttpAnswer, LineError>;
}
