//! `[sms]` and `[mail]`: how messages are sent.

use super::Secret;
use messages::{MailAddress, SenderName};
use serde::Deserialize;
use std::num::NonZeroU16;
use std::path::PathBuf;

/// `[sms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Sms {
    /// A message centre that speaks SMPP 3.4.
    Smpp(MessageCentre),
    /// A gateway behind HTTPS.
    Http {
        /// The address of the gateway.
        url: String,
        /// The bearer token.
        token: Secret,
        /// The sender that the phone shows.
        sender: SmsSenderName,
        /// Certificate authorities (PEM) to trust in place of the public ones.
        #[serde(default)]
        trust: Option<PathBuf>,
        /// Whether plain `http` to another machine is accepted, where codes can be read on the way.
        #[serde(default)]
        accept_unencrypted: bool,
    },
    /// No text messages: temporary PINs are issued at the desk alone.
    None,
}

/// `[sms]` with `by = "smpp"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageCentre {
    /// `host:port`.
    pub address: String,
    /// How the connection is protected.
    #[serde(default)]
    pub protection: SmsProtection,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Whether an unprotected connection to another machine is accepted, where codes can be read on
    /// the way.
    #[serde(default)]
    pub accept_unencrypted: bool,
    /// The name by which the message centre knows this service.
    pub system_id: String,
    /// The password, at most 8 characters.
    pub password: Secret,
    /// The system type, which is often empty.
    #[serde(default)]
    pub system_type: String,
    /// The sender that the phone shows.
    pub sender: SmsSenderName,
    /// The alphabet in which the centre reads texts of `data_coding` 0.
    #[serde(default)]
    pub alphabet: CentreAlphabet,
    /// The number of requests that may wait for the centre's answer.
    #[serde(default = "window")]
    pub window: NonZeroU16,
}

const fn window() -> NonZeroU16 {
    messages::smpp::WINDOW_DEFAULT
}

/// How the connection to the message centre is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsProtection {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// No protection: only towards this machine, or with `accept_unencrypted`.
    None,
}

/// The alphabet in which a message centre reads texts of `data_coding` 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CentreAlphabet {
    /// The GSM alphabet.
    #[default]
    Gsm,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
    /// Unknown: every text is sent as UCS-2.
    #[serde(rename = "ucs-2")]
    Ucs2,
}

/// A sender name that networks accept.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct SmsSenderName(pub SenderName);

impl TryFrom<String> for SmsSenderName {
    type Error = messages::SenderNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        SenderName::parse(&text).map(Self)
    }
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub enum Mail {
    /// A mail server.
    Smtp {
        /// The host name of the mail server.
        host: String,
        /// 465 for TLS, 587 for STARTTLS.
        port: u16,
        /// `tls`, `starttls`, or `none` towards this machine.
        protection: MailProtection,
        /// Whether `none` to another machine is accepted, where codes can be read on the way.
        #[serde(default)]
        accept_unencrypted: bool,
        /// A certificate (PEM) to trust besides the public ones.
        #[serde(default)]
        trust: Option<PathBuf>,
        /// The user name, where the server asks for one.
        #[serde(default)]
        user: Option<String>,
        /// The password.
        #[serde(default)]
        password: Option<Secret>,
        /// The name of this service in the SMTP greeting.
        our_name: String,
        /// The name shown as sender.
        from_name: String,
        /// The address shown as sender.
        from: FromAddress,
    },
    /// No mail.
    None,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailProtection {
    /// TLS from the first byte.
    Tls,
    /// TLS by STARTTLS; a server that does not offer it is refused.
    StartTls,
    /// No protection: only towards this machine, or with `accept_unencrypted`.
    None,
}

/// The address that is shown as sender.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FromAddress(pub MailAddress);

impl TryFrom<String> for FromAddress {
    type Error = messages::AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        MailAddress::parse(&text).map(Self)
    }
}
