//! SMS over the HTTP gateway of a provider, or of the operator's own.
//!
//! One request a message:
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
//! Any 2xx is "taken"; a member `id` of the answer, text or number, is the gateway's name of the
//! message. 429 and 5xx are tried again, another 4xx is not.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{MessageId, Retry, SendError, Sensitive, Sms, SmsSender};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 65_536;

/// Where the gateway is.
#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// `https://…`. Plain `http` is for a proxy on the same machine and refused elsewhere.
    pub url: String,
    /// The bearer token.
    pub token: Sensitive<String>,
    /// What the phone shows as sender.
    pub sender: String,
    /// How long one request may take.
    pub answer_within: Duration,
}

/// The address of a gateway cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an SMS gateway has an https address, or http on this machine")]
pub struct GatewayAddressError;

/// Sends SMS to one gateway.
#[derive(Debug)]
pub struct GatewaySender {
    settings: Arc<GatewaySettings>,
    agent: ureq::Agent,
}

impl GatewaySender {
    /// A sender that connects when it has something to send.
    ///
    /// # Errors
    ///
    /// [`GatewayAddressError`] where codes would travel unprotected.
    pub fn new(settings: GatewaySettings) -> Result<Self, GatewayAddressError> {
        if !is_protected(&settings.url) {
            return Err(GatewayAddressError);
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(settings.answer_within))
            // A redirect would carry a code to somebody else.
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Ok(Self { settings: Arc::new(settings), agent: config.new_agent() })
    }
}

/// `https`, or `http` to a loopback address.
fn is_protected(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[async_trait]
impl SmsSender for GatewaySender {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        let (settings, agent, sms) = (Arc::clone(&self.settings), self.agent.clone(), sms.clone());
        let sent = tokio::task::spawn_blocking(move || post(&settings, &agent, &sms)).await;
        sent.map_err(|error| SendError::new(Retry::Unsure, DOING).because(error))?
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
            "from": settings.sender,
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
            // Wrong credentials and redirects are the operator's to mend, not the message's fault.
            300..=399 | 401 | 403 | 425 | 429 => Retry::Later,
            400..=499 => Retry::Never,
            _ => Retry::Unsure,
        };
        return Err(SendError::new(retry, DOING).code(u32::from(status)));
    }
    let text = answer.into_body().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let id = text.ok().and_then(|text| {
        let answer: serde_json::Value = serde_json::from_str(&text).ok()?;
        let id = answer.get("id")?;
        id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))
    });
    Ok(id.map(MessageId).into_iter().collect())
}

/// No answer: a failure before the request was written is surely no message.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_travel_over_https_or_stay_on_the_machine() {
        for url in [
            "https://sms.example/v1",
            "http://127.0.0.1:8080/x",
            "http://[::1]:1/",
            "http://localhost",
        ] {
            assert!(is_protected(url), "{url}");
        }
        for url in [
            "http://sms.example/v1",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "ftp://localhost",
            "",
        ] {
            assert!(!is_protected(url), "{url}");
        }
    }
}
