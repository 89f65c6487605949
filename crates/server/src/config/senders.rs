//! `[sms]` and `[mail]`: the ways of messages.

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
        /// Its address.
        url: String,
        /// The bearer token.
        token: Secret,
        /// What the phone shows.
        sender: SmsSenderName,
        /// Certificate authorities (PEM) to trust in place of the public ones.
        #[serde(default)]
        trust: Option<PathBuf>,
        /// Whether plain `http` to another machine is accepted, where codes can be read on the way.
        #[serde(default)]
        accept_unencrypted: bool,
    },
    /// No way: temporary PINs are given at the desk alone.
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
    /// Our name there.
    pub system_id: String,
    /// At most 8 characters.
    pub password: Secret,
    /// Often empty.
    #[serde(default)]
    pub system_type: String,
    /// What the phone shows.
    pub sender: SmsSenderName,
    /// What the centre reads in texts of its default alphabet.
    #[serde(default)]
    pub alphabet: CentreAlphabet,
    /// Requests that may wait for the centre's answer.
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
    /// Only towards this machine, or with `accept_unencrypted`.
    None,
}

/// What a message centre reads in texts of `data_coding` 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CentreAlphabet {
    /// The GSM alphabet.
    #[default]
    Gsm,
    /// ISO 8859-1.
    #[serde(rename = "latin-1")]
    Latin1,
    /// Unknown: everything goes as UCS-2.
    #[serde(rename = "ucs-2")]
    Ucs2,
}

/// A sender that networks take.
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
        /// Its name.
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
        /// Name and password, where the server wants them.
        #[serde(default)]
        user: Option<String>,
        /// The password.
        #[serde(default)]
        password: Option<Secret>,
        /// Our own name in the greeting.
        our_name: String,
        /// The name shown as sender.
        from_name: String,
        /// The address shown as sender.
        from: FromAddress,
    },
    /// No mail.
    None,
}

/// How the line to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailProtection {
    /// From the first byte.
    Tls,
    /// After STARTTLS, and nothing without it.
    StartTls,
    /// Only towards this machine, or with `accept_unencrypted`.
    None,
}

/// A sender's address.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FromAddress(pub MailAddress);

impl TryFrom<String> for FromAddress {
    type Error = messages::AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        MailAddress::parse(&text).map(Self)
    }
}
