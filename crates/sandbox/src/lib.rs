//! See `ARCHITECTURE.md`.

pub mod inbox;
pub mod people;
