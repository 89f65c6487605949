//! The operator's own system, seen from outside: OAuth client credentials and the operator's API over HTTP.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use ureq::Agent;
use wire::operator::{Enrolment, EnrolmentRequest, PCodeIssued, PCodeRequest, Token};
use wire::sign_in::{SignInCreated, SignInRequest, SignInView};

/// The sandbox's client at the server.
pub const CLIENT: &str = "sandbox";
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// The server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No answer.
    #[error("the server did not answer at {path}")]
    Line {
        /// The path of the call.
        path: String,
        /// What the layer below says.
        #[source]
        source: Box<ureq::Error>,
    },
    /// Another answer than the one that was hoped for.
    #[error("the server answered {status} at {path}: {body}")]
    Status {
        /// The path of the call.
        path: String,
        /// HTTP status.
        status: u16,
        /// The problem.
        body: String,
    },
    /// Not the JSON that was hoped for.
    #[error("the answer at {path} cannot be read")]
    Json {
        /// The path of the call.
        path: String,
        /// What the layer below says.
        #[source]
        source: serde_json::Error,
    },
}

/// Calls the operator's API. Blocks.
#[derive(Debug)]
pub struct OperatorClient {
    agent: Agent,
    base: String,
    secret: String,
    calls: AtomicU64,
}

impl OperatorClient {
    /// A client of the server at `base`.
    #[must_use]
    pub fn new(base: String, secret: String) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(20)))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self { agent: config.into(), base, secret, calls: AtomicU64::new(0) }
    }

    /// Offers an app to a person.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn enrol(&self, request: &EnrolmentRequest) -> Result<Enrolment, CallError> {
        self.post("/v1/enrolments", request)
    }

    /// A P code for a person and a document.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn p_code(&self, request: &PCodeRequest) -> Result<PCodeIssued, CallError> {
        self.post("/v1/p-codes", request)
    }

    /// A service asks a person to sign in.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn ask_to_sign_in(&self, request: &SignInRequest) -> Result<SignInCreated, CallError> {
        self.post("/v1/sign-ins", request)
    }

    /// How a sign-in stands.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub fn sign_in(&self, id: &str) -> Result<SignInView, CallError> {
        let path = format!("/v1/sign-ins/{id}");
        let token = self.token()?;
        let sent = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {token}"))
            .call();
        Self::read(&path, sent)
    }

    fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        let token = self.token()?;
        let key = self.calls.fetch_add(1, Ordering::Relaxed);
        let sent = self
            .agent
            .post(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", format!("sandbox-{key}"))
            .send_json(body);
        Self::read(path, sent)
    }

    /// A token for each call: a moved clock ends them early.
    fn token(&self) -> Result<String, CallError> {
        let path = "/oauth/token";
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT),
            ("client_secret", &self.secret),
        ];
        let sent = self.agent.post(format!("{}{path}", self.base)).send_form(form);
        Self::read::<Token>(path, sent).map(|token| token.access_token)
    }

    fn read<T: DeserializeOwned>(
        path: &str,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<T, CallError> {
        let line = |source: ureq::Error| CallError::Line {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let mut answer = sent.map_err(line)?;
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .map_err(line)?;
        if !(200..300).contains(&status) {
            return Err(CallError::Status { path: path.to_owned(), status, body });
        }
        serde_json::from_str(&body)
            .map_err(|source| CallError::Json { path: path.to_owned(), source })
    }
}
