//! `genvej chip verify`: the exit status is the verdict.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

use chip_sim::{
    Algorithm, Curve, CurveForm, Digest, Document, File, Issuer, KeyKind, PROFILE_VALIDITY, Scheme,
    Seeded, utopian_passport,
};

fn state(seed: u8) -> Issuer {
    let key = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit };
    let algorithm = Algorithm { key, scheme: Scheme::Ecdsa(Digest::Sha256) };
    Issuer::generate("UT", algorithm, PROFILE_VALIDITY, &mut Seeded::new([seed; 32]))
}

fn written(folder: &Path, document: &Document) {
    std::fs::create_dir_all(folder).unwrap();
    for (file, content) in document.files() {
        let name = match file {
            File::Sod => "EF_SOD.bin".to_owned(),
            File::Com => "EF_COM.bin".to_owned(),
            File::DataGroup(number) => format!("Datagroup{number}.bin"),
            File::AtrInfo | File::Dir | File::CardAccess | File::CardSecurity => continue,
        };
        std::fs::write(folder.join(name), content).unwrap();
    }
}

fn verify(csca: &Path, folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_genvej"))
        .args(["chip", "verify", "--at", "2026-11-22T12:00:00Z", "--csca"])
        .arg(csca)
        .arg("--dir")
        .arg(folder)
        .output()
        .unwrap()
}

#[test]
fn verify_ends_with_0_for_a_document_that_it_trusts_alone() {
    let here = tempfile::tempdir().unwrap();
    let (own, stranger) = (state(1), state(2));
    let csca = |name: &str, issuer: &Issuer| {
        let path = here.path().join(name);
        std::fs::write(&path, issuer.csca_der()).unwrap();
        path
    };
    let (trusted, unknown) = (csca("own.cer", &own), csca("stranger.cer", &stranger));
    let mut document = own.issue(&utopian_passport(), &mut Seeded::new([3; 32])).unwrap();
    let folder = here.path().join("document");
    written(&folder, &document);

    let genuine = verify(&trusted, &folder);
    let text = String::from_utf8_lossy(&genuine.stdout);
    assert!(genuine.status.success() && text.contains("verdict: genuine"), "{text}");

    let refused = verify(&unknown, &folder);
    let text = String::from_utf8_lossy(&refused.stdout);
    assert!(!refused.status.success(), "{text}");
    assert!(text.contains("verdict:") && !text.contains("verdict: genuine"), "{text}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not genuine"));

    let mut dg1 = document.file(File::DataGroup(1)).unwrap().to_vec();
    let last = dg1.len() - 1;
    dg1[last] = b'<' ^ 1;
    document.replace_file(File::DataGroup(1), dg1);
    written(&folder, &document);
    assert!(!verify(&trusted, &folder).status.success());
}
