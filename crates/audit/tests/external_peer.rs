//! Another implementation of the same specifications (the Python package `aics-tlog`, fetched by its hash) reads what is made
//! here, and makes what is read here.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use audit::note::{Algorithm, KeyName, Note, SignerKey, VerifierKey};
use audit::proof::{InclusionFile, SignedCheckpoint};
use audit::tile::{Edge, Resource, TileId, Tiles};
use audit::tree::{self, TreeHash};
use audit::{Checkpoint, Head, Leaf};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const ORIGIN: &str = "recovery.example/log";
const SIZE: u64 = 66_000;
const OLD: u64 = 300;
const WANTED: &str = "aics-tlog==0.2.1 \
    --hash=sha256:e8cd2be003001576353bbd1a139b68252baf85df8e5d356c5ff26f3c417efdfc\n";

/// The package, as a file that Python imports from; `None` where it cannot be fetched or cannot run here.
fn package() -> Option<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, WANTED).unwrap();
    let fetched = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"])
        .args(["--only-binary", ":all:", "--python-version", "3.13", "--dest"])
        .arg(folder.path())
        .arg("-r")
        .arg(&list)
        .status();
    if !fetched.is_ok_and(|status| status.success()) {
        eprintln!("external: not run (aics-tlog cannot be fetched)");
        return None;
    }
    let wheel = folder.path().join("aics_tlog-0.2.1-py3-none-any.whl");
    if !python(&wheel, "import aics_tlog", &[]).status.success() {
        eprintln!("external: not run (aics-tlog needs the package cryptography)");
        return None;
    }
    Some((folder, wheel))
}

fn python(wheel: &Path, script: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", wheel).arg("-c").arg(script).args(arguments);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn leaf(n: u64) -> Leaf {
    Leaf::of(&n.to_be_bytes())
}

/// Every tile of a log of so many leaves.
fn log() -> BTreeMap<TileId, Vec<TreeHash>> {
    let (mut tiles, mut edge) = (BTreeMap::new(), Edge::new());
    for n in 0..SIZE {
        edge.push(TreeHash::of_leaf(leaf(n)), |id, hashes| {
            tiles.insert(id, hashes.to_vec());
        });
    }
    tiles.extend(edge.open().map(|(id, hashes)| (id, hashes.to_vec())));
    tiles
}

