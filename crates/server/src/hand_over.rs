//! Hands over to another server of the cluster what that one alone holds: a reading of a chip (`service::chip_relay`).
//!
//! The request goes on as it came. The other server verifies the signature or the session, as if the client had reached it at
//! once; this server believes nothing of the request but the number in its path, which leads to an address of the configuration.

use crate::config::Cluster;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use edge::OnBehalf;
use http::header::{CONNECTION, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use service::chip_relay;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use web::{Code, Refusal};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The most requests that are handed over at once.
const AT_ONCE_MAX: usize = 256;
/// How long another server may take to accept a connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How long another server may take to answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);

/// The other servers of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct HandOver {
    cluster: Arc<Cluster>,
    under_way: Arc<Semaphore>,
}

impl HandOver {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self { cluster: Arc::new(cluster), under_way: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// The address of another server, where that one holds what the request goes on with.
    fn holder(&self, request: &Request) -> Option<SocketAddr> {
        let relay = web::relay_in(request.method(), request.uri().path())?;
        let number = chip_relay::server_of(relay);
        self.cluster.server(number).filter(|_| number != self.cluster.this)
    }
}

/// Answers with the answer of the server that holds what the request goes on with. Where that server is gone, so is what it held:
/// this server says so, as it does of every relay that it does not know.
pub(crate) async fn hand_over(
    State(others): State<HandOver>,
    request: Request,
    next: Next,
) -> Response {
    let Some(holder) = others.holder(&request) else { return next.run(request).await };
    let Ok(_place) = others.under_way.try_acquire() else { return busy() };
    let Ok(Ok(stream)) = timeout(CONNECTS_WITHIN, TcpStream::connect(holder)).await else {
        tracing::warn!(%holder, "a server of the cluster cannot be reached");
        return next.run(request).await;
    };
    match timeout(ANSWERS_WITHIN, sent(stream, handed_over(request))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::warn!(%holder, %error, "a server of the cluster did not answer");
            busy()
        }
        Err(_) => {
            tracing::warn!(%holder, "a server of the cluster took too long to answer");
            busy()
        }
    }
}

fn busy() -> Response {
    Refusal::new(Code::Busy).retry_after(2).into_response()
}

/// The request for another server: with the client's address, and without what concerns one connection alone.
fn handed_over(mut request: Request) -> Request {
    let client = request.extensions().get::<OnBehalf>().map(|known| known.client.ip().to_string());
    let headers = request.headers_mut();
    for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE, FORWARDED_FOR] {
        headers.remove(name);
    }
    if let Some(client) = client.and_then(|client| HeaderValue::try_from(client).ok()) {
        headers.insert(FORWARDED_FOR, client);
    }
    request
}

async fn sent(stream: TcpStream, request: Request) -> Result<Response, hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer's body, or when the sender is dropped.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    Ok(answer.map(Body::new))
}
