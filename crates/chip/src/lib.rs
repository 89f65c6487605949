//! ICAO Doc 9303 chips, sans-IO: reading them, and judging what they say.
//!
//! Bytes come in, bytes go out; there is no clock, socket, file or random source in here. The
//! phone that carried the bytes is a stranger: what a chip can do is taken from its signed SOD,
//! and only [`verdict`] turns bytes into a [`verdict::VerifiedChip`].

pub mod apdu;
pub mod bac;
pub mod curve;
pub mod date;
pub mod key_derivation;
pub mod lds;
pub mod modp;
pub mod mrz;
pub mod pace;
pub mod password;
pub mod secure_messaging;
pub mod sensitive;
pub mod symmetric;
pub mod tlv;
pub mod verdict;