fn write(folder: &Path, tiles: &BTreeMap<TileId, Vec<TreeHash>>, note: &Note) {
    for resource in Resource::all(SIZE) {
        let path = folder.join(resource.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes: Vec<u8> = match resource {
            Resource::Checkpoint => note.to_string().into_bytes(),
            Resource::Tile { id, .. } => tiles[&id].iter().flat_map(|hash| hash.0).collect(),
            Resource::Entries { index, width } => (index * 256..index * 256 + u64::from(width))
                .flat_map(|n| [0, 32].into_iter().chain(leaf(n).0))
                .collect(),
        };
        std::fs::write(path, bytes).unwrap();
    }
}

const READS: &str = r#"
import sys, base64, aics_tlog as a
folder, log, witness, old_root, proof, onward = sys.argv[1:]
note = a.parse_note(open(folder + "/checkpoint", "rb").read())
result = a.verify_checkpoint(note, a.parse_vkey(log), [a.parse_vkey(witness)], quorum=1)
assert result.ok, result
checkpoint = a.parse_checkpoint(note.text)
size, root = checkpoint.size, checkpoint.root
report = a.audit_tiles(a.FileSystemTileReader(folder), size, root)
hashes = lambda text: [base64.b64decode(line) for line in text.split()]
entry = open(folder + "/tile/entries/001", "rb").read()[2:34]
assert a.verify_leaf_inclusion(entry, 256, size, hashes(proof), root)
assert a.verify_consistency(300, size, base64.b64decode(old_root), root, hashes(onward))
print(checkpoint.origin, size, report.tiles, report.bundles)
"#;

const MAKES: &str = r#"
import base64, aics_tlog as a
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Key
log, witness = Key.from_private_bytes(b"\x07" * 32), Key.from_private_bytes(b"\x08" * 32)
origin = "peer.example/log"
tree = a.MerkleTree([n.to_bytes(32, "big") for n in range(700)])
note = a.sign_checkpoint(a.Checkpoint(origin, 700, tree.root()), log, origin)
_, line = a.sign_cosignature(witness, "peer.example/w", 1767000000, origin, 700, tree.root())
note = a.Note(text=note.text, signatures=(*note.signatures, line))
print(a.format_vkey(a.vkey_from_ed25519(origin, log.public_key())))
print(a.format_vkey(a.cosignature_vkey("peer.example/w", witness.public_key())))
print(",".join(base64.b64encode(hash).decode() for hash in tree.inclusion_proof(300)))
print(note.serialise(), end="")
"#;

#[test]
fn a_peer_verifies_our_checkpoints_cosignatures_tiles_entries_and_proofs() {
    let Some((_kept, wheel)) = package() else { return };
    let folder = tempfile::tempdir().unwrap();
    let all = log();
    let mut tiles = Tiles::default();
    all.iter().for_each(|(id, hashes)| tiles.insert(*id, hashes.clone()));
    let head = |size| Head { size, hash: tiles.root(size).unwrap().0 };
    let key = |name: &str, fill| SignerKey::new(KeyName::new(name).unwrap(), &[fill; 32]);
    let (log, witness) = (key(ORIGIN, 1), key("witness.example/w1", 2));
    let text = |size| Checkpoint::new(ORIGIN, head(size)).unwrap().to_text();
    let mut note = Note::sign(&text(SIZE), &log).unwrap();
    let witness_key = witness.verifier(Algorithm::Cosignature);
    note.add(witness.cosign(note.text(), 1_767_000_000), &witness_key).unwrap();
    write(folder.path(), &all, &note);
    let lines = |spans: Option<Vec<tree::Span>>| {
        let path = tiles.hashes(&spans.unwrap()).unwrap();
        let file = InclusionFile { extra: None, index: 0, path, note: note.clone() }.to_string();
        let head = file.split_once("\n\n").unwrap().0;
        head.lines().skip(2).collect::<Vec<_>>().join(" ")
    };
    let arguments = [
        folder.path().to_str().unwrap().to_owned(),
        log.verifier(Algorithm::Ed25519).to_string(),
        witness_key.to_string(),
        text(OLD).lines().nth(2).unwrap().to_owned(),
        lines(tree::inclusion(256, SIZE)),
        lines(tree::consistency(OLD, SIZE)),
    ];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let answer = said(&python(&wheel, READS, &arguments));

    assert_eq!(answer.trim(), format!("{ORIGIN} {SIZE} 261 258"));
}

#[test]
fn we_verify_the_checkpoints_cosignatures_and_proofs_of_a_peer() {
    let Some((_kept, wheel)) = package() else { return };

    let answer = said(&python(&wheel, MAKES, &[]));

    let mut parts = answer.splitn(4, '\n');
    let mut next = || parts.next().unwrap();
    let (log, witness, path, note) = (next(), next(), next(), next());
    let log = VerifierKey::parse(log).unwrap();
    let witness = VerifierKey::parse(witness).unwrap();
    let note = Note::parse(note).unwrap();
    assert_eq!(witness.check(&note).unwrap().time, Some(1_767_000_000));
    let signed = SignedCheckpoint::check(note, &log).unwrap();
    let path = path.replace(',', "\n");
    let file = format!("c2sp.org/tlog-proof@v1\nindex 300\n{path}\n\n{}", signed.note);
    let mut entry = [0; 32];
    entry[30..].copy_from_slice(&300_u16.to_be_bytes());
    let checked = InclusionFile::parse(&file).unwrap().check(Leaf(entry), &log);
    assert_eq!(checked.unwrap().head().size, 700);
}
