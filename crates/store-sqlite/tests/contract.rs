//! The SQLite backend keeps the contract.

use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use store::contract::Backend;
use store_sqlite::Sqlite;
use tempfile::TempDir;

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(TempDir::new().expect("a directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("genvej.sqlite")
    }
}

#[async_trait]
impl Backend for File {
    async fn fresh(&self) -> Arc<dyn Store> {
        Sqlite::migrate(&self.path()).expect("a new file");
        Arc::new(Sqlite::open(&self.path()).expect("it opens"))
    }

    async fn reopened(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        Some(Arc::new(Sqlite::open(&self.path()).expect("it opens again")))
    }
}

store::contract_suite!(File::new());
