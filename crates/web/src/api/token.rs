//! `POST /oauth/token`: the client-credentials grant (RFC 6749 section 4.4), with the errors of RFC 6749 section 5.2.

use super::ApiState;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use service::operator_token::{IssuedToken, TOKEN_LIFETIME_SECS, TokenError};
use std::collections::BTreeMap;
use wire::operator::{Token, TokenProblem};
use zeroize::Zeroizing;

const PARAMETERS_MAX: usize = 16;

/// The form of a token request (RFC 6749 section 4.4.2). The client may send its credentials in the `Authorization:
/// Basic` header instead (section 2.3.1).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it is there for the description of the API")]
pub(super) struct TokenRequest {
    /// Always `client_credentials`.
    grant_type: String,
    /// The name of the client, where it is not in the header.
    client_id: Option<String>,
    /// The secret of the client, where it is not in the header.
    client_secret: Option<String>,
    /// The names of scopes, separated by spaces. Without it, the token has every scope of the client.
    scope: Option<String>,
}

/// An error reply of RFC 6749 section 5.2.
struct OAuthError {
    status: StatusCode,
    error: &'static str,
    why: &'static str,
    /// Whether the client sent its credentials in a header, so that the reply names the authentication scheme.
    challenged: bool,
}

impl OAuthError {
    const fn request(why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", why, challenged: false }
    }

    const fn client(challenged: bool) -> Self {
        let why = "The client is unknown, or its secret is another.";
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", why, challenged }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let problem =
            TokenProblem { error: self.error.to_owned(), error_description: self.why.to_owned() };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        unkept(headers);
        if self.challenged {
            let basic = HeaderValue::from_static("Basic realm=\"genvej\", charset=\"UTF-8\"");
            headers.insert(WWW_AUTHENTICATE, basic);
        }
        response
    }
}

/// Forbids caches to keep the reply (RFC 6749 section 5.1).
fn unkept(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Issues a bearer token to a client that knows its secret.
#[utoipa::path(post, path = "/oauth/token", tag = "operator", request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses(
    (status = 200, description = "A token", body = Token),
    (status = 400, description = "`invalid_request`, `unsupported_grant_type` or `invalid_scope`", body = TokenProblem),
    (status = 401, description = "`invalid_client`: the client is unknown, or its secret is wrong", body = TokenProblem)
))]
pub(super) async fn token(
    State(state): State<ApiState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match issue(&state, &headers, &body).await {
        Ok(issued) => {
            let token = Token {
                access_token: issued.token,
                token_type: "Bearer".to_owned(),
                expires_in: TOKEN_LIFETIME_SECS,
                scope: issued.scopes.joined(" "),
            };
            let mut response = Json(token).into_response();
            unkept(response.headers_mut());
            response
        }
        Err(TokenRefusal::OAuthError(error)) => error.into_response(),
        Err(TokenRefusal::Failed(refusal)) => refusal.into_response(),
    }
}

enum TokenRefusal {
    OAuthError(OAuthError),
    /// The service cannot decide now; the reply is a problem document as in the rest of the API.
    Failed(crate::Refusal),
}

impl From<OAuthError> for TokenRefusal {
    fn from(error: OAuthError) -> Self {
        Self::OAuthError(error)
    }
}

async fn issue(
    state: &ApiState,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<IssuedToken, TokenRefusal> {
    let form = parameters(headers, body)?;
    let basic = headers.contains_key(AUTHORIZATION);
    let (id, secret) = credentials(headers, &form)?;
    match form.get("grant_type").map(|value| value.as_str()) {
        Some("client_credentials") => {}
        None => return Err(OAuthError::request("The parameter grant_type is missing.").into()),
        Some(_) => {
            return Err(OAuthError {
                error: "unsupported_grant_type",
                ..OAuthError::request("Only client_credentials is supported.")
            }
            .into());
        }
    }
    let scope = form.get("scope").map(|scope| scope.as_str());
    state.service.operator_token(&id, &secret, scope).await.map_err(|error| match error {
        TokenError::InvalidClient => OAuthError::client(basic).into(),
        TokenError::InvalidScope => OAuthError {
            error: "invalid_scope",
            ..OAuthError::request("A scope is unknown, or the client may not have it.")
        }
        .into(),
        TokenError::Failed(failure) => TokenRefusal::Failed(failure.into()),
    })
}

type Parameters = BTreeMap<String, Zeroizing<String>>;

/// Parses the form. A parameter that occurs twice is an error, and an empty one counts as absent (RFC 6749 section
/// 3.2).
fn parameters(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, OAuthError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(OAuthError::request("The body must be application/x-www-form-urlencoded."));
    }
    let mut form = Parameters::new();
    for (name, value) in form_urlencoded::parse(body).take(PARAMETERS_MAX) {
        if value.is_empty() {
            continue;
        }
        let value = Zeroizing::new(value.into_owned());
        if form.insert(name.into_owned(), value).is_some() {
            return Err(OAuthError::request("A parameter comes twice."));
        }
    }
    Ok(form)
}

/// The name and secret of the client, from the header or from the body; a client that sends both is refused.
fn credentials(
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<(String, Zeroizing<String>), OAuthError> {
    let (id, secret) = (form.get("client_id"), form.get("client_secret"));
    if headers.contains_key(AUTHORIZATION) {
        let named = basic(headers).ok_or(OAuthError::client(true))?;
        if secret.is_some() || id.is_some_and(|id| **id != named.0) {
            return Err(OAuthError::request(
                "The client comes in the header or in the body, not in both.",
            ));
        }
        return Ok(named);
    }
    match (id, secret) {
        (Some(id), Some(secret)) => Ok((id.to_string(), secret.clone())),
        (_, _) => Err(OAuthError::client(false)),
    }
}

/// The `Basic` credentials of the header. Their two parts are form-encoded (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    use base64ct::Encoding as _;
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let text = sent.next()?.to_str().ok()?;
    if sent.next().is_some() {
        return None;
    }
    let (scheme, text) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = Zeroizing::new(base64ct::Base64::decode_vec(text.trim()).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id)?.to_string(), decoded(secret)?))
}

/// Decodes one form-encoded value. A `%` that begins no valid escape is kept, because many clients send their secret
/// unencoded.
fn decoded(text: &str) -> Option<Zeroizing<String>> {
    if text.contains(['&', '=']) && !text.contains('%') {
        return Some(Zeroizing::new(text.to_owned()));
    }
    let line = Zeroizing::new(format!("v={text}"));
    let mut pairs = form_urlencoded::parse(line.as_bytes());
    let (_, value) = pairs.next()?;
    pairs.next().is_none().then(|| Zeroizing::new(value.into_owned()))
}
