//! The layout of the file, step by step. Numbers and names are the same on every backend.

use rusqlite::Connection;
pub use store::migration::{Migrated, Migration};

/// All steps, in order.
pub const MIGRATIONS: [Migration; 2] = [
    Migration { number: 1, name: "contract", sql: include_str!("../migrations/0001_contract.sql") },
    Migration {
        number: 2,
        name: "leaf_layout",
        sql: include_str!("../migrations/0002_leaf_layout.sql"),
    },
];

/// The layout that this program reads and writes.
pub(crate) fn known() -> u32 {
    MIGRATIONS.last().map_or(0, |last| last.number)
}

/// The layout of a file.
pub(crate) fn found(db: &Connection) -> rusqlite::Result<u32> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Runs what is missing, each step in a transaction of its own with its mark.
pub(crate) fn run(db: &mut Connection) -> rusqlite::Result<()> {
    for step in MIGRATIONS {
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Read inside the transaction: two processes may migrate at once.
        if found(&transaction)? < step.number {
            transaction.execute_batch(step.sql)?;
            transaction.pragma_update(None, "user_version", step.number)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        let numbers: Vec<_> = MIGRATIONS.iter().map(|step| step.number).collect();

        assert_eq!(numbers, (1..=known()).collect::<Vec<_>>());
    }
}
