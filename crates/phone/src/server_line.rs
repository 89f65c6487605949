//! The line to the server's public HTTP API.

use std::time::Duration;

use app_core::{Offline, Server, ServerRequest, ServerResponse};
use ureq::Agent;
use ureq::http::Request;

/// How long one answer is waited for.
const ANSWER_SECS_MAX: u64 = 20;
/// Largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

pub(crate) struct ServerLine {
    agent: Agent,
    origin: String,
}

impl ServerLine {
    pub(crate) fn new(origin: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(ANSWER_SECS_MAX)))
            .http_status_as_error(false)
            // A signature covers one address: an answer that points elsewhere is not followed.
            .max_redirects(0)
            .proxy(None)
            .user_agent("genvej-phone")
            .build();
        // The server knows itself by the canonical form, which every signature covers.
        let canonical = edge::Origin::parse(origin).map(|origin| origin.to_string());
        let origin = canonical.unwrap_or_else(|_| origin.trim_end_matches('/').to_owned());
        Self { agent: config.into(), origin }
    }
}

impl Server for ServerLine {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn call(&mut self, request: &ServerRequest) -> Result<ServerResponse, Offline> {
        let uri = format!("{}{}", self.origin, request.path);
        let mut builder = Request::builder().method(request.method).uri(uri);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let sent = if matches!(request.method, "GET" | "DELETE") {
            builder.body(()).map(|request| self.agent.run(request))
        } else {
            builder.body(request.body.as_slice()).map(|request| self.agent.run(request))
        };
        let mut answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::info!(%error, "the server did not answer");
                return Err(Offline);
            }
            Err(error) => {
                tracing::error!(%error, "a request could not be built");
                return Err(Offline);
            }
        };
        let header = |name: &str| {
            answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let nonce = header(wire::NONCE_HEADER);
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec()
            .map_err(|_| Offline)?;
        Ok(ServerResponse { status, nonce, body })
    }
}
