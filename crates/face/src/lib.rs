//! Compares the portrait on a chip with a live capture.
//!
//! Synchronous and closed: no file, clock, socket or random source. Pictures and models come in as
//! bytes, a [`Comparison`] comes out, and nothing else survives the call.
//!
//! Without the feature `engine` only the result types and the capture quality remain, which is all
//! that the domain and a phone need.

pub mod comparison;
pub mod geometry;
pub mod picture;

#[cfg(feature = "engine")]
pub mod decode;
#[cfg(feature = "engine")]
pub mod detect;
#[cfg(feature = "engine")]
pub mod embed;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "engine")]
pub mod manifest;
#[cfg(feature = "engine")]
mod network;
#[cfg(feature = "engine")]
pub mod pad;
#[cfg(feature = "engine")]
pub mod set;
#[cfg(feature = "engine")]
pub mod sighting;

pub use comparison::{
    Comparison, ComparisonParts, FaceResult, Liveness, LivenessReason, Missing, ModelId, Reason,
    Score, Scores,
};
#[cfg(feature = "engine")]
pub use engine::{CompareError, Engine, EngineError, Threshold};
#[cfg(feature = "engine")]
pub use set::{LoadError, ModelSet};
