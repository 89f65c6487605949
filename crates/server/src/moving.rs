//! Moves the database from one backend to another: `genvej migrate --from … --to …`.
//!
//! Everything is copied as it is, in parts that are saved as a whole, in the order of the ids: a move that was broken off is given
//! again and goes on where it was. Then everything is compared once more, the journal's chain is recomputed, and the evidence
//! about rows is asked. Until the end is written the target has no journal, so that no server serves half of it.

use crate::backend::{self, Database, StoreOpenError};
use crate::checkpoint_file::KeepError;
use crate::config::{Config, DatabasePlace};
use crate::epoch_file::EpochError;
use crate::installing::{House, InstallError};
use crate::store_lock::{StoreLock, StoreLockError};
use service::{Clock, Random};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::keys::Keys;
use store::moving::{Movable as _, Piece};
use store::sequencer::{self, VerifyError};
use store::{Chain, Id, JournalRow, Kind, Row, Store as _, StoreError, Timestamp, kinds};

/// The number of rows that are read, compared and saved at a time.
const PAGE: usize = 500;

/// A database could not be moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Both ends are one database.
    #[error("{0} is both ends: a database is not moved to itself")]
    Same(String),
    /// A server works on a database file.
    #[error("the database cannot be locked")]
    Lock(#[from] StoreLockError),
    /// A database cannot be opened.
    #[error("the database cannot be opened")]
    Open(#[from] StoreOpenError),
    /// A database cannot be read or written.
    #[error("the database cannot be read or written")]
    Store(#[from] StoreError),
    /// The source does not stand up to its checkpoint.
    #[error("the database does not stand up to its checkpoint, and is not moved")]
    Keep(#[from] KeepError),
    /// The mark of the epoch cannot be used.
    #[error("the mark beside the key file")]
    Epoch(#[from] EpochError),
    /// The target has something that the source has not.
    #[error(
        "the target is not empty: {what} is there and not in the source, or differs (target-differs)"
    )]
    Differs {
        /// A kind of row with an id, or a position of the journal.
        what: String,
    },
    /// The source was written to meanwhile.
    #[error("a server works on the source: stop it, and give the command again (source-in-use)")]
    InUse,
    /// The journal of the target does not verify.
    #[error("the journal of the target does not verify")]
    Verify(#[source] VerifyError),
    /// The evidence could not be asked.
    #[error("the evidence about the rows cannot be asked")]
    Evidence(#[source] InstallError),
    /// Rows of the target are not what was saved last.
    #[error("the target is not what was saved last; run `genvej audit verify` on the source")]
    NotNewest,
}

/// What was moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    /// The number of rows.
    pub rows: u64,
    /// The number of effects that wait.
    pub effects: u64,
    /// The number of journal rows.
    pub journal: u64,
    /// How many of all these this run has copied; the others were there.
    pub copied: u64,
    /// The head of the journal, the same on both sides.
    pub head: [u8; 32],
}

/// What a move works with.
#[derive(Debug)]
pub struct Moving<'m> {
    /// The configuration, of which checkpoint and mark of the epoch are used.
    pub config: &'m Config,
    /// The keys.
    pub keys: &'m Arc<Keys>,
    /// The clock of this machine.
    pub clock: &'m dyn Clock,
    /// The random source.
    pub random: &'m Arc<dyn Random>,
}

impl Moving<'_> {
    /// Moves the database `from` one place `to` another, both of them unused meanwhile. The source stays.
    ///
    /// # Errors
    ///
    /// [`MoveError`]. What was copied until then is found by the next run.
    pub async fn run(&self, from: &DatabasePlace, to: &DatabasePlace) -> Result<Moved, MoveError> {
        let names = (backend::name_of(from)?, backend::name_of(to)?);
        if names.0 == names.1 {
            return Err(MoveError::Same(names.0));
        }
        let _locks = (lock(from)?, lock(to)?);
        let source = backend::open_at(from)?;
        let target = match backend::open_target(to) {
            Ok(target) => target,
            Err(error) => {
                source.close();
                return Err(error.into());
            }
        };
        let moved = self.copied(&source, &target).await;
        source.close();
        target.close();
        let moved = moved?;
        self.check_newest(to).await?;
        Ok(moved)
    }

    async fn copied(&self, source: &Database, target: &Database) -> Result<Moved, MoveError> {
        while !source.journal_waiting(1).await?.is_empty() {
            sequencer::extend(source, 10_000).await?;
        }
        let file = self.config.checkpoint(self.keys);
        file.check(source).await?;
        let before = end_of(source).await?;
        let copied = Both { source, target, writes: true }.compared().await?.copied;
        target.take_end(before.0, before.1).await?;
        let moved = Both { source, target, writes: false }.compared().await?;
        if end_of(source).await? != before {
            return Err(MoveError::InUse);
        }
        let announces = |row: &JournalRow| {
            service::journal::open_of_service(self.keys, row)
                .is_ok_and(|entry| entry.code == "epoch-begun")
        };
        let kept = file.read()?;
        let end = sequencer::verify_announced(target, kept.as_ref(), announces, |_| {})
            .await
            .map_err(MoveError::Verify)?;
        if end != before.0 {
            return Err(differs("the head of the journal"));
        }
        Ok(Moved { copied, head: end.head, ..moved })
    }

    /// Asks the evidence about every row of the target.
    async fn check_newest(&self, to: &DatabasePlace) -> Result<(), MoveError> {
        let mut config = self.config.clone();
        config.store.database = to.clone();
        let epoch = self.config.epoch().read(self.keys)?.unwrap_or(0);
        let house = House::open(&config, self.keys, self.clock, self.random).await;
        let house = house.map_err(MoveError::Evidence)?;
        let file = self.config.checkpoint(self.keys);
        let is_newest = house.is_newest(&config, &file, epoch).await;
        house.database.close();
        if is_newest.map_err(MoveError::Evidence)? { Ok(()) } else { Err(MoveError::NotNewest) }
    }
}

/// A file has one user at a time; of a server it is found out afterwards.
fn lock(place: &DatabasePlace) -> Result<Option<StoreLock>, StoreLockError> {
    match place {
        DatabasePlace::File(path) => StoreLock::take(path).map(Some),
        DatabasePlace::Server(_) => Ok(None),
    }
}

async fn end_of(store: &Database) -> Result<(Chain, Option<Timestamp>), StoreError> {
    Ok((store.journal_chain().await?, store.last_committed().await?))
}

fn differs(what: impl ToString) -> MoveError {
    MoveError::Differs { what: what.to_string() }
}

/// The two databases, page by page.
struct Both<'b> {
    source: &'b Database,
    target: &'b Database,
    /// Whether what the target lacks is written there; otherwise it is a difference.
    writes: bool,
}

