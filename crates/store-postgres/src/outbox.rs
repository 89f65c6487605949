//! Effects that are owed.

use crate::failure::Trouble;
use crate::plan::Found;
use crate::value::{Columns, Query, Write, id_bytes, limit as sql_limit, parts, signed, value};
use std::collections::{BTreeMap, BTreeSet};
use store::{Claimed, EffectKey, EffectKind, Expired, Id, OutboxRow, Timestamp, Withdrawal};

/// What a free row is; $1 is now.
macro_rules! free {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " not_before <= $1 AND (leased_until IS NULL OR leased_until <= $1)
              AND (expires_at IS NULL OR expires_at > $1) ",
            $after
        )
    };
}

pub(crate) fn any_free(now: Timestamp) -> Query {
    let sql = free!("SELECT EXISTS (SELECT 1 FROM outbox WHERE", ")");
    Query::new(sql, [value(now.0)])
}

pub(crate) fn any_expired(now: Timestamp) -> Query {
    Query::new("SELECT EXISTS (SELECT 1 FROM outbox WHERE expires_at <= $1)", [value(now.0)])
}

pub(crate) fn read_any(rows: &[tokio_postgres::Row]) -> Result<bool, Trouble> {
    rows.first().map_or(Ok(false), |row| Columns(row).get(0, "answer"))
}

pub(crate) fn count() -> Query {
    Query::new("SELECT count(*) FROM outbox", [])
}

pub(crate) fn read_count(rows: &[tokio_postgres::Row]) -> Result<u64, Trouble> {
    let row = rows.first().ok_or(Trouble::Column("count"))?;
    Columns(row).number::<i64, _>(0, "count")
}

pub(crate) fn claim(now: Timestamp, leased_until: Timestamp, limit: usize) -> Query {
    let sql = free!(
        "UPDATE outbox SET attempts = outbox.attempts + 1, leased_until = $3
         FROM (SELECT owner, version, idx FROM outbox WHERE",
        " ORDER BY not_before, owner, version, idx LIMIT $2) AS f
         WHERE outbox.owner = f.owner AND outbox.version = f.version AND outbox.idx = f.idx
         RETURNING outbox.owner, outbox.version, outbox.idx, outbox.effect, outbox.person,
            outbox.attempts, outbox.payload, outbox.not_before, outbox.expires_at"
    );
    Query::new(sql, [value(now.0), value(sql_limit(limit)), value(leased_until.0)])
}

/// Claimed rows, earliest first.
pub(crate) fn read_claimed(
    rows: &[tokio_postgres::Row],
    leased_until: Timestamp,
) -> Result<Vec<Claimed>, Trouble> {
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let (row, attempt) = read_one(&Columns(row))?;
        claimed.push(Claimed { row, attempt, leased_until });
    }
    claimed.sort_by_key(|claimed| (claimed.row.not_before, claimed.row.key));
    Ok(claimed)
}

/// A row, and how often it was tried.
pub(crate) fn read_one(columns: &Columns<'_>) -> Result<(OutboxRow, u32), Trouble> {
    let Expired { key, effect, person, attempts } = head(columns)?;
    let row = OutboxRow {
        key,
        effect,
        person,
        payload: columns.get(6, "payload")?,
        not_before: Timestamp(columns.get(7, "first instant")?),
        expires_at: columns.get::<Option<i64>>(8, "last instant")?.map(Timestamp),
    };
    Ok((row, attempts))
}

fn key(columns: &Columns<'_>) -> Result<EffectKey, Trouble> {
    Ok(EffectKey {
        owner: Id(columns.id(0, "owner")?),
        version: columns.number::<i64, _>(1, "owner's version")?,
        index: columns.number::<i32, _>(2, "effect index")?,
    })
}

fn head(columns: &Columns<'_>) -> Result<Expired, Trouble> {
    Ok(Expired {
        key: key(columns)?,
        effect: EffectKind(columns.number::<i32, _>(3, "effect kind")?),
        person: Id(columns.id(4, "person")?),
        attempts: columns.number::<i64, _>(5, "number of attempts")?,
    })
}

pub(crate) fn finish(key: EffectKey) -> Result<Query, Trouble> {
    let sql = "DELETE FROM outbox WHERE owner = $1 AND version = $2 AND idx = $3 RETURNING idx";
    let EffectKey { owner, version, index } = key;
    let values = [value(id_bytes(owner.0)), value(signed(version)?), value(i32::from(index))];
    Ok(Query::new(sql, values))
}

pub(crate) fn postpone(
    key: EffectKey,
    attempt: u32,
    retry_at: Timestamp,
) -> Result<Query, Trouble> {
    let sql = "UPDATE outbox SET not_before = $5, leased_until = NULL
         WHERE owner = $1 AND version = $2 AND idx = $3
            AND attempts = $4 AND leased_until IS NOT NULL
         RETURNING idx";
    let EffectKey { owner, version, index } = key;
    let values = [
        value(id_bytes(owner.0)),
        value(signed(version)?),
        value(i32::from(index)),
        value(i64::from(attempt)),
        value(retry_at.0),
    ];
    Ok(Query::new(sql, values))
}

