//! The open connections. Their number is limited in total and for each client. Where the total is reached, the
//! connection that has waited longest for a request is closed.

use crate::client::{ClientAddress, ClientNetwork};
use crate::limits::Limits;
use crate::log::LogThrottle;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The head of a request is awaited or arriving. New connections begin in this phase.
    Head,
    /// The body of a request is arriving.
    Body,
    /// The request has arrived, and its response is prepared or sent.
    Working,
    /// The response was sent, and the next request is awaited.
    Idle,
}

#[derive(Debug)]
struct Now {
    phase: Phase,
    since: Instant,
    /// Since when the peer has accepted no byte of the response.
    unread_since: Option<Instant>,
}

/// The state of a connection, shared between its own task and the door.
#[derive(Debug)]
pub(crate) struct Connection {
    now: Mutex<Now>,
    /// Notified when the connection has to be closed in favour of a new one.
    pub(crate) gives_way: Notify,
}

impl Connection {
    fn new() -> Self {
        let now = Now { phase: Phase::Head, since: Instant::now(), unread_since: None };
        Self { now: Mutex::new(now), gives_way: Notify::new() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, phase: Phase) {
        let mut now = self.now();
        now.phase = phase;
        now.since = Instant::now();
    }

    /// Records that bytes arrived.
    pub(crate) fn received(&self) {
        if self.now().phase == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// Records that the head of a request has arrived completely.
    pub(crate) fn head_is_whole(&self) {
        self.enter(Phase::Body);
    }

    /// Records that the body of the request has arrived completely.
    pub(crate) fn body_is_whole(&self) {
        if self.now().phase == Phase::Body {
            self.enter(Phase::Working);
        }
    }

    /// Records that the response was sent.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    /// Records whether the peer accepted bytes of the response.
    pub(crate) fn sent(&self, taken: bool) {
        let mut now = self.now();
        if taken {
            now.unread_since = None;
        } else if now.unread_since.is_none() {
            now.unread_since = Some(Instant::now());
        }
    }

    /// The instant at which the connection times out in its present phase; `None` while the server prepares the
    /// response.
    pub(crate) fn deadline(&self, limits: &Limits, closed_at: Option<Instant>) -> Option<Instant> {
        let now = self.now();
        let of_phase = match now.phase {
            Phase::Head => Some(now.since + limits.head),
            // A late body already fails after `body` and is answered; this deadline is for a peer that does not read
            // the response.
            Phase::Body => Some(now.since + limits.body + limits.write),
            Phase::Idle => Some(now.since + limits.idle),
            Phase::Working => None,
        };
        let of_answer = now.unread_since.map(|since| since + limits.write);
        let slow = now.phase != Phase::Working || now.unread_since.is_some();
        let closing = if now.phase == Phase::Idle { limits.last_request } else { limits.closing };
        let of_closing = closed_at.filter(|_| slow).map(|at| at + closing);
        [of_phase, of_answer, of_closing].into_iter().flatten().min()
    }

    /// Whether the connection waits for a request of which no byte has arrived.
    pub(crate) fn is_idle(&self) -> bool {
        self.now().phase == Phase::Idle
    }

    /// Since when the connection has waited for a request; `None` where it does not.
    fn waiting_since(&self) -> Option<Instant> {
        let now = self.now();
        matches!(now.phase, Phase::Head | Phase::Idle).then_some(now.since)
    }
}

/// The counters of a door since it opened.
#[derive(Debug, Default)]
pub struct Counts {
    open: AtomicU64,
    refused: AtomicU64,
    gave_way: AtomicU64,
    timed_out: AtomicU64,
}

impl Counts {
    /// The number of connections that are open now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// The number of connections and requests that were refused because one client, or all together, had too many.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// The number of connections that were closed while waiting for a request, in favour of a new one.
    #[must_use]
    pub fn gave_way(&self) -> u64 {
        self.gave_way.load(Ordering::Relaxed)
    }

    /// The number of connections that took too long to send a request or to read a response, or were idle too long.
    #[must_use]
    pub fn timed_out(&self) -> u64 {
        self.timed_out.load(Ordering::Relaxed)
    }

    pub(crate) fn count_time_out(&self) {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
    }
}

/// The connections of one door.
#[derive(Debug)]
pub(crate) struct Connections {
    limits: Arc<Limits>,
    open: Mutex<Open>,
    under_way: Mutex<HashMap<ClientNetwork, usize>>,
    pub(crate) counts: Arc<Counts>,
    crowded: LogThrottle,
    full: LogThrottle,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    by_number: HashMap<u64, Arc<Connection>>,
    by_client: HashMap<ClientNetwork, usize>,
}

/// An admitted connection. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Admitted {
    number: u64,
    client: Option<ClientNetwork>,
    pub(crate) connection: Arc<Connection>,
    all: Arc<Connections>,
}

/// A counted request of a client behind a proxy. Dropping it ends the count.
#[derive(Debug)]
pub(crate) struct UnderWay {
    client: ClientNetwork,
    all: Arc<Connections>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds one to the client's count, unless the client has reached the limit.
fn enter(of: &mut HashMap<ClientNetwork, usize>, client: ClientNetwork, max: usize) -> bool {
    let count = of.entry(client).or_default();
    let fits = *count < max;
    if fits {
        *count = count.saturating_add(1);
    }
    fits
}

/// Subtracts one from the client's count, and removes a client whose count is zero.
fn leave(of: &mut HashMap<ClientNetwork, usize>, client: ClientNetwork) {
    if let Some(count) = of.get_mut(&client) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            of.remove(&client);
        }
    }
}

