//! A statement of the evidence: what one row was saved as last.

use crate::codec::{CodecError, Reader, Writer};
use crate::seal::{self, Binding, DataKey, Nonce};
use crate::{Id, Kind, Record, Row, Version};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A function that fills a buffer with random bytes.
pub type RandomBytes = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The first 16 bytes of the SHA-256 over everything in a row. Without the keys nobody can make a row that opens, so
/// the mark only has to distinguish rows that the service itself has sealed.
pub type Mark = [u8; 16];

/// The kind and id of a row, in the order of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The code of the row's kind.
    pub kind: u16,
    /// The id of the row.
    pub id: u128,
}

impl RowKey {
    pub(super) const fn of(kind: Kind, id: Id) -> Self {
        Self { kind: kind.code(), id: id.0 }
    }
}

/// What a row was saved as: its version and its mark; [`Version::ABSENT`] where there is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) version: Version,
    pub(super) mark: Mark,
}

impl Fact {
    pub(super) const ABSENT: Self = Self { version: Version::ABSENT, mark: [0; 16] };

    pub(super) fn of(row: &Row) -> Self {
        Self { version: row.version, mark: mark(&row.record) }
    }

    pub(super) fn is_absent(self) -> bool {
        self.version == Version::ABSENT
    }

    /// Whether both state the same; for a row that does not exist only its absence is compared.
    pub(super) fn agrees_with(self, other: Self) -> bool {
        self == other || (self.is_absent() && other.is_absent())
    }
}

/// A statement about one row: from `tick` on, the row was saved as `fact`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: RowKey,
    /// Orders the statements about one row. It rises with the time of the transaction, which is never before that of a
    /// commit that the transaction could have seen.
    pub(super) tick: u64,
    /// What the row was saved as. For a row that was removed, the mark holds the generation of the tree in which this
    /// was noted.
    pub(super) fact: Fact,
}

const ENTRY_BYTES: usize = 2 + 16 + 8 + 8 + 16;

impl Entry {
    pub(super) fn write(&self, w: &mut Writer) {
        w.u16(self.key.kind);
        w.u128(self.key.id);
        w.u64(self.tick);
        w.u64(self.fact.version.0);
        w.array(&self.fact.mark);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            key: RowKey { kind: r.u16("kind")?, id: r.u128("id")? },
            tick: r.u64("tick")?,
            fact: Fact { version: Version(r.u64("version")?), mark: r.array("mark")? },
        })
    }
}

/// The mark of a record.
pub(super) fn mark(record: &Record) -> Mark {
    let mut hash = Sha256::new();
    hash.update(record.schema.to_be_bytes());
    hash.update([u8::from(record.deadline.is_some())]);
    hash.update(record.deadline.map_or(0, |at| at.0).to_be_bytes());
    let mut lookups = record.lookups.clone();
    lookups.sort_unstable();
    hash.update(u64::try_from(lookups.len()).unwrap_or(u64::MAX).to_be_bytes());
    for lookup in &lookups {
        hash.update([lookup.index.code(), u8::from(lookup.index.is_unique())]);
        hash.update(lookup.key.0);
    }
    hash.update(&record.state);
    let full: [u8; 32] = hash.finalize().into();
    let mut mark = [0; 16];
    mark.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    mark
}

/// Writes the statements of one row of evidence.
pub(super) fn write_entries(entries: &[Entry]) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::new();
    w.seq(entries.iter(), |w, entry| entry.write(w));
    w.finish_hidden()
}

/// The most statements of one row of evidence.
pub(super) const ENTRIES_MAX: usize = 200;

/// Reads the statements of one row of evidence.
pub(super) fn read_entries(clear: &[u8]) -> Result<Vec<Entry>, CodecError> {
    let mut r = Reader::new(clear);
    let entries = r.seq("statements", ENTRIES_MAX, Entry::read)?;
    r.finish()?;
    Ok(entries)
}

/// Seals and opens rows of the evidence of one epoch.
#[derive(Clone)]
pub(super) struct Sealer {
    key: DataKey,
    pub(super) epoch: u32,
    random: RandomBytes,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(epoch {})", self.epoch)
    }
}

impl Sealer {
    pub(super) fn new(key: DataKey, epoch: u32, random: RandomBytes) -> Self {
        Self { key, epoch, random }
    }

    pub(super) fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    pub(super) fn record(&self, kind: Kind, id: u128, clear: &[u8]) -> Record {
        let binding = Binding::evidence(kind, Id(id), self.epoch);
        let sealed = seal::seal(&self.key, Nonce(self.draw()), &binding, clear);
        Record::new(kind, Id(id), 1, sealed)
    }

    pub(super) fn open(
        &self,
        kind: Kind,
        id: u128,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CodecError> {
        let binding = Binding::evidence(kind, Id(id), self.epoch);
        seal::open(&self.key, &binding, sealed, "evidence")
    }
}

/// The largest size of a node with this many statements, in bytes, before it is sealed.
pub(super) const fn leaf_bytes(entries: usize) -> usize {
    entries.saturating_mul(ENTRY_BYTES).saturating_add(8)
}
