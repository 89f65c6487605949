//! The `genvej` server as a library: configuration, keys, wiring, background work.
//!
//! Both `genvej serve` and the sandbox call [`build`], so that a visitor of the sandbox tries what runs in production. The
//! caller passes in the clock, the random source and everything else that a test wants to replace.

pub mod backend;
pub mod config;
mod erasures;
mod error_chain;
pub mod key_file;
pub mod system;

mod face_vendor;
mod faces;
mod gate;
mod hand_over;
mod models;
pub mod moving;
mod number_service;
pub mod pictures;
mod provider;
mod senders;
pub mod store_lock;
pub mod trust;

mod authentic;
pub mod background;
pub mod backup;
mod build_error;
pub mod checkpoint_file;
mod cosigning;
pub mod epoch_file;
pub mod installing;
mod kept;
mod listeners;
pub mod operations;
pub mod policy_file;
pub mod receipts;
pub mod restoring;
mod routing;
mod running;
mod toml_place;
mod unserved;
mod wiring;
pub mod witness;

pub use build_error::BuildError;
pub use config::{Config, ConfigError};
pub use erasures::{Erasures, ErasuresError};
pub use faces::{FacePool, FacesError};
pub use installing::{InstallError, Installed, accept_restore, migrate};
pub use listeners::Listeners;
pub use models::{ModelsError, default_folder as default_models, load as load_models};
pub use number_service::{NumberService, NumberServiceError};
pub use pictures::PictureWorkers;
pub use running::{Overrides, Running, build};
pub use store_lock::{StoreLock, StoreLockError};

// What a binary that builds a server hands in.
pub use recovery::policy::Policy;
pub use recovery::time::Timestamp;
pub use registers::{EmbeddedRegisters, Tables};
pub use service::parts::{FaceMatcher, MatcherError};
pub use service::{BootId, Clock, ClockReading, Random, Service};
pub use store::{MemoryStore, Store};
pub use web::Origin;

/// Style sheet, font and mark of every page, at `/assets/…`, for a binary that has pages of its own.
pub fn page_assets() -> axum::Router {
    web::assets::router()
}
