//! Compares the portrait on a chip with a live capture.
//!
//! Synchronous and closed: no file, clock, socket or random source. Pictures and models come in as
//! bytes, a [`Comparison`] comes out, and nothing else survives the call.
//!
//! Without the feature `engine` only the result types and the capture quality remain, which is all
//! that the domain and a phone need.

pub mod comparison;

pub mod geometry;

pub mod prompt;

pub mod look;

pub mod quality;

#[cfg(feature = "engine")]
pub mod manifest;

#[cfg(feature = "engine")]
pub mod set;

#[cfg(feature = "engine")]
mod network;

#[cfg(feature = "onnx")]
pub mod onnx;

#[cfg(feature = "engine")]
mod runner;

#[cfg(feature = "engine")]
mod input;

#[cfg(feature = "engine")]
pub mod decode;

#[cfg(feature = "engine")]
mod similarity;

#[cfg(feature = "engine")]
pub mod picture;

#[cfg(feature = "engine")]
pub mod detect;

#[cfg(feature = "engine")]
pub mod sighting;

#[cfg(feature = "engine")]
mod align;

#[cfg(feature = "engine")]
mod sharpness;

#[cfg(feature = "engine")]
mod covering;

#[cfg(feature = "engine")]
pub mod embed;

#[cfg(feature = "engine")]
pub mod pad;

#[cfg(feature = "engine")]
pub mod engine;

#[cfg(feature = "engine")]
pub mod liveness;

#[cfg(feature = "engine")]
pub mod evaluation;

pub use comparison::{
    Comparison, ComparisonParts, Covering, FaceResult, LightSeen, Liveness, LivenessReason,
    Missing, ModelId, PictureProblem, Reason, Score, Scores,
};
pub use look::{Look, Stance};
pub use prompt::{Light, Prompt, Step};

#[cfg(feature = "engine")]
pub use engine::{CompareError, Engine, EngineError, Threshold};
#[cfg(feature = "engine")]
pub use liveness::{Capture, Frame};
#[cfg(feature = "engine")]
pub use set::{LoadError, ModelSet};
