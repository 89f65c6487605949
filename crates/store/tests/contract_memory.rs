//! The memory backend keeps the contract.

use async_trait::async_trait;
use std::sync::Arc;
use store::contract::Backend;
use store::{MemoryStore, Store};

struct Memory;

#[async_trait]
impl Backend for Memory {
    async fn fresh(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    async fn reopened(&self, _: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        None
    }
}

store::contract_suite!(Memory);
