//! The choice of a router by the host of the request. Each site has an origin of its own (PROTOCOLS.md section 16).

use crate::{Code, Refusal};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
pub use edge::{NotAnOrigin, Origin};
use http::header::STRICT_TRANSPORT_SECURITY;
use http::{HeaderValue, Method};
use tower::ServiceExt as _;

/// The value of `Strict-Transport-Security`: one year in seconds (RFC 6797 section 6.1.1). It does not cover
/// subdomains, which may belong to somebody else.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The routers by origin. A request for an unknown host is refused, and so is a request that changes something and was
/// sent by a page of another origin.
#[derive(Clone, Debug, Default)]
pub struct Sites(Vec<(Origin, Router)>);

/// The origin of the site that answered, an extension of each response for the request log.
#[derive(Clone, Debug)]
pub struct AnsweringSite(pub Origin);

impl Sites {
    /// Makes an empty table of sites.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a site. Several routers under one origin are merged.
    #[must_use]
    pub fn site(mut self, origin: &Origin, router: Router) -> Self {
        let router = router.layer(axum::middleware::from_fn(name_route));
        match self.0.iter_mut().find(|(known, _)| known == origin) {
            Some((_, merged)) => *merged = std::mem::take(merged).merge(router),
            None => self.0.push((origin.clone(), router)),
        }
        self
    }

    /// Joins all sites to one router.
    pub fn into_router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let sites = self.clone();
            async move { sites.answer(request).await }
        })
    }

    async fn answer(self, request: Request) -> Response {
        let Ok(target) = edge::target(&request) else {
            return Refusal::new(Code::HostNotClear).into_response();
        };
        let Some((origin, router)) = self.0.into_iter().find(|(origin, _)| origin.is_at(&target))
        else {
            return Refusal::new(Code::UnknownHost).into_response();
        };
        let (mut parts, body) = request.into_parts();
        let mut response = if parts.method == Method::CONNECT {
            // The server is not a tunnel (RFC 9110 section 9.3.6).
            Refusal::new(Code::MethodNotAllowed).into_response()
        } else if is_change(&parts.method) && !origin.admits(&parts.headers) {
            Refusal::new(Code::UnknownOrigin).into_response()
        } else {
            parts.extensions.insert(origin.clone());
            match router.oneshot(Request::from_parts(parts, body)).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        };
        if origin.is_https() {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, ONLY_TLS);
        }
        response.extensions_mut().insert(AnsweringSite(origin));
        response
    }
}

/// A layer of every route that puts the route's template on the response, for the request log.
async fn name_route(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// Whether a request may change something, so that its `Origin` must be the site's own. Browsers send `Origin` with
/// every such request. A client that sends none is not a browser; the consoles do not accept a cookie alone from it but
/// also require their form token.
fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::{get, post};
    use http::StatusCode;
    use http::header::{HOST, ORIGIN};

    fn sites() -> Router {
        let support = Origin::parse("http://support.localhost:8400").unwrap();
        let desk = Origin::parse("http://desk.localhost:8400").unwrap();
        Sites::new()
            .site(
                &support,
                Router::new()
                    .route("/", get(|| async { "support" }))
                    .route("/x", post(|| async { "done" })),
            )
            .site(&desk, Router::new().route("/", get(|| async { "desk" })))
            .into_router()
    }

    async fn ask(method: &str, host: &str, path: &str, origin: Option<&str>) -> StatusCode {
        let mut request = Request::builder().method(method).uri(path).header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        sites().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn each_host_has_its_own_site_and_no_other() {
        assert_eq!(ask("GET", "support.localhost:8400", "/", None).await, StatusCode::OK);
        assert_eq!(ask("POST", "desk.localhost:8400", "/x", None).await, StatusCode::NOT_FOUND);
        assert_eq!(ask("GET", "evil.example", "/", None).await, StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(
            ask("GET", "support.localhost:9999", "/", None).await,
            StatusCode::MISDIRECTED_REQUEST
        );
    }

    #[tokio::test]
    async fn a_change_from_another_origin_is_refused() {
        let host = "support.localhost:8400";

        assert_eq!(
            ask("POST", host, "/x", Some("http://support.localhost:8400")).await,
            StatusCode::OK
        );
        assert_eq!(
            ask("POST", host, "/x", Some("http://desk.localhost:8400")).await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(ask("POST", host, "/x", Some("null")).await, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn a_response_names_its_route_and_not_its_address() {
        let origin = Origin::parse("http://citizen.localhost:8400").unwrap();
        let routes = Router::new().route("/stop/{token}", get(|| async { "stop" }));
        let request = Request::builder()
            .uri("/stop/secret-of-somebody")
            .header(HOST, "citizen.localhost:8400")
            .body(Body::empty())
            .unwrap();

        let response =
            Sites::new().site(&origin, routes).into_router().oneshot(request).await.unwrap();

        assert_eq!(response.extensions().get::<MatchedPath>().unwrap().as_str(), "/stop/{token}");
    }

    /// One site has many spellings of its address (RFC 9110 section 4.2.3), and a request with two hosts is refused
    /// (RFC 9112 section 3.2).
    #[tokio::test]
    async fn a_site_answers_to_every_spelling_of_its_address_and_to_two_hosts_never() {
        let site = Origin::parse("https://Desk.example:443/").unwrap();
        let router = Sites::new()
            .site(&site, Router::new().route("/", get(|| async { "desk" }).post(|| async { "" })))
            .into_router();
        let status = async |request: http::request::Builder| {
            let answer =
                router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            (answer.status().as_u16(), answer.headers().contains_key(STRICT_TRANSPORT_SECURITY))
        };

        for host in [
            "desk.example",
            "DESK.example",
            "desk.example.",
            "desk.example:443",
            "desk.example.:0443",
        ] {
            assert_eq!(status(Request::get("/").header(HOST, host)).await, (200, true), "{host}");
            let absolute =
                Request::get(format!("https://{host}/")).header(HOST, "elsewhere.example");
            assert_eq!(status(absolute).await, (200, true), "{host}");
            let change =
                Request::post("/").header(HOST, host).header(ORIGIN, format!("https://{host}"));
            assert_eq!(status(change).await, (200, true), "{host}");
        }
        let absolute = Request::get("http://elsewhere.example/").header(HOST, "desk.example");
        assert_eq!(status(absolute).await, (421, false));
        assert_eq!(status(Request::get("/").header(HOST, "desk.example:80")).await, (421, false));
        let two = Request::get("/").header(HOST, "desk.example").header(HOST, "desk.example");
        assert_eq!(status(two).await, (400, false));
        assert_eq!(
            status(Request::get("/").header(HOST, "desk.example,desk.example")).await,
            (400, false)
        );
        assert_eq!(status(Request::get("/")).await, (400, false));
        let two =
            Request::post("/").header(HOST, "desk.example").header(ORIGIN, "https://desk.example");
        assert_eq!(status(two.header(ORIGIN, "https://desk.example")).await, (403, true));
    }

    #[tokio::test]
    async fn without_tls_nobody_is_told_to_use_it() {
        let request =
            Request::get("/").header(HOST, "desk.localhost:8400").body(Body::empty()).unwrap();

        let response = sites().oneshot(request).await.unwrap();

        assert!(!response.headers().contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
