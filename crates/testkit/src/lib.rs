//! What tests need: a clock that is told the time, random bytes from a seed, a store that fails, a TLS line under an
//! authority of their own, and with the feature `house` a whole service.
//!
//! Never linked into `genvej`.

pub mod clock;
pub mod faulty_store;
#[cfg(feature = "house")]
pub mod house;
#[cfg(feature = "house")]
pub mod passkey;
pub mod random;
pub mod stored_rows;
pub mod tls;

pub use clock::ManualClock;
pub use faulty_store::{Fault, FaultyStore, Operation};
#[cfg(feature = "house")]
pub use house::House;
pub use random::SeededRandom;
pub use tls::TlsServer;
