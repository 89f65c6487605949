//! The operator's own systems: OAuth 2.0 client credentials (RFC 6749 section 4.4) for a bearer token.
//!
//! A token names its client and its end under a MAC; nothing is stored, so any server can check it.

use crate::caller::Operator;
use crate::{Failure, Service};
use hmac::{Hmac, KeyInit, Mac};
use recovery::time::{Duration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a token lives.
pub const TOKEN_LIFETIME_SECS: u64 = 600;
const TOKEN_CHARS_MAX: usize = 256;

/// A client that the operator configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// SHA-256 of its secret; the secret is random and long, so that a plain hash keeps it.
    pub secret_sha256: [u8; 32],
}

impl Service {
    /// A token for a client that knows its secret.
    ///
    /// # Errors
    ///
    /// `invalid-client` for an unknown client and for a wrong secret alike.
    pub async fn operator_token(&self, id: &str, secret: &str) -> Result<String, Failure> {
        let presented: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let mut known = subtle::Choice::from(0);
        for client in &self.parts().operator_clients {
            known |=
                client.id.as_bytes().ct_eq(id.as_bytes()) & client.secret_sha256.ct_eq(&presented);
        }
        if !bool::from(known) {
            return Err(Failure::refused("invalid-client"));
        }
        let until = self.now().await?.plus(Duration::from_secs(TOKEN_LIFETIME_SECS));
        let head = format!("{id}.{}", until.0);
        Ok(format!("{head}.{}", self.token_mac(&head)))
    }

    /// Who presents this token.
    ///
    /// # Errors
    ///
    /// `token-not-accepted` for everything but a token of ours that is not over.
    pub async fn check_operator_token(
        &self,
        token: &str,
        idempotency_key: &str,
    ) -> Result<Operator, Failure> {
        let no = || Failure::refused("token-not-accepted");
        if token.len() > TOKEN_CHARS_MAX {
            return Err(no());
        }
        let (head, mac) = token.rsplit_once('.').ok_or_else(no)?;
        let (client, until) = head.rsplit_once('.').ok_or_else(no)?;
        let until = Timestamp(until.parse().map_err(|_| no())?);
        if !bool::from(self.token_mac(head).as_bytes().ct_eq(mac.as_bytes()))
            || self.now().await? >= until
        {
            return Err(no());
        }
        // A client that was taken out of the configuration is out at once.
        if !self.parts().operator_clients.iter().any(|known| known.id == client) {
            return Err(no());
        }
        Ok(Operator { client: client.to_owned(), idempotency_key: idempotency_key.to_owned() })
    }

    fn token_mac(&self, head: &str) -> String {
        let secret = self.parts().keys.secret_for("bearer token of an operator's client");
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*secret) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(head.as_bytes());
        mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write as _;
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
