//! What each fuzz target does with its input. `tests/corpus.rs` replays the corpus of every one.

mod addresses;
mod certificate;
mod chip_files;
mod chip_keys;
mod chip_mrz;
mod chip_reader;
mod chip_replay;
mod chip_secure_messaging;
mod chip_tlv;
mod cpr_direkte;
mod face_manifest;
mod face_picture;
mod log_of_hashes;
mod master_list;
mod registers_csv;
mod relay_messages;
mod request_signature;
mod revocation_list;
mod smpp;
mod sod;

/// The body of a target.
pub type Run = fn(&[u8]);

/// Name (of the binary and of the corpus folder) and body of each target.
pub const TARGETS: &[(&str, Run)] = &[
    ("request_signature", request_signature::run),
    ("registers_csv", registers_csv::run),
    ("cpr_direkte", cpr_direkte::run),
    ("addresses", addresses::run),
    ("smpp", smpp::run),
    ("sod", sod::run),
    ("certificate", certificate::run),
    ("revocation_list", revocation_list::run),
    ("master_list", master_list::run),
    ("chip_keys", chip_keys::run),
    ("chip_tlv", chip_tlv::run),
    ("chip_mrz", chip_mrz::run),
    ("chip_files", chip_files::run),
    ("chip_secure_messaging", chip_secure_messaging::run),
    ("chip_reader", chip_reader::run),
    ("chip_replay", chip_replay::run),
    ("relay_messages", relay_messages::run),
    ("face_picture", face_picture::run),
    ("face_manifest", face_manifest::run),
    ("log_of_hashes", log_of_hashes::run),
];