impl Connections {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self {
            limits,
            open: Mutex::default(),
            under_way: Mutex::default(),
            counts: Arc::default(),
            crowded: LogThrottle::default(),
            full: LogThrottle::default(),
        }
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// Admits a connection; `None` where a limit is reached.
    pub(crate) fn admit(self: &Arc<Self>, peer: ClientAddress) -> Option<Admitted> {
        let counted = !self.limits.exempt.contain(peer) && !self.limits.proxies.contain(peer);
        let client = counted.then(|| peer.network());
        let mut open = lock(&self.open);
        if let Some(client) = client
            && !enter(&mut open.by_client, client, self.limits.client_connections_max)
        {
            drop(open);
            self.refuse_client(client);
            return None;
        }
        let full = open.by_number.len() >= self.limits.connections_max;
        if full && !self.give_way(&mut open) {
            if let Some(client) = client {
                leave(&mut open.by_client, client);
            }
            drop(open);
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            if let Some(refused) = self.full.count() {
                tracing::warn!(
                    refused,
                    "connections were refused: there are as many as there may be"
                );
            }
            return None;
        }
        let number = open.next;
        open.next = open.next.wrapping_add(1);
        let connection = Arc::new(Connection::new());
        open.by_number.insert(number, Arc::clone(&connection));
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        Some(Admitted { number, client, connection, all: Arc::clone(self) })
    }

    fn refuse_client(&self, client: ClientNetwork) {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(refused) = self.crowded.count() {
            tracing::warn!(%client, refused, "refused: one client has as many connections as it may");
        }
    }

    /// Closes the connection that has waited longest for a request, to make room for another.
    fn give_way(&self, open: &mut Open) -> bool {
        let waiting =
            open.by_number.iter().filter_map(|(number, it)| Some((it.waiting_since()?, *number)));
        let Some((_, number)) = waiting.min() else { return false };
        if let Some(connection) = open.by_number.remove(&number) {
            connection.gives_way.notify_one();
        }
        self.counts.gave_way.fetch_add(1, Ordering::Relaxed);
        if let Some(gave_way) = self.full.count() {
            tracing::warn!(
                gave_way,
                "connections without a request gave way: there are as many as there may be"
            );
        }
        true
    }

