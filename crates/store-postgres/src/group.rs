//! One group of requests in one transaction of the server: read under the lock, decide in memory, write, commit.
//!
//! Three turns to the server, however many requests there are, and one flush to its disk.

use crate::failure::{Said, Trouble};
use crate::plan::{Found, Plan, Wanted};
use crate::server::{ANSWER_WAIT, check_durable, parameters};
use crate::value::{Columns, Query, Write, signed, value};
use crate::{journal, outbox, rows};
use deadpool_postgres::ClientWrapper;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::task::Poll;
use store::{
    Chain, Claimed, Committed, EffectKey, Expired, Sequenced, StoreError, Timestamp, Transaction,
};
use tokio_postgres::{Error, Row};

/// What a request is to do.
#[derive(Debug)]
pub(crate) enum WriteRequest {
    Commit(Box<Transaction>),
    Sequence { seen: Chain, steps: Vec<Sequenced> },
    Claim { now: Timestamp, leased_until: Timestamp, limit: usize },
    Finish(EffectKey),
    Postpone { key: EffectKey, attempt: u32, retry_at: Timestamp },
    Expire { now: Timestamp, limit: usize },
}

/// What it came to.
#[derive(Debug)]
pub(crate) enum Done {
    Committed(Committed),
    Sequenced(Chain),
    Claimed(Vec<Claimed>),
    Changed(bool),
    Expired(Vec<Expired>),
}

/// The answer to one request: of a group that is saved, also the refused ones are answered.
pub(crate) type Answer = Result<Done, StoreError>;

/// The lock of all writers: who holds this row decides alone. A group that waits for it sees what the one before it saved.
const LOCK: &str = "SELECT last_committed, chain_size, chain_head, journal_rows, groups,
        current_setting('synchronous_commit', true), current_setting('fsync', true)
     FROM itself WHERE one = 1 FOR UPDATE";

/// Runs a group. `known` is how many groups the database had when this process looked last.
pub(crate) async fn run(
    db: &ClientWrapper,
    requests: &[&WriteRequest],
    known: &mut u64,
) -> Result<Vec<Answer>, Trouble> {
    match within(decide(db, requests, *known)).await {
        Ok(Decided { answers, groups: Some(groups) }) => {
            let commit = tokio::time::timeout(ANSWER_WAIT, db.batch_execute("COMMIT"));
            match commit.await {
                Ok(Ok(())) => *known = groups,
                Ok(Err(error)) => return Err(Trouble::of_commit(&error)),
                Err(_) => return Err(Trouble::OutcomeUnknown(Said::new("no answer in time"))),
            }
            Ok(answers)
        }
        // Nothing to save: what was answered was read under the lock.
        Ok(Decided { answers, groups: None }) => {
            roll_back(db).await?;
            Ok(answers)
        }
        Err(trouble) if trouble.ends_the_connection() => Err(trouble),
        Err(trouble) => {
            roll_back(db).await?;
            Err(trouble)
        }
    }
}

async fn roll_back(db: &ClientWrapper) -> Result<(), Trouble> {
    within(async { db.batch_execute("ROLLBACK").await.map_err(|error| Trouble::of(&error)) }).await
}

async fn within<T>(step: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(ANSWER_WAIT, step).await.unwrap_or(Err(Trouble::TooSlow))
}

struct Decided {
    answers: Vec<Answer>,
    /// How many groups there are once this one is committed; `None` where it has nothing to commit.
    groups: Option<u64>,
}

async fn decide(
    db: &ClientWrapper,
    requests: &[&WriteRequest],
    known: u64,
) -> Result<Decided, Trouble> {
    let (found, groups) = begin(db, &wanted(requests), known).await?;
    let mut plan = Plan::new(found);
    let mut answers = Vec::with_capacity(requests.len());
    let mut changes = false;
    // What is asked of the outbox comes before what transactions add to it: all of a group ask at the same time.
    for request in requests {
        let done = of_the_outbox(db, request).await?;
        changes |= done.as_ref().is_some_and(is_change);
        answers.push(done.map(Ok));
    }
    for (request, answer) in requests.iter().zip(&mut answers) {
        match request {
            WriteRequest::Commit(transaction) => {
                *answer = Some(plan.commit(transaction).map(Done::Committed));
            }
            WriteRequest::Sequence { seen, steps } => {
                *answer = Some(plan.sequence(*seen, steps).map(Done::Sequenced));
            }
            WriteRequest::Claim { .. }
            | WriteRequest::Finish(_)
            | WriteRequest::Postpone { .. }
            | WriteRequest::Expire { .. } => {}
        }
    }
    let answers = answers.into_iter().flatten().collect();
    if plan.is_empty() && !changes {
        return Ok(Decided { answers, groups: None });
    }
    let groups = groups.saturating_add(1);
    write(db, writes(&plan, groups)?).await?;
    Ok(Decided { answers, groups: Some(groups) })
}

