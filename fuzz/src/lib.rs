//! What each fuzz target does with its input. `tests/corpus.rs` replays the corpus of every one.

mod request_signature;

/// Name (of the binary and of the corpus folder) and body of each target.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[("request_signature", request_signature::run)];
