//! Messages, and the traits of their senders.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Invitation, MailAddress, PhoneNumber, SendError, Sensitive};

/// The outbox's id of a message. It is the same at every try, so that the receiving system can discard a second copy.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference(pub u128);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

/// The id that the message centre or gateway gave a message or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub String);

/// An SMS.
#[derive(Clone, Debug)]
pub struct Sms {
    /// The telephone number of the recipient.
    pub to: PhoneNumber,
    /// The text.
    pub text: Sensitive<String>,
    /// How long the network may try to deliver the message; a code would have expired after that.
    pub keep_trying: Option<Duration>,
    /// The outbox's id of the message.
    pub reference: Reference,
}

/// An e-mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address of the recipient.
    pub to: MailAddress,
    /// The subject, a single line.
    pub subject: Sensitive<String>,
    /// The body in plain text.
    pub text: Sensitive<String>,
    /// A calendar entry to attach.
    pub invitation: Option<Invitation>,
    /// The outbox's id of the message.
    pub reference: Reference,
    /// When the message was written, for its `Date` header.
    pub written_at: Timestamp,
}

/// A sender of SMS.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Sends an SMS and returns the ids of its parts in order. A long SMS has several parts.
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError>;
}

/// A sender of e-mail.
#[async_trait]
pub trait MailSender: Send + Sync {
    /// Sends an e-mail to the mail server.
    async fn send(&self, mail: &Mail) -> Result<(), SendError>;
}
