//! The handling of one connection.

use crate::client::{ClientAddress, OnBehalf};
use crate::connections::{Admitted, Connection, NEVER, UnderWay};
use crate::door_state::DoorState;
use crate::stream::ObservedStream;
use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::error::Error;
use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tower::ServiceExt as _;
use tower_http::timeout::{DeadlineBody, TimeoutError};

/// The longest head of a request, in bytes, and the most that is read at once.
const BUFFER_BYTES_MAX: usize = 32 * 1024;

type BoxError = Box<dyn Error + Send + Sync>;

/// Whether a body could not be read because the client took too long. Such a request is answered with status 408.
#[must_use]
pub fn is_late(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<TimeoutError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The body of a request. It fails once its time has passed, and notifies the connection once it has arrived
/// completely.
struct RequestBody {
    body: Pin<Box<DeadlineBody<Incoming>>>,
    connection: Arc<Connection>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = self.body.as_mut().poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.connection.body_is_whole();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. Dropping it ends the request.
struct ResponseBody {
    body: Body,
    _request: RequestGuard,
}

/// A guard that exists as long as its request is in progress, and notifies the connection at the end.
struct RequestGuard {
    connection: Arc<Connection>,
    _client: Option<UnderWay>,
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.connection.answered();
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Answers the requests of one connection until the peer, a limit or the door ends it.
pub(crate) async fn drive(
    stream: TcpStream,
    peer: ClientAddress,
    admitted: Admitted,
    router: Router,
    mut door: watch::Receiver<DoorState>,
) {
    let _ = stream.set_nodelay(true);
    let stream = ObservedStream { stream, connection: Arc::clone(&admitted.connection) };
    let state = door.clone();
    let service = service_fn(|request: Request<Incoming>| {
        answer(request, peer, &admitted, router.clone(), state.clone())
    });
    let mut http = http1::Builder::new();
    http.header_read_timeout(None).max_buf_size(BUFFER_BYTES_MAX);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut timer = pin!(sleep_until(Instant::now() + NEVER));
    let mut gives_way = pin!(admitted.connection.gives_way.notified());
    let mut closed = Box::pin(door.wait_for(|state| *state == DoorState::Closed));
    let mut closed_at = None;
    poll_fn(|cx| {
        // From now on each response is the last of its connection, and an idle connection ends after a while.
        if closed_at.is_none() && closed.as_mut().poll(cx).is_ready() {
            closed_at = Some(Instant::now());
        }
        if connection.as_mut().poll(cx).is_ready() || gives_way.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if let Some(deadline) = admitted.deadline(closed_at) {
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(cx).is_ready() {
                if closed_at.is_none() || !admitted.connection.is_idle() {
                    admitted.all().counts.count_time_out();
                }
                return Poll::Ready(());
            }
        }
        Poll::Pending
    })
    .await;
}

async fn answer(
    request: Request<Incoming>,
    peer: ClientAddress,
    admitted: &Admitted,
    router: Router,
    door: watch::Receiver<DoorState>,
) -> Result<Response<ResponseBody>, Infallible> {
    let connection = Arc::clone(&admitted.connection);
    connection.head_is_whole();
    let limits = admitted.all().limits();
    let client = ClientAddress::of(peer.ip(), request.headers(), &limits.proxies);
    // A client that connects directly is counted by its connections instead.
    let counted = client != peer && !limits.exempt.contain(client);
    let under_way = if counted { admitted.all().begin(client) } else { None };
    let crowded = counted && under_way.is_none();
    let under_way = RequestGuard { connection: Arc::clone(&connection), _client: under_way };
    if request.body().is_end_stream() {
        connection.body_is_whole();
    }
    let body_within = limits.body;
    let mut request = request.map(|body| {
        let body = Box::pin(DeadlineBody::new(body_within, body));
        Body::new(RequestBody { body, connection })
    });
    request.extensions_mut().insert(OnBehalf { client, crowded });
    let mut response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if *door.borrow() != DoorState::Open {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| ResponseBody { body, _request: under_way }))
}
