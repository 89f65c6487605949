//! The journal and the end of its chain.

use crate::failure::Trouble;
use crate::plan::{Found, Placed};
use crate::value::{Columns, Query, Write, id_bytes, limit as sql_limit, parts, signed, value};
use std::collections::BTreeSet;
use store::{
    Chain, CoarseType, JournalId, JournalRow, Journalled, Layout, Place, SubjectId, Timestamp,
};

macro_rules! entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, subject, coarse, salt, ciphertext, committed_at, position, head, layout
             FROM journal ",
            $rest
        )
    };
}

pub(crate) fn waiting(limit: usize) -> Query {
    let sql = entries!("WHERE position IS NULL ORDER BY seq LIMIT $1");
    Query::new(sql, [value(sql_limit(limit))])
}

pub(crate) fn placed(from: u64, limit: usize) -> Query {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let sql = entries!("WHERE position >= $1 ORDER BY position LIMIT $2");
    Query::new(sql, [value(from), value(sql_limit(limit))])
}

pub(crate) fn about(subject: SubjectId, limit: usize) -> Query {
    let sql = entries!("WHERE subject = $1 ORDER BY seq DESC LIMIT $2");
    Query::new(sql, [value(id_bytes(subject.0)), value(sql_limit(limit))])
}

pub(crate) fn read(rows: &[tokio_postgres::Row]) -> Result<Vec<Journalled>, Trouble> {
    rows.iter().map(|row| read_one(&Columns(row))).collect()
}

fn read_one(columns: &Columns<'_>) -> Result<Journalled, Trouble> {
    let place = match columns.get::<Option<i64>>(6, "position")? {
        None => Place::Waiting,
        Some(position) => Place::At {
            position: u64::try_from(position).map_err(|_| Trouble::Column("position"))?,
            head: columns.array(7, "head")?,
        },
    };
    let row = JournalRow {
        id: JournalId(columns.id(0, "journal id")?),
        subject: SubjectId(columns.id(1, "subject")?),
        coarse: CoarseType(columns.number::<i32, _>(2, "coarse type")?),
        salt: columns.array(3, "salt")?,
        ciphertext: columns.get(4, "ciphertext")?,
    };
    let committed_at = Timestamp(columns.get(5, "instant")?);
    let layout = Layout(columns.number::<i32, _>(8, "leaf layout")?);
    Ok(Journalled { row, committed_at, layout, place })
}

pub(crate) fn end() -> Query {
    Query::new("SELECT chain_size, chain_head FROM itself WHERE one = 1", [])
}

pub(crate) fn read_end(rows: &[tokio_postgres::Row]) -> Result<Chain, Trouble> {
    let row = rows.first().ok_or(Trouble::Column("end of the chain"))?;
    chain(&Columns(row), 0)
}

/// The end of the chain in two columns from `at` on.
pub(crate) fn chain(columns: &Columns<'_>, at: usize) -> Result<Chain, Trouble> {
    let head = at.saturating_add(1);
    Ok(Chain {
        size: columns.number::<i64, _>(at, "chain size")?,
        head: columns.array(head, "chain head")?,
    })
}

/// Asks which journal rows are there, and which of them wait; `None` where nothing is asked.
pub(crate) fn there(wanted: &BTreeSet<JournalId>) -> Option<Query> {
    let ids: Vec<Vec<u8>> = wanted.iter().map(|id| id_bytes(id.0)).collect();
    let sql = "SELECT w.id, (SELECT j.position IS NULL FROM journal AS j WHERE j.id = w.id)
         FROM unnest($1::bytea[]) AS w (id)";
    (!ids.is_empty()).then(|| Query::new(sql, [value(ids)]))
}

pub(crate) fn read_there(rows: &[tokio_postgres::Row], found: &mut Found) -> Result<(), Trouble> {
    for row in rows {
        let columns = Columns(row);
        let Some(waits) = columns.get::<Option<bool>>(1, "whether it waits")? else { continue };
        found.journal.insert(JournalId(columns.id(0, "journal id")?), waits);
    }
    Ok(())
}

/// Appends rows after the `before` that are there: their count is their order.
pub(crate) fn append(
    before: u64,
    entries: &[(&JournalRow, Timestamp)],
) -> Result<Vec<Write>, Trouble> {
    let mut next = signed(before)?;
    let mut writes = Vec::new();
    for part in parts(entries, |(row, _)| row.ciphertext.len()) {
        if part.is_empty() {
            continue;
        }
        let rows = || part.iter().map(|(row, _)| *row);
        let mut numbers = Vec::with_capacity(part.len());
        for _ in part {
            numbers.push(next);
            next = next.saturating_add(1);
        }
        let ids: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.id.0)).collect();
        let subjects: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.subject.0)).collect();
        let coarse: Vec<i32> = rows().map(|row| i32::from(row.coarse.0)).collect();
        let salts: Vec<Vec<u8>> = rows().map(|row| row.salt.to_vec()).collect();
        let texts: Vec<Vec<u8>> = rows().map(|row| row.ciphertext.clone()).collect();
        let times: Vec<i64> = part.iter().map(|(_, at)| at.0).collect();
        let sql = "INSERT INTO journal
                (seq, id, subject, coarse, salt, ciphertext, committed_at, layout)
             SELECT w.seq, w.id, w.subject, w.coarse, w.salt, w.ciphertext, w.committed_at, $8::int4
             FROM unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int4[], $5::bytea[], $6::bytea[], $7::int8[])
                AS w (seq, id, subject, coarse, salt, ciphertext, committed_at)";
        let values = [
            value(numbers),
            value(ids),
            value(subjects),
            value(coarse),
            value(salts),
            value(texts),
            value(times),
            value(i32::from(Layout::CURRENT.0)),
        ];
        writes.push(Write::of(Query::new(sql, values), part.len()));
    }
    Ok(writes)
}

pub(crate) fn place(placed: &[Placed]) -> Result<Option<Write>, Trouble> {
    if placed.is_empty() {
        return Ok(None);
    }
    let ids: Vec<Vec<u8>> = placed.iter().map(|placed| id_bytes(placed.id.0)).collect();
    let positions: Vec<i64> =
        placed.iter().map(|placed| signed(placed.position)).collect::<Result<_, _>>()?;
    let heads: Vec<Vec<u8>> = placed.iter().map(|placed| placed.head.to_vec()).collect();
    let sql = "UPDATE journal SET position = w.position, head = w.head
         FROM unnest($1::bytea[], $2::int8[], $3::bytea[]) AS w (id, position, head)
         WHERE journal.id = w.id AND journal.position IS NULL";
    let query = Query::new(sql, [value(ids), value(positions), value(heads)]);
    Ok(Some(Write::of(query, placed.len())))
}
