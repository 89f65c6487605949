//! Signed requests of an app: the profile of HTTP Message Signatures (RFC 9421) that this service
//! speaks, both sides.
//!
//! ```text
//! Content-Digest: sha-256=:…:                                                       RFC 9530
//! Idempotency-Key: …
//! Signature-Input: genvej=("@method" "@target-uri" "content-digest" "idempotency-key")
//!                  ;keyid="…";alg="ecdsa-p256-sha256";nonce="…";tag="genvej-app-1"
//! Signature: genvej=:…:                                    64 bytes, r ‖ s (RFC 9421 §3.3.4)
//! ```
//!
//! There is no `created`: the phone's clock is never trusted. The nonce comes from the server and
//! is single use; whether it is good, and whether the key is known, is for the caller to say. A
//! request without a body has the digest of the empty body.
//!
//! Nothing but this profile is accepted, in one spelling each: what a proxy, a logger or a second
//! parser could read differently is refused here. Only the order of the parameters is free.

mod base;
mod digest;
mod header;
mod key;
mod presented;
mod signing;

pub use base::Message;
pub use header::{HEADERS, HeaderError, IDEMPOTENCY_KEY_CHARS_MAX, NONCE_CHARS_MAX, SignedBy};
pub use key::{
    InvalidKey, PUBLIC_KEY_BYTES, PublicKey, SECRET_KEY_BYTES, SIGNATURE_BYTES, SoftwareKey,
    thumbprint,
};
pub use presented::{Presented, VerifyError};
pub use signing::{SignedHeaders, SigningInput};
