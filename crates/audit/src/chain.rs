//! The hash chain over the leaves. Each head commits to every leaf before it.

use crate::checkpoint::Checkpoint;
use crate::head::Head;
use crate::leaf::{Entry, Layout, leaf};

/// A journal row with its position and head, as a verifier reads it.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The random id of the row, which errors name.
    pub id: u128,
    /// The position that is stored in the row; the first is 0.
    pub position: u64,
    /// The content of the row.
    pub entry: Entry<'a>,
    /// The head that is stored with the row.
    pub head: [u8; 32],
}

/// Why a journal does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A row is missing or occurs twice.
    #[error("row {id:032x} stands at position {found}, but position {wanted} comes next")]
    Gap {
        /// The id of the row that was read.
        id: u128,
        /// The expected position.
        wanted: u64,
        /// The position of that row.
        found: u64,
    },
    /// A row or its stored head was changed.
    #[error("row {id:032x} at position {position} does not fit the chain")]
    Changed {
        /// The id of the row.
        id: u128,
        /// The position of the row.
        position: u64,
    },
    /// A row has an older layout than a row before it, so that its leaf is hashed over fewer fields.
    #[error("row {id:032x} at position {position} goes back to an older layout")]
    Layout {
        /// The id of the row.
        id: u128,
        /// The position of the row.
        position: u64,
    },
    /// The layout of the rows changes without a journal entry that announces it.
    #[error(
        "from row {id:032x} at position {position} on the layout is another, which no entry says"
    )]
    Unannounced {
        /// The id of the row.
        id: u128,
        /// The position of the row.
        position: u64,
    },
    /// The number of rows is not the size that the store remembers.
    #[error("the rows end at {found}, the store remembers {wanted}")]
    End {
        /// The size that the store remembers.
        wanted: u64,
        /// The number of rows.
        found: u64,
    },
    /// The rows form a chain, but the head that the store remembers is another.
    #[error("the remembered head of size {size} is another")]
    Head {
        /// The size of the journal.
        size: u64,
    },
    /// The journal is shorter than a checkpoint from outside the database: an old backup was restored.
    #[error("the journal has {found} rows, a checkpoint kept elsewhere has seen {kept}")]
    RolledBack {
        /// The size of the checkpoint.
        kept: u64,
        /// The number of rows.
        found: u64,
    },
    /// Rows that a checkpoint from outside the database covers were rewritten.
    #[error("the first {kept} rows are not those that a checkpoint kept elsewhere has seen")]
    Rewritten {
        /// The size of the checkpoint.
        kept: u64,
    },
}

/// A verifier that recomputes the chain row by row.
#[derive(Clone, Debug)]
pub struct Verifier {
    head: Head,
    layout: Layout,
    kept: Option<Head>,
}

impl Verifier {
    /// Begins before the first row. The rows are also compared with a checkpoint from outside the database, where there
    /// is one.
    #[must_use]
    pub fn new(kept: Option<&Checkpoint>) -> Self {
        Self { head: Head::EMPTY, layout: Layout::First, kept: kept.map(Checkpoint::head) }
    }

    /// Verifies the next row.
    ///
    /// # Errors
    ///
    /// [`Unfit`] where the row does not verify; the verifier cannot be used after that.
    pub fn row(&mut self, row: Placed<'_>) -> Result<(), Unfit> {
        if row.position != self.head.size {
            return Err(Unfit::Gap { id: row.id, wanted: self.head.size, found: row.position });
        }
        if row.entry.layout < self.layout {
            return Err(Unfit::Layout { id: row.id, position: row.position });
        }
        self.layout = row.entry.layout;
        let next = self.head.after(leaf(row.entry));
        if next.hash != row.head {
            return Err(Unfit::Changed { id: row.id, position: row.position });
        }
        self.head = next;
        if self.kept.is_some_and(|kept| kept.size == next.size && kept.hash != next.hash) {
            return Err(Unfit::Rewritten { kept: next.size });
        }
        Ok(())
    }

    /// Compares the end of the chain with the head that the store remembers.
    ///
    /// # Errors
    ///
    /// [`Unfit`] where the ends differ, or the checkpoint does not fit.
    pub fn finish(self, remembered: Head) -> Result<Head, Unfit> {
        let found = self.head.size;
        if remembered.size != found {
            return Err(Unfit::End { wanted: remembered.size, found });
        }
        if remembered.hash != self.head.hash {
            return Err(Unfit::Head { size: found });
        }
        match self.kept {
            Some(kept) if kept.size > found => Err(Unfit::RolledBack { kept: kept.size, found }),
            Some(kept) if kept.size == 0 && kept.hash != Head::EMPTY.hash => {
                Err(Unfit::Rewritten { kept: 0 })
            }
            Some(_) | None => Ok(self.head),
        }
    }
}

/// Verifies a complete journal from its rows in order and the head that the store remembers.
///
/// # Errors
///
/// [`Unfit`] for the first row that does not verify, or for the end.
pub fn verify<'a>(
    rows: impl IntoIterator<Item = Placed<'a>>,
    remembered: Head,
    kept: Option<&Checkpoint>,
) -> Result<Head, Unfit> {
    let mut verifier = Verifier::new(kept);
    for row in rows {
        verifier.row(row)?;
    }
    verifier.finish(remembered)
}

#[cfg(test)]
mod tests;
