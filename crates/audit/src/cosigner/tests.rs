use super::*;
use crate::leaf::Leaf;
use crate::note::{Algorithm, KeyName, Signature};
use crate::tile::{Edge, Tiles};
use crate::tree;

const LOG: &str = "recovery.example/log";

fn log() -> SignerKey {
    SignerKey::new(KeyName::new(LOG).unwrap(), &[1; 32])
}

fn witness() -> SignerKey {
    SignerKey::new(KeyName::new("witness.example").unwrap(), &[2; 32])
}

/// A log of so many leaves; `fill` makes another history.
fn tiles(size: u8, fill: u8) -> Tiles {
    let (mut tiles, mut edge) = (Tiles::default(), Edge::new());
    for n in 0..size {
        edge.push(TreeHash::of_leaf(Leaf([n ^ fill; 32])), |_, _| {});
    }
    edge.open().for_each(|(id, hashes)| tiles.insert(id, hashes.to_vec()));
    tiles
}

fn note(size: u8, fill: u8, key: &SignerKey) -> Note {
    let size = u64::from(size);
    let hash = tiles(u8::try_from(size).unwrap(), fill).root(size).unwrap().0;
    let text = Checkpoint::new(LOG, Head { size, hash }).unwrap().to_text();
    Note::sign(&text, key).unwrap()
}

fn asked(old: u8, size: u8, fill: u8) -> String {
    let spans = tree::consistency(old.into(), size.into()).unwrap_or_default();
    request(old.into(), tiles(size, fill).hashes(&spans).unwrap(), &note(size, fill, &log()))
}

#[test]
fn a_witness_follows_a_log_and_signs_nothing_that_takes_history_back() {
    let first = [KnownLog::new(log().verifier(Algorithm::Ed25519))];

    let (known, lines) = cosign(&first, &asked(0, 5, 0), &witness(), 100).unwrap();
    let known = [known];
    let (later, _) = cosign(&known, &asked(5, 9, 0), &witness(), 200).unwrap();
    let later = [later];

    let mut cosigned = note(5, 0, &log());
    let [line] = &Signature::parse_lines(&lines).unwrap()[..] else { panic!("one line") };
    let key = witness().verifier(Algorithm::Cosignature);
    cosigned.add(line.clone(), &key).unwrap();
    assert_eq!(key.check(&cosigned).unwrap().time, Some(100));
    let refused = |logs: &[KnownLog], body: &str| cosign(logs, body, &witness(), 300).unwrap_err();
    assert_eq!(refused(&later, &asked(5, 9, 0)), CosignError::Moved { size: 9 });
    assert_eq!(refused(&later, &asked(0, 5, 0)), CosignError::Moved { size: 9 }, "set back");
    assert_eq!(refused(&known, &asked(5, 9, 1)), CosignError::Inconsistent, "another history");
    assert_eq!(refused(&known, &asked(5, 5, 1)), CosignError::Moved { size: 5 });
    assert!(cosign(&known, &asked(5, 5, 0), &witness(), 300).is_ok(), "once more the same");
}

#[test]
fn tlog_witness_each_refusal_has_its_status() {
    let logs = [KnownLog::new(log().verifier(Algorithm::Ed25519))];
    let status = |body: &str| cosign(&logs, body, &witness(), 1).unwrap_err().status();
    let stranger = SignerKey::new(KeyName::new(LOG).unwrap(), &[9; 32]);
    let unknown = asked(0, 5, 0).replace(LOG, "other.example");

    assert_eq!(status("old 0\n"), 400);
    assert_eq!(status(&asked(0, 5, 0).replace("old 0", "old 6")), 400);
    assert_eq!(status(&request(0, Vec::new(), &note(5, 0, &stranger))), 403);
    assert_eq!(status(&unknown), 404);
    assert_eq!(status(&asked(3, 5, 0)), 409);
    let with_proof = request(0, vec![TreeHash([0; 32])], &note(5, 0, &log()));
    assert_eq!(status(&with_proof), 422);
}
