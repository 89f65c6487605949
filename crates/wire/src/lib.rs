//! Messages between app, consoles, operator and server: JSON shapes without logic.
//!
//! Every message is one version of `/v1`: a field may be added, none may change its meaning. What arrives here is
//! believed by nobody; the checkers in `chip`, `face`, `pin` and `recovery` turn it into types that are.
//!
//! Times on the wire: RFC 3339 UTC strings for instants, whole seconds for what remains. A phone never compares an
//! instant with its own clock; it counts `*_secs` down (PROTOCOLS.md section 3).

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

/// Largest body that any endpoint of the app takes, in bytes: twelve frames of 256 KiB in base64 with room around.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
