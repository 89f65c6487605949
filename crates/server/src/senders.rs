//! The senders of text messages and e-mail, from the configuration.

use crate::config;
use async_trait::async_trait;
use messages::endpoint::{self, Unencrypted};
use messages::http_gateway::{GatewaySender, GatewaySettings, GatewaySettingsError};
use messages::smpp::{self, SmppSender, SmppSettings, SmppSettingsError};
use messages::smtp::{Protection, SmtpSender, SmtpSettings, SmtpSettingsError};
use messages::{Mail, MailSender, MessageId, Retry, SendError, Sms, SmsSender};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The longest time for connecting and for each answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const ENQUIRE_EVERY: Duration = Duration::from_secs(60);

/// The settings of SMS or e-mail cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    /// The settings of the SMS gateway are not valid.
    #[error("configuration, sms")]
    Gateway(#[source] GatewaySettingsError),
    /// The settings of the message centre are not valid.
    #[error("configuration, sms")]
    MessageCentre(#[source] SmppSettingsError),
    /// A file with certificate authorities cannot be read.
    #[error("configuration, {section}.trust")]
    Trust {
        /// `sms` or `mail`.
        section: &'static str,
        /// Why the file cannot be read.
        #[source]
        source: std::io::Error,
    },
    /// A user without a password, or the reverse.
    #[error("configuration, mail: user and password go together")]
    Login,
    /// The settings of the mail server are not valid.
    #[error("configuration, mail")]
    Mail(#[source] SmtpSettingsError),
}

/// A sender that refuses every message, where the operator has configured none.
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

/// Whether the operator has accepted connections without encryption; `is_clear` says whether this connection would otherwise
/// be refused, in which case every start logs a warning.
fn unencrypted(accepted: bool, section: &'static str, is_clear: bool) -> Unencrypted {
    if !accepted {
        return Unencrypted::LoopbackOnly;
    }
    if is_clear {
        tracing::warn!(
            section,
            "accept_unencrypted: codes, telephone numbers and addresses can be read on the way"
        );
    }
    Unencrypted::AcceptedByOperator
}

/// Whether a connection to this host leaves the machine, where it would need TLS.
fn leaves(host: &str) -> bool {
    endpoint::clear_text(host, Unencrypted::LoopbackOnly).is_err()
}

fn authorities(
    file: Option<&Path>,
    section: &'static str,
) -> Result<Option<Vec<u8>>, SendersError> {
    file.map(std::fs::read).transpose().map_err(|source| SendersError::Trust { section, source })
}

/// The sender of text messages that the configuration names.
pub(crate) fn sms(settings: &config::Sms) -> Result<Arc<dyn SmsSender>, SendersError> {
    match settings {
        config::Sms::None => Ok(Arc::new(NoWay)),
        config::Sms::Http { url, token, sender, trust, accept_unencrypted } => {
            let settings = GatewaySettings {
                url: url.clone(),
                unencrypted: unencrypted(
                    *accept_unencrypted,
                    "sms",
                    endpoint::service_url(url, Unencrypted::LoopbackOnly).is_err(),
                ),
                trust: authorities(trust.as_deref(), "sms")?,
                token: token.0.clone(),
                sender: sender.0.clone(),
                answer_within: ANSWER_WITHIN,
            };
            Ok(Arc::new(GatewaySender::new(settings).map_err(SendersError::Gateway)?))
        }
        config::Sms::Smpp(centre) => message_centre(centre),
    }
}

fn message_centre(centre: &config::MessageCentre) -> Result<Arc<dyn SmsSender>, SendersError> {
    let protection = match centre.protection {
        config::SmsProtection::Tls => {
            smpp::Protection::Tls { trust: authorities(centre.trust.as_deref(), "sms")? }
        }
        config::SmsProtection::None => {
            let host = endpoint::host_and_port(&centre.address).map_or("", |(host, _)| host);
            smpp::Protection::None(unencrypted(centre.accept_unencrypted, "sms", leaves(host)))
        }
    };
    let (sender, mut receipts) = SmppSender::new(SmppSettings {
        address: centre.address.clone(),
        system_id: centre.system_id.clone(),
        password: centre.password.0.clone(),
        system_type: centre.system_type.clone(),
        protection,
        sender: centre.sender.0.clone(),
        alphabet: match centre.alphabet {
            config::CentreAlphabet::Gsm => smpp::CentreAlphabet::Gsm,
            config::CentreAlphabet::Latin1 => smpp::CentreAlphabet::Latin1,
            config::CentreAlphabet::Ucs2 => smpp::CentreAlphabet::Ucs2Alone,
        },
        window: centre.window,
        answer_within: ANSWER_WITHIN,
        enquire_every: ENQUIRE_EVERY,
    })
    .map_err(SendersError::MessageCentre)?;
    tokio::spawn(async move {
        while let Some(receipt) = receipts.recv().await {
            tracing::debug!(state = ?receipt.state, "a delivery receipt");
        }
    });
    Ok(Arc::new(sender))
}

/// The sender of e-mail that the configuration names.
pub(crate) fn mail(settings: &config::Mail) -> Result<Arc<dyn MailSender>, SendersError> {
    let config::Mail::Smtp {
        host,
        port,
        protection,
        accept_unencrypted,
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
    let trust = authorities(trust.as_deref(), "mail")?;
    let sender = SmtpSender::new(SmtpSettings {
        host: host.clone(),
        port: *port,
        protection: match protection {
            config::MailProtection::Tls => Protection::Tls,
            config::MailProtection::StartTls => Protection::StartTls,
            config::MailProtection::None => {
                Protection::None(unencrypted(*accept_unencrypted, "mail", leaves(host)))
            }
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
