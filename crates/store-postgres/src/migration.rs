//! The layout of the database, step by step. Numbers and names are the same on every backend.

use crate::failure::Trouble;
use deadpool_postgres::ClientWrapper;
pub use store::migration::{Migrated, Migration};
use tokio_postgres::error::SqlState;

/// All steps, in order.
pub const MIGRATIONS: [Migration; 2] = [
    Migration { number: 1, name: "contract", sql: include_str!("../migrations/0001_contract.sql") },
    Migration {
        number: 2,
        name: "leaf_layout",
        sql: include_str!("../migrations/0002_leaf_layout.sql"),
    },
];

/// What a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// No table at all.
    Empty,
    /// Tables of something else.
    Foreign,
    /// Ours.
    Ours(u32),
}

/// How often a step is begun anew where another process migrates at the same time.
const TRIES_MAX: u32 = 20;

/// The mark of this program and its layout: one row.
const MARK: &str = "CREATE TABLE IF NOT EXISTS genvej (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    layout INTEGER NOT NULL
);
INSERT INTO genvej (one, layout) VALUES (1, 0) ON CONFLICT DO NOTHING";

/// The layout that this program reads and writes.
pub(crate) fn known() -> u32 {
    MIGRATIONS.last().map_or(0, |last| last.number)
}

/// The layout of a database.
pub(crate) async fn found(db: &ClientWrapper) -> Result<Layout, Trouble> {
    let tables = "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = current_schema()";
    let tables = db.query(tables, &[]).await.map_err(|error| Trouble::of(&error))?;
    let names: Vec<&str> = tables
        .iter()
        .map(|row| row.try_get(0).map_err(|_| Trouble::Column("table name")))
        .collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(Layout::Empty);
    }
    if !names.contains(&"genvej") {
        return Ok(Layout::Foreign);
    }
    let row = db.query_opt("SELECT layout FROM genvej WHERE one = 1", &[]).await;
    let Some(row) = row.map_err(|error| Trouble::of(&error))? else { return Ok(Layout::Ours(0)) };
    let layout: i32 = row.try_get(0).map_err(|_| Trouble::Column("layout"))?;
    u32::try_from(layout).map(Layout::Ours).map_err(|_| Trouble::Column("layout"))
}

/// Runs what is missing, each step in a transaction of its own with its mark. A step is tried again where another process was
/// at it: nothing of a step is there before all of it is.
pub(crate) async fn run(db: &ClientWrapper) -> Result<(), Trouble> {
    for step in std::iter::once(None).chain(MIGRATIONS.map(Some)) {
        let mut tried = 0;
        while let Err(error) = run_step(db, step).await {
            tried += 1;
            db.batch_execute("ROLLBACK").await.map_err(|error| Trouble::of(&error))?;
            if !is_of_a_rival(&error) || tried > TRIES_MAX {
                return Err(Trouble::of(&error));
            }
        }
    }
    Ok(())
}

/// Runs one step where it is missing; `None` is the mark, which comes before all steps.
async fn run_step(
    db: &ClientWrapper,
    step: Option<Migration>,
) -> Result<(), tokio_postgres::Error> {
    db.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let Some(step) = step else {
        db.batch_execute(MARK).await?;
        return db.batch_execute("COMMIT").await;
    };
    // Read under the lock of the row: two processes may migrate at once.
    let row = db.query_one("SELECT layout FROM genvej WHERE one = 1 FOR UPDATE", &[]).await?;
    let layout: i32 = row.try_get(0)?;
    let number = i32::try_from(step.number).unwrap_or(i32::MAX);
    if layout < number {
        db.batch_execute(step.sql).await?;
        db.execute("UPDATE genvej SET layout = $1 WHERE one = 1", &[&number]).await?;
    }
    db.batch_execute("COMMIT").await
}

/// Whether another process was at the same step. Two that make one table at once meet in the server's own catalogue.
fn is_of_a_rival(error: &tokio_postgres::Error) -> bool {
    let rivals = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    error.code().is_some_and(|state| rivals.contains(state))
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
