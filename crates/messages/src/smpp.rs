//! SMS over SMPP 3.4, the protocol of mobile networks' message centres.
//!
//! [`SmppSender`] keeps one bound session (transceiver), opens it when there is something to send
//! and again after a failure, and hands delivery receipts to whoever listens.

mod alphabet;
mod link;
pub mod pdu;
mod receipt;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc};
use zeroize::Zeroizing;

use self::{
    link::{Link, LinkError},
    pdu::{Address, Body, ShortMessage, status},
};
use crate::{MessageId, PhoneNumber, Retry, SendError, Sensitive, Sms, SmsSender};

pub use alphabet::{Coding, Part, TooLong, assemble, parts, text};
pub use receipt::{DeliveryState, Receipt};

/// Receipts that wait for a listener; more are dropped, for a receipt decides nothing.
const RECEIPTS_WAITING_MAX: usize = 1_024;

/// Where the message centre is and who we are there.
#[derive(Clone, Debug)]
pub struct SmppSettings {
    /// `host:port`.
    pub address: String,
    /// Our name at the centre.
    pub system_id: String,
    /// Our password, at most 8 characters (SMPP 3.4 §5.2.2).
    pub password: Sensitive<String>,
    /// Our kind of system, often empty.
    pub system_type: String,
    /// What the phone shows as sender: up to 11 letters and digits, or a number with `+`.
    pub sender: String,
    /// How long connecting and each answer may take.
    pub answer_within: Duration,
    /// A silent session is asked whether it is alive this often.
    pub enquire_every: Duration,
}

/// Sends SMS to one message centre.
pub struct SmppSender {
    settings: SmppSettings,
    receipts: mpsc::Sender<Receipt>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    /// Ties the parts of a long message together; the phone compares it per sender and minute.
    last_long: u8,
}

impl std::fmt::Debug for SmppSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppSender").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl SmppSender {
    /// A sender that connects when it has something to send, and the receipts that come back.
    pub fn new(settings: SmppSettings) -> (Self, mpsc::Receiver<Receipt>) {
        let (receipts, listener) = mpsc::channel(RECEIPTS_WAITING_MAX);
        (Self { settings, receipts, state: Mutex::default() }, listener)
    }

    /// Says goodbye to the centre, if there is a session.
    pub async fn close(&self) {
        let link = self.state.lock().await.link.take();
        if let Some(link) = link {
            link.close(self.settings.answer_within).await;
        }
    }

    /// The session in use, or a new one. Two senders never open two.
    async fn link(&self) -> Result<(Arc<Link>, u8), SendError> {
        let mut state = self.state.lock().await;
        state.last_long = state.last_long.wrapping_add(1);
        let long = state.last_long;
        if let Some(link) = state.link.as_ref().filter(|link| link.is_open()) {
            return Ok((Arc::clone(link), long));
        }
        let link = Link::open(&self.settings, self.receipts.clone()).await.map_err(not_sent)?;
        let link = Arc::new(link);
        state.link = Some(Arc::clone(&link));
        Ok((link, long))
    }

    async fn submit(
        &self,
        link: &Link,
        message: ShortMessage,
        first: bool,
    ) -> Result<MessageId, SendError> {
        let body = Body::SubmitSm(Box::new(message));
        let answer = link.ask(body, self.settings.answer_within).await;
        let answer = answer.map_err(|error| after(error, first))?;
        match answer.body {
            Body::SubmitSmResp { message_id } if answer.status == status::OK => {
                Ok(MessageId(message_id))
            }
            Body::SubmitSmResp { .. } | Body::GenericNack => Err(refused(answer.status, first)),
            Body::Bind(_)
            | Body::BindResp { .. }
            | Body::SubmitSm(_)
            | Body::DeliverSm(_)
            | Body::DeliverSmResp
            | Body::EnquireLink
            | Body::EnquireLinkResp
            | Body::Unbind
            | Body::UnbindResp
            | Body::Unknown { .. } => {
                Err(SendError::new(Retry::Unsure, "reading the message centre's answer"))
            }
        }
    }
}

#[async_trait]
impl SmsSender for SmppSender {
    async fn send(&self, sms: &Sms) -> Result<Vec<MessageId>, SendError> {
        let split = parts(sms.text.expose())
            .map_err(|error| SendError::new(Retry::Never, "splitting an SMS").because(error))?;
        let (link, long) = self.link().await?;
        let mut ids = Vec::with_capacity(split.len());
        for part in &split {
            let message = short_message(&self.settings, sms, part, long);
            ids.push(self.submit(&link, message, ids.is_empty()).await?);
        }
        Ok(ids)
    }
}

fn short_message(settings: &SmppSettings, sms: &Sms, part: &Part, long: u8) -> ShortMessage {
    ShortMessage {
        source: sender_address(&settings.sender),
        destination: phone_address(&sms.to),
        // A user data header stands before the text of a part (SMPP 3.4 §5.2.12).
        esm_class: if part.total > 1 { pdu::ESM_HEADER } else { 0 },
        validity: sms.keep_trying.map(relative_time).unwrap_or_default(),
        registered_delivery: 1,
        data_coding: part.coding.data_coding(),
        payload: Zeroizing::new(part.payload(long)),
        ..ShortMessage::default()
    }
}

/// An international number (type 1, plan 1) or a name (type 5, plan 0).
fn sender_address(sender: &str) -> Address {
    match sender.strip_prefix('+') {
        Some(digits) => Address { ton: 1, npi: 1, text: digits.to_owned() },
        None => Address { ton: 5, npi: 0, text: sender.to_owned() },
    }
}

fn phone_address(phone: &PhoneNumber) -> Address {
    Address { ton: 1, npi: 1, text: phone.digits().to_owned() }
}

/// `YYMMDDhhmmss000R` from now (SMPP 3.4 §7.1.1), up to 30 days.
fn relative_time(span: Duration) -> String {
    let seconds = span.as_secs().min(30 * 86_400);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}

/// Nothing was sent yet.
fn not_sent(error: LinkError) -> SendError {
    SendError::new(Retry::Later, "opening a session with the message centre").because(error)
}

/// A part was on its way. Where an earlier part is already out, everything is unsure.
fn after(error: LinkError, first: bool) -> SendError {
    let retry = if first && error.never_left() { Retry::Later } else { Retry::Unsure };
    SendError::new(retry, "handing an SMS to the message centre").because(error)
}

/// The centre's own answer.
fn refused(code: u32, first: bool) -> SendError {
    let retry = match code {
        status::INVALID_LENGTH
        | status::INVALID_SOURCE
        | status::INVALID_DESTINATION
        | status::INVALID_ESM_CLASS
        | status::INVALID_SOURCE_TYPE..=status::INVALID_DESTINATION_PLAN => Retry::Never,
        _ if first => Retry::Later,
        _ => Retry::Unsure,
    };
    SendError::new(retry, "handing an SMS to the message centre").code(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_minutes_are_a_relative_time() {
        assert_eq!(relative_time(Duration::from_secs(1_800)), "000000003000000R");
        assert_eq!(relative_time(Duration::from_secs(90_061)), "000001010101000R");
        assert_eq!(relative_time(Duration::MAX), "000030000000000R");
    }

    #[test]
    fn only_the_message_itself_is_refused_for_ever() {
        assert_eq!(refused(status::INVALID_DESTINATION, true).retry(), Retry::Never);
        assert_eq!(refused(status::THROTTLED, true).retry(), Retry::Later);
        assert_eq!(refused(status::THROTTLED, false).retry(), Retry::Unsure);
        assert_eq!(refused(0x400, true).retry(), Retry::Later);
    }
}
