//! The start page: phones, inbox, clock, drawer, and the shop that asks people to sign in.
//!
//! Forms that work without scripts; a small script keeps inbox and phones up to date and takes a picture of the visitor.

mod commands;
mod shown;

use crate::clerks_reader::ClerksReader;
use crate::clock::MovedClock;
use crate::drawer::Drawer;
use crate::guard::{Site, strict};
use crate::inbox::Inbox;
use crate::operator::OperatorClient;
use crate::people::Generated;
use crate::portraits::{OWN_BYTES_MAX, Portraits};
use crate::seeding::Seat;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use server::Random;
use shown::{LiveParts, Page};
use std::sync::{Arc, Mutex};

/// What the page shows and moves.
pub(crate) struct Parts {
    pub(crate) port: u16,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) people: Arc<Generated>,
    pub(crate) portraits: Arc<Portraits>,
    pub(crate) drawer: Arc<Drawer>,
    pub(crate) inbox: Inbox,
    pub(crate) operator: Arc<OperatorClient>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) reader: ClerksReader,
    pub(crate) token: String,
    pub(crate) random: Arc<dyn Random>,
}

/// A sign-in that the shop asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: String,
    /// What the shop shows and the person types in the app.
    pub(crate) number: String,
    pub(crate) seat: usize,
    pub(crate) at: jiff::Timestamp,
}

/// The page; clones are the same page.
#[derive(Clone)]
pub(crate) struct StartPage {
    pub(crate) parts: Arc<Parts>,
    /// Newest last.
    pub(crate) asked: Arc<Mutex<Vec<Asked>>>,
}

impl std::fmt::Debug for StartPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartPage").field("port", &self.parts.port).finish_non_exhaustive()
    }
}

/// Paths of the start page; everything else under its host is the server's.
pub(crate) fn is_its_own(path: &str) -> bool {
    path == "/" || path.starts_with("/sandbox/") || path.starts_with("/assets/")
}

impl StartPage {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), asked: Arc::default() }
    }

    pub(crate) fn router(&self) -> Router {
        let port = self.parts.port;
        let phones: Vec<String> =
            self.parts.seats.iter().map(|seat| format!("http://{}", seat.host)).collect();
        let site = Site {
            host: format!("localhost:{port}").into(),
            policy: format!(
                "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' blob:; \
                 media-src blob:; script-src 'self'; connect-src 'self'; form-action 'self'; \
                 frame-src {}; base-uri 'none'; frame-ancestors 'none'",
                phones.join(" ")
            )
            .into(),
        };
        Router::new()
            .route("/", get(page))
            .route("/sandbox/live", get(live))
            .route("/sandbox/clock", post(commands::clock))
            .route("/sandbox/hold", post(commands::hold))
            .route("/sandbox/take-away", post(commands::take_away))
            .route("/sandbox/camera", post(commands::camera))
            .route("/sandbox/reader", post(commands::reader))
            .route("/sandbox/ask", post(commands::ask))
            .route("/sandbox/me", post(commands::me))
            .layer(DefaultBodyLimit::max(OWN_BYTES_MAX))
            .with_state(self.clone())
            .merge(assets())
            .layer(axum::middleware::from_fn_with_state(site, strict))
    }
}

#[derive(rust_embed::RustEmbed)]
#[folder = "dist/"]
#[allow_missing = true]
struct Dist;

/// The sandbox's own style and script, beside what it shares with the pages of the service.
pub(crate) fn assets() -> Router {
    Router::new()
        .route(
            "/assets/sandbox.css",
            get(|| async { own("sandbox.css", "text/css; charset=utf-8") }),
        )
        .route(
            "/assets/sandbox.js",
            get(|| async { own("sandbox.js", "text/javascript; charset=utf-8") }),
        )
        .merge(server::page_assets())
}

fn own(name: &str, kind: &'static str) -> Response {
    match Dist::get(name) {
        Some(file) => ([(CONTENT_TYPE, kind)], file.data).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// Which phone is shown in the page, from 1.
    #[serde(default)]
    phone: Option<usize>,
    /// Part of a name or number, to look in the drawer for.
    #[serde(default)]
    find: Option<String>,
    /// What went wrong with the last command.
    #[serde(default)]
    said: Option<String>,
}

async fn page(State(page): State<StartPage>, Query(wanted): Query<Wanted>) -> Response {
    blocking(move || Page::of(&page, wanted.phone, wanted.find, wanted.said).render()).await
}

/// The parts that change by themselves.
async fn live(State(page): State<StartPage>) -> Response {
    blocking(move || LiveParts::of(&page).render()).await
}

/// Phones and the shop ask the server, which blocks.
async fn blocking(
    render: impl FnOnce() -> Result<String, askama::Error> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(render).await {
        Ok(Ok(html)) => Html(html).into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