fn wanted(requests: &[&WriteRequest]) -> Wanted {
    let mut wanted = Wanted::default();
    for request in requests {
        match request {
            WriteRequest::Commit(transaction) => wanted.of_commit(transaction),
            WriteRequest::Sequence { steps, .. } => wanted.of_sequence(steps),
            WriteRequest::Claim { .. }
            | WriteRequest::Finish(_)
            | WriteRequest::Postpone { .. }
            | WriteRequest::Expire { .. } => {}
        }
    }
    wanted
}

/// Begins the transaction, takes the lock and reads what the group has to know, all in one turn.
async fn begin(db: &ClientWrapper, wanted: &Wanted, known: u64) -> Result<(Found, u64), Trouble> {
    let asked = [
        rows::versions(&wanted.rows),
        rows::holders(&wanted.names),
        journal::there(&wanted.journal),
        outbox::open(&wanted.effects)?,
    ];
    let lock = Query::new(LOCK, []);
    let mut queries = vec![&lock];
    queries.extend(asked.iter().flatten());
    let statements = prepare(db, queries.iter().map(|query| query.sql)).await?;
    let reads = statements.iter().zip(&queries).map(|(statement, query)| async move {
        db.query(statement, &parameters(&query.values)).await
    });
    let reads = in_order(reads.collect());
    let (begun, read) = tokio::join!(
        biased;
        db.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED"),
        reads
    );
    begun.map_err(|error| Trouble::of(&error))?;
    let mut read = read.into_iter();
    let mut next = move || -> Result<Vec<Row>, Trouble> {
        read.next().unwrap_or_else(|| Ok(Vec::new())).map_err(|error| Trouble::of(&error))
    };
    let (mut found, groups) = locked(&next()?, known)?;
    let [versions, holders, entries, open] = asked.map(|asked| asked.is_some());
    if versions {
        rows::read_versions(&next()?, &mut found)?;
    }
    if holders {
        rows::read_holders(&next()?, &mut found)?;
    }
    if entries {
        journal::read_there(&next()?, &mut found)?;
    }
    if open {
        outbox::read_open(&next()?, &mut found)?;
    }
    Ok((found, groups))
}

fn locked(rows: &[Row], known: u64) -> Result<(Found, u64), Trouble> {
    let columns = Columns(rows.first().ok_or(Trouble::Column("row about itself"))?);
    check_durable(&columns, 5)?;
    let groups = columns.number::<i64, u64>(4, "number of groups")?;
    if groups < known {
        return Err(Trouble::SetBack { known, found: groups });
    }
    let found = Found {
        last_committed: columns.get::<Option<i64>>(0, "last committed time")?.map(Timestamp),
        chain: journal::chain(&columns, 1)?,
        journal_rows: columns.number::<i64, _>(3, "number of journal rows")?,
        versions: HashMap::new(),
        holders: HashMap::new(),
        journal: HashMap::new(),
        open: HashMap::new(),
    };
    Ok((found, groups))
}

async fn prepare(
    db: &ClientWrapper,
    statements: impl Iterator<Item = &'static str>,
) -> Result<Vec<tokio_postgres::Statement>, Trouble> {
    let mut prepared = Vec::new();
    for sql in statements {
        prepared.push(db.prepare_cached(sql).await.map_err(|error| Trouble::of(&error))?);
    }
    Ok(prepared)
}

