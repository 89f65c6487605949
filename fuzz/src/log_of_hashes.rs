use audit::note::{Algorithm, KeyName, Note, Signature, SignerKey, VerifierKey};
use audit::proof::{ConsistencyFile, InclusionFile, check_consistency, check_inclusion};
use audit::tile::Resource;
use audit::{Checkpoint, Head, Leaf};

/// Everything that reads texts of a log or of a witness: what is accepted has one text, and nobody's bytes are a signature.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(resource) = Resource::parse(text) {
        assert_eq!(resource.path(), text);
    }
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(VerifierKey::parse(&key.to_string()), Ok(key));
    }
    let Ok(name) = KeyName::new("recovery.example/log") else { unreachable!() };
    let key = SignerKey::new(name, &[1; 32]);
    let keys = [key.verifier(Algorithm::Ed25519), key.verifier(Algorithm::Cosignature)];
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        assert!(keys.iter().all(|key| key.check(&note).is_err()));
        let checkpoint = Checkpoint::parse(note.text());
        assert!(checkpoint.is_err() || checkpoint.is_ok_and(|it| it.to_text() == note.text()));
    }
    if let Ok(lines) = Signature::parse_lines(text) {
        let again: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(again, text);
    }
    let head = |size| Head { size, hash: [7; 32] };
    if let Ok(file) = InclusionFile::parse(text) {
        assert_eq!(file.to_string(), text);
        let leaf = file.leaf().unwrap_or(Leaf([0; 32]));
        let [log, _] = &keys;
        assert!(file.check(leaf, log).is_err());
        for size in [0, 1, file.index, file.index.saturating_add(1), u64::MAX] {
            assert!(check_inclusion(leaf, file.index, &file.path, head(size)).is_err());
        }
    }
    if let Ok(file) = ConsistencyFile::parse(text) {
        assert_eq!(file.to_string(), text);
        for size in [0, 1, file.old.saturating_add(1), u64::MAX] {
            let older = Head { size: file.old, hash: [8; 32] };
            assert!(check_consistency(older, &file.path, head(size)).is_err());
        }
    }
}
