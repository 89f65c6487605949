//! Connections to the server: made, checked, kept for the next who asks.

use crate::failure::{Said, Trouble};
use crate::place::Place;
use crate::value::{Columns, Query, Value};
use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
    TimeoutType,
};
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How many connections read.
pub(crate) const READERS: usize = 4;
/// How long a read waits for one of them.
const WAIT: Duration = Duration::from_secs(10);
/// How long the server may take over one read, or one step of a commit.
pub(crate) const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Plans are made for the values at hand: a plan that was kept from a small table would walk through a large one. A server that
/// holds the lock and hears no more from its program gives it up, so that a program that was stopped keeps no other waiting.
const WRITER_SETTINGS: &str = "SET plan_cache_mode = 'force_custom_plan';
    SET idle_in_transaction_session_timeout = '10s';
    SET lock_timeout = '15s'";

/// The server of one place.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pool: Pool,
}

impl Server {
    pub(crate) fn new(place: &Place) -> Result<Self, Trouble> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(place.config.clone(), place.tls.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(READERS)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|error| Trouble::Refused(Said::new(&error.to_string())))?;
        Ok(Self { pool })
    }

    /// A connection that was looked at.
    async fn connection(&self) -> Result<Object, Trouble> {
        let connection = self.pool.get().await.map_err(of_the_pool)?;
        if Object::metrics(&connection).recycle_count == 0
            && let Err(trouble) = look_at(&connection).await
        {
            drop(Object::take(connection));
            return Err(trouble);
        }
        Ok(connection)
    }

    /// A connection of its own, for what is more than one statement.
    pub(crate) async fn own_connection(&self) -> Result<ClientWrapper, Trouble> {
        let connection = Object::take(self.connection().await?);
        connection.batch_execute(WRITER_SETTINGS).await.map_err(|error| Trouble::of(&error))?;
        Ok(connection)
    }

    /// Reads by one statement. A read whose connection was lost is asked once more: the server may be back, or another.
    pub(crate) async fn read(&self, query: &Query) -> Result<Vec<Row>, Trouble> {
        match self.read_once(query).await {
            Err(Trouble::Away(_)) => self.read_once(query).await,
            answer => answer,
        }
    }

    async fn read_once(&self, query: &Query) -> Result<Vec<Row>, Trouble> {
        let connection = self.connection().await?;
        let read = async {
            let statement = connection.prepare_cached(query.sql).await?;
            connection.query(&statement, &parameters(&query.values)).await
        };
        match tokio::time::timeout(ANSWER_WAIT, read).await {
            Ok(answer) => answer.map_err(|error| Trouble::of(&error)),
            Err(_) => {
                drop(Object::take(connection));
                Err(Trouble::TooSlow)
            }
        }
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

pub(crate) fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
}

fn of_the_pool(error: PoolError) -> Trouble {
    match error {
        PoolError::Backend(error) => Trouble::of(&error),
        PoolError::Closed => Trouble::Stopped,
        PoolError::Timeout(TimeoutType::Wait) => Trouble::Full,
        PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => Trouble::TooSlow,
        error @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
            Trouble::Refused(Said::new(&error.to_string()))
        }
    }
}

/// Whether what is saved on this server stays saved, and what is read from it is the newest.
async fn look_at(connection: &ClientWrapper) -> Result<(), Trouble> {
    let sql = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
            current_setting('synchronous_commit', true), current_setting('fsync', true)";
    let asked = tokio::time::timeout(ANSWER_WAIT, connection.query_one(sql, &[])).await;
    let row = asked.map_err(|_| Trouble::TooSlow)?.map_err(|error| Trouble::of(&error))?;
    let columns = Columns(&row);
    if columns.get(0, "whether it is a standby")? {
        return Err(Trouble::Standby);
    }
    if columns.get(1, "whether it is read-only")? {
        return Err(Trouble::ReadOnly);
    }
    check_durable(&columns, 2)
}

/// Two columns from `at` on: `synchronous_commit` and `fsync`. A server that is asked for neither is one that always writes
/// before it answers.
pub(crate) fn check_durable(columns: &Columns<'_>, at: usize) -> Result<(), Trouble> {
    let named = [(at, "synchronous_commit"), (at.saturating_add(1), "fsync")];
    for (at, setting) in named {
        if columns.get::<Option<&str>>(at, setting)? == Some("off") {
            return Err(Trouble::NotDurable { setting });
        }
    }
    Ok(())
}
