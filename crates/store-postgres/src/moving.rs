//! Parts of a database that is moved here from another backend, and what is read for a move away from here.

use crate::failure::Trouble;
use crate::plan::Change;
use crate::server::{Server, parameters};
use crate::value::{Columns, Query, Write, id_bytes, limit as sql_limit, parts, signed, value};
use crate::{outbox, rows};
use std::collections::BTreeMap;
use store::moving::{Piece, Waiting};
use store::{Chain, EffectKey, Journalled, OutboxRow, Place, Timestamp, Version};

pub(crate) fn effects_after(after: Option<EffectKey>, limit: usize) -> Result<Query, Trouble> {
    let (owner, version, index) = match after {
        // No bytes at all sort before every id.
        None => (Vec::new(), 0, 0),
        Some(EffectKey { owner, version, index }) => {
            (id_bytes(owner.0), signed(version)?, i32::from(index))
        }
    };
    let sql =
        "SELECT owner, version, idx, effect, person, attempts, payload, not_before, expires_at
         FROM outbox WHERE (owner, version, idx) > ($1, $2, $3)
         ORDER BY owner, version, idx LIMIT $4";
    Ok(Query::new(sql, [value(owner), value(version), value(index), value(sql_limit(limit))]))
}

pub(crate) fn read(rows: &[tokio_postgres::Row]) -> Result<Vec<Waiting>, Trouble> {
    rows.iter()
        .map(|row| {
            let (row, attempts) = outbox::read_one(&Columns(row))?;
            Ok(Waiting { row, attempts })
        })
        .collect()
}

/// Saves a part in one transaction of the server.
pub(crate) async fn take_in(server: &Server, piece: &Piece) -> Result<(), Trouble> {
    let changes: BTreeMap<_, _> = piece
        .rows
        .iter()
        .map(|row| {
            let record = &row.record;
            let after = Some((row.version, record));
            ((record.kind.code(), record.id), Change { before: Version::ABSENT, after })
        })
        .collect();
    let mut writes = rows::writes(&changes)?;
    writes.extend(effects(&piece.effects)?);
    writes.extend(journal(&piece.journal)?);
    save(server, writes).await
}

/// Says where the journal ends, and counts one commit more: whoever knew of fewer finds the database newer.
pub(crate) async fn take_end(
    server: &Server,
    chain: Chain,
    last: Option<Timestamp>,
) -> Result<(), Trouble> {
    let sql = "UPDATE itself SET chain_size = $1, chain_head = $2, last_committed = $3,
            journal_rows = $1, groups = groups + 1 WHERE one = 1";
    let values =
        [value(signed(chain.size)?), value(chain.head.to_vec()), value(last.map(|at| at.0))];
    save(server, vec![Write::of(Query::new(sql, values), 1)]).await
}

async fn save(server: &Server, writes: Vec<Write>) -> Result<(), Trouble> {
    let db = server.own_connection().await?;
    let saved = async {
        db.batch_execute("BEGIN").await.map_err(|error| Trouble::of(&error))?;
        for Write { query, rows } in &writes {
            let reached = db.execute(query.sql, &parameters(&query.values)).await;
            let reached = reached.map_err(|error| Trouble::of(&error))?;
            if rows.is_some_and(|rows| rows != reached) {
                return Err(Trouble::Column("row that was to be new"));
            }
        }
        db.batch_execute("COMMIT").await.map_err(|error| Trouble::of(&error))
    };
    // A connection that is dropped rolls back what was not committed.
    saved.await
}

fn effects(waiting: &[Waiting]) -> Result<Vec<Write>, Trouble> {
    let mut writes = Vec::new();
    for part in parts(waiting, |it| it.row.payload.len()) {
        if part.is_empty() {
            continue;
        }
        let rows = || part.iter().map(|it| &it.row);
        let owners: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.key.owner.0)).collect();
        let versions: Vec<i64> =
            rows().map(|row| signed(row.key.version)).collect::<Result<_, _>>()?;
        let indices: Vec<i32> = rows().map(|row| i32::from(row.key.index)).collect();
        let kinds: Vec<i32> = rows().map(|row| i32::from(row.effect.0)).collect();
        let persons: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.person.0)).collect();
        let payloads: Vec<Vec<u8>> = rows().map(|row| row.payload.clone()).collect();
        let firsts: Vec<i64> = rows().map(|row| row.not_before.0).collect();
        let lasts: Vec<Option<i64>> =
            rows().map(|OutboxRow { expires_at, .. }| expires_at.map(|at| at.0)).collect();
        let attempts: Vec<i64> = part.iter().map(|it| i64::from(it.attempts)).collect();
        let sql = "INSERT INTO outbox
                (owner, version, idx, effect, person, payload, not_before, expires_at, attempts)
             SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int4[], $4::int4[], $5::bytea[], $6::bytea[],
                $7::int8[], $8::int8[], $9::int8[])";
        let values = [
            value(owners),
            value(versions),
            value(indices),
            value(kinds),
            value(persons),
            value(payloads),
            value(firsts),
            value(lasts),
            value(attempts),
        ];
        writes.push(Write::of(Query::new(sql, values), part.len()));
    }
    Ok(writes)
}

/// Journal rows in their places. The number of a row is its position: so does a server count that had no other rows.
fn journal(journalled: &[Journalled]) -> Result<Vec<Write>, Trouble> {
    let mut writes = Vec::new();
    for part in parts(journalled, |it| it.row.ciphertext.len()) {
        if part.is_empty() {
            continue;
        }
        let (mut positions, mut heads) = (Vec::new(), Vec::new());
        for it in part {
            let Place::At { position, head } = it.place else {
                return Err(Trouble::Column("position"));
            };
            positions.push(signed(position)?);
            heads.push(head.to_vec());
        }
        let rows = || part.iter().map(|it| &it.row);
        let ids: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.id.0)).collect();
        let subjects: Vec<Vec<u8>> = rows().map(|row| id_bytes(row.subject.0)).collect();
        let coarse: Vec<i32> = rows().map(|row| i32::from(row.coarse.0)).collect();
        let salts: Vec<Vec<u8>> = rows().map(|row| row.salt.to_vec()).collect();
        let texts: Vec<Vec<u8>> = rows().map(|row| row.ciphertext.clone()).collect();
        let times: Vec<i64> = part.iter().map(|it| it.committed_at.0).collect();
        let layouts: Vec<i32> = part.iter().map(|it| i32::from(it.layout.0)).collect();
        let sql = "INSERT INTO journal
                (seq, id, subject, coarse, salt, ciphertext, committed_at, layout, position, head)
             SELECT w.position, w.id, w.subject, w.coarse, w.salt, w.ciphertext, w.committed_at, w.layout, w.position, w.head
             FROM unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int4[], $5::bytea[], $6::bytea[], $7::int8[],
                $8::int4[], $9::bytea[])
                AS w (position, id, subject, coarse, salt, ciphertext, committed_at, layout, head)";
        let values = [
            value(positions),
            value(ids),
            value(subjects),
            value(coarse),
            value(salts),
            value(texts),
            value(times),
            value(layouts),
            value(heads),
        ];
        writes.push(Write::of(Query::new(sql, values), part.len()));
    }
    Ok(writes)
}
