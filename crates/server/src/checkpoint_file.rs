//! The checkpoint that the server keeps outside the database: the length of the journal, its head, and the root of the
//! evidence about rows.
//!
//! Counters that were used up, codes that were spent and people that were blocked are rows of the database; whoever sets the
//! database back sets these back too (CHECKLIST attack 8). The journal grows with each of them, so a journal that is shorter
//! than the checkpoint shows that this has happened: nothing is served then until somebody has decided what is to be done.
//! The same holds where the checkpoint is missing or empty and the journal has rows (attack 23), and where it was not
//! written under the key file.

use crate::authentic::{self, NotAuthentic};
use crate::witness::Witness;
use audit::{Checkpoint, CheckpointError, Evidence, Head, Standing};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::keeper::Anchor;
use store::keys::Keys;
use store::{Store, StoreError, sequencer};

const PURPOSE: &str = "checkpoint of the journal";

/// The database cannot be compared with the checkpoint, or does not fit it.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The checkpoint cannot be read or written.
    #[error("the checkpoint: {}", path.display())]
    Io {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The journal has rows, and no checkpoint says how many it had.
    #[error(
        "there is no checkpoint {} and the journal has {rows} rows: whether the database was set back cannot be told. Put a copy \
         of the checkpoint there, or, where this database is the newest, say so with `genvej audit accept-restore`",
        path.display()
    )]
    Missing {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The number of rows that the journal has.
        rows: u64,
    },
    /// The file is not a checkpoint.
    #[error(
        "the checkpoint in {} cannot be read: put a copy of it there, or, where there is none and this database is the newest, \
         say so with `genvej audit accept-restore`",
        path.display()
    )]
    Form {
        /// The path of the checkpoint.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: CheckpointError,
    },
    /// The file was not written under this key file.
    #[error(
        "the checkpoint in {} is not believed: put a copy of the right one there, or, where there is none and this database is \
         the newest, say so with `genvej audit accept-restore`",
        path.display()
    )]
    NotAuthentic {
        /// The path of the checkpoint.
        path: PathBuf,
        /// Why its authentication is not accepted.
        #[source]
        source: NotAuthentic,
    },
    /// The journal is shorter than it was.
    #[error(
        "the database was set back: its journal has {rows} rows, and had {kept} when {} was written. Put the newest backup \
         there, or, where this is the newest, say so with `genvej audit accept-restore`",
        path.display()
    )]
    SetBack {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The number of rows that the checkpoint says.
        kept: u64,
        /// The number of rows that the journal has.
        rows: u64,
    },
    /// The journal is not the one from which the checkpoint was made.
    #[error(
        "the journal is not the one that {} was made of: rows that were in it were changed, or this is another database. Put \
         the right one there, or, where this is it, say so with `genvej audit accept-restore`",
        path.display()
    )]
    Rewritten {
        /// The path of the checkpoint.
        path: PathBuf,
    },
    /// The database was made under another key file.
    #[error(
        "the database is another house's: nothing in it was sealed under this key file; put the database or the key file of this \
         house there"
    )]
    AnotherHouse,
    /// The store failed.
    #[error("the journal cannot be read")]
    Store(#[from] StoreError),
}

impl KeepError {
    /// A stable code, for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "checkpoint-unusable",
            Self::Missing { .. } => "checkpoint-missing",
            Self::Form { .. } => "checkpoint-damaged",
            Self::NotAuthentic { .. } => "checkpoint-not-authentic",
            Self::SetBack { .. } => "database-set-back",
            Self::Rewritten { .. } => "journal-rewritten",
            Self::AnotherHouse => "database-of-another-house",
            Self::Store(StoreError::Untrusted { .. }) => "row-distrusted",
            Self::Store(_) => "store-failed",
        }
    }

    /// Whether the error lies in the database and not in the disk or the moment: nothing in the database may be trusted
    /// then.
    #[must_use]
    pub const fn is_distrust(&self) -> bool {
        match self {
            Self::SetBack { .. }
            | Self::Rewritten { .. }
            | Self::Missing { .. }
            | Self::NotAuthentic { .. }
            | Self::AnotherHouse
            | Self::Form { .. } => true,
            Self::Store(error) => matches!(error, StoreError::Untrusted { .. }),
            Self::Io { .. } => false,
        }
    }
}

