//! The PIN: what it may be, and how a server checks one that it never sees.
//!
//! OPAQUE (RFC 9807) with OPAQUE-3DH over ristretto255 and SHA-512, Argon2id on the phone. Both
//! sides live here behind plain byte arrays, because the library underneath is built on an older
//! generation of cryptographic crates that nothing else should have to know.
//!
//! ```text
//! phone                                  server
//! Registration::start ── request ──────► ServerSetup::answer_registration
//! Registration::finish ◄─ response ─────
//!                      ── record ──────► Record::from_bytes
//!
//! Login::start ───────── KE1 ──────────► ServerSetup::answer_login   (a try is reserved first)
//! Login::finish ◄─────── KE2 ───────────   LoginState, kept sealed in the ticket
//!                      ── KE3 ─────────► LoginState::finish          (the try is settled)
//! ```
//!
//! No clock and no random source: a function that fills a buffer is handed in.

mod code;
mod phone;
mod random;
mod server;
mod stretch;
mod suite;
pub mod weak;

pub use code::{NotSixDigits, PIN_DIGITS, Pin};
pub use phone::{Login, LoginError, LoginFinished, Registration, RegistrationError};
pub use random::Fill;
pub use server::{
    Account, AnswerError, LoadError, LoginAnswered, LoginState, Record, ServerSetup, WrongPin,
};
pub use stretch::{InvalidStretch, Stretch};
pub use suite::{
    CREDENTIAL_IDENTIFIER_BYTES, CredentialIdentifier, Holder, KE1_BYTES, KE2_BYTES, KE3_BYTES,
    LOGIN_STATE_BYTES, RECORD_BYTES, REGISTRATION_REQUEST_BYTES, REGISTRATION_RESPONSE_BYTES,
    SERVER_SETUP_BYTES, SESSION_KEY_BYTES, SessionKey,
};
