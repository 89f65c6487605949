//! E-mail over SMTP.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    message::{Mailbox, Message, MultiPart, SinglePart, header},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};

use crate::{
    Mail, MailAddress, MailSender, Retry, SendError, Sensitive,
    endpoint::{self, EndpointError, Unencrypted},
};

/// The protection of the connection to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protection {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, without which nothing is sent.
    StartTls,
    /// No protection: on this machine, or where the operator accepted the risk.
    None(Unencrypted),
}

/// The settings for the mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The host name of the server, which its certificate must contain.
    pub host: String,
    /// The port of the server: usually 465 for TLS and 587 for STARTTLS.
    pub port: u16,
    /// The protection of the connection.
    pub protection: Protection,
    /// A certificate (PEM) that is trusted in addition to the public ones, for a server of the operator.
    pub trust: Option<Vec<u8>>,
    /// The name and password of this service, where the server requires them.
    pub login: Option<(String, Sensitive<String>)>,
    /// The name of this service in the greeting, which is also the domain of its message ids.
    pub our_name: String,
    /// The name of the sender.
    pub from_name: String,
    /// The address of the sender.
    pub from: MailAddress,
    /// How long connecting and each reply may take.
    pub answer_within: Duration,
}

/// Why the settings for the mail server are not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSettingsError {
    /// Codes would be sent unencrypted.
    #[error("a mail server elsewhere needs TLS or STARTTLS")]
    Unprotected(#[source] EndpointError),
    /// The certificate does not parse.
    #[error("the certificate of the mail server cannot be read")]
    Certificate(#[source] lettre::transport::smtp::Error),
    /// The sender's address cannot be used.
    #[error("the sender's address cannot be used")]
    From(#[source] lettre::address::AddressError),
}

/// A sender of e-mail through a mail server.
pub struct SmtpSender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    our_name: String,
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender").field("our_name", &self.our_name).finish_non_exhaustive()
    }
}

impl SmtpSender {
    /// Makes a sender, which connects when it has something to send.
    ///
    /// # Errors
    ///
    /// [`SmtpSettingsError`] where the settings are not accepted.
    pub fn new(settings: SmtpSettings) -> Result<Self, SmtpSettingsError> {
        let tls = match settings.protection {
            Protection::None(unencrypted) => {
                endpoint::clear_text(&settings.host, unencrypted)
                    .map_err(SmtpSettingsError::Unprotected)?;
                Tls::None
            }
            Protection::Tls => Tls::Wrapper(tls_parameters(&settings)?),
            Protection::StartTls => Tls::Required(tls_parameters(&settings)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(settings.answer_within))
            .hello_name(ClientId::Domain(settings.our_name.clone()));
        if let Some((name, password)) = &settings.login {
            builder =
                builder.credentials(Credentials::new(name.clone(), password.expose().clone()));
        }
        let address = settings.from.as_str().parse().map_err(SmtpSettingsError::From)?;
        Ok(Self {
            transport: builder.build(),
            from: Mailbox::new(Some(settings.from_name), address),
            our_name: settings.our_name,
        })
    }

    fn message(&self, mail: &Mail) -> Result<Message, SendError> {
        let broken = |error: &dyn std::error::Error| {
            SendError::new(Retry::Never, "writing an e-mail").because(error.to_string())
        };
        let to = mail.to.as_str().parse().map_err(|_| {
            // The error of the parser is left out, because it repeats the address.
            SendError::new(Retry::Never, "reading an e-mail address")
        })?;
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.expose().as_str())
            // The id is the same at every try, so that a mail server can discard a second copy.
            .message_id(Some(format!("<{}@{}>", mail.reference, self.our_name)))
            .date(mail.written_at.into())
            .header(AutoSubmitted);
        let text = SinglePart::plain(mail.text.expose().clone());
        let Some(invitation) = &mail.invitation else {
            return builder.singlepart(text).map_err(|error| broken(&error));
        };
        let kind = format!("text/calendar; charset=utf-8; method={}", invitation.method());
        let kind = header::ContentType::parse(&kind).map_err(|error| broken(&error))?;
        let calendar = SinglePart::builder()
            .header(kind)
            .header(header::ContentDisposition::attachment("appointment.ics"))
            .body(invitation.to_ics().expose().clone());
        let parts = MultiPart::mixed().singlepart(text).singlepart(calendar);
        builder.multipart(parts).map_err(|error| broken(&error))
    }
}

/// The header that keeps other systems from replying automatically (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, SmtpSettingsError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.trust {
        let certificate = Certificate::from_pem(pem).map_err(SmtpSettingsError::Certificate)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build_rustls().map_err(SmtpSettingsError::Certificate)
}

#[async_trait]
impl MailSender for SmtpSender {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        let message = self.message(mail)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Makes the error for a reply of the server. The text of the reply may repeat the address, so only its code is kept.
fn failed(error: &lettre::transport::smtp::Error) -> SendError {
    let code = error.status().map(u16::from);
    let retry = match code {
        // The operator has to correct credentials and policy (RFC 4954 §6).
        Some(530 | 534 | 535 | 538) => Retry::Later,
        Some(500..=599) => Retry::Never,
        Some(_) => Retry::Later,
        None if error.is_timeout() || error.is_response() => Retry::Unsure,
        None if error.is_client() => Retry::Never,
        None => Retry::Later,
    };
    let failed = SendError::new(retry, "handing an e-mail to the mail server");
    match code {
        Some(code @ (530 | 534 | 535 | 538)) => failed.code(u32::from(code)).by_operator(),
        Some(code) => failed.code(u32::from(code)),
        None => failed,
    }
}
