//! The domain: who may set a new PIN, by which evidence, and what follows.
//!
//! The crate is pure and synchronous. Every transition is a function of a state, an event, the [`policy`], the time,
//! and random values that the caller drew. It returns the next state, its effects and its journal entries, or a
//! [`Rejection`].
//!
//! **No state lets a member of staff grant a recovery** (PROTOCOLS.md 15): staff present evidence, and the policy
//! decides.

mod codes;

pub mod alarm;
pub mod appointment;
pub mod authenticator;
pub mod caller_limits;
pub mod case;
pub mod chaining;
pub mod effect;
pub mod enrolment;
pub mod event;
pub mod evidence;
pub mod grant;
pub mod id;
pub mod language;
pub mod p_code;
pub mod person;
pub mod policy;
pub mod questions;
pub mod rejection;
pub mod route;
pub mod sensitive;
pub mod sms_budget;
pub mod staff;
pub mod temporary_pin;
pub mod time;
pub mod veto;
pub mod working_day;

#[cfg(test)]
mod specimen;
#[cfg(test)]
mod table;

pub use effect::Step;
pub use language::Language;
pub use rejection::Rejection;
