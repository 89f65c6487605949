//! Health and metrics, for those who run the service: whether it is alive and ready, and how much it does.
//!
//! The routes answer under any host name, since a load balancer asks by address. Nothing personal is counted, and no value
//! from outside becomes a label or a field: there are known values, and "other".

use crate::kept::Replayed;
use crate::system::Stopwatch;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use service::trusted_clock::Mistrust;
use service::{Failure, Service};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use web::AnsweringSite;

/// Upper bounds of the histogram of answer times, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The labels of the counts of requests.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    status: u16,
}

/// The labels of the counts of connections.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Connections {
    what: &'static str,
}

/// The metrics of this process.
pub struct Gauges {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Histogram,
    connections: Family<Connections, Gauge>,
    /// The counts of connections of each address.
    doors: Mutex<Vec<Arc<edge::Counts>>>,
    pub(crate) outbox_waiting: Gauge,
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

/// The counts of alarms in this process: a fixed set of labels, each of which exists from the start.
#[derive(Debug)]
struct AlarmCounts(Service);

impl Collector for AlarmCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Alarms raised, by name (docs/alarms.md)";
        let mut family = encoder.encode_descriptor("alarms", help, None, MetricType::Counter)?;
        for (alarm, raised) in self.0.alarms_raised() {
            let counter = ConstCounter::new(raised);
            let labels = [("alarm", alarm.code())];
            counter.encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

impl Gauges {
    /// The metrics of this service.
    pub(crate) fn of(service: &Service) -> Self {
        let mut registry = Registry::with_prefix("genvej");
        registry.register_collector(Box::new(AlarmCounts(service.clone())));
        let requests = Family::<Answered, Counter>::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let seconds = Histogram::new(SECONDS);
        let help = "How long answers took";
        registry.register_with_unit("http_answer", help, Unit::Seconds, seconds.clone());
        let outbox_waiting = Gauge::default();
        registry.register(
            "outbox_waiting",
            "Messages that wait to be sent",
            outbox_waiting.clone(),
        );
        let connections = Family::<Connections, Gauge>::default();
        registry.register(
            "connections",
            "Connections open now; refused, given way and timed out since the start",
            connections.clone(),
        );
        let doors = Mutex::default();
        Self { registry, requests, seconds, connections, doors, outbox_waiting }
    }
}

impl Gauges {
    /// Adds the connections of one more address to the metrics.
    pub(crate) fn show(&self, door: Arc<edge::Counts>) {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).push(door);
    }

    fn count_connections(&self) {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let total = |of: fn(&edge::Counts) -> u64| {
            doors.iter().fold(0_u64, |sum, door| sum.saturating_add(of(door)))
        };
        for (what, number) in [
            ("open", total(edge::Counts::open)),
            ("refused", total(edge::Counts::refused)),
            ("gave-way", total(edge::Counts::gave_way)),
            ("timed-out", total(edge::Counts::timed_out)),
        ] {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            self.connections.get_or_create(&Connections { what }).set(number);
        }
    }
}

/// The state of the operations routes.
#[derive(Clone, Debug)]
struct Desk {
    service: Service,
    gauges: Arc<Gauges>,
    leaving: Leaving,
    replayed: Replayed,
}

/// Whether the server was asked to stop; clones share the value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaving(Arc<AtomicBool>);

impl Leaving {
    /// Marks the server as not ready, because it was asked to stop.
    pub(crate) fn leave(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_leaving(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The routes `/healthz`, `/readyz`, and `/metrics` where it is wanted here.
pub(crate) fn router(
    service: &Service,
    gauges: &Arc<Gauges>,
    leaving: &Leaving,
    replayed: &Replayed,
    with_metrics: bool,
) -> Router {
    let gauges = Arc::clone(gauges);
    let (leaving, replayed) = (leaving.clone(), replayed.clone());
    let desk = Desk { service: service.clone(), gauges, leaving, replayed };
    let router = Router::new()
        .route("/healthz", get(|| async { plain(StatusCode::OK, "alive\n") }))
        .route("/readyz", get(ready));
    let router = if with_metrics { router.route("/metrics", get(metrics)) } else { router };
    router.with_state(desk)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], text).into_response()
}

/// `/readyz`: the store answers and accepts writes, and the clock is trusted.
async fn ready(State(desk): State<Desk>) -> Response {
    if desk.leaving.is_leaving() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "not ready: stopping\n");
    }
    let ready = match desk.service.now().await {
        Ok(_) if !*desk.replayed.borrow() => {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "not ready: erasures are replayed\n");
        }
        Ok(_) => desk.service.check_writable().await,
        Err(failure) => Err(failure),
    };
    let why = match ready {
        Ok(()) => return plain(StatusCode::OK, "ready\n"),
        Err(Failure::ClockNotTrusted { why: Mistrust::PartedFromBootClock }) => {
            "not ready: clock-not-trusted (parted-from-boot-clock)\n"
        }
        Err(Failure::ClockNotTrusted { why: Mistrust::NotConfirmed }) => {
            "not ready: clock-not-trusted (not-confirmed)\n"
        }
        Err(Failure::ClockNotTrusted { why: Mistrust::BehindLastCommit }) => {
            "not ready: clock-not-trusted (behind-last-commit)\n"
        }
        Err(
            Failure::Refused(_)
            | Failure::Rival
            | Failure::Unavailable { .. }
            | Failure::Fault { .. },
        ) => "not ready: the store does not answer, or takes no writes\n",
    };
    plain(StatusCode::SERVICE_UNAVAILABLE, why)
}

async fn metrics(State(desk): State<Desk>) -> Response {
    desk.gauges.count_connections();
    let mut text = String::new();
    if encode(&mut text, &desk.gauges.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response()
}

/// Layer that counts and logs each request, by its route and never by its address, which may hold an id or a token.
pub(crate) async fn watch(
    State(gauges): State<Arc<Gauges>>,
    request: Request,
    next: Next,
) -> Response {
    let method = edge::method::known_name(request.method());
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    let took = watch.elapsed();
    let status = response.status().as_u16();
    gauges.requests.get_or_create(&Answered { method, status }).inc();
    gauges.seconds.observe(took.as_secs_f64());
    let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let code =
        response.extensions().get::<web::Refusal>().map_or("-", |refusal| refusal.code.code());
    // A site of the configuration; what the request calls its host is anybody's text.
    let site = response.extensions().get::<AnsweringSite>();
    let site = site.map_or("other", |AnsweringSite(origin)| origin.authority());
    tracing::info!(
        method,
        site,
        route,
        status,
        code,
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}
