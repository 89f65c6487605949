//! The mobile network and the post of the sandbox: a message centre that speaks SMPP, a mail
//! server that speaks SMTP, and what arrived at either.

pub mod mime;
pub mod smpp;
pub mod smtp;

use std::{
    collections::VecDeque,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinHandle};

/// How many messages are kept; the oldest go first.
const ITEMS_MAX: usize = 1_000;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Counts up from 1.
    pub number: u64,
    /// When, on the sandbox's clock.
    pub at: Timestamp,
    /// The phone number (`+…`) or address.
    pub to: String,
    /// What it says.
    pub content: Content,
}

/// An SMS or a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An SMS, put together where it came in parts.
    Sms {
        /// The sender that the phone shows.
        from: String,
        /// The words.
        text: String,
    },
    /// A mail.
    Mail {
        /// The sender.
        from: String,
        /// The subject.
        subject: String,
        /// The plain text.
        text: String,
        /// The attached calendar file, if any.
        calendar: Option<String>,
    },
}

/// All that arrived, newest last.
#[derive(Clone)]
pub struct Inbox {
    items: Arc<Mutex<VecDeque<Item>>>,
    last: Arc<watch::Sender<u64>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox({} items)", self.lock().len())
    }
}

impl Inbox {
    /// An empty inbox that dates what arrives by this clock.
    pub fn new(clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { items: Arc::default(), last: Arc::new(watch::Sender::new(0)), clock }
    }

    /// Everything that is kept, oldest first.
    pub fn items(&self) -> Vec<Item> {
        self.lock().iter().cloned().collect()
    }

    /// What arrived at one number or address.
    pub fn of(&self, to: &str) -> Vec<Item> {
        self.lock().iter().filter(|item| item.to == to).cloned().collect()
    }

    /// The number of the last item, and a way to wait for the next.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    fn keep(&self, to: String, content: Content) {
        let at = (self.clock)();
        let mut items = self.lock();
        let number = *self.last.borrow() + 1;
        items.push_back(Item { number, at, to, content });
        while items.len() > ITEMS_MAX {
            items.pop_front();
        }
        drop(items);
        self.last.send_replace(number);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server on a loopback port; it ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Listens on a free loopback port and serves each connection in a task of its own.
async fn listen<F, S>(serve: S) -> io::Result<Running>
where
    S: Fn(tokio::net::TcpStream) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream));
            while connections.try_join_next().is_some() {}
        }
    });
    Ok(Running { address, task })
}

#[cfg(test)]
mod tests;
