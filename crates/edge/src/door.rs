//! A listener with limits.

use crate::client::ClientAddress;
use crate::connection::drive;
use crate::connections::{Connections, Counts};
use crate::door_state::DoorState;
use crate::limits::Limits;
use crate::log::LogThrottle;
use axum::Router;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep, timeout};

/// How long the listener pauses where the system has no descriptor left.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the door still accepts connections from the system's queue before it closes the listener.
const LAST_ONES: Duration = Duration::from_millis(20);

/// A listening address with limits on its connections.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    connections: Arc<Connections>,
    state: watch::Receiver<DoorState>,
    failed: LogThrottle,
}

impl Door {
    /// Makes a door that is not served yet: the system accepts connections, but no request is answered.
    #[must_use]
    pub fn new(listener: TcpListener, limits: Limits, state: watch::Receiver<DoorState>) -> Self {
        let connections = Arc::new(Connections::new(Arc::new(limits)));
        Self { listener, connections, state, failed: LogThrottle::default() }
    }

    /// The counters of this door, for the metrics.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.connections.counts)
    }

    /// Answers requests until the door is closed and every connection has ended.
    pub async fn serve(mut self, router: Router) {
        let mut tasks = JoinSet::new();
        let mut state = self.state.clone();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => self.let_in(accepted, &router, &mut tasks).await,
                Some(_) = tasks.join_next() => {}
                () = closed(&mut state) => break,
            }
        }
        // Closing the listener would reset the connections that wait in the system's queue.
        while let Ok(accepted) = timeout(LAST_ONES, self.listener.accept()).await {
            if accepted.is_err() {
                break;
            }
            self.let_in(accepted, &router, &mut tasks).await;
        }
        drop(self.listener);
        while tasks.join_next().await.is_some() {}
    }

    async fn let_in(
        &mut self,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        router: &Router,
        tasks: &mut JoinSet<()>,
    ) {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_peer(&error) => return,
            Err(error) => {
                if let Some(times) = self.failed.count() {
                    tracing::error!(%error, times, "no connection could be accepted");
                }
                sleep(PAUSE).await;
                return;
            }
        };
        let peer = ClientAddress::new(peer.ip());
        if let Some(admitted) = self.connections.admit(peer) {
            tasks.spawn(drive(stream, peer, admitted, router.clone(), self.state.clone()));
        }
    }
}

/// Waits until the door is closed, or nothing is left that could close it.
async fn closed(state: &mut watch::Receiver<DoorState>) {
    let _ = state.wait_for(|state| *state == DoorState::Closed).await;
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// A door for clients on this machine, and the sender that closes it.
#[must_use]
pub fn local(listener: TcpListener) -> (Door, watch::Sender<DoorState>) {
    let (close, state) = watch::channel(DoorState::Open);
    (Door::new(listener, Limits::local(), state), close)
}

/// Serves clients on this machine until `stop` ends.
pub async fn serve_locally(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let (door, close) = local(listener);
    tokio::join!(door.serve(router), async {
        stop.await;
        close.send_replace(DoorState::Closed);
    });
}
