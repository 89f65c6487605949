//! The gate before the sites: the limits of one client, and the time that an answer may take.

use crate::config::Http;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use edge::{ClientRate, OnBehalf};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;
use web::Code;
use web::Refusal;

/// Puts the gate before the routes of all sites.
pub(crate) fn before(sites: Router, http: &Http) -> Router {
    let rate = ClientRate::new(http.open_per_second, http.open_burst, http.exempt.0.clone());
    let within = Duration::from_secs(u64::from(http.answer_secs.get()));
    sites
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, within))
        .layer(middleware::from_fn_with_state(Arc::new(rate), gate))
        .layer(middleware::from_fn(web::problem::say))
        .layer(middleware::from_fn(web::headers::strict))
}

async fn gate(State(rate): State<Arc<ClientRate>>, request: Request, next: Next) -> Response {
    // A request that came over no connection is one of this program's own.
    let Some(OnBehalf { client, crowded }) = request.extensions().get::<OnBehalf>().copied() else {
        return next.run(request).await;
    };
    if crowded {
        return too_many(1).into_response();
    }
    if web::is_open_to_all(request.method(), request.uri().path())
        && let Err(wait) = rate.check(client)
    {
        return too_many(wait.as_secs().saturating_add(1)).into_response();
    }
    next.run(request).await
}

fn too_many(wait_secs: u64) -> Refusal {
    Refusal::new(Code::TooManyRequests).retry_after(wait_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use edge::ClientAddress;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn who_has_too_much_under_way_behind_a_proxy_waits() {
        let rate = Arc::new(ClientRate::new(
            std::num::NonZeroU32::new(100).unwrap(),
            std::num::NonZeroU32::new(100).unwrap(),
            edge::Networks::default(),
        ));
        let sites = Router::new()
            .route("/", get(|| async { "here" }))
            .layer(middleware::from_fn_with_state(rate, gate));
        for (crowded, status) in [(false, 200), (true, 429)] {
            let mut request = http::Request::get("/").body(Body::empty()).unwrap();
            let client = ClientAddress::new([192, 0, 2, 1].into());
            request.extensions_mut().insert(OnBehalf { client, crowded });

            let answer = sites.clone().oneshot(request).await.unwrap();

            assert_eq!(answer.status().as_u16(), status);
        }
    }
}
