//! What each fuzz target does with its input. `tests/corpus.rs` replays the corpus of every one.

mod addresses;
mod cpr_direkte;
mod registers_csv;
mod request_signature;
mod smpp;

/// Name (of the binary and of the corpus folder) and body of each target.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("request_signature", request_signature::run),
    ("registers_csv", registers_csv::run),
    ("cpr_direkte", cpr_direkte::run),
    ("addresses", addresses::run),
    ("smpp", smpp::run),
];
