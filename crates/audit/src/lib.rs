//! The tamper-evident order of the journal: leaf hashes, the chain over them, and its verifier.
//!
//! A leaf hides its entry behind 32 random bytes, so that hashes can be public while entries go to
//! auditors alone, and so that throwing a person's key away (erasure) leaves every hash as it was.
//! The sequence of leaves is the input of the chain here; a Merkle tree (RFC 6962) takes the same
//! leaves in the same order.

pub mod chain;
pub mod checkpoint;
pub mod head;
pub mod leaf;

pub use chain::{Placed, Unfit, Verifier, verify};
pub use checkpoint::{Checkpoint, CheckpointError, Evidence, Standing};
pub use head::Head;
pub use leaf::{Entry, Layout, Leaf, leaf};
