//! The operator's own systems, as they are configured.

use super::scope::Scopes;

/// A client that the operator configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// SHA-256 of its secret; the secret is random and long, so that a plain hash keeps it.
    pub secret_sha256: [u8; 32],
    /// What it may do.
    pub scopes: Scopes,
    /// How many sign-ins it may ask for in a minute, of all people together.
    pub sign_ins_per_minute_max: u32,
}
