//! Rows, their look-ups, and the transaction that saves them.

use crate::batch::Batch;
use crate::failure::{Failure, is_constraint};
use crate::value::{Columns, id_bytes, limit as sql_limit, signed};
use crate::{journal, outbox};
use rusqlite::{Connection, OptionalExtension, Params, params};
use store::{
    Committed, Id, Index, Kind, Lookup, LookupKey, Record, Row, StoreError, Timestamp, Transaction,
    Version, Write, time,
};

pub(crate) fn last_committed(db: &Connection) -> Result<Option<Timestamp>, Failure> {
    let mut statement = db.prepare_cached("SELECT last_committed FROM itself WHERE one = 1")?;
    let last: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(last.map(Timestamp))
}

/// Rows and their look-ups. The index is named: without it SQLite walks over all look-ups of the kind for each row.
macro_rules! with_lookups {
    ($rows:literal) => {
        concat!(
            "SELECT a.id, a.version, a.schema, a.state, a.deadline, l.idx, l.key, l.is_unique FROM (",
            $rows,
            ") AS a LEFT JOIN lookup AS l INDEXED BY lookup_of_row ON l.kind = a.kind AND l.id = a.id"
        )
    };
}

pub(crate) fn load(db: &Connection, kind: Kind, id: Id) -> Result<Option<Row>, Failure> {
    let sql = with_lookups!("SELECT * FROM aggregate WHERE kind = ?1 AND id = ?2");
    Ok(query(db, kind, sql, params![kind.code(), id_bytes(id.0)])?.pop())
}

pub(crate) fn find(
    db: &Connection,
    kind: Kind,
    lookup: Lookup,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    let sql = with_lookups!(
        "SELECT r.* FROM lookup AS f JOIN aggregate AS r ON r.kind = f.kind AND r.id = f.id
         WHERE f.kind = ?1 AND f.idx = ?2 AND f.key = ?3 ORDER BY f.id LIMIT ?4"
    );
    let (index, key) = (lookup.index.code(), lookup.key.0);
    let mut found = query(db, kind, sql, params![kind.code(), index, key, sql_limit(limit)])?;
    found.sort_by_key(|row| row.record.id);
    Ok(found)
}

pub(crate) fn due(
    db: &Connection,
    kind: Kind,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    let sql = with_lookups!(
        "SELECT * FROM aggregate WHERE kind = ?1 AND deadline <= ?2 ORDER BY deadline, id LIMIT ?3"
    );
    let mut found = query(db, kind, sql, params![kind.code(), now.0, sql_limit(limit)])?;
    found.sort_by_key(|row| (row.record.deadline, row.record.id));
    Ok(found)
}

pub(crate) fn scan(
    db: &Connection,
    kind: Kind,
    after: Option<Id>,
    limit: usize,
) -> Result<Vec<Row>, Failure> {
    // A blob of no bytes sorts before every id.
    let after = after.map_or_else(Vec::new, |id| id_bytes(id.0).to_vec());
    let sql =
        with_lookups!("SELECT * FROM aggregate WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    let mut found = query(db, kind, sql, params![kind.code(), after, sql_limit(limit)])?;
    found.sort_by_key(|row| row.record.id);
    Ok(found)
}

/// Rows with their look-ups, by one statement: a statement sees one snapshot, so that all are of one version. SQLite joins by
/// nested loops alone, so that the look-ups of a row come one after the other; the order of the rows is for the caller.
fn query(db: &Connection, kind: Kind, sql: &str, params: impl Params) -> Result<Vec<Row>, Failure> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found: Vec<Row> = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = Columns(row);
        let id = Id(columns.id(0, "row id")?);
        if found.last().is_none_or(|last| last.record.id != id) {
            found.push(row_of(kind, id, &columns)?);
        }
        if let Some(last) = found.last_mut() {
            last.record.lookups.extend(lookup_of(&columns)?);
        }
    }
    for row in &mut found {
        row.record.lookups.sort_unstable();
    }
    Ok(found)
}

fn row_of(kind: Kind, id: Id, columns: &Columns<'_>) -> Result<Row, Failure> {
    let record = Record {
        kind,
        id,
        schema: columns.number(2, "schema version")?,
        state: columns.bytes(3, "state")?,
        lookups: Vec::new(),
        deadline: columns.maybe_i64(4)?.map(Timestamp),
    };
    Ok(Row { version: Version(columns.number(1, "row version")?), record })
}

fn lookup_of(columns: &Columns<'_>) -> Result<Option<Lookup>, Failure> {
    let Some(code) = columns.maybe_i64(5)? else { return Ok(None) };
    let code = u8::try_from(code).map_err(|_| Failure::Column("look-up index"))?;
    let unique = columns.i64(7)? == 1;
    let index = if unique { Index::unique(code) } else { Index::shared(code) };
    Ok(Some(Lookup { index, key: LookupKey(columns.array(6, "look-up key")?) }))
}

/// Saves one transaction inside its savepoint; any error makes the writer roll the savepoint back.
pub(crate) fn commit(
    batch: &mut Batch<'_>,
    transaction: &Transaction,
) -> Result<Committed, Failure> {
    let db = batch.db;
    let at = if transaction.takes_time_back {
        outbox::end_leases_beyond(db, transaction.at)?;
        transaction.at
    } else {
        time::now(transaction.at, batch.last_committed)
            .map_err(|back| StoreError::SteppedBack { at: back.at, last: back.last })?
    };
    for &(kind, id, seen) in &transaction.expected {
        if version(db, kind, id)? != seen {
            return Err(StoreError::Conflict { kind, id }.into());
        }
    }
    for write in &transaction.writes {
        save(db, write)?;
    }
    // Look-ups after all rows: a unique key may pass from one row to another.
    for write in &transaction.writes {
        match write {
            Write::Insert(record) | Write::Put { record, .. } => add_lookups(db, record)?,
            Write::Delete { .. } => {}
        }
    }
    for row in &transaction.journal {
        journal::append(db, row, at)?;
    }
    for withdrawal in &transaction.withdrawals {
        outbox::withdraw(db, *withdrawal)?;
    }
    for row in &transaction.outbox {
        outbox::add(db, row)?;
    }
    batch.last_committed = Some(at);
    Ok(Committed { at })
}

