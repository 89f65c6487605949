//! SMS through an HTTP gateway of a provider or of the operator.
//!
//! Each message is one request:
//!
//! ```text
//! POST <url>
//! Authorization: Bearer <token>
//! Idempotency-Key: <reference>
//! Content-Type: application/json
//!
//! {"to":"+4520123456","from":"Genvej","text":"…","reference":"…","validity_secs":1800}
//! ```
//!
//! Any 2xx status means that the gateway accepted the message. A member `id` of the JSON reply, a text or a number, is
//! the gateway's id of the message. After 429 or 5xx the message is tried again, and after other 4xx it is not, except
//! where the operator has to correct something.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::own_threads::{NotRun, OwnThreads};
use crate::trust::Trust;
use crate::{
    MessageId, Retry, SendError, SenderName, Sensitive, Sms, SmsSender,
    endpoint::{self, EndpointError, Unencrypted},
};

/// The longest reply that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 65_536;

/// The settings for the gateway.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// The address, `https://…`. Unencrypted `http` is for a proxy on the same machine.
    pub url: String,
    /// Where unencrypted `http` is allowed.
    pub unencrypted: Unencrypted,
    /// The certificate authorities (PEM) that are trusted in place of the public ones.
    pub trust: Option<Vec<u8>>,
    /// The bearer token.
    pub token: Sensitive<String>,
    /// The sender that the phone shows.
    pub sender: SenderName,
    /// How long a request may take.
    pub answer_within: Duration,
}

/// Why the settings for the gateway are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum GatewaySettingsError {
    /// The address of the gateway is not accepted.
    #[error("the gateway's address")]
    Address(#[source] EndpointError),
    /// The file of certificate authorities contains no certificate.
    #[error("the certificate authorities of the gateway cannot be read (PEM)")]
    Trust,
    /// The system provides no threads for the gateway.
    #[error("no threads for the SMS gateway")]
    Threads(#[source] std::io::Error),
}

/// The number of messages that are sent at the same time. More wait in a queue, and then in the outbox.
const THREADS: usize = 8;
const QUEUE_MAX: usize = 64;

/// A sender of SMS through a gateway.
#[derive(Debug)]
pub struct GatewaySender {
    settings: Arc<GatewaySettings>,
    agent: ureq::Agent,
    threads: OwnThreads,
}

impl GatewaySender {
    /// Makes a sender, which connects when it has something to send.
    ///
    /// # Errors
    ///
    /// [`GatewaySettingsError`], for example where codes would be sent unencrypted and the operator has not accepted
    /// that.
    pub fn new(settings: GatewaySettings) -> Result<Self, GatewaySettingsError> {
        endpoint::service_url(&settings.url, settings.unencrypted)
            .map_err(GatewaySettingsError::Address)?;
        let trust = match &settings.trust {
            Some(pem) => Trust::parse(pem).ok_or(GatewaySettingsError::Trust)?,
            None => Trust::default(),
        };
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(settings.answer_within))
            .tls_config(trust.tls())
            // A redirect could send a code to another system.
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(endpoint::proxy_for(&settings.url))
            .build();
        let threads =
            OwnThreads::start("sms", THREADS, QUEUE_MAX).map_err(GatewaySettingsError::Threads)?;
        Ok(Self { settings: Arc::new(settings), agent: config.new_agent(), threads })
    }
}

#[async_trait]
impl SmsSender for GatewaySender {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        let (settings, agent, sms) = (Arc::clone(&self.settings), self.agent.clone(), sms.clone());
        let sent = self.threads.run(move || post(&settings, &agent, &sms)).await;
        sent.map_err(|error| {
            let retry = match error {
                NotRun::Full => Retry::Later,
                NotRun::Lost => Retry::Unsure,
            };
            SendError::new(retry, DOING).because(error)
        })?
    }
}

const DOING: &str = "handing an SMS to the gateway";

fn post(
    settings: &GatewaySettings,
    agent: &ureq::Agent,
    sms: &Sms,
) -> Result<Vec<MessageId>, SendError> {
    let body = Sensitive::new(
        serde_json::json!({
            "to": sms.to.as_str(),
            "from": settings.sender.as_str(),
            "text": sms.text.expose(),
            "reference": sms.reference.to_string(),
            "validity_secs": sms.keep_trying.map(|span| span.as_secs()),
        })
        .to_string(),
    );
    let authorization = Sensitive::new(format!("Bearer {}", settings.token.expose()));
    let answer = agent
        .post(&settings.url)
        .header("Authorization", authorization.expose())
        .header("Idempotency-Key", sms.reference.to_string())
        .header("Content-Type", "application/json")
        .send(body.expose())
        .map_err(failed)?;
    let status = answer.status().as_u16();
    if !(200..300).contains(&status) {
        let retry = match status {
            408 => Retry::Unsure,
            // Nothing is wrong with the message: the operator has to correct credentials and redirects.
            300..=399 | 401 | 403 | 425 | 429 => Retry::Later,
            400..=499 => Retry::Never,
            _ => Retry::Unsure,
        };
        let failed = SendError::new(retry, DOING).code(u32::from(status));
        let operators = matches!(status, 300..=399 | 401 | 403);
        return Err(if operators { failed.by_operator() } else { failed });
    }
    let text = answer.into_body().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let id = text.ok().and_then(|text| {
        let answer: serde_json::Value = serde_json::from_str(&text).ok()?;
        let id = answer.get("id")?;
        id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))
    });
    Ok(id.map(MessageId).into_iter().collect())
}

/// The error for a request without a reply. Where the failure came before the request was written, the message was
/// certainly not sent.
fn failed(error: ureq::Error) -> SendError {
    let refused = matches!(&error, ureq::Error::Io(why)
        if why.kind() == std::io::ErrorKind::ConnectionRefused);
    let retry = if refused
        || matches!(
            error,
            ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed
                | ureq::Error::Tls(_)
                | ureq::Error::Rustls(_)
                | ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect)
        ) {
        Retry::Later
    } else {
        Retry::Unsure
    };
    SendError::new(retry, DOING).because(error)
}
