//! Rows and their look-ups: how they are read, and how those that a group changes are written.

use crate::failure::Trouble;
use crate::plan::{Change, Found, Name, Target};
use crate::value::{
    Columns, Query, Value, Write, id_bytes, limit as sql_limit, parts, signed, value,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Id, Index, Kind, Lookup, LookupKey, Record, Row, Timestamp, Version};

/// A row, and its look-ups as two lists in one order. One statement sees one snapshot, so that all are of one version.
macro_rules! rows {
    ($from:literal) => {
        concat!(
            "SELECT a.id, a.version, a.schema, a.state, a.deadline,
                ARRAY(SELECT l.idx * 2 + CASE WHEN l.is_unique THEN 1 ELSE 0 END FROM lookup AS l
                      WHERE l.kind = a.kind AND l.id = a.id ORDER BY l.idx, l.key),
                ARRAY(SELECT l.key FROM lookup AS l
                      WHERE l.kind = a.kind AND l.id = a.id ORDER BY l.idx, l.key)
             FROM ",
            $from
        )
    };
}

pub(crate) fn load(kind: Kind, id: Id) -> Query {
    let sql = rows!("aggregate AS a WHERE a.kind = $1 AND a.id = $2");
    Query::new(sql, [value(code(kind)), value(id_bytes(id.0))])
}

pub(crate) fn find(kind: Kind, lookup: Lookup, limit: usize) -> Query {
    let sql = rows!(
        "lookup AS f JOIN aggregate AS a ON a.kind = f.kind AND a.id = f.id
         WHERE f.kind = $1 AND f.idx = $2 AND f.key = $3 ORDER BY f.id LIMIT $4"
    );
    let (index, key) = (i32::from(lookup.index.code()), lookup.key.0.to_vec());
    Query::new(sql, [value(code(kind)), value(index), value(key), value(sql_limit(limit))])
}

pub(crate) fn due(kind: Kind, now: Timestamp, limit: usize) -> Query {
    let sql = rows!(
        "aggregate AS a WHERE a.kind = $1 AND a.deadline <= $2 ORDER BY a.deadline, a.id LIMIT $3"
    );
    Query::new(sql, [value(code(kind)), value(now.0), value(sql_limit(limit))])
}

pub(crate) fn scan(kind: Kind, after: Option<Id>, limit: usize) -> Query {
    // No bytes at all sort before every id.
    let after = after.map_or_else(Vec::new, |id| id_bytes(id.0));
    let sql = rows!("aggregate AS a WHERE a.kind = $1 AND a.id > $2 ORDER BY a.id LIMIT $3");
    Query::new(sql, [value(code(kind)), value(after), value(sql_limit(limit))])
}

pub(crate) fn read(kind: Kind, rows: &[tokio_postgres::Row]) -> Result<Vec<Row>, Trouble> {
    rows.iter().map(|row| read_one(kind, &Columns(row))).collect()
}

fn read_one(kind: Kind, columns: &Columns<'_>) -> Result<Row, Trouble> {
    let codes: Vec<i32> = columns.get(5, "look-up indices")?;
    let keys: Vec<&[u8]> = columns.get(6, "look-up keys")?;
    let mut lookups = codes.iter().zip(keys).map(lookup_of).collect::<Result<Vec<_>, Trouble>>()?;
    lookups.sort_unstable();
    let record = Record {
        kind,
        id: Id(columns.id(0, "row id")?),
        schema: columns.number::<i32, _>(2, "schema version")?,
        state: columns.get(3, "state")?,
        lookups,
        deadline: columns.get::<Option<i64>>(4, "deadline")?.map(Timestamp),
    };
    Ok(Row { version: Version(columns.number::<i64, _>(1, "row version")?), record })
}

fn lookup_of((code, key): (&i32, &[u8])) -> Result<Lookup, Trouble> {
    let index = u8::try_from(code / 2).map_err(|_| Trouble::Column("look-up index"))?;
    let index = if code % 2 == 1 { Index::unique(index) } else { Index::shared(index) };
    let key = key.try_into().map_err(|_| Trouble::Column("look-up key"))?;
    Ok(Lookup { index, key: LookupKey(key) })
}

fn code(kind: Kind) -> i32 {
    i32::from(kind.code())
}