fn version(db: &Connection, kind: Kind, id: Id) -> Result<Version, Failure> {
    let mut statement =
        db.prepare_cached("SELECT version FROM aggregate WHERE kind = ?1 AND id = ?2")?;
    let found: Option<i64> =
        statement.query_row(params![kind.code(), id_bytes(id.0)], |row| row.get(0)).optional()?;
    match found {
        None => Ok(Version::ABSENT),
        Some(found) => {
            u64::try_from(found).map(Version).map_err(|_| Failure::Column("row version"))
        }
    }
}

/// Inserts a row in the version that it has elsewhere.
pub(crate) fn take_in(db: &Connection, row: &Row) -> Result<(), Failure> {
    let Record { kind, id, schema, state, lookups: _, deadline } = &row.record;
    let mut statement = db.prepare_cached(
        "INSERT INTO aggregate (kind, id, version, schema, state, deadline)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    )?;
    let (key, version) = (id_bytes(id.0), signed(row.version.0)?);
    let deadline = deadline.map(|at| at.0);
    if statement.execute(params![kind.code(), key, version, schema, state, deadline])? == 0 {
        return Err(StoreError::Exists { kind: *kind, id: *id }.into());
    }
    add_lookups(db, &row.record)
}

/// Changes one row and forgets its old look-ups.
fn save(db: &Connection, write: &Write) -> Result<(), Failure> {
    let (kind, id) = write.target();
    match write {
        Write::Insert(record) => {
            if insert(db, record)? == 0 {
                return Err(StoreError::Exists { kind, id }.into());
            }
            return Ok(());
        }
        Write::Put { seen, record } => {
            if update(db, *seen, record)? == 0 {
                return Err(StoreError::Conflict { kind, id }.into());
            }
        }
        Write::Delete { seen, .. } => {
            let mut statement = db.prepare_cached(
                "DELETE FROM aggregate WHERE kind = ?1 AND id = ?2 AND version = ?3",
            )?;
            let seen = signed(seen.0)?;
            if statement.execute(params![kind.code(), id_bytes(id.0), seen])? == 0 {
                return Err(StoreError::Conflict { kind, id }.into());
            }
        }
    }
    let mut statement = db.prepare_cached("DELETE FROM lookup WHERE kind = ?1 AND id = ?2")?;
    statement.execute(params![kind.code(), id_bytes(id.0)])?;
    Ok(())
}

fn insert(db: &Connection, record: &Record) -> Result<usize, Failure> {
    let mut statement = db.prepare_cached(
        "INSERT INTO aggregate (kind, id, version, schema, state, deadline)
         VALUES (?1, ?2, 1, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?;
    let deadline = record.deadline.map(|at| at.0);
    let id = id_bytes(record.id.0);
    Ok(statement.execute(params![record.kind.code(), id, record.schema, record.state, deadline])?)
}

fn update(db: &Connection, seen: Version, record: &Record) -> Result<usize, Failure> {
    let mut statement = db.prepare_cached(
        "UPDATE aggregate SET version = ?4, schema = ?5, state = ?6, deadline = ?7
         WHERE kind = ?1 AND id = ?2 AND version = ?3",
    )?;
    let Record { kind, id, schema, state, lookups: _, deadline } = record;
    let deadline = deadline.map(|at| at.0);
    let (seen, next) = (signed(seen.0)?, signed(seen.next().0)?);
    let id = id_bytes(id.0);
    Ok(statement.execute(params![kind.code(), id, seen, next, schema, state, deadline])?)
}

fn add_lookups(db: &Connection, record: &Record) -> Result<(), Failure> {
    let (kind, id) = (record.kind, record.id);
    for Lookup { index, key } in &record.lookups {
        let mut statement = db.prepare_cached(
            "INSERT INTO lookup (kind, idx, key, id, is_unique) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let row = params![kind.code(), index.code(), key.0, id_bytes(id.0), index.is_unique()];
        match statement.execute(row) {
            Ok(_) => {}
            Err(error) if is_constraint(&error) => {
                return Err(StoreError::LookupTaken { kind, id, index: index.code() }.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn look_ups_of_a_row_are_found_by_the_row_and_not_among_those_of_all_rows() {
        let mut db = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut db).unwrap();
        let sql = with_lookups!("SELECT * FROM aggregate WHERE kind = ?1 AND id = ?2");

        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps: Vec<String> = plan
            .query_map(params![1, [0_u8; 16]], |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();

        assert_eq!(steps.len(), 2, "{steps:?}");
        assert!(steps.iter().all(|step| step.contains("kind=? AND id=?")), "{steps:?}");
    }

    #[test]
    fn a_statement_that_is_kept_is_not_planned_anew_for_other_values() {
        let mut db = Connection::open_in_memory().unwrap();
        crate::migration::run(&mut db).unwrap();
        crate::file::prepare(&db).unwrap();
        for kind in 1..4 {
            load(&db, Kind::new(kind, "kind"), Id(u128::from(kind))).unwrap();
        }

        let sql = with_lookups!("SELECT * FROM aggregate WHERE kind = ?1 AND id = ?2");
        let statement = db.prepare_cached(sql).unwrap();

        assert_eq!(statement.get_status(StatementStatus::Run), 3, "the statement that load runs");
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