    /// Counts a request of a client behind a proxy; `None` where the client has as many requests in progress as it may.
    pub(crate) fn begin(self: &Arc<Self>, client: ClientAddress) -> Option<UnderWay> {
        let network = client.network();
        let max = self.limits.client_connections_max;
        if enter(&mut lock(&self.under_way), network, max) {
            return Some(UnderWay { client: network, all: Arc::clone(self) });
        }
        self.refuse_client(network);
        None
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        leave(&mut lock(&self.all.under_way), self.client);
    }
}

impl Admitted {
    pub(crate) fn all(&self) -> &Arc<Connections> {
        &self.all
    }

    /// The instant at which this connection times out in its present phase.
    pub(crate) fn deadline(&self, closed_at: Option<Instant>) -> Option<Instant> {
        self.connection.deadline(&self.all.limits, closed_at)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = lock(&self.all.open);
        open.by_number.remove(&self.number);
        if let Some(client) = self.client {
            leave(&mut open.by_client, client);
        }
        self.all.counts.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A duration that no connection reaches.
pub(crate) const NEVER: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Networks;

    fn connections(change: impl FnOnce(&mut Limits)) -> Arc<Connections> {
        let mut limits =
            Limits { connections_max: 3, client_connections_max: 2, ..Limits::default() };
        change(&mut limits);
        Arc::new(Connections::new(Arc::new(limits)))
    }

    fn peer(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[tokio::test]
    async fn one_client_has_so_many_connections_and_room_again_once_one_is_over() {
        let all = connections(|_| ());
        let first = all.admit(peer("192.0.2.1")).unwrap();
        let _second = all.admit(peer("192.0.2.1")).unwrap();

        assert!(all.admit(peer("192.0.2.1")).is_none());
        assert!(all.admit(peer("192.0.2.2")).is_some());
        drop(first);
        assert!(all.admit(peer("192.0.2.1")).is_some());
        assert_eq!(all.counts.refused(), 1);
    }

    #[tokio::test]
    async fn exempt_networks_and_proxies_are_counted_in_all_alone() {
        let all = connections(|limits| {
            limits.exempt = Networks::parse(["10.0.0.0/8"]).unwrap();
            limits.proxies = Networks::parse(["127.0.0.1"]).unwrap();
        });

        let open: Vec<_> = (0..3).map(|_| all.admit(peer("10.0.0.1")).unwrap()).collect();
        open.iter().for_each(|it| it.connection.head_is_whole());

        assert!(all.admit(peer("10.0.0.1")).is_none(), "all are at work");
        assert!(all.admit(peer("127.0.0.1")).is_none(), "all are at work");
        drop(open);
        let proxied: Vec<_> = (0..3).map(|_| all.admit(peer("127.0.0.1"))).collect();
        assert!(proxied.iter().all(Option::is_some));
    }

    #[tokio::test]
    async fn the_one_that_waited_longest_gives_way_and_none_that_is_at_work() {
        let all = connections(|_| ());
        let working = all.admit(peer("192.0.2.1")).unwrap();
        working.connection.head_is_whole();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let idle = all.admit(peer("192.0.2.2")).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let newer = all.admit(peer("192.0.2.3")).unwrap();

        let last = all.admit(peer("192.0.2.4"));

        assert!(last.is_some());
        idle.connection.gives_way.notified().await;
        let told =
            tokio::time::timeout(Duration::from_millis(50), newer.connection.gives_way.notified());
        assert!(told.await.is_err());
        assert_eq!(all.counts.gave_way(), 1);
    }

    #[tokio::test]
    async fn clients_are_forgotten_with_their_last_connection() {
        let all = connections(|limits| limits.connections_max = 10_000);
        for number in 0..1_000_u32 {
            drop(all.admit(peer(&std::net::Ipv4Addr::from(number).to_string())));
            drop(all.begin(peer(&std::net::Ipv4Addr::from(number).to_string())));
        }

        assert!(lock(&all.open).by_client.is_empty());
        assert!(lock(&all.open).by_number.is_empty());
        assert!(lock(&all.under_way).is_empty());
    }
}
