//! Refusals as RFC 9457 problem details, in the language of the request.
//!
//! A handler returns a [`Refusal`] without a body. A layer knows the language and writes the body from the texts of
//! [`crate::code`]: [`speak`] for programs, [`show`] for people, and [`say`] for requests that reached no site.

use crate::code::Texts;
use crate::{Code, Language, language};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use service::RefusalCode;
use wire::Problem;

/// A refused request, before its body is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code of the reason.
    pub code: Code,
    /// The number of tries that remain, where the caller may know it.
    pub tries_left: Option<u8>,
    /// The seconds after which the same request can succeed.
    pub retry_after_secs: Option<u64>,
}

impl Refusal {
    /// Makes a refusal with the status of its code.
    #[must_use]
    pub fn new(code: impl Into<Code>) -> Self {
        let code = code.into();
        Self { status: code.status(), code, tries_left: None, retry_after_secs: None }
    }

    /// Sets another status, where one was already chosen or another protocol requires it.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the number of tries that remain.
    #[must_use]
    pub const fn tries_left(mut self, tries: u8) -> Self {
        self.tries_left = Some(tries);
        self
    }

    /// Sets the seconds to wait.
    #[must_use]
    pub const fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs);
        self
    }

    /// The problem document with the texts for the person concerned.
    #[must_use]
    pub fn in_words(&self, language: Language) -> Problem {
        self.problem(Texts::of(self.code, language))
    }

    /// The problem document with the texts for the developer of the client program.
    #[must_use]
    pub fn for_programs(&self, language: Language) -> Problem {
        self.problem(Texts::for_programs(self.code, language))
    }

    fn problem(&self, texts: Texts) -> Problem {
        let Texts { title, detail, next } = texts;
        Problem {
            kind: format!("urn:genvej:problem:{}", self.code),
            title,
            status: self.status.as_u16(),
            code: self.code.to_string(),
            detail: Some(detail),
            next: Some(next),
            tries_left: self.tries_left,
            retry_after_secs: self.retry_after_secs,
        }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The handler of addresses that do not exist.
pub(crate) async fn nowhere() -> Refusal {
    Refusal::new(RefusalCode::NotFound)
}

/// The handler of methods that an address does not support.
pub(crate) async fn not_so() -> Refusal {
    Refusal::new(Code::MethodNotAllowed)
}

/// Marks a response whose refusal already has its body.
#[derive(Clone, Copy, Debug)]
struct BodyWritten;

/// Renders a refusal as a page of a site, from the refusal, the language, and the path to return to after a change of
/// language.
pub type Render = fn(&Refusal, Language, &str) -> Response;

/// The layer of the API that writes the body of every [`Refusal`] as a problem document for the developer of the client
/// program.
pub async fn speak(request: Request, next: Next) -> Response {
    let language = language::of_program(request.headers());
    let response = next.run(request).await;
    let Some(refusal) = unspoken(&response) else { return response };
    let words = refusal.for_programs(language);
    spoken(document(&words, language), response, refusal)
}

/// The layer of a site with pages that shows every [`Refusal`] as a page, in the language of the page. A script that
/// sends or accepts JSON gets the same texts in a problem document.
pub async fn show(State(render): State<Render>, request: Request, next: Next) -> Response {
    let language = language::of_person(request.headers());
    let by_script = says_json(request.headers());
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path_and_query().filter(|_| looks).map_or("/", |path| path.as_str());
    let here = path.to_owned();
    let response = next.run(request).await;
    let Some(refusal) = unspoken(&response) else { return response };
    let words = if by_script {
        document(&refusal.in_words(language), language)
    } else {
        render(&refusal, language, &here)
    };
    spoken(words, response, refusal)
}

/// The outermost layer, for requests that were refused before they reached a site. A client that accepts HTML gets a
/// page, any other a problem document.
pub async fn say(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let wants_page = text_of(headers, &ACCEPT).contains("text/html");
    let (page, program) = (language::of_person(headers), language::of_program(headers));
    let response = next.run(request).await;
    let Some(refusal) = unspoken(&response) else { return response };
    let words = if wants_page {
        crate::page::refused(&refusal, page)
    } else {
        document(&refusal.for_programs(program), program)
    };
    spoken(words, response, refusal)
}

fn text_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn says_json(headers: &HeaderMap) -> bool {
    let is_json = |name| text_of(headers, name).contains("json");
    is_json(&CONTENT_TYPE) || (is_json(&ACCEPT) && !text_of(headers, &ACCEPT).contains("text/html"))
}

/// The refusal of a response whose body is still to be written. Where a layer or library refused the request by itself,
/// this is the refusal that corresponds to its status, so that nobody reads the text of a framework.
fn unspoken(response: &Response) -> Option<Refusal> {
    if response.extensions().get::<BodyWritten>().is_some() {
        return None;
    }
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        return Some(refusal.clone());
    }
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    // Our own bodies have their content type; a framework sends plain text or nothing.
    if !kind.is_empty() && !kind.starts_with(b"text/plain") {
        return None;
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND => Code::Service(RefusalCode::NotFound),
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTooSlow,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::BAD_REQUEST
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Code::MalformedBody,
        StatusCode::INTERNAL_SERVER_ERROR => Code::Internal,
        StatusCode::SERVICE_UNAVAILABLE => Code::Busy,
        _ => return None,
    };
    Some(Refusal::new(code).with_status(response.status()))
}