/// Asks for the versions of rows; `None` where nothing is asked.
pub(crate) fn versions(wanted: &BTreeSet<Target>) -> Option<Query> {
    let kinds: Vec<i32> = wanted.iter().map(|(kind, _)| i32::from(*kind)).collect();
    let ids: Vec<Vec<u8>> = wanted.iter().map(|(_, id)| id_bytes(id.0)).collect();
    // A query inside the list, not a join: the server then looks each row up by its key, whatever it believes of the table.
    let sql = "SELECT w.kind, w.id,
            (SELECT a.version FROM aggregate AS a WHERE a.kind = w.kind AND a.id = w.id)
         FROM unnest($1::int4[], $2::bytea[]) AS w (kind, id)";
    (!wanted.is_empty()).then(|| Query::new(sql, [value(kinds), value(ids)]))
}

pub(crate) fn read_versions(
    rows: &[tokio_postgres::Row],
    found: &mut Found,
) -> Result<(), Trouble> {
    for row in rows {
        let columns = Columns(row);
        let Some(version) = columns.get::<Option<i64>>(2, "row version")? else { continue };
        let version = u64::try_from(version).map_err(|_| Trouble::Column("row version"))?;
        let target = (columns.number::<i32, _>(0, "kind")?, Id(columns.id(1, "row id")?));
        found.versions.insert(target, Version(version));
    }
    Ok(())
}

/// Asks who holds unique look-ups; `None` where nothing is asked.
pub(crate) fn holders(wanted: &BTreeSet<Name>) -> Option<Query> {
    let kinds: Vec<i32> = wanted.iter().map(|name| i32::from(name.0)).collect();
    let indices: Vec<i32> = wanted.iter().map(|name| i32::from(name.1)).collect();
    let keys: Vec<Vec<u8>> = wanted.iter().map(|name| name.2.0.to_vec()).collect();
    let sql = "SELECT w.kind, w.idx, w.key,
            (SELECT l.id FROM lookup AS l
             WHERE l.kind = w.kind AND l.idx = w.idx AND l.key = w.key AND l.is_unique)
         FROM unnest($1::int4[], $2::int4[], $3::bytea[]) AS w (kind, idx, key)";
    (!wanted.is_empty()).then(|| Query::new(sql, [value(kinds), value(indices), value(keys)]))
}

pub(crate) fn read_holders(rows: &[tokio_postgres::Row], found: &mut Found) -> Result<(), Trouble> {
    for row in rows {
        let columns = Columns(row);
        if columns.get::<Option<&[u8]>>(3, "holder")?.is_none() {
            continue;
        }
        let kind = columns.number::<i32, _>(0, "kind")?;
        let index = columns.number::<i32, _>(1, "look-up index")?;
        let key = LookupKey(columns.array(2, "look-up key")?);
        found.holders.insert((kind, index, key), Id(columns.id(3, "holder")?));
    }
    Ok(())
}

/// Everything that a group does to rows: old look-ups first and new ones last, so that a unique key may pass from one row to
/// another. Each statement says how many rows it must reach: a version that is not the one that was read stops the group.
pub(crate) fn writes(changes: &BTreeMap<Target, Change<'_>>) -> Result<Vec<Write>, Trouble> {
    let mut writes = Vec::new();
    let there = || changes.iter().filter(|(_, change)| change.before != Version::ABSENT);
    writes.extend(forget_lookups(there().map(|(target, _)| *target)));
    writes.extend(delete(there().filter(|(_, change)| change.after.is_none()))?);
    let kept = changes.values().filter_map(|change| {
        change.after.map(|(version, record)| Kept { before: change.before, version, record })
    });
    let kept: Vec<Kept<'_>> = kept.collect();
    for part in parts(&kept, |kept| kept.record.state.len()) {
        let (new, old): (Vec<_>, Vec<_>) =
            part.iter().copied().partition(|kept| kept.before == Version::ABSENT);
        writes.extend(update(&old)?);
        writes.extend(insert(&new)?);
    }
    writes.extend(add_lookups(&kept));
    Ok(writes)
}

/// A row that is there after the group.
#[derive(Clone, Copy)]
struct Kept<'a> {
    before: Version,
    version: Version,
    record: &'a Record,
}

