//! Messages to people: SMS, e-mail and calendar files, with their texts in every language.
//!
//! [`Texts`] makes the texts; [`SmsSender`] and [`MailSender`] send them. A failure to send is a [`SendError`], which
//! says whether another try can help. This crate does not decide who gets a message.

mod sensitive;

mod address;
pub mod calendar;
pub mod endpoint;
mod message;
mod send_error;
mod sender_name;
pub mod texts;

pub mod own_threads;
pub mod trust;

pub mod http_gateway;
pub mod smpp;
pub mod smtp;

pub use address::{AddressError, MailAddress, PhoneNumber};
pub use calendar::Invitation;
pub use message::{Mail, MailSender, MessageId, Reference, Sms, SmsSender};
pub use send_error::{Blame, Retry, SendError};
pub use sender_name::{SenderName, SenderNameError};
pub use sensitive::Sensitive;
pub use texts::{Message, Texts};
