//! The whole service on one machine and one port, to be tried in a browser.
//!
//! What is simulated is only what a single machine cannot have: the plastic, the mobile network, the state's
//! registers. The server is the one of `genvej serve`; phones speak to it over its public API alone, and people are
//! enrolled through the operator's. Nothing of this crate is linked into `genvej` (PROTOCOLS.md section 16).
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the sandbox shows a part of what there is; what it does not know it leaves out"
)]

mod clerks_reader;
pub mod inbox;
pub mod people;

pub mod camera;
pub mod clock;
pub mod drawer;
pub mod portraits;

pub mod operator;
pub mod seeding;

mod guard;
mod knowledge;
pub mod signin;
mod start_page;

mod town;

pub use town::{Options, StartError, Town};