pub(crate) fn expire(now: Timestamp, limit: usize) -> Query {
    let sql = "DELETE FROM outbox USING (
            SELECT owner, version, idx FROM outbox
            WHERE expires_at <= $1 ORDER BY expires_at, owner, version, idx LIMIT $2
         ) AS gone
         WHERE outbox.owner = gone.owner AND outbox.version = gone.version AND outbox.idx = gone.idx
         RETURNING outbox.owner, outbox.version, outbox.idx, outbox.effect, outbox.person,
            outbox.attempts";
    Query::new(sql, [value(now.0), value(sql_limit(limit))])
}

pub(crate) fn read_expired(rows: &[tokio_postgres::Row]) -> Result<Vec<Expired>, Trouble> {
    rows.iter().map(|row| head(&Columns(row))).collect()
}

/// Asks which effects are open; `None` where nothing is asked.
pub(crate) fn open(wanted: &BTreeSet<EffectKey>) -> Result<Option<Query>, Trouble> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let owners: Vec<Vec<u8>> = wanted.iter().map(|key| id_bytes(key.owner.0)).collect();
    let versions: Vec<i64> =
        wanted.iter().map(|key| signed(key.version)).collect::<Result<_, _>>()?;
    let indices: Vec<i32> = wanted.iter().map(|key| i32::from(key.index)).collect();
    let sql = "SELECT w.owner, w.version, w.idx, o.effect, o.person
         FROM unnest($1::bytea[], $2::int8[], $3::int4[]) AS w (owner, version, idx)
         JOIN outbox AS o ON o.owner = w.owner AND o.version = w.version AND o.idx = w.idx";
    Ok(Some(Query::new(sql, [value(owners), value(versions), value(indices)])))
}

pub(crate) fn read_open(rows: &[tokio_postgres::Row], found: &mut Found) -> Result<(), Trouble> {
    for row in rows {
        let columns = Columns(row);
        let effect = EffectKind(columns.number::<i32, _>(3, "effect kind")?);
        found.open.insert(key(&columns)?, (effect, Id(columns.id(4, "person")?)));
    }
    Ok(())
}

/// What is taken back, then what is owed anew.
pub(crate) fn writes(
    withdrawals: &[Withdrawal],
    owed: &BTreeMap<EffectKey, &OutboxRow>,
) -> Result<Vec<Write>, Trouble> {
    let mut writes: Vec<Write> = Vec::new();
    for withdrawal in withdrawals {
        writes.push(Write::any(withdraw(*withdrawal)?));
    }
    let owed: Vec<&OutboxRow> = owed.values().copied().collect();
    for part in parts(&owed, |row| row.payload.len()) {
        writes.extend(add(part)?);
    }
    Ok(writes)
}

fn withdraw(withdrawal: Withdrawal) -> Result<Query, Trouble> {
    Ok(match withdrawal {
        Withdrawal::One(key) => finish(key)?,
        Withdrawal::OfOwner { owner, effect } => {
            let sql = "DELETE FROM outbox WHERE owner = $1 AND effect = $2";
            Query::new(sql, [value(id_bytes(owner.0)), value(i32::from(effect.0))])
        }
        Withdrawal::OfPerson(person) => {
            let sql = "DELETE FROM outbox WHERE person = $1";
            Query::new(sql, [value(id_bytes(person.0))])
        }
    })
}

fn add(rows: &[&OutboxRow]) -> Result<Option<Write>, Trouble> {
    if rows.is_empty() {
        return Ok(None);
    }
    let owners: Vec<Vec<u8>> = rows.iter().map(|row| id_bytes(row.key.owner.0)).collect();
    let versions: Vec<i64> =
        rows.iter().map(|row| signed(row.key.version)).collect::<Result<_, _>>()?;
    let indices: Vec<i32> = rows.iter().map(|row| i32::from(row.key.index)).collect();
    let effects: Vec<i32> = rows.iter().map(|row| i32::from(row.effect.0)).collect();
    let persons: Vec<Vec<u8>> = rows.iter().map(|row| id_bytes(row.person.0)).collect();
    let payloads: Vec<Vec<u8>> = rows.iter().map(|row| row.payload.clone()).collect();
    let first: Vec<i64> = rows.iter().map(|row| row.not_before.0).collect();
    let last: Vec<Option<i64>> = rows.iter().map(|row| row.expires_at.map(|at| at.0)).collect();
    let sql = "INSERT INTO outbox
            (owner, version, idx, effect, person, payload, not_before, expires_at)
         SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int4[], $4::int4[], $5::bytea[],
            $6::bytea[], $7::int8[], $8::int8[])";
    let values = [
        value(owners),
        value(versions),
        value(indices),
        value(effects),
        value(persons),
        value(payloads),
        value(first),
        value(last),
    ];
    Ok(Some(Write::of(Query::new(sql, values), rows.len())))
}

/// Leases that were given in a future which was taken back.
pub(crate) fn end_leases_beyond(at: Timestamp) -> Write {
    let sql = "UPDATE outbox SET leased_until = NULL WHERE leased_until > $1";
    Write::any(Query::new(sql, [value(at.0)]))
}
