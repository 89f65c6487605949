//! Assigns committed journal rows their order and their positions in the chain, and verifies both.

use crate::{Chain, JournalRow, Journalled, Place, Sequenced, Store, StoreError};
use audit::{Checkpoint, Entry, Head, Leaf, Placed, Standing, Unfit, Verifier};

/// The number of rows that are read at a time while verifying.
const PAGE_ROWS: usize = 1_000;

/// Why the journal could not be verified, or does not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The store failed during the verification.
    #[error("the journal could not be read")]
    Store(#[source] StoreError),
    /// A row does not fit the chain.
    #[error("the journal does not verify")]
    Unfit(#[source] Unfit),
}

impl From<Chain> for Head {
    fn from(chain: Chain) -> Self {
        Self { size: chain.size, hash: chain.head }
    }
}

impl From<Head> for Chain {
    fn from(head: Head) -> Self {
        Self { size: head.size, head: head.hash }
    }
}

impl Journalled {
    /// The parts of this row over which the log is hashed.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        let row = &self.row;
        Entry {
            // A number that is no layout is taken for the first: such a row fits no chain.
            layout: audit::Layout::of(self.layout.0).unwrap_or(audit::Layout::First),
            id: row.id.0,
            subject: row.subject.0,
            instant: self.committed_at.0,
            salt: &row.salt,
            ciphertext: &row.ciphertext,
            coarse: row.coarse.0,
        }
    }
}

/// Gives positions to at most `limit` waiting rows, and returns the new end of the chain.
///
/// # Errors
///
/// [`StoreError::ChainMoved`] where another sequencer was faster; then no row gets a position.
pub async fn extend(store: &dyn Store, limit: usize) -> Result<Chain, StoreError> {
    let seen = store.journal_chain().await?;
    let waiting = store.journal_waiting(limit).await?;
    if waiting.is_empty() {
        return Ok(seen);
    }
    let mut head = Head::from(seen);
    let steps = waiting
        .iter()
        .map(|row| {
            head = head.after(audit::leaf(row.entry()));
            Sequenced { id: row.row.id, head: head.hash }
        })
        .collect();
    store.journal_sequence(seen, steps).await
}

/// Recomputes the chain from its first row; `kept` is a checkpoint that was kept outside the database.
///
/// # Errors
///
/// The first row that does not fit, or a store error.
pub async fn verify(store: &dyn Store, kept: Option<&Checkpoint>) -> Result<Chain, VerifyError> {
    verify_announced(store, kept, |_| true, |_| {}).await
}

/// Does the same as [`verify`]; `announces` says whether a row is the entry that announces the present layout, which
/// only a holder of the keys can tell. Rows of the first layout may be followed only by rows of the first layout or by
/// such an entry. `leaf` is told the leaf of each row that fits.
///
/// # Errors
///
/// As [`verify`].
pub async fn verify_announced(
    store: &dyn Store,
    kept: Option<&Checkpoint>,
    announces: impl Fn(&JournalRow) -> bool,
    mut leaf: impl FnMut(Leaf),
) -> Result<Chain, VerifyError> {
    // Read first: the chain may grow meanwhile, and rows behind this end are not judged.
    let end = store.journal_chain().await.map_err(VerifyError::Store)?;
    let mut verifier = Verifier::new(kept);
    let (mut next, mut before) = (0_u64, None);
    while next < end.size {
        let left = usize::try_from(end.size - next).unwrap_or(usize::MAX);
        let page =
            store.journal_read(next, left.min(PAGE_ROWS)).await.map_err(VerifyError::Store)?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            let Place::At { position, head } = row.place else { continue };
            let id = row.row.id.0;
            let placed = Placed { id, position, entry: row.entry(), head };
            verifier.row(placed).map_err(VerifyError::Unfit)?;
            if before.is_some_and(|before| before != row.layout) && !announces(&row.row) {
                return Err(VerifyError::Unfit(Unfit::Unannounced { id, position }));
            }
            leaf(audit::leaf(row.entry()));
            before = Some(row.layout);
            next = position.saturating_add(1);
        }
    }
    verifier.finish(end.into()).map(Chain::from).map_err(VerifyError::Unfit)
}

/// Compares the journal with a checkpoint that was kept outside the database, by two reads.
///
/// # Errors
///
/// A store error.
pub async fn standing(store: &dyn Store, kept: &Checkpoint) -> Result<Standing, StoreError> {
    let end = store.journal_chain().await?;
    let there = match kept.head().size.checked_sub(1) {
        None => None,
        Some(last) => store.journal_read(last, 1).await?.first().and_then(|row| match row.place {
            Place::At { position, head } if position == last => Some(head),
            Place::At { .. } | Place::Waiting => None,
        }),
    };
    Ok(kept.judge(end.into(), there))
}
