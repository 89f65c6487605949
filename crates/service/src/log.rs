//! The log of hashes over the journal: what of it is served, how it grows, and when it is published.

use crate::{Failure, Service};
use audit::cosigner;
use audit::note::{Algorithm, KeyName, Signature, SignerKey, VerifierKey};
use audit::proof::SignedCheckpoint;
use audit::tile::Resource;
use audit::tree;
use recovery::time::Timestamp;
use store::keys::Keys;
use store::log::{LogError, LogRows};

/// The most steps by which the log grows in one round of the sequencer; each takes in up to 16 tiles.
const STEPS_MAX: usize = 64;

/// What is served of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// The newest checkpoint, a signed note.
    Checkpoint(Vec<u8>),
    /// A tile or a bundle of entries, which never changes.
    Tile(Vec<u8>),
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Store(error) => error.into(),
            error @ (LogError::Row { .. }
            | LogError::Tile(_)
            | LogError::Forked { .. }
            | LogError::Checkpoint(_)) => {
                Self::fault("the log of hashes could not be read or written", error)
            }
        }
    }
}

/// The key that signs the checkpoints of the log with this name; `None` where that is not the name of a key.
#[must_use]
pub fn key(keys: &Keys, name: &str) -> Option<SignerKey> {
    let name = KeyName::new(name).ok()?;
    Some(SignerKey::new(name, &keys.secret_for("signature of the log")))
}

impl Service {
    /// The key that signs the checkpoints of the log; `None` where no log is published.
    #[must_use]
    pub fn log_key(&self) -> Option<SignerKey> {
        let parts = self.parts();
        key(&parts.keys, &parts.settings.log_name)
    }

    /// The public key that the checkpoints of the log are signed with, as text; `None` where no log is published.
    #[must_use]
    pub fn log_public_key(&self) -> Option<String> {
        self.log_key().map(|key| key.verifier(Algorithm::Ed25519).to_string())
    }

    pub(crate) fn log_rows(&self) -> LogRows<'_> {
        let parts = self.parts();
        LogRows::new(&*parts.store, &parts.keys)
    }

    /// What C2SP tlog-tiles serves at this path below the prefix of the log; `None` where there is nothing.
    ///
    /// # Errors
    ///
    /// The store does not answer, or is not trusted any more.
    pub async fn log_resource(&self, path: &str) -> Result<Option<Served>, Failure> {
        let (Some(wanted), Some(key)) = (Resource::parse(path), self.log_key()) else {
            return Ok(None);
        };
        let found = self.log_rows().resource(wanted, &key).await?;
        Ok(found.map(|bytes| match wanted {
            Resource::Checkpoint => Served::Checkpoint(bytes),
            Resource::Tile { .. } | Resource::Entries { .. } => Served::Tile(bytes),
        }))
    }

    /// The checkpoint that was published last.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn log_published(&self) -> Result<Option<SignedCheckpoint>, Failure> {
        let Some(key) = self.log_key() else { return Ok(None) };
        Ok(self.log_rows().published(&key).await?)
    }

    /// The body by which a witness that has cosigned `old` entries is asked to cosign the published checkpoint.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn cosign_request(
        &self,
        old: u64,
        published: &SignedCheckpoint,
    ) -> Result<String, Failure> {
        let size = published.head().size;
        // From nothing, and to the same size, the proof is empty.
        let spans = tree::consistency(old, size).unwrap_or_default();
        let path = self.log_rows().hashes(size, &spans).await?;
        Ok(cosigner::request(old, path, &published.note))
    }

    /// Adds what a witness answered to the published checkpoint; returns whether a right cosignature of this key was in it.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn add_cosignature(
        &self,
        published: &SignedCheckpoint,
        answer: &str,
        key: &VerifierKey,
    ) -> Result<bool, Failure> {
        let lines = Signature::parse_lines(answer).unwrap_or_default();
        let mut note = published.note.clone();
        let right = lines.into_iter().filter_map(|line| note.add(line, key).ok()).count() > 0;
        if right {
            let now = self.now().await?;
            let fill = |buffer: &mut [u8]| self.parts().random.fill(buffer);
            self.log_rows().add_cosignature(&note, key, now, &fill).await?;
        }
        Ok(right)
    }

    /// Whether rows wait to be taken in by the log, or it is time to publish it.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn log_waits(&self, now: Timestamp) -> Result<bool, LogError> {
        let Some(key) = self.log_key() else { return Ok(false) };
        let state = self.log_rows().state().await?;
        let end = self.parts().store.journal_chain().await?.size;
        let pace = self.parts().settings.log_pace;
        let grows = end.saturating_sub(state.rows()) >= u64::from(audit::tile::WIDTH);
        Ok(grows || state.due(end, now, pace, &key).is_some())
    }

    /// Takes in the rows that wait, and publishes the log if it is time. One process at a time does this; where two do, the
    /// slower one changes nothing.
    ///
    /// # Errors
    ///
    /// Rows that do not fit the chain, a log that does not go on from what was published, or store errors.
    pub async fn advance_log(&self, now: Timestamp) -> Result<(), LogError> {
        let Some(key) = self.log_key() else { return Ok(()) };
        let (log, parts) = (self.log_rows(), self.parts());
        let fill = |buffer: &mut [u8]| parts.random.fill(buffer);
        let mut steps = 0;
        while steps < STEPS_MAX && log.grow(now, &fill).await? {
            steps = steps.saturating_add(1);
        }
        let end = parts.store.journal_chain().await?.size;
        let state = log.state().await?;
        // All of its tiles are taken in before a tree is published.
        let behind = end.saturating_sub(state.rows()) >= u64::from(audit::tile::WIDTH);
        let due = state.due(end, now, parts.settings.log_pace, &key).filter(|_| !behind);
        match due {
            Some(size) => log.publish(size, &key, now, &fill).await,
            None => Ok(()),
        }
    }
}
