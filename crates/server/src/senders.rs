//! The ways out of the house, by configuration.

use crate::config;
use async_trait::async_trait;
use messages::http_gateway::{GatewayAddressError, GatewaySender, GatewaySettings};
use messages::smpp::{SmppSender, SmppSettings};
use messages::smtp::{Protection, SmtpSender, SmtpSettings, SmtpSettingsError};
use messages::{Mail, MailSender, MessageId, Retry, SendError, Sms, SmsSender};
use std::sync::Arc;
use std::time::Duration;

/// How long connecting and each answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ENQUIRE_EVERY: Duration = Duration::from_secs(60);

/// A way out cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    /// The gateway's address.
    #[error("configuration, sms.url")]
    Gateway(#[source] GatewayAddressError),
    /// The certificate of the mail server.
    #[error("configuration, mail.trust")]
    Trust(#[source] std::io::Error),
    /// A user without a password, or the reverse.
    #[error("configuration, mail: user and password go together")]
    Login,
    /// The mail server's settings.
    #[error("configuration, mail")]
    Mail(#[source] SmtpSettingsError),
}

/// Says no to everything: the operator has no such way.
#[derive(Debug)]
struct NoWay;

#[async_trait]
impl SmsSender for NoWay {
    async fn send(&self, _: &Sms) -> Result<Vec<MessageId>, SendError> {
        Err(SendError::new(Retry::Never, "sending an SMS where none is configured"))
    }
}

#[async_trait]
impl MailSender for NoWay {
    async fn send(&self, _: &Mail) -> Result<(), SendError> {
        Err(SendError::new(Retry::Never, "sending a mail where none is configured"))
    }
}

/// Text messages.
pub(crate) fn sms(settings: &config::Sms) -> Result<Arc<dyn SmsSender>, SendersError> {
    match settings {
        config::Sms::None => Ok(Arc::new(NoWay)),
        config::Sms::Http { url, token, sender } => {
            let settings = GatewaySettings {
                url: url.clone(),
                token: token.0.clone(),
                sender: sender.clone(),
                answer_within: ANSWER_WITHIN,
            };
            Ok(Arc::new(GatewaySender::new(settings).map_err(SendersError::Gateway)?))
        }
        config::Sms::Smpp { address, system_id, password, system_type, sender } => {
            let (sender, mut receipts) = SmppSender::new(SmppSettings {
                address: address.clone(),
                system_id: system_id.clone(),
                password: password.0.clone(),
                system_type: system_type.clone(),
                sender: sender.clone(),
                answer_within: ANSWER_WITHIN,
                enquire_every: ENQUIRE_EVERY,
            });
            tokio::spawn(async move {
                while let Some(receipt) = receipts.recv().await {
                    tracing::debug!(state = ?receipt.state, "a delivery receipt");
                }
            });
            Ok(Arc::new(sender))
        }
    }
}

/// Mail.
pub(crate) fn mail(settings: &config::Mail) -> Result<Arc<dyn MailSender>, SendersError> {
    let config::Mail::Smtp {
        host,
        port,
        protection,
        trust,
        user,
        password,
        our_name,
        from_name,
        from,
    } = settings
    else {
        return Ok(Arc::new(NoWay));
    };
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user.clone(), password.0.clone())),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(SendersError::Login),
    };
    let trust = trust.as_ref().map(std::fs::read).transpose().map_err(SendersError::Trust)?;
    let sender = SmtpSender::new(SmtpSettings {
        host: host.clone(),
        port: *port,
        protection: match protection {
            config::MailProtection::Tls => Protection::Tls,
            config::MailProtection::StartTls => Protection::StartTls,
            config::MailProtection::None => Protection::NoneOnThisMachine,
        },
        trust,
        login,
        our_name: our_name.clone(),
        from_name: from_name.clone(),
        from: from.0.clone(),
        answer_within: ANSWER_WITHIN,
    });
    Ok(Arc::new(sender.map_err(SendersError::Mail)?))
}
