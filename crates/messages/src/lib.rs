//! What leaves the house: SMS, e-mail, calendar files, and their texts in every language.
//!
//! [`Texts`] makes the words; [`SmsSender`] and [`MailSender`] carry them. Sending fails with a
//! [`SendError`] that says whether trying again can help. Nothing here decides whom to tell.

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
