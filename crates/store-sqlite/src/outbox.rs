//! Effects that are owed.

use crate::failure::{Failure, is_constraint};
use crate::value::{Columns, id_bytes, limit as sql_limit, signed};
use rusqlite::{Connection, params};
use store::{
    Claimed, EffectKey, EffectKind, Expired, Id, OutboxRow, StoreError, Timestamp, Withdrawal,
};

/// What a free row is; ?1 is now.
const FREE: &str = "not_before <= ?1 AND (leased_until IS NULL OR leased_until <= ?1)
    AND (expires_at IS NULL OR expires_at > ?1)";

pub(crate) fn add(db: &Connection, row: &OutboxRow) -> Result<(), Failure> {
    let mut statement = db.prepare_cached(
        "INSERT INTO outbox
            (owner, version, idx, effect, person, payload, not_before, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let OutboxRow { key, effect, person, payload, not_before, expires_at } = row;
    let added = statement.execute(params![
        id_bytes(key.owner.0),
        signed(key.version)?,
        key.index,
        effect.0,
        id_bytes(person.0),
        payload,
        not_before.0,
        expires_at.map(|at| at.0),
    ]);
    match added {
        Ok(_) => Ok(()),
        Err(error) if is_constraint(&error) => Err(StoreError::EffectExists { key: *key }.into()),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn withdraw(db: &Connection, withdrawal: Withdrawal) -> Result<(), Failure> {
    match withdrawal {
        Withdrawal::One(key) => {
            finish(db, key)?;
        }
        Withdrawal::OfOwner { owner, effect } => {
            let mut statement =
                db.prepare_cached("DELETE FROM outbox WHERE owner = ?1 AND effect = ?2")?;
            statement.execute(params![id_bytes(owner.0), effect.0])?;
        }
        Withdrawal::OfPerson(person) => {
            let mut statement = db.prepare_cached("DELETE FROM outbox WHERE person = ?1")?;
            statement.execute([id_bytes(person.0)])?;
        }
    }
    Ok(())
}

/// Leases that were given in a future which was taken back.
pub(crate) fn end_leases_beyond(db: &Connection, at: Timestamp) -> Result<(), Failure> {
    let mut statement =
        db.prepare_cached("UPDATE outbox SET leased_until = NULL WHERE leased_until > ?1")?;
    statement.execute([at.0])?;
    Ok(())
}

pub(crate) fn finish(db: &Connection, key: EffectKey) -> Result<bool, Failure> {
    let mut statement =
        db.prepare_cached("DELETE FROM outbox WHERE owner = ?1 AND version = ?2 AND idx = ?3")?;
    let gone =
        statement.execute(params![id_bytes(key.owner.0), signed(key.version)?, key.index])?;
    Ok(gone > 0)
}

pub(crate) fn any_free(db: &Connection, now: Timestamp) -> Result<bool, Failure> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM outbox WHERE {FREE})");
    Ok(db.prepare_cached(&sql)?.query_row([now.0], |row| row.get(0))?)
}

pub(crate) fn claim(
    db: &Connection,
    now: Timestamp,
    lease_ms: u32,
    limit: usize,
) -> Result<Vec<Claimed>, Failure> {
    let leased_until = Timestamp(now.0.saturating_add(i64::from(lease_ms)));
    let mut claimed = free(db, now, leased_until, limit)?;
    let mut statement = db.prepare_cached(
        "UPDATE outbox SET attempts = ?4, leased_until = ?5
         WHERE owner = ?1 AND version = ?2 AND idx = ?3",
    )?;
    for Claimed { row, attempt, .. } in &mut claimed {
        *attempt = attempt.saturating_add(1);
        let EffectKey { owner, version, index } = row.key;
        let key = (id_bytes(owner.0), signed(version)?, index);
        statement.execute(params![key.0, key.1, key.2, *attempt, leased_until.0])?;
    }
    Ok(claimed)
}

/// The free rows, with the number of attempts so far.
fn free(
    db: &Connection,
    now: Timestamp,
    leased_until: Timestamp,
    limit: usize,
) -> Result<Vec<Claimed>, Failure> {
    let sql = format!(
        "SELECT owner, version, idx, effect, person, attempts, payload, not_before, expires_at
         FROM outbox WHERE {FREE} ORDER BY not_before, owner, version, idx LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![now.0, sql_limit(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let columns = Columns(row);
        let Expired { key, effect, person, attempts } = head(&columns)?;
        let row = OutboxRow {
            key,
            effect,
            person,
            payload: columns.bytes(6, "payload")?,
            not_before: Timestamp(columns.i64(7)?),
            expires_at: columns.maybe_i64(8)?.map(Timestamp),
        };
        found.push(Claimed { row, attempt: attempts, leased_until });
    }
    Ok(found)
}

fn head(columns: &Columns<'_>) -> Result<Expired, Failure> {
    let key = EffectKey {
        owner: Id(columns.id(0, "owner")?),
        version: columns.number(1, "owner's version")?,
        index: columns.number(2, "effect index")?,
    };
    Ok(Expired {
        key,
        effect: EffectKind(columns.number(3, "effect kind")?),
        person: Id(columns.id(4, "person")?),
        attempts: columns.number(5, "number of attempts")?,
    })
}

pub(crate) fn postpone(
    db: &Connection,
    key: EffectKey,
    attempt: u32,
    retry_at: Timestamp,
) -> Result<bool, Failure> {
    let mut statement = db.prepare_cached(
        "UPDATE outbox SET not_before = ?5, leased_until = NULL
         WHERE owner = ?1 AND version = ?2 AND idx = ?3
            AND attempts = ?4 AND leased_until IS NOT NULL",
    )?;
    let EffectKey { owner, version, index } = key;
    let (owner, version) = (id_bytes(owner.0), signed(version)?);
    Ok(statement.execute(params![owner, version, index, attempt, retry_at.0])? > 0)
}

pub(crate) fn any_expired(db: &Connection, now: Timestamp) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE expires_at <= ?1)";
    Ok(db.prepare_cached(sql)?.query_row([now.0], |row| row.get(0))?)
}

pub(crate) fn expire(
    db: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Expired>, Failure> {
    let mut expired = Vec::new();
    {
        let mut statement = db.prepare_cached(
            "SELECT owner, version, idx, effect, person, attempts FROM outbox
             WHERE expires_at <= ?1 ORDER BY expires_at, owner, version, idx LIMIT ?2",
        )?;
        let mut rows = statement.query(params![now.0, sql_limit(limit)])?;
        while let Some(row) = rows.next()? {
            expired.push(head(&Columns(row))?);
        }
    }
    for gone in &expired {
        finish(db, gone.key)?;
    }
    Ok(expired)
}

pub(crate) fn count(db: &Connection) -> Result<u64, Failure> {
    let count: i64 =
        db.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
    u64::try_from(count).map_err(|_| Failure::Column("count"))
}
