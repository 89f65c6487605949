//! The checkpoint that the server keeps outside the database: how long the journal was, and its head.
//!
//! Counters that were used up, codes that were spent and people that were blocked stand in the database; whoever sets it back
//! sets these back too (CHECKLIST attack 8). The journal grows with each of them, so a journal that is shorter than the
//! checkpoint says that this has happened: nothing is served then until somebody has said what is to be done.

use audit::{Checkpoint, CheckpointError, Standing};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use store::{Store, StoreError, sequencer};

/// The database cannot be held against the checkpoint, or does not stand up to it.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The system refused.
    #[error("the checkpoint: {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no checkpoint.
    #[error(
        "the checkpoint in {} cannot be read: put a copy of it there, or, where there is none, move it away",
        path.display()
    )]
    Form {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// The journal is shorter than it was.
    #[error(
        "the database was set back: its journal has {rows} rows, and had {kept} when {} was written. Put the newest backup \
         there, or, where this is the newest, say so with `genvej audit accept-restore`",
        path.display()
    )]
    SetBack {
        /// Which file.
        path: PathBuf,
        /// Rows there were.
        kept: u64,
        /// Rows there are.
        rows: u64,
    },
    /// The journal is another one.
    #[error(
        "the journal is not the one that {} was made of: rows that were in it were changed, or this is another database. Put \
         the right one there, or, where this is it, say so with `genvej audit accept-restore`",
        path.display()
    )]
    Rewritten {
        /// Which file.
        path: PathBuf,
    },
    /// The store failed.
    #[error("the journal cannot be read")]
    Store(#[from] StoreError),
}

impl KeepError {
    /// Whether the database is to blame, and not the disk or the moment: nothing it says may be believed.
    #[must_use]
    pub const fn is_distrust(&self) -> bool {
        match self {
            Self::SetBack { .. } | Self::Rewritten { .. } | Self::Form { .. } => true,
            Self::Io { .. } | Self::Store(_) => false,
        }
    }
}

/// The file.
#[derive(Clone, Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    origin: String,
}

impl CheckpointFile {
    /// The checkpoint in this file, which need not be there yet, of the journal of this service.
    #[must_use]
    pub const fn at(path: PathBuf, origin: String) -> Self {
        Self { path, origin }
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn io(&self, source: io::Error) -> KeepError {
        KeepError::Io { path: self.path.clone(), source }
    }

    /// What is kept, where anything is.
    ///
    /// # Errors
    ///
    /// [`KeepError::Io`], [`KeepError::Form`].
    pub fn read(&self) -> Result<Option<Checkpoint>, KeepError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Checkpoint::parse(&text)
                .map(Some)
                .map_err(|source| KeepError::Form { path: self.path.clone(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.io(error)),
        }
    }

    /// Holds the journal against what is kept, by two reads.
    ///
    /// # Errors
    ///
    /// [`KeepError`]; nothing may be served before this has worked.
    pub async fn check(&self, store: &dyn Store) -> Result<(), KeepError> {
        let Some(kept) = self.read()? else {
            if store.journal_chain().await?.size > 0 {
                tracing::warn!(path = %self.path.display(), "there is no checkpoint to hold the database against");
            }
            return Ok(());
        };
        match sequencer::standing(store, &kept).await? {
            Standing::Extends => Ok(()),
            Standing::RolledBack => Err(KeepError::SetBack {
                path: self.path.clone(),
                kept: kept.head().size,
                rows: store.journal_chain().await?.size,
            }),
            Standing::Rewritten => Err(KeepError::Rewritten { path: self.path.clone() }),
        }
    }

    /// Checks, and keeps the journal's present end: on the disk, whole or not at all, when this returns.
    ///
    /// # Errors
    ///
    /// [`KeepError`].
    pub async fn keep(&self, store: &dyn Store) -> Result<(), KeepError> {
        self.check(store).await?;
        let end = store.journal_chain().await?;
        let form = |source| KeepError::Form { path: self.path.clone(), source };
        let text = Checkpoint::new(&self.origin, end.into()).map_err(form)?.to_text();
        let next = self.path.with_extension("checkpoint-new");
        let written = File::create(&next).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&next, &self.path)).map_err(|error| self.io(error))
    }
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

    async fn grown(store: &MemoryStore, rows: std::ops::Range<u8>) {
        for n in rows {
            let transaction = Transaction::new(Timestamp(i64::from(n))).journal(row(n));
            store.commit(transaction).await.unwrap();
        }
        sequencer::extend(store, 100).await.unwrap();
    }

    #[tokio::test]
    async fn a_journal_that_grows_is_kept_and_one_that_was_set_back_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let file = CheckpointFile::at(folder.path().join("kept"), "recovery.example".to_owned());
        let store = MemoryStore::new();
        grown(&store, 1..3).await;
        file.check(&store).await.unwrap();
        file.keep(&store).await.unwrap();
        grown(&store, 3..6).await;
        file.keep(&store).await.unwrap();

        // As it was after two rows.
        let backup = MemoryStore::new();
        grown(&backup, 1..3).await;
        let error = file.keep(&backup).await.unwrap_err();

        assert!(matches!(error, KeepError::SetBack { kept: 5, rows: 2, .. }), "{error}");
        assert!(error.is_distrust());
        file.check(&store).await.unwrap();
        assert_eq!(file.read().unwrap().unwrap().head().size, 5);
    }

    #[tokio::test]
    async fn another_journal_of_the_same_length_or_longer_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let file = CheckpointFile::at(folder.path().join("kept"), "recovery.example".to_owned());
        let store = MemoryStore::new();
        grown(&store, 1..4).await;
        file.keep(&store).await.unwrap();

        for rows in [11..14, 11..20] {
            let other = MemoryStore::new();
            grown(&other, rows).await;
            let error = file.check(&other).await.unwrap_err();
            assert!(matches!(error, KeepError::Rewritten { .. }), "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_no_checkpoint_is_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = CheckpointFile::at(folder.path().join("kept"), "recovery.example".to_owned());
        std::fs::write(file.path(), "recovery.example\n").unwrap();

        let error = file.check(&MemoryStore::new()).await.unwrap_err();

        assert!(matches!(error, KeepError::Form { .. }) && error.is_distrust(), "{error}");
    }
}
