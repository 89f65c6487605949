//! The journal and the end of its chain.

use crate::failure::{Failure, is_constraint};
use crate::value::{Columns, id_bytes, limit as sql_limit, signed};
use rusqlite::{Connection, Params, params};
use store::{
    Chain, CoarseType, JournalId, JournalRow, Journalled, Layout, Place, Sequenced, StoreError,
    SubjectId, Timestamp,
};

pub(crate) fn append(db: &Connection, row: &JournalRow, at: Timestamp) -> Result<(), Failure> {
    let mut statement = db.prepare_cached(
        "INSERT INTO journal (id, subject, coarse, salt, ciphertext, committed_at, layout)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let JournalRow { id, subject, coarse, salt, ciphertext } = row;
    let (key, subject) = (id_bytes(id.0), id_bytes(subject.0));
    let layout = Layout::CURRENT.0;
    match statement.execute(params![key, subject, coarse.0, salt, ciphertext, at.0, layout]) {
        Ok(_) => Ok(()),
        Err(error) if is_constraint(&error) => Err(StoreError::JournalExists { id: *id }.into()),
        Err(error) => Err(error.into()),
    }
}

fn query(db: &Connection, rest: &str, params: impl Params) -> Result<Vec<Journalled>, Failure> {
    let columns = "id, subject, coarse, salt, ciphertext, committed_at, position, head, layout";
    let mut statement = db.prepare_cached(&format!("SELECT {columns} FROM journal {rest}"))?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = Columns(row);
        let place = match columns.maybe_i64(6)? {
            None => Place::Waiting,
            Some(position) => Place::At {
                position: u64::try_from(position).map_err(|_| Failure::Column("position"))?,
                head: columns.array(7, "head")?,
            },
        };
        let row = JournalRow {
            id: JournalId(columns.id(0, "journal id")?),
            subject: SubjectId(columns.id(1, "subject")?),
            coarse: CoarseType(columns.number(2, "coarse type")?),
            salt: columns.array(3, "salt")?,
            ciphertext: columns.bytes(4, "ciphertext")?,
        };
        let committed_at = Timestamp(columns.i64(5)?);
        let layout = Layout(columns.number(8, "leaf layout")?);
        found.push(Journalled { row, committed_at, layout, place });
    }
    Ok(found)
}

pub(crate) fn waiting(db: &Connection, limit: usize) -> Result<Vec<Journalled>, Failure> {
    query(db, "WHERE position IS NULL ORDER BY seq LIMIT ?1", [sql_limit(limit)])
}

pub(crate) fn read(db: &Connection, from: u64, limit: usize) -> Result<Vec<Journalled>, Failure> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let rest = "WHERE position >= ?1 ORDER BY position LIMIT ?2";
    query(db, rest, params![from, sql_limit(limit)])
}

pub(crate) fn about(
    db: &Connection,
    subject: SubjectId,
    limit: usize,
) -> Result<Vec<Journalled>, Failure> {
    let rest = "WHERE subject = ?1 ORDER BY seq DESC LIMIT ?2";
    query(db, rest, params![id_bytes(subject.0), sql_limit(limit)])
}

pub(crate) fn chain(db: &Connection) -> Result<Chain, Failure> {
    let mut statement =
        db.prepare_cached("SELECT chain_size, chain_head FROM itself WHERE one = 1")?;
    let mut rows = statement.query([])?;
    let row = rows.next()?.ok_or(Failure::Column("end of the chain"))?;
    let columns = Columns(row);
    Ok(Chain { size: columns.number(0, "chain size")?, head: columns.array(1, "chain head")? })
}

/// Places rows one after the other; any error makes the writer roll all of them back.
pub(crate) fn sequence(
    db: &Connection,
    seen: Chain,
    steps: &[Sequenced],
) -> Result<Chain, Failure> {
    if chain(db)? != seen {
        return Err(StoreError::ChainMoved.into());
    }
    let mut end = seen;
    let mut statement = db.prepare_cached(
        "UPDATE journal SET position = ?2, head = ?3 WHERE id = ?1 AND position IS NULL",
    )?;
    for step in steps {
        if statement.execute(params![id_bytes(step.id.0), signed(end.size)?, step.head])? == 0 {
            return Err(StoreError::ChainMoved.into());
        }
        end = Chain { size: end.size.saturating_add(1), head: step.head };
    }
    let mut statement =
        db.prepare_cached("UPDATE itself SET chain_size = ?1, chain_head = ?2 WHERE one = 1")?;
    statement.execute(params![signed(end.size)?, end.head])?;
    Ok(end)
}
