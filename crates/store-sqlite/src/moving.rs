//! Parts of a database that is moved here from another backend, and what is read for a move away from here.

use crate::failure::Failure;
use crate::value::{Columns, id_bytes, limit as sql_limit, signed};
use crate::{outbox, rows};
use rusqlite::{Connection, params};
use store::moving::{Piece, Waiting};
use store::{
    Chain, EffectKey, EffectKind, Id, Journalled, OutboxRow, Place, StoreError, Timestamp,
};

pub(crate) fn effects_after(
    db: &Connection,
    after: Option<EffectKey>,
    limit: usize,
) -> Result<Vec<Waiting>, Failure> {
    let (owner, version, index) = match after {
        // A blob of no bytes sorts before every id.
        None => (Vec::new(), 0, 0),
        Some(EffectKey { owner, version, index }) => {
            (id_bytes(owner.0).to_vec(), signed(version)?, index)
        }
    };
    let mut statement = db.prepare_cached(
        "SELECT owner, version, idx, effect, person, payload, not_before, expires_at, attempts
         FROM outbox WHERE (owner, version, idx) > (?1, ?2, ?3)
         ORDER BY owner, version, idx LIMIT ?4",
    )?;
    let mut found = Vec::new();
    let mut rows = statement.query(params![owner, version, index, sql_limit(limit)])?;
    while let Some(row) = rows.next()? {
        let columns = Columns(row);
        let key = EffectKey {
            owner: Id(columns.id(0, "owner")?),
            version: columns.number(1, "owner's version")?,
            index: columns.number(2, "effect index")?,
        };
        let row = OutboxRow {
            key,
            effect: EffectKind(columns.number(3, "effect kind")?),
            person: Id(columns.id(4, "person")?),
            payload: columns.bytes(5, "payload")?,
            not_before: Timestamp(columns.i64(6)?),
            expires_at: columns.maybe_i64(7)?.map(Timestamp),
        };
        found.push(Waiting { row, attempts: columns.number(8, "number of attempts")? });
    }
    Ok(found)
}

pub(crate) fn take_in(db: &Connection, piece: &Piece) -> Result<(), Failure> {
    for row in &piece.rows {
        rows::take_in(db, row)?;
    }
    for Waiting { row, attempts } in &piece.effects {
        outbox::add(db, row)?;
        let mut statement = db.prepare_cached(
            "UPDATE outbox SET attempts = ?4 WHERE owner = ?1 AND version = ?2 AND idx = ?3",
        )?;
        let EffectKey { owner, version, index } = row.key;
        statement.execute(params![id_bytes(owner.0), signed(version)?, index, attempts])?;
    }
    piece.journal.iter().try_for_each(|row| take_journal_row(db, row))
}

fn take_journal_row(db: &Connection, journalled: &Journalled) -> Result<(), Failure> {
    let Journalled { row, committed_at, layout, place } = journalled;
    let Place::At { position, head } = place else {
        return Err(StoreError::Malformed { reason: "a journal row without a position" }.into());
    };
    let position = signed(*position)?;
    let mut statement = db.prepare_cached(
        "INSERT INTO journal
            (seq, id, subject, coarse, salt, ciphertext, committed_at, layout, position, head)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let (id, subject) = (id_bytes(row.id.0), id_bytes(row.subject.0));
    statement.execute(params![
        position.saturating_add(1),
        id,
        subject,
        row.coarse.0,
        row.salt,
        row.ciphertext,
        committed_at.0,
        layout.0,
        position,
        head,
    ])?;
    Ok(())
}

pub(crate) fn take_end(
    db: &Connection,
    chain: Chain,
    last: Option<Timestamp>,
) -> Result<(), Failure> {
    let mut statement = db.prepare_cached(
        "UPDATE itself SET chain_size = ?1, chain_head = ?2, last_committed = ?3 WHERE one = 1",
    )?;
    statement.execute(params![signed(chain.size)?, chain.head, last.map(|at| at.0)])?;
    Ok(())
}
