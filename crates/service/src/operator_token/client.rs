//! The clients of the operator: the own systems that may call, as they are configured.

use super::scope::Scopes;

/// A client that the operator configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The name of the client.
    pub id: String,
    /// The SHA-256 of its secret. The secret is random and long, so that a plain hash protects it.
    pub secret_sha256: [u8; 32],
    /// The scopes that the client may ask for.
    pub scopes: Scopes,
    /// The number of sign-ins that the client may ask for in a minute, over all people together.
    pub sign_ins_per_minute_max: u32,
}
