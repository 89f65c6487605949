//! A number-intelligence service over HTTP: CAMARA "SIM Swap", `retrieve-date`, as mobile operators offer it.
//!
//! ```text
//! POST url                         {"phoneNumber": "+4520123456"}
//! 200                              {"latestSimChange": "2026-11-20T08:15:00Z"}, or null where no change is known
//! ```

use crate::config::Numbers;
use async_trait::async_trait;
use messages::endpoint::{EndpointError, Unencrypted, service_url};
use recovery::time::Timestamp;
use serde::{Deserialize, Serialize};
use service::parts::{NumberIntelligence, NumbersAway};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use zeroize::Zeroizing;

const ANSWER_BYTES_MAX: u64 = 16 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The number-intelligence service cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NumberServiceError {
    /// The address is neither https nor on this machine. Numbers are sent to it, and its answers decide.
    #[error("configuration, numbers.url")]
    Address(#[source] EndpointError),
    /// The file with the token cannot be read.
    #[error("configuration, numbers.token_file: cannot be read")]
    Token(#[source] io::Error),
}

/// Why there is no answer. The error never contains the number.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the request failed")]
    Call(#[source] Box<ureq::Error>),
    #[error("it answered with status {0}")]
    Status(u16),
    #[error("its answer cannot be read")]
    Answer,
    #[error("the thread that asks ended")]
    Thread,
}

/// The connection to the number-intelligence service.
#[derive(Clone)]
pub struct NumberService {
    agent: Agent,
    url: String,
    token: Option<Arc<Zeroizing<String>>>,
}

impl fmt::Debug for NumberService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumberService").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The request body (CAMARA "SIM Swap").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    phone_number: &'a str,
}

/// The reply (CAMARA "SIM Swap").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    latest_sim_change: Option<String>,
}

impl NumberService {
    /// The connection that the configuration names; `None` where it names none.
    ///
    /// # Errors
    ///
    /// [`NumberServiceError`].
    pub fn new(settings: &Numbers) -> Result<Option<Self>, NumberServiceError> {
        let Numbers::Camara { url, token_file } = settings else { return Ok(None) };
        service_url(url, Unencrypted::default()).map_err(NumberServiceError::Address)?;
        let token = match token_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(NumberServiceError::Token)?;
                Some(Arc::new(Zeroizing::new(text.trim().to_owned())))
            }
            None => None,
        };
        let config = Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Ok(Some(Self { agent: config.into(), url: url.clone(), token }))
    }

    fn ask(&self, number: &str) -> Result<Option<Timestamp>, AskError> {
        let mut request = self.agent.post(&self.url);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.as_str()));
        }
        let mut response = request
            .send_json(Asked { phone_number: number })
            .map_err(|error| AskError::Call(Box::new(error)))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(AskError::Status(status));
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .map_err(|_| AskError::Answer)?;
        let answered: Answered = serde_json::from_str(&body).map_err(|_| AskError::Answer)?;
        answered
            .latest_sim_change
            .map(|at| at.parse::<jiff::Timestamp>().map(|at| Timestamp(at.as_millisecond())))
            .transpose()
            .map_err(|_| AskError::Answer)
    }
}

#[async_trait]
impl NumberIntelligence for NumberService {
    async fn last_change(&self, number: &str) -> Result<Option<Timestamp>, NumbersAway> {
        let (line, number) = (self.clone(), Zeroizing::new(number.to_owned()));
        let asked = tokio::task::spawn_blocking(move || line.ask(&number)).await;
        asked
            .unwrap_or(Err(AskError::Thread))
            .map_err(|error| NumbersAway { source: Box::new(error) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};

    /// A service that gives one answer to one request, and hands over what was asked.
    fn answering(status: &str, body: &str) -> (NumberService, std::thread::JoinHandle<String>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/sim-swap/v1/retrieve-date", listener.local_addr().unwrap());
        let length = body.len();
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        let asked = std::thread::spawn(move || {
            let (mut line, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 1_024];
            while !request.ends_with(b"}") {
                let read = line.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            line.write_all(reply.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        let settings = Numbers::Camara { url, token_file: None };
        (NumberService::new(&settings).unwrap().unwrap(), asked)
    }

    #[tokio::test]
    async fn it_is_asked_for_one_number_and_says_when_the_sim_changed() {
        let (service, asked) = answering("200 OK", r#"{"latestSimChange":"2026-11-20T08:15:00Z"}"#);

        let changed = service.last_change("+4520123456").await.unwrap();

        assert_eq!(changed, Some(Timestamp(1_795_162_500_000)));
        let asked = asked.join().unwrap();
        assert!(asked.starts_with("POST /sim-swap/v1/retrieve-date "), "{asked}");
        let (_, body) = asked.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body, serde_json::json!({"phoneNumber": "+4520123456"}));
    }

    #[tokio::test]
    async fn no_known_change_is_an_answer_and_anything_else_is_none() {
        let (service, _) = answering("200 OK", r#"{"latestSimChange":null}"#);
        assert_eq!(service.last_change("+4520123456").await.unwrap(), None);

        for (status, body) in [
            ("500 Internal Server Error", "{}"),
            ("302 Found", "{}"),
            ("200 OK", "not JSON"),
            ("200 OK", r#"{"latestSimChange":"yesterday"}"#),
        ] {
            let (service, _) = answering(status, body);
            let error = service.last_change("+4520123456").await.unwrap_err();
            assert!(!format!("{error:?}").contains("20123456"), "{error:?}");
        }
    }

    #[test]
    fn numbers_leave_this_machine_only_over_tls() {
        let line = |url: &str| {
            let settings = Numbers::Camara { url: url.to_owned(), token_file: None };
            NumberService::new(&settings).is_ok()
        };
        for url in ["https://api.example/x", "http://localhost:1/x", "http://127.0.0.1:1/x"] {
            assert!(line(url), "{url}");
        }
        for url in [
            "http://api.example/x",
            "http://localhost:x@evil.example/",
            "http://127.0.0.1.evil.example/",
            "ftp://localhost/",
            "",
        ] {
            assert!(!line(url), "{url}");
        }
    }
}
