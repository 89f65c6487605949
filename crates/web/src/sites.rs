//! Which router answers for which host. Each site has an origin of its own (PROTOCOLS.md section 16).

use crate::Refusal;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::{Method, StatusCode};
use std::collections::BTreeMap;
use std::fmt;
use tower::ServiceExt as _;

/// Scheme and authority, as in `https://support.example.org` or `http://desk.localhost:8400`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: String,
    authority: String,
}

/// Why a text is no [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: write scheme and host, as in https://support.example.org, without a path")]
pub struct NotAnOrigin;

impl Origin {
    /// Parses `http://…` or `https://…` without a path.
    ///
    /// # Errors
    ///
    /// [`NotAnOrigin`] for everything else.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if !matches!(scheme, "http" | "https")
            || authority.is_empty()
            || !authority.chars().all(fits)
        {
            return Err(NotAnOrigin);
        }
        Ok(Self { scheme: scheme.to_owned(), authority: authority.to_ascii_lowercase() })
    }

    /// Host and port as in a `Host` header.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether cookies of this origin can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

/// Routers by origin. A request for another host, or a change sent from another origin, is refused.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_authority: BTreeMap<String, (Origin, Router)>,
}

impl Sites {
    /// No site yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; several routers under one origin are merged.
    #[must_use]
    pub fn site(mut self, origin: &Origin, router: Router) -> Self {
        let router = router.layer(axum::middleware::from_fn(name_route));
        let merged = match self.by_authority.remove(origin.authority()) {
            Some((_, earlier)) => earlier.merge(router),
            None => router,
        };
        self.by_authority.insert(origin.authority().to_owned(), (origin.clone(), merged));
        self
    }

    /// All of them as one router.
    pub fn into_router(self) -> Router {
        Router::new().fallback(move |request: Request| {
            let sites = self.clone();
            async move { sites.answer(request).await }
        })
    }

    async fn answer(self, request: Request) -> Response {
        let host = request
            .headers()
            .get(HOST)
            .and_then(|value| value.to_str().ok())
            .or_else(|| request.uri().authority().map(http::uri::Authority::as_str))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let Some((origin, router)) = self.by_authority.get(&host) else {
            return Refusal::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host").into_response();
        };
        if !origin_fits(&request, origin) {
            return Refusal::new(StatusCode::FORBIDDEN, "unknown-origin").into_response();
        }
        match router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Layer of every route: leaves the route's template on the response, for the request log.
async fn name_route(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// A browser names the origin of every change it sends; only the site's own may change something. What sends no `Origin`
/// is no browser, and then cookies alone must not be enough: consoles ask for their form token besides.
fn origin_fits(request: &Request, own: &Origin) -> bool {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    match request.headers().get(ORIGIN) {
        None => true,
        Some(_) if reading => true,
        Some(sent) => sent.as_bytes() == own.to_string().as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::{get, post};

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

    #[test]
    fn an_origin_has_a_scheme_and_no_path() {
        assert!(Origin::parse("https://a.example/x").is_err());
        assert!(Origin::parse("ftp://a.example").is_err());
        assert!(Origin::parse("a.example").is_err());
        assert_eq!(Origin::parse("https://A.example/").unwrap().to_string(), "https://a.example");
    }
}
