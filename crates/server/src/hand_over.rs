//! Hands over to another server of the cluster what that one alone holds: a reading of a chip (`service::chip_relay`).
//!
//! The request goes on as it came. The other server verifies the signature or the session, as if the client had reached it at
//! once; this server believes nothing of the request but the number in its path, which leads to an address of the configuration.

use crate::config::Cluster;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use edge::OnBehalf;
use http::header::{CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};
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

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
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
    // The body first: nobody is verified yet, and whoever sends it slowly must not take a place from others meanwhile.
    let request = match whole(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal.into_response(),
    };
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

async fn whole(request: Request) -> Result<Request, Refusal> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, wire::BODY_BYTES_MAX).await;
    let body = body.map_err(|error| web::extract::not_whole(&error))?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// The request for another server: with the client's address, and without what concerns one connection alone.
fn handed_over(mut request: Request) -> Request {
    let client = request.extensions().get::<OnBehalf>().map(|known| known.client.ip().to_string());
    let headers = request.headers_mut();
    without_those_of_one_connection(headers);
    headers.remove(FORWARDED_FOR);
    if let Some(client) = client.and_then(|client| HeaderValue::try_from(client).ok()) {
        headers.insert(FORWARDED_FOR, client);
    }
    request
}

/// Removes the fields that are about one connection (RFC 9110 section 7.6.1).
fn without_those_of_one_connection(headers: &mut HeaderMap) {
    for name in [CONNECTION, KEEP_ALIVE, PROXY_CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]
    {
        headers.remove(name);
    }
}

async fn sent(stream: TcpStream, request: Request) -> Result<Response, hyper::Error> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer's body, or when the sender is dropped.
    tokio::spawn(connection);
    let mut answer = sender.send_request(request).await?;
    without_those_of_one_connection(answer.headers_mut());
    Ok(answer.map(Body::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware;
    use edge::ClientAddress;
    use http::StatusCode;
    use tokio::net::TcpListener;
    use tower::ServiceExt as _;

    const RELAY: &str = "/v1/app/recoveries/1/chip-relays";

    /// Says who answers, what came, and on whose behalf.
    fn server(name: &'static str) -> Router {
        Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let field = |name: &HeaderName| {
                let value = parts.headers.get(name);
                value.map_or_else(|| "-".to_owned(), |it| it.to_str().unwrap().to_owned())
            };
            let fields = format!("{} {}", field(&FORWARDED_FOR), field(&KEEP_ALIVE));
            let body = to_bytes(body, 100).await.unwrap();
            let answer = format!("{name}: {} for {fields}", String::from_utf8_lossy(&body));
            ([(KEEP_ALIVE, "of one connection")], answer)
        })
    }

    /// The first server of a cluster whose second is at this address.
    fn first_beside(second: SocketAddr) -> Router {
        let servers = vec!["127.0.0.1:1".parse().unwrap(), second];
        let others = HandOver::new(Cluster { servers, this: 1 });
        server("first").layer(middleware::from_fn_with_state(others, hand_over))
    }

    async fn asked(router: &Router, relay: &str, body: Vec<u8>) -> (StatusCode, String, bool) {
        let mut request = http::Request::post(format!("{RELAY}/{relay}"))
            .header("host", "api.recovery.example")
            .header("x-forwarded-for", "203.0.113.9")
            .header("keep-alive", "timeout=5")
            .body(Body::from(body))
            .unwrap();
        let client = ClientAddress::new([192, 0, 2, 1].into());
        request.extensions_mut().insert(OnBehalf { client, crowded: false });
        let answer = router.clone().oneshot(request).await.unwrap();
        let (status, kept) = (answer.status(), answer.headers().contains_key(KEEP_ALIVE));
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned(), kept)
    }

    #[tokio::test]
    async fn a_relay_is_asked_for_at_its_server_and_every_other_request_is_answered_here() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let router = first_beside(listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, server("second")).await });
        let number = |server: u8| format!("{server:02x}00000000000000000000000000000a");

        let (status, answer, kept) = asked(&router, &number(2), b"answers".to_vec()).await;

        assert_eq!((status, answer.as_str()), (StatusCode::OK, "second: answers for 192.0.2.1 -"));
        assert!(!kept, "what is about one connection is passed on");
        for own in [number(1), number(0), number(3), "x".to_owned()] {
            let (_, answer, _) = asked(&router, &own, b"answers".to_vec()).await;
            assert!(answer.starts_with("first: answers"), "{own}: {answer}");
        }
    }

    #[tokio::test]
    async fn what_a_dead_server_held_is_answered_here_and_a_body_without_end_is_refused() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let router = first_beside(gone);
        let relay = "0200000000000000000000000000000a";

        let (_, answer, _) = asked(&router, relay, b"answers".to_vec()).await;
        let (status, _, _) = asked(&router, relay, vec![0; wire::BODY_BYTES_MAX + 1]).await;

        assert!(answer.starts_with("first: answers"), "{answer}");
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