/// The checkpoint's file, and the witness that each checkpoint is sent to besides.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    /// The name of the journal's service, which stands in each checkpoint.
    origin: String,
    keys: Arc<Keys>,
    witness: Option<Arc<Witness>>,
    /// The checkpoint that this process compared or wrote last.
    last: Arc<Mutex<Option<Checkpoint>>>,
}

impl CheckpointFile {
    /// The checkpoint in this file, which need not exist yet, for the journal of this service.
    #[must_use]
    pub fn at(path: PathBuf, origin: String, keys: Arc<Keys>) -> Self {
        Self { path, origin, keys, witness: None, last: Arc::default() }
    }

    /// Adds a second place that each checkpoint is sent to.
    #[must_use]
    pub fn with_witness(mut self, witness: Option<Witness>) -> Self {
        self.witness = witness.map(Arc::new);
        self
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn last(&self) -> MutexGuard<'_, Option<Checkpoint>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn form(&self, source: CheckpointError) -> KeepError {
        KeepError::Form { path: self.path.clone(), source }
    }

    fn io(&self, source: io::Error) -> KeepError {
        KeepError::Io { path: self.path.clone(), source }
    }

    /// The checkpoint in the file, if there is one; it has to be authentic under these keys.
    ///
    /// # Errors
    ///
    /// [`KeepError::Io`], [`KeepError::Form`], [`KeepError::NotAuthentic`].
    pub fn read(&self) -> Result<Option<Checkpoint>, KeepError> {
        read(&self.path, &self.keys)
    }

    /// The checkpoint of a server that kept no evidence yet, which carries no authentication. For the first `genvej migrate`
    /// alone.
    ///
    /// # Errors
    ///
    /// [`KeepError::Io`], [`KeepError::Form`].
    pub fn read_bare(&self) -> Result<Option<Checkpoint>, KeepError> {
        let Some(text) = text(&self.path).map_err(|source| self.io(source))? else {
            return Ok(None);
        };
        let body = text.split("\n\u{2014} ").next().unwrap_or_default();
        Checkpoint::parse(body)
            .map(Some)
            .map_err(|source| KeepError::Form { path: self.path.clone(), source })
    }

    /// Compares the journal with the checkpoint in the file and with that of a witness whose folder can be read; by two
    /// reads each.
    ///
    /// # Errors
    ///
    /// [`KeepError`]; nothing may be served before this has succeeded.
    pub async fn check(&self, store: &dyn Store) -> Result<(), KeepError> {
        let rows = store.journal_chain().await?.size;
        let kept = match self.read()? {
            // One of size 0 was never written for a journal that has rows.
            Some(kept) if kept.head().size > 0 || rows == 0 => kept,
            None if rows == 0 => {
                Checkpoint::new(&self.origin, Head::EMPTY).map_err(|it| self.form(it))?
            }
            Some(_) | None => return Err(KeepError::Missing { path: self.path.clone(), rows }),
        };
        stands(store, &self.path, &kept).await?;
        *self.last() = Some(kept);
        if let Some(path) = self.witness.as_ref().and_then(|witness| witness.file())
            && let Some(kept) = read(&path, &self.keys)?
        {
            stands(store, &path, &kept).await?;
        }
        Ok(())
    }

    /// Compares the journal with the checkpoint that this process kept last, or else with the file, and then writes a new
    /// checkpoint of the journal's present end and the root of the evidence. It is on the disk, as a whole, when this
    /// returns. An empty journal needs no checkpoint.
    ///
    /// # Errors
    ///
    /// [`KeepError`].
    pub async fn keep(&self, store: &dyn Store, anchor: Option<Anchor>) -> Result<(), KeepError> {
        let last = self.last().clone();
        match last {
            Some(last) => stands(store, &self.path, &last).await?,
            None => self.check(store).await?,
        }
        self.begin(store, anchor).await
    }

