//! Smart card readers of this machine, through PC/SC.
//!
//! A [`Reader`] is a choice: which reader is meant. The smart card service, the reader and the chip on it may come and go
//! while it lives; every question looks anew. A [`Chip`] is one contact, from waking the chip up to letting it go.
//!
//! The system library stands behind the feature `pcsc`, off by default, so that nobody needs it who reads no chips. The
//! types are the same without it, and every [`Reader::of`] says how to build with it.

mod choice;
mod error;

#[cfg(not(feature = "pcsc"))]
mod absent;
#[cfg(feature = "pcsc")]
mod chip;
#[cfg(feature = "pcsc")]
mod presence;
#[cfg(feature = "pcsc")]
mod reader;

#[cfg(not(feature = "pcsc"))]
pub use absent::{Chip, Reader};
#[cfg(feature = "pcsc")]
pub use chip::Chip;
pub use choice::Choice;
pub use error::{ChipLost, ReaderError};
#[cfg(feature = "pcsc")]
pub use reader::Reader;