/// Lets all of them wait at once. A request goes to the server when it is polled first, so that the order of the list is the
/// order in which the server hears them.
async fn in_order<T, F: Future<Output = T>>(requests: Vec<F>) -> Vec<T> {
    let mut requests: Vec<_> =
        requests.into_iter().map(|request| (Box::pin(request), None)).collect();
    poll_fn(move |context| {
        let mut waits = false;
        for (request, answer) in &mut requests {
            if answer.is_none() {
                match request.as_mut().poll(context) {
                    Poll::Ready(it) => *answer = Some(it),
                    Poll::Pending => waits = true,
                }
            }
        }
        if waits {
            return Poll::Pending;
        }
        Poll::Ready(requests.iter_mut().filter_map(|(_, answer)| answer.take()).collect())
    })
    .await
}

/// What one request asks of the outbox alone; `None` where it is another request.
async fn of_the_outbox(
    db: &ClientWrapper,
    request: &WriteRequest,
) -> Result<Option<Done>, Trouble> {
    let ask = async |query: Query| -> Result<Vec<Row>, Trouble> {
        let of = |error: Error| Trouble::of(&error);
        let statement = db.prepare_cached(query.sql).await.map_err(of)?;
        db.query(&statement, &parameters(&query.values)).await.map_err(of)
    };
    Ok(Some(match request {
        WriteRequest::Commit(_) | WriteRequest::Sequence { .. } => return Ok(None),
        WriteRequest::Claim { now, leased_until, limit } => {
            let rows = ask(outbox::claim(*now, *leased_until, *limit)).await?;
            Done::Claimed(outbox::read_claimed(&rows, *leased_until)?)
        }
        WriteRequest::Finish(key) => Done::Changed(!ask(outbox::finish(*key)?).await?.is_empty()),
        WriteRequest::Postpone { key, attempt, retry_at } => {
            Done::Changed(!ask(outbox::postpone(*key, *attempt, *retry_at)?).await?.is_empty())
        }
        WriteRequest::Expire { now, limit } => {
            Done::Expired(outbox::read_expired(&ask(outbox::expire(*now, *limit)).await?)?)
        }
    }))
}

fn is_change(done: &Done) -> bool {
    match done {
        Done::Committed(_) | Done::Sequenced(_) => true,
        Done::Claimed(claimed) => !claimed.is_empty(),
        Done::Changed(changed) => *changed,
        Done::Expired(expired) => !expired.is_empty(),
    }
}

/// Everything that the group changes, in the order in which it has to be done.
fn writes(plan: &Plan<'_>, groups: u64) -> Result<Vec<Write>, Trouble> {
    let mut writes: Vec<Write> = Vec::new();
    writes.extend(plan.leases_end_beyond.map(outbox::end_leases_beyond));
    writes.extend(rows::writes(&plan.rows)?);
    writes.extend(journal::append(plan.journal_rows(), &plan.journal)?);
    writes.extend(journal::place(&plan.placed)?);
    writes.extend(outbox::writes(&plan.withdrawals, &plan.outbox)?);
    let appended = u64::try_from(plan.journal.len()).unwrap_or(u64::MAX);
    let sql = "UPDATE itself SET last_committed = $1, chain_size = $2, chain_head = $3,
            journal_rows = $4, groups = $5 WHERE one = 1";
    let chain = plan.chain();
    let values = [
        value(plan.last_committed().map(|at| at.0)),
        value(signed(chain.size)?),
        value(chain.head.to_vec()),
        value(signed(plan.journal_rows().saturating_add(appended))?),
        value(signed(groups)?),
    ];
    writes.push(Write::of(Query::new(sql, values), 1));
    Ok(writes)
}

/// Writes all in one turn, and looks that each statement reached the rows that it was meant for.
async fn write(db: &ClientWrapper, writes: Vec<Write>) -> Result<(), Trouble> {
    let statements = prepare(db, writes.iter().map(|write| write.query.sql)).await?;
    let requests = statements.iter().zip(&writes).map(|(statement, write)| async move {
        db.execute(statement, &parameters(&write.query.values)).await
    });
    let reached = in_order(requests.collect()).await;
    for (write, reached) in writes.iter().zip(reached) {
        let reached = reached.map_err(|error| Trouble::of(&error))?;
        if write.rows.is_some_and(|rows| rows != reached) {
            let said = Said::new("a row was changed by somebody who does not hold the lock");
            return Err(Trouble::Rivals(said));
        }
    }
    Ok(())
}
