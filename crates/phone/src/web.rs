//! The page's commands.

use std::sync::PoisonError;

use app_core::{Action, App, CardSlot, ReadPart};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use crate::camera::Asked;
use crate::desk::Desk;
use crate::device::Told;
use crate::page::{Captured, Fragment, Page, Picture};
use crate::words::{Language, Words};

pub(crate) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/act", post(act))
        .route("/capture", post(capture))
        .route("/language", post(language))
        .route("/device", post(device))
        .route("/reading", get(reading))
        .route("/camera", get(camera))
        .route("/assets/{name}", get(crate::assets::asset))
        .layer(DefaultBodyLimit::max(wire::BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(desk.clone(), crate::guard::guard))
        .with_state(desk)
}

/// `GET /`: the whole page.
async fn page(State(desk): State<Desk>) -> Response {
    let picture = match picture(desk.clone(), |_| {}).await {
        Ok(picture) => picture,
        Err(status) => return status.into_response(),
    };
    match Page::of(&picture, &desk.token).render_html() {
        Ok(html) => ([(CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => fault(&error),
    }
}

/// `POST /act`: one action; the answer is the next picture.
async fn act(State(desk): State<Desk>, Json(action): Json<Action>) -> Response {
    *desk.progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
    let shown = picture(desk, move |app| {
        if let Err(error) = app.act(action) {
            // An old page or a double click: the answer shows where the app really is.
            tracing::info!(%error, "an action was not carried out");
        }
    })
    .await;
    answer(shown)
}

/// `POST /capture`: one action of the live capture; the answer says what is asked now, and once it is over, the next
/// picture.
async fn capture(State(desk): State<Desk>, Json(action): Json<Action>) -> Response {
    let shown = picture(desk, move |app| {
        if let Err(error) = app.act(action) {
            tracing::info!(%error, "an action was not carried out");
        }
    })
    .await;
    let picture = match shown {
        Ok(picture) => picture,
        Err(status) => return status.into_response(),
    };
    match Captured::of(&picture) {
        Ok(captured) => ([(CACHE_CONTROL, "no-store")], Json(captured)).into_response(),
        Err(error) => fault(&error),
    }
}

#[derive(Deserialize)]
struct Wanted {
    language: String,
}

/// `POST /language`: words from now on in this language.
async fn language(State(desk): State<Desk>, Json(wanted): Json<Wanted>) -> Response {
    let Ok(language) = wanted.language.parse::<Language>() else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    answer(picture(desk, move |app| app.set_language(language.tag())).await)
}

/// `POST /device`: what the page found out about the machine that it is shown on.
async fn device(State(desk): State<Desk>, Json(told): Json<Told>) -> StatusCode {
    desk.machine.learn(told);
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
struct ReadingNow {
    /// A chip is in the field.
    present: bool,
    percent: Option<u8>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct In {
    language: String,
}

/// `GET /reading`: how far a reading is; answers while an action is under way.
async fn reading(State(desk): State<Desk>, Query(wanted): Query<In>) -> Response {
    let words = Words(wanted.language.parse().unwrap_or(Language::English));
    let progress = *desk.progress.lock().unwrap_or_else(PoisonError::into_inner);
    let text = progress.map(|progress| match progress.part {
        ReadPart::Opening => words.t("progress-opening"),
        ReadPart::Data => words.n("progress-data", "percent", progress.percent),
        ReadPart::Picture => words.n("progress-picture", "percent", progress.percent),
        ReadPart::Proof => words.t("progress-proof"),
        ReadPart::Sending => words.t("progress-sending"),
    });
    let percent = progress.map(|progress| progress.percent);
    // Asking a reader blocks: while a chip is woken up, for as long as that takes.
    let present = tokio::task::spawn_blocking(move || desk.slot.is_present()).await;
    Json(ReadingNow { present: present.unwrap_or(false), percent, text }).into_response()
}

/// `GET /camera?prompt=…&degrees=…&light=…&hint=…`: the next picture of the phone's own camera.
async fn camera(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    let Some(camera) = desk.camera else { return StatusCode::NOT_FOUND.into_response() };
    match camera.picture(&asked) {
        Some(jpeg) => {
            ([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "no-store")], jpeg).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Changes the app on a thread of its own (calls to the server and Argon2id block) and takes what
/// it then shows.
async fn picture(
    desk: Desk,
    change: impl FnOnce(&mut App) + Send + 'static,
) -> Result<Picture, StatusCode> {
    let camera = desk.camera.as_ref().is_some_and(|camera| camera.is_on());
    let view = tokio::task::spawn_blocking(move || {
        let mut app = desk.app.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut app);
        app.view()
    })
    .await
    .map_err(|error| {
        tracing::error!(%error, "an action did not end");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    Ok(Picture::new(view, desk.device_name, camera))
}

fn answer(picture: Result<Picture, StatusCode>) -> Response {
    let picture = match picture {
        Ok(picture) => picture,
        Err(status) => return status.into_response(),
    };
    match Fragment::of(&picture) {
        Ok(fragment) => ([(CACHE_CONTROL, "no-store")], Json(fragment)).into_response(),
        Err(error) => fault(&error),
    }
}

fn fault(error: &askama::Error) -> Response {
    tracing::error!(%error, "the picture could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