fn forget_lookups(targets: impl Iterator<Item = Target>) -> Option<Write> {
    let (kinds, ids): (Vec<i32>, Vec<Vec<u8>>) =
        targets.map(|(kind, id)| (i32::from(kind), id_bytes(id.0))).unzip();
    let sql = "DELETE FROM lookup USING unnest($1::int4[], $2::bytea[]) AS w (kind, id)
         WHERE lookup.kind = w.kind AND lookup.id = w.id";
    (!ids.is_empty()).then(|| Write::any(Query::new(sql, [value(kinds), value(ids)])))
}

fn delete<'a>(
    gone: impl Iterator<Item = (&'a Target, &'a Change<'a>)>,
) -> Result<Option<Write>, Trouble> {
    let (mut kinds, mut ids, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    for ((kind, id), change) in gone {
        kinds.push(i32::from(*kind));
        ids.push(id_bytes(id.0));
        versions.push(signed(change.before.0)?);
    }
    let sql = "DELETE FROM aggregate
         USING unnest($1::int4[], $2::bytea[], $3::int8[]) AS w (kind, id, version)
         WHERE aggregate.kind = w.kind AND aggregate.id = w.id AND aggregate.version = w.version";
    let rows = ids.len();
    let query = || Query::new(sql, [value(kinds), value(ids), value(versions)]);
    Ok((rows > 0).then(|| Write::of(query(), rows)))
}

fn update(kept: &[Kept<'_>]) -> Result<Option<Write>, Trouble> {
    if kept.is_empty() {
        return Ok(None);
    }
    let sql = "UPDATE aggregate
         SET version = w.version, schema = w.schema, state = w.state, deadline = w.deadline
         FROM unnest($1::int4[], $2::bytea[], $3::int8[], $4::int4[], $5::bytea[], $6::int8[], $7::int8[])
            AS w (kind, id, version, schema, state, deadline, before)
         WHERE aggregate.kind = w.kind AND aggregate.id = w.id AND aggregate.version = w.before";
    let mut query = Query::new(sql, columns(kept)?);
    let before: Vec<i64> =
        kept.iter().map(|kept| signed(kept.before.0)).collect::<Result<_, _>>()?;
    query.values.push(value(before));
    Ok(Some(Write::of(query, kept.len())))
}

fn insert(kept: &[Kept<'_>]) -> Result<Option<Write>, Trouble> {
    if kept.is_empty() {
        return Ok(None);
    }
    let sql = "INSERT INTO aggregate (kind, id, version, schema, state, deadline)
         SELECT * FROM unnest($1::int4[], $2::bytea[], $3::int8[], $4::int4[], $5::bytea[], $6::int8[])";
    Ok(Some(Write::of(Query::new(sql, columns(kept)?), kept.len())))
}

fn columns(kept: &[Kept<'_>]) -> Result<Vec<Value>, Trouble> {
    let records = || kept.iter().map(|kept| kept.record);
    let kinds: Vec<i32> = records().map(|record| code(record.kind)).collect();
    let ids: Vec<Vec<u8>> = records().map(|record| id_bytes(record.id.0)).collect();
    let versions: Vec<i64> =
        kept.iter().map(|kept| signed(kept.version.0)).collect::<Result<_, _>>()?;
    let schemas: Vec<i32> = records().map(|record| i32::from(record.schema)).collect();
    let states: Vec<Vec<u8>> = records().map(|record| record.state.clone()).collect();
    let deadlines: Vec<Option<i64>> =
        records().map(|record| record.deadline.map(|at| at.0)).collect();
    Ok(vec![
        value(kinds),
        value(ids),
        value(versions),
        value(schemas),
        value(states),
        value(deadlines),
    ])
}

fn add_lookups(kept: &[Kept<'_>]) -> Option<Write> {
    let (mut kinds, mut indices, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ids, mut uniques) = (Vec::new(), Vec::new());
    for record in kept.iter().map(|kept| kept.record) {
        for Lookup { index, key } in &record.lookups {
            kinds.push(code(record.kind));
            indices.push(i32::from(index.code()));
            keys.push(key.0.to_vec());
            ids.push(id_bytes(record.id.0));
            uniques.push(index.is_unique());
        }
    }
    let sql = "INSERT INTO lookup (kind, idx, key, id, is_unique)
         SELECT * FROM unnest($1::int4[], $2::int4[], $3::bytea[], $4::bytea[], $5::bool[])";
    let rows = ids.len();
    let query =
        || Query::new(sql, [value(kinds), value(indices), value(keys), value(ids), value(uniques)]);
    (rows > 0).then(|| Write::of(query(), rows))
}
