//! ICAO Doc 9303 chips, sans-IO: reading them, and judging what they say.
//!
//! Bytes come in, bytes go out; there is no clock, socket, file or random source in here. The
//! phone that carried the bytes is a stranger: what a chip can do is taken from its signed SOD,
//! and only [`verdict`] turns bytes into a [`verdict::VerifiedChip`].

pub mod active;
pub mod apdu;
mod asn1;
pub mod bac;
mod base64;
pub mod certificate;
pub mod chip_authentication;
pub mod cms;
mod country;
pub mod crl;
pub mod csca;
pub mod curve;
pub mod date;
pub mod key;
pub mod key_derivation;
pub mod lds;
pub mod modp;
pub mod mrz;
pub mod pace;
pub mod passive;
pub mod password;
pub mod reader;
pub mod replay;
pub mod secure_messaging;
pub mod sensitive;
pub mod signature;
pub mod sod;
pub mod symmetric;
pub mod tlv;
pub mod verdict;
