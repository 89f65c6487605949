//! The PostgreSQL backend keeps the contract, on the version of the system and on a newer one.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod servers;

use async_trait::async_trait;
use servers::{Release, Server};
use std::sync::{Arc, Mutex};
use store::Store;
use store::contract::Backend;
use store_postgres::Postgres;

/// One server, with a new schema for each promise.
struct Databases {
    server: Server,
    last: Mutex<String>,
}

impl Databases {
    fn of(release: Release) -> Self {
        Self { server: Server::start(release, &[]), last: Mutex::default() }
    }

    fn open(&self) -> Arc<dyn Store> {
        let name = self.last.lock().unwrap().clone();
        Arc::new(Postgres::open(&self.server.place(&name)).expect("it opens"))
    }
}

#[async_trait]
impl Backend for Databases {
    async fn fresh(&self) -> Arc<dyn Store> {
        let name = self.server.schema();
        Postgres::migrate(&self.server.place(&name)).expect("an empty database");
        *self.last.lock().unwrap() = name;
        self.open()
    }

    async fn reopened(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(self.open())
    }
}

store::contract_suite!(the_contract_on_the_version_of_the_system on Databases::of(Release::System));
store::contract_suite!(the_contract_on_a_newer_version on Databases::of(Release::Newer));
