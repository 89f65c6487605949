//! For those who run the service: is it alive, is it ready, how much does it do.
//!
//! These answer under any host name, for a load balancer asks by address. Nothing personal is counted.

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
use service::Service;
use std::fmt;
use std::sync::Arc;

/// Upper bounds of the classes of answer times, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: String,
    status: u16,
}

/// What is counted.
pub struct Gauges {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Histogram,
    pub(crate) outbox_waiting: Gauge,
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

/// How often each alarm was raised in this process: a fixed set of labels, each there from the start.
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
    /// Counts what this service does.
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
        Self { registry, requests, seconds, outbox_waiting }
    }
}

#[derive(Clone, Debug)]
struct Desk {
    service: Service,
    gauges: Arc<Gauges>,
}

/// `/healthz`, `/readyz`, and `/metrics` where it is wanted here.
pub(crate) fn router(service: &Service, gauges: &Arc<Gauges>, with_metrics: bool) -> Router {
    let desk = Desk { service: service.clone(), gauges: Arc::clone(gauges) };
    let router = Router::new()
        .route("/healthz", get(|| async { plain(StatusCode::OK, "alive\n") }))
        .route("/readyz", get(ready));
    let router = if with_metrics { router.route("/metrics", get(metrics)) } else { router };
    router.with_state(desk)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], text).into_response()
}

/// Ready: the store answers, and the clock has not stepped back.
async fn ready(State(desk): State<Desk>) -> Response {
    match desk.service.now().await {
        Ok(_) => plain(StatusCode::OK, "ready\n"),
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready: the store or the clock\n"),
    }
}

async fn metrics(State(desk): State<Desk>) -> Response {
    let mut text = String::new();
    if encode(&mut text, &desk.gauges.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response()
}

/// Layer: counts and logs each request, by its route and never by its address, which may hold an id or a token.
pub(crate) async fn watch(
    State(gauges): State<Arc<Gauges>>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().as_str().to_owned();
    let site = site_of(&request);
    let watch = Stopwatch::start();
    let response = next.run(request).await;
    let took = watch.elapsed();
    let status = response.status().as_u16();
    gauges.requests.get_or_create(&Answered { method: method.clone(), status }).inc();
    gauges.seconds.observe(took.as_secs_f64());
    let route = response.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let code = response.extensions().get::<web::Refusal>().map_or("-", |refusal| refusal.code);
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

/// The first label of the host: which site, and no more than that.
fn site_of(request: &Request) -> String {
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
    let label = host.unwrap_or_default().split(['.', ':']).next().unwrap_or_default();
    label.chars().filter(char::is_ascii_alphanumeric).take(20).collect()
}
