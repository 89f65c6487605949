//! The one writer: it takes what waits, up to 256 requests, and commits them together, so that one flush to the server's disk
//! serves all of them.

use crate::failure::{Said, Trouble};
use crate::group::{self, Answer, Done, WriteRequest};
use crate::server::Server;
use deadpool_postgres::ClientWrapper;
use std::sync::{Mutex, PoisonError, mpsc as blocking};
use std::time::Duration;
use store::{StoreError, Write};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use tokio::sync::oneshot;

/// The most requests of one commit.
pub const GROUP_REQUESTS_MAX: usize = 256;
/// The most bytes of one commit, where it holds more than one request.
const GROUP_BYTES_MAX: usize = 8 * 1_048_576;
/// The most requests that wait; one more is answered "unavailable" at once (back-pressure).
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// How often a group is decided anew because others moved what it stood on.
const RIVALS_MAX: u32 = 10;
/// How much longer each new try waits.
const RIVALS_WAIT: Duration = Duration::from_millis(5);

#[derive(Debug)]
struct Request {
    doing: &'static str,
    request: WriteRequest,
    answer: oneshot::Sender<Answer>,
}

/// Takes requests and lets a task of the store's own threads save them.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Mutex<Option<Sender<Request>>>,
    ended: Mutex<Option<blocking::Receiver<()>>>,
}

impl Writer {
    /// Starts on a connection that is there; `groups` is how many groups the database has.
    pub(crate) fn start(runtime: &Handle, server: Server, db: ClientWrapper, groups: u64) -> Self {
        let (queue, requests) = channel(QUEUE_REQUESTS_MAX);
        let (ends, ended) = blocking::channel();
        let saver = Saver { server, db: Some(db), known: groups };
        runtime.spawn(async move {
            saver.run(requests).await;
            drop(ends);
        });
        Self { queue: Mutex::new(Some(queue)), ended: Mutex::new(Some(ended)) }
    }

    /// Saves a request in the next group; returns when the group is on the server's disk.
    pub(crate) async fn write(&self, doing: &'static str, request: WriteRequest) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.send(Request { doing, request, answer })?;
        answered.await.unwrap_or_else(|_| Err(Trouble::Stopped.during(doing)))
    }

    fn send(&self, request: Request) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(StoreError::Closed)?;
        queue.try_send(request).map_err(|refused| match refused {
            TrySendError::Full(request) => Trouble::Full.during(request.doing),
            TrySendError::Closed(request) => Trouble::Stopped.during(request.doing),
        })
    }

    /// Lets the task finish what was accepted, and waits for it.
    pub(crate) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended {
            // Nothing is ever sent: the task drops its end when it is done.
            let _ = ended.recv();
        }
    }
}

struct Saver {
    server: Server,
    db: Option<ClientWrapper>,
    known: u64,
}

impl Saver {
    async fn run(mut self, mut requests: Receiver<Request>) {
        let mut waiting = Vec::new();
        while requests.recv_many(&mut waiting, GROUP_REQUESTS_MAX).await > 0 {
            let mut rest = std::mem::take(&mut waiting);
            while !rest.is_empty() {
                let next = rest.split_off(fitting(&rest));
                self.save(rest).await;
                rest = next;
            }
        }
    }

    /// Saves a group and answers each of its requests.
    async fn save(&mut self, group: Vec<Request>) {
        let requests: Vec<&WriteRequest> = group.iter().map(|request| &request.request).collect();
        match self.try_save(&requests).await {
            Ok(answers) => {
                for (request, answer) in group.into_iter().zip(answers) {
                    // A caller that went away has lost interest, not the request.
                    drop(request.answer.send(answer));
                }
            }
            Err(Trouble::Refused(said)) if group.len() > 1 => {
                tracing::warn!(%said, "a group was refused by the server: its requests are saved one by one");
                for request in group {
                    Box::pin(self.save(vec![request])).await;
                }
            }
            Err(trouble) => {
                tracing::error!(
                    code = trouble.code(),
                    error = %trouble,
                    requests = group.len(),
                    "a group of the store was not committed"
                );
                for request in group {
                    drop(request.answer.send(Err(trouble.clone().during(request.doing))));
                }
            }
        }
    }

    /// Tries again only where it is sure that nothing was saved.
    async fn try_save(&mut self, requests: &[&WriteRequest]) -> Result<Vec<Answer>, Trouble> {
        let mut rivals = 0;
        let mut reconnected = false;
        loop {
            let db = match self.db.take() {
                Some(db) => db,
                None => self.server.own_connection().await?,
            };
            let trouble = match group::run(&db, requests, &mut self.known).await {
                Ok(answers) => {
                    self.db = Some(db);
                    return Ok(answers);
                }
                Err(trouble) => trouble,
            };
            if !trouble.ends_the_connection() {
                self.db = Some(db);
            }
            // The server was started anew, or another one took over: the first to notice is a group that finds its connection
            // gone before it asked for a commit.
            if matches!(trouble, Trouble::Away(_) | Trouble::ReadOnly) && !reconnected {
                reconnected = true;
            } else if trouble.is_of_rivals() && rivals < RIVALS_MAX {
                rivals += 1;
                tokio::time::sleep(RIVALS_WAIT * rivals).await;
            } else {
                return Err(trouble);
            }
        }
    }
}

/// How many of the first requests make one group.
fn fitting(requests: &[Request]) -> usize {
    let mut bytes = 0_usize;
    let fits = requests.iter().take_while(|request| {
        bytes = bytes.saturating_add(weight(&request.request));
        bytes <= GROUP_BYTES_MAX
    });
    fits.count().max(1)
}

fn weight(request: &WriteRequest) -> usize {
    let WriteRequest::Commit(transaction) = request else { return 64 };
    let states = transaction.writes.iter().map(|write| match write {
        Write::Insert(record) | Write::Put { record, .. } => {
            record.state.len().saturating_add(record.lookups.len().saturating_mul(64))
        }
        Write::Delete { .. } => 0,
    });
    let journal = transaction.journal.iter().map(|row| row.ciphertext.len());
    let outbox = transaction.outbox.iter().map(|row| row.payload.len());
    let items = states.chain(journal).chain(outbox).map(|bytes| bytes.saturating_add(128));
    items.fold(transaction.expected.len().saturating_mul(64), usize::saturating_add)
}

/// What a request is answered with where the answer is of another sort than the question: our own mistake.
pub(crate) fn odd(doing: &'static str, done: &Done) -> StoreError {
    tracing::error!(?done, "a request of the store was answered with something else");
    Trouble::Refused(Said::new("the answer is to another question")).during(doing)
}