fn document(words: &Problem, language: Language) -> Response {
    let kind = HeaderValue::from_static("application/problem+json");
    let tag = HeaderValue::from_static(language.tag());
    let body = serde_json::to_vec(words).unwrap_or_default();
    ([(CONTENT_TYPE, kind), (CONTENT_LANGUAGE, tag)], body).into_response()
}

/// Puts the written body in the place of the response without one. The other headers of that response are kept.
fn spoken(words: Response, instead_of: Response, refusal: Refusal) -> Response {
    let (said, body) = words.into_parts();
    let (mut parts, _) = instead_of.into_parts();
    parts.status = refusal.status;
    parts.headers.remove(CONTENT_LENGTH);
    for name in [CONTENT_TYPE, CONTENT_LANGUAGE] {
        if let Some(value) = said.headers.get(&name) {
            parts.headers.insert(name, value.clone());
        }
    }
    // The header says what is wrong with the bearer token (RFC 6750 section 3).
    let challenges = [
        (RefusalCode::TokenNotAccepted, "Bearer realm=\"genvej\", error=\"invalid_token\""),
        (RefusalCode::ScopeMissing, "Bearer realm=\"genvej\", error=\"insufficient_scope\""),
    ];
    let lacks = |(code, _): &(RefusalCode, _)| refusal.code == Code::Service(*code);
    if let Some((_, challenge)) = challenges.into_iter().find(lacks) {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Some(secs) = refusal.retry_after_secs {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    parts.extensions.insert(BodyWritten);
    // The refusal stays on the response for the request log, which records its code.
    parts.extensions.insert(refusal);
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::{get, post};
    use tower::ServiceExt as _;

    fn page(refusal: &Refusal, language: Language, here: &str) -> Response {
        let text = format!("<p>{} {} {here}", refusal.code, language.tag());
        axum::response::Html(text).into_response()
    }

    fn routes() -> Router {
        Router::new()
            .route(
                "/ours",
                get(|| async {
                    Refusal::new(Code::Busy).with_status(StatusCode::CONFLICT).retry_after(3)
                }),
            )
            .route("/theirs/{number}", get(async |_: axum::extract::Path<u8>| ()))
            .route("/sent", post(async |_: axum::Json<u8>| ()))
            .route("/fine", get(|| async { "fine" }))
    }

    async fn ask(
        router: Router,
        path: &str,
        header: Option<(&str, &str)>,
    ) -> (u16, String, String) {
        let mut request = Request::builder().uri(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let kind = text_of(response.headers(), &CONTENT_TYPE).to_owned();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, kind, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_program_reads_problem_documents_whoever_refused() {
        let api = routes().layer(axum::middleware::from_fn(speak));

        for (path, code) in [
            ("/ours", "busy"),
            ("/theirs/x", "malformed-body"),
            ("/sent", "method-not-allowed"),
            ("/no", "not-found"),
        ] {
            let (_, kind, text) = ask(api.clone(), path, None).await;
            assert_eq!(kind, "application/problem+json", "{path}");
            let document: Problem = serde_json::from_str(&text).unwrap();
            assert_eq!(document.code, code, "{path}");
        }
        assert_eq!(ask(api, "/fine", None).await.2, "fine");
    }

    #[tokio::test]
    async fn a_person_reads_pages_and_a_script_the_same_in_json() {
        let render: Render = page;
        let pages = routes().layer(axum::middleware::from_fn_with_state(render, show));

        let (status, kind, text) =
            ask(pages.clone(), "/theirs/x?a=b", Some(("accept-language", "en"))).await;
        assert_eq!((status, &*kind), (400, "text/html; charset=utf-8"));
        assert_eq!(text, "<p>malformed-body en /theirs/x?a=b");
        let (_, kind, _) = ask(pages, "/ours", Some(("accept", "application/json"))).await;
        assert_eq!(kind, "application/problem+json");
    }
}
