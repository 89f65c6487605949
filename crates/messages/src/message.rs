//! A message and whoever can carry it.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Invitation, MailAddress, PhoneNumber, SendError, Sensitive};

/// The outbox's own name of a message: the same on every try, so that the other side can drop a
/// second copy.
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

/// The name that the other side gave to a message or to one part of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(pub String);

/// An SMS.
#[derive(Clone, Debug)]
pub struct Sms {
    /// Whose phone.
    pub to: PhoneNumber,
    /// The words.
    pub text: Sensitive<String>,
    /// How long the network may keep trying; a code that came later would be dead anyway.
    pub keep_trying: Option<Duration>,
    /// The outbox's name of it.
    pub reference: Reference,
}

/// An e-mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// To whom.
    pub to: MailAddress,
    /// One line.
    pub subject: Sensitive<String>,
    /// Plain text.
    pub text: Sensitive<String>,
    /// A calendar entry, attached.
    pub invitation: Option<Invitation>,
    /// The outbox's name of it.
    pub reference: Reference,
    /// When it was written: the `Date` of the message.
    pub written_at: Timestamp,
}

/// Sends SMS.
#[async_trait]
pub trait SmsSender: Send + Sync {
    /// Hands an SMS to the network. A long one has several parts, each with an id, in order.
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError>;
}

/// Sends e-mail.
#[async_trait]
pub trait MailSender: Send + Sync {
    /// Hands a mail to the mail server.
    async fn send(&self, mail: &Mail) -> Result<(), SendError>;
}
