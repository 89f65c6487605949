//! The chain: each head commits to every leaf before it.

use crate::checkpoint::Checkpoint;
use crate::head::Head;
use crate::leaf::{Entry, Layout, leaf};

/// A journal row as a verifier reads it back.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The random id of the row, to name it.
    pub id: u128,
    /// Where it claims to stand; the first position is 0.
    pub position: u64,
    /// What it holds.
    pub entry: Entry<'a>,
    /// The head that was stored with it.
    pub head: [u8; 32],
}

/// The first thing that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A row is missing, or stands twice.
    #[error("row {id:032x} stands at position {found}, but position {wanted} comes next")]
    Gap {
        /// The row that was read instead.
        id: u128,
        /// The position that comes next.
        wanted: u64,
        /// The position of the row.
        found: u64,
    },
    /// A row was changed, or its stored head was.
    #[error("row {id:032x} at position {position} does not fit the chain")]
    Changed {
        /// The row.
        id: u128,
        /// Its position.
        position: u64,
    },
    /// A row says that its leaf is hashed over less than that of a row before it.
    #[error("row {id:032x} at position {position} goes back to an older layout")]
    Layout {
        /// The row.
        id: u128,
        /// Its position.
        position: u64,
    },
    /// The layout of the rows changes, and no entry of the journal says so.
    #[error(
        "from row {id:032x} at position {position} on the layout is another, which no entry says"
    )]
    Unannounced {
        /// The row.
        id: u128,
        /// Its position.
        position: u64,
    },
    /// The rows stop before, or go on after, the end that the store remembers.
    #[error("the rows end at {found}, the store remembers {wanted}")]
    End {
        /// The size that the store remembers.
        wanted: u64,
        /// The number of rows.
        found: u64,
    },
    /// All rows fit each other and the remembered head does not fit them.
    #[error("the remembered head of size {size} is another")]
    Head {
        /// The size of both.
        size: u64,
    },
    /// The journal is shorter than a checkpoint kept elsewhere: an old backup was restored.
    #[error("the journal has {found} rows, a checkpoint kept elsewhere has seen {kept}")]
    RolledBack {
        /// The size of the checkpoint.
        kept: u64,
        /// The number of rows.
        found: u64,
    },
    /// The journal was rewritten before a checkpoint kept elsewhere.
    #[error("the first {kept} rows are not those that a checkpoint kept elsewhere has seen")]
    Rewritten {
        /// The size of the checkpoint.
        kept: u64,
    },
}

/// Recomputes a chain row by row; a store hands the rows over page by page.
#[derive(Clone, Debug)]
pub struct Verifier {
    head: Head,
    layout: Layout,
    kept: Option<Head>,
}

impl Verifier {
    /// Begins before the first row; a checkpoint kept outside the database is compared on the way.
    #[must_use]
    pub fn new(kept: Option<&Checkpoint>) -> Self {
        Self { head: Head::EMPTY, layout: Layout::First, kept: kept.map(Checkpoint::head) }
    }

    /// Takes the next row.
    ///
    /// # Errors
    ///
    /// What does not fit; the verifier is of no use after that.
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

    /// Compares the end with the one that the store remembers.
    ///
    /// # Errors
    ///
    /// What does not fit.
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

/// Verifies a whole journal that is at hand: the rows in order, and the end the store remembers.
///
/// # Errors
///
/// The first row that does not fit.
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
