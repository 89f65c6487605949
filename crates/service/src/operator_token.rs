//! Authentication of the operator's own systems: OAuth 2.0 client credentials (RFC 6749 section 4.4) for a bearer token.
//!
//! A token holds the name of its client, its scopes and its expiry under a MAC; nothing is stored, so that every server can
//! check it.

pub(crate) mod client;
pub(crate) mod scope;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use scope::{Scope, Scopes};

use crate::caller::Operator;
use crate::work::Subject;
use crate::{Failure, RefusalCode, Service};
use hmac::{Hmac, KeyInit, Mac};
use recovery::event::JournalEvent;
use recovery::time::{Duration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The lifetime of a token, in seconds.
pub const TOKEN_LIFETIME_SECS: u64 = 600;
const TOKEN_CHARS_MAX: usize = 512;

/// A bearer token with its scopes.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token.
    pub token: String,
    /// The scopes of the token: those that were asked for, or all that the client has.
    pub scopes: Scopes,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// Why no token is issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// An unknown client and a wrong secret are one answer.
    #[error("unknown client or wrong secret")]
    InvalidClient,
    /// A scope that does not exist, or that the client does not have.
    #[error("the scope is unknown, or not this client's")]
    InvalidScope,
    /// The service cannot issue tokens now.
    #[error("the token cannot be made")]
    Failed(#[source] Failure),
}

/// A request with a bearer token, as it arrived.
#[derive(Clone, Copy)]
pub struct OperatorRequest<'a> {
    /// The bearer token.
    pub token: &'a str,
    /// The idempotency key; empty where the request changes nothing.
    pub idempotency_key: &'a str,
    /// The HTTP method, in upper case.
    pub method: &'a str,
    /// Path and query, as they arrived.
    pub path_and_query: &'a str,
    /// The exact body.
    pub body: &'a [u8],
}

impl std::fmt::Debug for OperatorRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl OperatorRequest<'_> {
    fn fingerprint(&self) -> [u8; 32] {
        crate::caller::fingerprint(self.method, self.path_and_query, self.body)
    }
}

impl Service {
    /// Journals the call that one of the operator's own systems is about to make, whatever its result; `act` is the method
    /// and the route template of the call.
    ///
    /// # Errors
    ///
    /// Store errors: a call that cannot be journalled is not carried out.
    pub async fn note_operator_act(&self, operator: &Operator, act: &str) -> Result<(), Failure> {
        attempt!(self, |work| {
            let (client, act) = (operator.client().to_owned(), act.to_owned());
            work.say(Subject::Nobody { matter: 0 }, JournalEvent::OperatorActed { client, act });
            Ok(())
        })
    }

    /// Issues a token to a client that knows its secret; `scope` lists the requested scopes, separated by spaces (RFC 6749
    /// section 3.3).
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub async fn operator_token(
        &self,
        id: &str,
        secret: &str,
        scope: Option<&str>,
    ) -> Result<IssuedToken, TokenError> {
        let presented: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let mut known = None;
        // Every client is compared, so that nobody learns by a watch which names there are.
        for client in &self.parts().operator_clients {
            let fits =
                client.id.as_bytes().ct_eq(id.as_bytes()) & client.secret_sha256.ct_eq(&presented);
            if bool::from(fits) {
                known = Some(client);
            }
        }
        let client = known.ok_or(TokenError::InvalidClient)?;
        let scopes = match scope {
            None => client.scopes.clone(),
            Some(text) => Scopes::parse(text)
                .filter(|asked| asked.are_within(&client.scopes))
                .ok_or(TokenError::InvalidScope)?,
        };
        let now = self.now().await.map_err(TokenError::Failed)?;
        let until = now.plus(Duration::from_secs(TOKEN_LIFETIME_SECS));
        let head = format!("{id}.{}.{}", scopes.joined("+"), until.0);
        Ok(IssuedToken { token: format!("{head}.{}", self.token_mac(&head)), scopes })
    }

    /// Checks a bearer token and returns the client that presents it.
    ///
    /// # Errors
    ///
    /// `token-not-accepted` for every token that this service did not issue or that has expired.
    pub async fn check_operator_token(
        &self,
        request: OperatorRequest<'_>,
    ) -> Result<Operator, Failure> {
        let no = || Failure::refused(RefusalCode::TokenNotAccepted);
        if request.token.len() > TOKEN_CHARS_MAX {
            return Err(no());
        }
        let (head, mac) = request.token.rsplit_once('.').ok_or_else(no)?;
        let (named, until) = head.rsplit_once('.').ok_or_else(no)?;
        let (client, scopes) = named.rsplit_once('.').ok_or_else(no)?;
        let until = Timestamp(until.parse().map_err(|_| no())?);
        if !bool::from(self.token_mac(head).as_bytes().ct_eq(mac.as_bytes()))
            || self.now().await? >= until
        {
            return Err(no());
        }
        // A client or a scope that was taken out of the configuration is out at once.
        let known = self.parts().operator_clients.iter().find(|known| known.id == client);
        let known = known.ok_or_else(no)?;
        let scopes = Scopes::parse(&scopes.replace('+', " ")).ok_or_else(no)?;
        Ok(Operator {
            client: client.to_owned(),
            scopes: scopes.both(&known.scopes),
            idempotency_key: request.idempotency_key.to_owned(),
            request: request.fingerprint(),
        })
    }

    fn token_mac(&self, head: &str) -> String {
        let secret = self.parts().keys.secret_for("bearer token of an operator's client");
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*secret) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(head.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}