    /// Writes a new checkpoint as [`CheckpointFile::keep`] does, without comparing: for a journal that was accepted.
    ///
    /// # Errors
    ///
    /// [`KeepError`].
    pub async fn begin(&self, store: &dyn Store, anchor: Option<Anchor>) -> Result<(), KeepError> {
        let end = store.journal_chain().await?;
        if end.size == 0 {
            return Ok(());
        }
        let mut checkpoint =
            Checkpoint::new(&self.origin, end.into()).map_err(|it| self.form(it))?;
        if let Some(Anchor { epoch, generation, root }) = anchor {
            let root = root.unwrap_or(0);
            checkpoint = checkpoint.with_evidence(Evidence { epoch, generation, root });
        }
        let text = self.signed(&checkpoint);
        authentic::write(&self.path, &text).map_err(|source| self.io(source))?;
        *self.last() = Some(checkpoint);
        if let Some(witness) = &self.witness {
            witness.tell(text);
        }
        Ok(())
    }

    /// The text of a checkpoint, with its authentication.
    #[must_use]
    pub fn signed(&self, checkpoint: &Checkpoint) -> String {
        authentic::sign(&self.keys, PURPOSE, &checkpoint.to_text())
    }

    /// Renames the checkpoint's file, so that a new one can be begun; the old one shows what was lost.
    ///
    /// # Errors
    ///
    /// I/O errors. `None` where there was no file.
    pub fn set_aside(&self, name: &str) -> Result<Option<PathBuf>, KeepError> {
        let mut files = vec![self.path.clone()];
        files.extend(self.witness.as_ref().and_then(|witness| witness.file()));
        let mut first = None;
        for path in files {
            let aside = path.with_extension(format!("checkpoint-{name}"));
            match std::fs::rename(&path, &aside) {
                Ok(()) => first = first.or(Some(aside)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(KeepError::Io { path, source }),
            }
        }
        Ok(first)
    }

    /// Waits a moment until the witness has the last checkpoint.
    pub async fn told(&self) {
        if let Some(witness) = &self.witness {
            witness.told().await;
        }
    }
}

fn text(path: &Path) -> io::Result<Option<String>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a checkpoint that is authentic under these keys.
///
/// # Errors
///
/// [`KeepError`].
pub fn read(path: &Path, keys: &Keys) -> Result<Option<Checkpoint>, KeepError> {
    let io = |source| KeepError::Io { path: path.to_owned(), source };
    let Some(text) = text(path).map_err(io)? else { return Ok(None) };
    if text.is_empty() {
        let source = CheckpointError::Lines;
        return Err(KeepError::Form { path: path.to_owned(), source });
    }
    let body = authentic::open(keys, PURPOSE, &text)
        .map_err(|source| KeepError::NotAuthentic { path: path.to_owned(), source })?;
    Checkpoint::parse(body)
        .map(Some)
        .map_err(|source| KeepError::Form { path: path.to_owned(), source })
}

/// Compares the journal with one checkpoint.
///
/// # Errors
///
/// [`KeepError::SetBack`], [`KeepError::Rewritten`], or store errors.
pub async fn stands(store: &dyn Store, path: &Path, kept: &Checkpoint) -> Result<(), KeepError> {
    match sequencer::standing(store, kept).await? {
        Standing::Extends => Ok(()),
        Standing::RolledBack => Err(KeepError::SetBack {
            path: path.to_owned(),
            kept: kept.head().size,
            rows: store.journal_chain().await?.size,
        }),
        Standing::Rewritten => Err(KeepError::Rewritten { path: path.to_owned() }),
    }
}

/// The anchor of the evidence in a checkpoint.
#[must_use]
pub fn anchor(kept: &Checkpoint) -> Option<Anchor> {
    kept.evidence().map(|Evidence { epoch, generation, root }| Anchor {
        epoch,
        generation,
        root: (root != 0).then_some(root),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{
        CoarseType, JournalId, JournalRow, MemoryStore, SubjectId, Timestamp, Transaction,
    };

    fn row(n: u8) -> JournalRow {
        JournalRow {
            id: JournalId(u128::from(n)),
            subject: SubjectId(0),
            coarse: CoarseType(1),
            salt: [n; 32],
            ciphertext: vec![n],
        }
    }

    fn keys(fill: u8) -> Arc<Keys> {
        Arc::new(Keys::generate(&zeroize::Zeroizing::new([fill; 96])))
    }

    fn file(folder: &tempfile::TempDir) -> CheckpointFile {
        CheckpointFile::at(folder.path().join("kept"), "recovery.example".to_owned(), keys(1))
    }

    async fn grown(store: &MemoryStore, rows: std::ops::Range<u8>) {
        for n in rows {
            let transaction = Transaction::new(Timestamp(i64::from(n))).journal(row(n));
            store.commit(transaction).await.unwrap();
        }
        sequencer::extend(store, 100).await.unwrap();
    }

    fn opened(file: &CheckpointFile) -> CheckpointFile {
        CheckpointFile::at(file.path.clone(), file.origin.clone(), Arc::clone(&file.keys))
    }

    #[tokio::test]
    async fn a_journal_that_grows_is_kept_and_one_that_was_set_back_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        let store = MemoryStore::new();
        file.check(&store).await.unwrap();
        grown(&store, 1..3).await;
        file.keep(&store, None).await.unwrap();
        grown(&store, 3..6).await;
        file.keep(&store, None).await.unwrap();

        // As it was after two rows.
        let backup = MemoryStore::new();
        grown(&backup, 1..3).await;
        for process in [&file, &opened(&file)] {
            let error = process.keep(&backup, None).await.unwrap_err();
            assert!(matches!(error, KeepError::SetBack { kept: 5, rows: 2, .. }), "{error}");
            assert!(error.is_distrust());
        }

        opened(&file).check(&store).await.unwrap();
        assert_eq!(file.read().unwrap().unwrap().head().size, 5);
    }

    #[tokio::test]
    async fn another_journal_of_the_same_length_or_longer_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        let store = MemoryStore::new();
        grown(&store, 1..4).await;
        file.begin(&store, None).await.unwrap();

        for rows in [11..14, 11..20] {
            let other = MemoryStore::new();
            grown(&other, rows).await;
            let error = opened(&file).check(&other).await.unwrap_err();
            assert!(matches!(error, KeepError::Rewritten { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn a_checkpoint_that_is_missing_empty_or_of_size_0_is_not_served_once_the_journal_has_rows()
     {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        let store = MemoryStore::new();
        grown(&store, 1..4).await;
        let size_0 = file.signed(&Checkpoint::new("recovery.example", Head::EMPTY).unwrap());

        let missing = opened(&file).check(&store).await.unwrap_err();
        std::fs::write(file.path(), size_0).unwrap();
        let of_size_0 = opened(&file).check(&store).await.unwrap_err();
        std::fs::write(file.path(), "").unwrap();
        let empty = opened(&file).check(&store).await.unwrap_err();
        std::fs::write(file.path(), "recovery.example\n").unwrap();
        let no_checkpoint = opened(&file).check(&store).await.unwrap_err();

        assert!(matches!(missing, KeepError::Missing { rows: 3, .. }), "{missing}");
        assert!(matches!(of_size_0, KeepError::Missing { rows: 3, .. }), "{of_size_0}");
        assert!(matches!(empty, KeepError::Form { .. }), "{empty}");
        assert!(matches!(no_checkpoint, KeepError::NotAuthentic { .. }), "{no_checkpoint}");
        for error in [missing, of_size_0, empty, no_checkpoint] {
            assert!(error.is_distrust(), "{error}");
        }
    }

    #[tokio::test]
    async fn a_checkpoint_that_nobody_with_the_keys_vouches_for_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(&folder);
        let store = MemoryStore::new();
        grown(&store, 1..3).await;
        let backup = MemoryStore::new();
        grown(&backup, 1..2).await;
        file.begin(&store, None).await.unwrap();
        let good = std::fs::read_to_string(file.path()).unwrap();
        let forged =
            Checkpoint::new("recovery.example", backup.journal_chain().await.unwrap().into());
        let bare = forged.unwrap().to_text();
        let (_, signature) = good.split_once("\n\n").unwrap();

        for text in [bare.clone(), format!("{bare}\n{signature}")] {
            std::fs::write(file.path(), text).unwrap();
            let error = opened(&file).check(&backup).await.unwrap_err();
            assert!(matches!(error, KeepError::NotAuthentic { .. }), "{error}");
        }
        std::fs::write(file.path(), good).unwrap();
        let other_keys = CheckpointFile::at(file.path.clone(), file.origin.clone(), keys(2));
        assert!(other_keys.check(&store).await.unwrap_err().is_distrust());
        opened(&file).check(&store).await.unwrap();
    }
}