impl Both<'_> {
    async fn compared(&self) -> Result<Moved, MoveError> {
        let mut moved = Moved::default();
        for code in kinds::CODES {
            self.rows(Kind::new(code, "row"), &mut moved).await?;
        }
        self.effects(&mut moved).await?;
        self.journal(&mut moved).await?;
        Ok(moved)
    }

    async fn rows(&self, kind: Kind, moved: &mut Moved) -> Result<(), MoveError> {
        let mut after = None;
        loop {
            let source = self.source.scan(kind, after, PAGE).await?;
            let last = source.last().filter(|_| source.len() == PAGE).map(|row| row.record.id);
            let there = self.target.scan(kind, after, PAGE).await?;
            let there = there.into_iter().map(|row| (row.record.id, row));
            let mut there: BTreeMap<Id, Row> =
                there.filter(|(id, _)| last.is_none_or(|last| *id <= last)).collect();
            moved.rows = moved.rows.saturating_add(count(source.len()));
            let mut rows = Vec::new();
            for row in source {
                match there.remove(&row.record.id) {
                    None => rows.push(row),
                    Some(found) if found == row => {}
                    Some(found) => return Err(different_row(&found)),
                }
            }
            if let Some(stranger) = there.values().next() {
                return Err(different_row(stranger));
            }
            self.take_in(Piece { rows, ..Piece::default() }, moved).await?;
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn effects(&self, moved: &mut Moved) -> Result<(), MoveError> {
        let mut after = None;
        loop {
            let source = self.source.effects_after(after, PAGE).await?;
            let last = source.last().filter(|_| source.len() == PAGE).map(|it| it.row.key);
            let there = self.target.effects_after(after, PAGE).await?;
            let there = there.into_iter().map(|it| (it.row.key, it));
            let mut there: BTreeMap<_, _> =
                there.filter(|(key, _)| last.is_none_or(|last| *key <= last)).collect();
            moved.effects = moved.effects.saturating_add(count(source.len()));
            let mut effects = Vec::new();
            for it in source {
                match there.remove(&it.row.key) {
                    None => effects.push(it),
                    Some(found) if found == it => {}
                    Some(found) => return Err(differs(found.row.key)),
                }
            }
            if let Some(stranger) = there.keys().next() {
                return Err(differs(stranger));
            }
            self.take_in(Piece { effects, ..Piece::default() }, moved).await?;
            match last {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn journal(&self, moved: &mut Moved) -> Result<(), MoveError> {
        loop {
            let from = moved.journal;
            let source = self.source.journal_read(from, PAGE).await?;
            let there = self.target.journal_read(from, PAGE).await?;
            let at = |n: usize| differs(format!("journal row {}", from.saturating_add(count(n))));
            if there.len() > source.len() {
                return Err(at(source.len()));
            }
            if let Some(n) = source.iter().zip(&there).position(|(one, other)| one != other) {
                return Err(at(n));
            }
            let is_last = source.len() < PAGE;
            moved.journal = from.saturating_add(count(source.len()));
            let journal = source.into_iter().skip(there.len()).collect();
            self.take_in(Piece { journal, ..Piece::default() }, moved).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    async fn take_in(&self, piece: Piece, moved: &mut Moved) -> Result<(), MoveError> {
        let parts = [piece.rows.len(), piece.effects.len(), piece.journal.len()];
        let missing = parts.into_iter().fold(0, usize::saturating_add);
        if missing == 0 {
            return Ok(());
        }
        if !self.writes {
            return Err(differs("what was copied a moment ago"));
        }
        self.target.take_in(piece).await?;
        moved.copied = moved.copied.saturating_add(count(missing));
        Ok(())
    }
}

fn different_row(row: &Row) -> MoveError {
    differs(format!("row {} of kind {}", row.record.id, row.record.kind.code()))
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
