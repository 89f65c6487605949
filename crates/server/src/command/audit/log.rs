//! The log of hashes for others: its key, proofs from it, a copy of it, and checking both without the service.

use super::House;
use crate::command::{Failed, say};
use audit::note::{Algorithm, Note, VerifierKey};
use audit::proof::{ConsistencyFile, InclusionFile, SignedCheckpoint};
use audit::tile::{Edge, Resource, TileId, WIDTH};
use audit::tree::{self, TreeHash};
use audit::{Head, Leaf};
use std::collections::BTreeMap;
use std::path::Path;
use store::{Journalled, Place};

/// The number of rows that are read at a time.
const PAGE_ROWS: usize = 1_000;
/// The bytes of one entry in a bundle: its length, and a leaf.
const ENTRY_BYTES: usize = 2 + 32;

impl House<'_> {
    /// Prints the public key of the log.
    pub(super) fn print_log_key(&self) -> Result<(), Failed> {
        say(self.log_key()?.verifier(Algorithm::Ed25519));
        Ok(())
    }

    async fn published(&self) -> Result<SignedCheckpoint, Failed> {
        let published = self.log().published(&self.log_key()?).await?;
        published
            .ok_or_else(|| "the log has published no checkpoint yet: a running server does".into())
    }

    /// Prints the proof that a row of the journal is in the published log, with what its leaf is hashed over.
    pub(super) async fn prove_entry(&self, wanted: Wanted) -> Result<(), Failed> {
        let published = self.published().await?;
        let size = published.head().size;
        let (index, row) = self.placed(wanted, size).await?;
        let spans =
            tree::inclusion(index, size).ok_or("the published log has no such entry yet")?;
        let path = self.log().hashes(size, &spans).await?;
        let extra = Some(audit::preimage(row.entry()));
        say(InclusionFile { extra, index, path, note: published.note }.to_string().trim_end());
        Ok(())
    }

    async fn placed(&self, wanted: Wanted, size: u64) -> Result<(u64, Journalled), Failed> {
        let mut next = match wanted {
            Wanted::Position(position) => position,
            Wanted::Id(_) => 0,
        };
        while next < size {
            let rows = self.store.journal_read(next, PAGE_ROWS).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let Place::At { position, .. } = row.place else { continue };
                let found = match wanted {
                    Wanted::Position(wanted) => position == wanted,
                    Wanted::Id(id) => row.row.id.0 == id,
                };
                if found && position < size {
                    return Ok((position, row));
                }
                next = position.saturating_add(1);
            }
        }
        Err("the published log has no such entry yet".into())
    }

    /// Prints the proof that the published log goes on from an older checkpoint of it.
    pub(super) async fn prove_from(&self, older: &Path) -> Result<(), Failed> {
        let published = self.published().await?;
        let key = self.log_key()?.verifier(Algorithm::Ed25519);
        let older = SignedCheckpoint::check(Note::parse(&read(older)?)?, &key)?.head();
        let size = published.head().size;
        if older.size > size {
            return Err("that checkpoint is newer than the published one".into());
        }
        let spans = tree::consistency(older.size, size).unwrap_or_default();
        let path = self.log().hashes(size, &spans).await?;
        let file = ConsistencyFile { old: older.size, path, note: published.note };
        file.check(older, &key).map_err(|_| "the log does not go on from that checkpoint")?;
        say(file.to_string().trim_end());
        Ok(())
    }

    /// Writes the published log to a folder, as its address serves it.
    pub(super) async fn export(&self, folder: &Path) -> Result<(), Failed> {
        let key = self.log_key()?;
        let size = self.published().await?.head().size;
        let mut files = 0_u64;
        for resource in Resource::all(size) {
            let path = folder.join(resource.path());
            let bytes = self.log().resource(resource, &key).await?;
            let bytes = bytes.ok_or("another checkpoint was published meanwhile: try again")?;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&path, bytes)
                .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
            files = files.saturating_add(1);
        }
        say(format_args!("{files} files of the log of {size} entries; its key is"));
        self.print_log_key()
    }
}

/// An entry of the journal, by its place or its id.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    /// The position; the first is 0.
    Position(u64),
    /// The id of the row.
    Id(u128),
}

fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()).into())
}

/// Checks a proof or a copy of the log, without the service.
pub(super) fn check(path: &Path, key: &str, older: Option<&Path>) -> Result<(), Failed> {
    let key = VerifierKey::parse(key.trim())?;
    let older = older.map(|older| -> Result<Head, Failed> {
        Ok(SignedCheckpoint::check(Note::parse(&read(older)?)?, &key)?.head())
    });
    let older = older.transpose()?;
    if path.is_dir() {
        return check_folder(path, &key, older);
    }
    let text = read(path)?;
    let signed = if text.starts_with("old ") {
        let older =
            older.ok_or("such a proof begins at an older checkpoint: name its file by --from")?;
        let signed = ConsistencyFile::parse(&text)?.check(older, &key)?;
        say(format_args!("the log goes on from its first {} entries", older.size));
        signed
    } else {
        let file = InclusionFile::parse(&text)?;
        let leaf = file.leaf().ok_or("the proof does not carry what its leaf is hashed over")?;
        let signed = file.check(leaf, &key)?;
        say(format_args!("the entry is in the log at position {}", file.index));
        signed
    };
    say_signed(&signed);
    Ok(())
}

fn say_signed(signed: &SignedCheckpoint) {
    let head = signed.head();
    say(format_args!(
        "signed by {}: {} entries, root {}",
        signed.checkpoint.origin(),
        head.size,
        hex::encode(head.hash)
    ));
}

/// Recomputes the whole tree of a copy from its entries, and compares each tile and the signed root.
fn check_folder(folder: &Path, key: &VerifierKey, older: Option<Head>) -> Result<(), Failed> {
    let note = Note::parse(&read(&folder.join(Resource::Checkpoint.path()))?)?;
    let signed = SignedCheckpoint::check(note, key)?;
    let size = signed.head().size;
    let mut tiles: BTreeMap<TileId, Vec<TreeHash>> = BTreeMap::new();
    let mut edge = Edge::new();
    let mut at_older = None;
    for index in 0..size.div_ceil(u64::from(WIDTH)) {
        let width = TileId { level: 0, index }.width(size);
        for leaf in entries(folder, Resource::Entries { index, width })? {
            edge.push(TreeHash::of_leaf(leaf), |id, hashes| {
                tiles.insert(id, hashes.to_vec());
            });
            if older.is_some_and(|older| older.size == edge.size()) {
                at_older = Some(Head { size: edge.size(), hash: edge.root().0 });
            }
        }
    }
    tiles.extend(edge.open().map(|(id, hashes)| (id, hashes.to_vec())));
    let found = Head { size: edge.size(), hash: edge.root().0 };
    if found != signed.head() {
        return Err("the entries are not those whose root was signed".into());
    }
    for (id, width) in TileId::all(size) {
        let path = folder.join(Resource::Tile { id, width }.path());
        let wanted: Vec<u8> = tiles.get(&id).into_iter().flatten().flat_map(|it| it.0).collect();
        if std::fs::read(&path).ok().as_ref() != Some(&wanted) {
            return Err(
                format!("{} is missing or is not that of the entries", path.display()).into()
            );
        }
    }
    if let Some(older) = older.filter(|older| older.size > 0 && at_older != Some(*older)) {
        return Err(format!("the log does not go on from its first {} entries", older.size).into());
    }
    say_signed(&signed);
    Ok(())
}

fn entries(folder: &Path, bundle: Resource) -> Result<Vec<Leaf>, Failed> {
    let path = folder.join(bundle.path());
    let bytes = std::fs::read(&path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    let leaves: Option<Vec<Leaf>> = entries
        .iter()
        .map(|entry| match entry.split_first_chunk::<2>() {
            Some(([0, 32], leaf)) => leaf.try_into().ok().map(Leaf),
            _ => None,
        })
        .collect();
    let wanted = match bundle {
        Resource::Entries { width, .. } => usize::from(width),
        Resource::Checkpoint | Resource::Tile { .. } => 0,
    };
    let leaves = leaves.filter(|leaves| rest.is_empty() && leaves.len() == wanted);
    leaves.ok_or_else(|| format!("{} is not a bundle of entries", path.display()).into())
}
