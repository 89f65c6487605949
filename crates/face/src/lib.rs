//! Compares the portrait on a chip with a live capture.
//!
//! Synchronous and closed: no file, clock, socket or random source. Pictures and models come in as
//! bytes, a [`Comparison`] comes out, and nothing else survives the call.
//!
//! Without the feature `engine` only the result types and the capture quality remain, which is all
//! that the domain and a phone need.

pub mod comparison;

pub use comparison::{
    Comparison, ComparisonParts, FaceResult, Liveness, LivenessReason, Missing, ModelId, Reason,
    Score, Scores,
};
