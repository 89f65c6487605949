//! The logical data structure (Doc 9303-10): the files of a chip and what they hold.
//!
//! Nothing here is believed because it parses: passive authentication hashes the raw bytes.

pub mod com;
pub mod details;
pub mod file;
pub mod master_file;
pub mod portrait;
pub mod security_info;
pub mod zone;
