//! The tamper-evident order of the journal: leaf hashes, the chain and the Merkle tree over them, and their verifiers.
//!
//! A leaf hides its entry behind 32 random bytes, so that hashes can be public while entries go to
//! auditors alone, and so that throwing a person's key away (erasure) leaves every hash as it was.
//! The sequence of leaves is the input of the chain, which the server checks itself by, and of a Merkle tree
//! (RFC 6962), which it shows to others: tiles, signed checkpoints and proofs as C2SP defines them
//! (docs/adr/log-of-hashes.md).

pub mod chain;
pub mod checkpoint;
pub mod head;
pub mod leaf;

pub mod tile;
pub mod tree;

pub mod note;
pub mod proof;

pub mod cosigner;

pub use chain::{Placed, Unfit, Verifier, verify};
pub use checkpoint::{Checkpoint, CheckpointError, Evidence, Standing};
pub use head::Head;
pub use leaf::{Entry, Layout, Leaf, leaf, preimage};
