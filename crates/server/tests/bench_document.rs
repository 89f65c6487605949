//! The document that `genvej bench` verifies is one that `chip-sim` makes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip_sim::{File, Portrait, Seeded, profile};
use std::path::Path;

/// Certificate, SOD, DG1, DG2, each with its length before it.
fn made() -> Vec<u8> {
    let mut passport = profile("bac").unwrap();
    passport.spec.portrait = Portrait::grey(413, 531, 13_000);
    let (issuer, document) = passport.issue(&mut Seeded::new([11; 32])).unwrap();
    let parts = [
        issuer.csca_der(),
        document.file(File::Sod).unwrap(),
        document.file(File::DataGroup(1)).unwrap(),
        document.file(File::DataGroup(2)).unwrap(),
    ];
    parts
        .iter()
        .flat_map(|part| {
            let length = u32::try_from(part.len()).unwrap().to_be_bytes();
            length.into_iter().chain(part.iter().copied())
        })
        .collect()
}

#[test]
fn the_document_of_the_bench_is_the_simulator_s() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/bench/document.bin");
    let made = made();

    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }

    assert!(
        std::fs::read(&path).unwrap_or_default() == made,
        "refresh it with: UPDATE=1 cargo nextest run -p server the_document_of_the_bench"
    );
}
