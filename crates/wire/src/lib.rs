//! The JSON messages between the app, the consoles, the operator's systems and the server. They contain no logic.
//!
//! All messages belong to version `/v1`: fields may be added, but no field may change its meaning. Nothing in a message
//! is trusted; `chip`, `face`, `pin` and `recovery` verify the content and turn it into types that are.
//!
//! Instants are RFC 3339 strings in UTC, and remaining times are whole seconds. A phone never compares an instant with
//! its own clock but counts the `*_secs` down (PROTOCOLS.md section 3).

pub mod bytes;
pub mod chip;
pub mod face;
pub mod grant;
pub mod instance;
pub mod journal;
pub mod operator;
pub mod pin;
pub mod problem;
pub mod recovery;
pub mod relay;
pub mod sign_in;
pub mod staff;

pub use bytes::Bytes;
pub use problem::Problem;

/// The header that carries the nonce for the next signed request (PROTOCOLS.md section 2).
pub const NONCE_HEADER: &str = "genvej-nonce";

/// The largest body of a request of the app, in bytes: twelve frames of 256 KiB in base64, and some more.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
