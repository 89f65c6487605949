//! A store with evidence keeps the contract as the backend behind it does.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::contract::Backend;
use store::keeper::{KeptStore, Known};
use store::keys::Keys;
use store::{MemoryStore, Store};
use zeroize::Zeroizing;

struct Kept;

#[async_trait]
impl Backend for Kept {
    async fn fresh(&self) -> Arc<dyn Store> {
        let next = AtomicU64::new(1);
        let random = move |buffer: &mut [u8]| {
            for chunk in buffer.chunks_mut(8) {
                let count = next.fetch_add(1, Ordering::Relaxed);
                chunk.iter_mut().zip(count.to_be_bytes()).for_each(|(to, from)| *to = from);
            }
        };
        let keys = Keys::generate(&Zeroizing::new([3; 96]));
        let inner = Arc::new(MemoryStore::new());
        Arc::new(KeptStore::new(inner, &keys, Arc::new(random), Known::nothing(), None))
    }

    async fn reopened(&self, _: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        None
    }
}

store::contract_suite!(Kept);
