//! SMS over SMPP 3.4, the protocol of message centres of mobile networks.
//!
//! [`SmppSender`] has one session (bound as a transceiver), which it opens when there is something to send and again
//! after a failure. It passes delivery receipts to a channel.

mod alphabet;
mod connection;
mod link;
mod parts_sent;
pub mod pdu;
mod receipt;

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc};
use zeroize::Zeroizing;

use self::{
    connection::Endpoint,
    link::{Link, LinkError},
    parts_sent::PartsSent,
    pdu::{Address, Body, ShortMessage, status},
};
use crate::{MessageId, PhoneNumber, Retry, SendError, SenderName, Sensitive, Sms, SmsSender};

pub use alphabet::{CentreAlphabet, Coding, Part, TooLong, assemble, parts, text};
pub use connection::{Protection, SmppSettingsError};
pub use receipt::{DeliveryState, Receipt};

/// The default number of requests that may wait for a reply of the message centre.
pub const WINDOW_DEFAULT: NonZeroU16 = NonZeroU16::new(10).unwrap();

/// The largest number of receipts that wait in the channel. More are dropped, because no decision depends on a receipt.
const RECEIPTS_WAITING_MAX: usize = 1_024;

/// The settings for the message centre.
#[derive(Clone, Debug)]
pub struct SmppSettings {
    /// The address of the centre, `host:port`.
    pub address: String,
    /// The name of this service at the centre.
    pub system_id: String,
    /// The password of this service, at most 8 characters (SMPP 3.4 §5.2.2).
    pub password: Sensitive<String>,
    /// The system type of this service, which is often empty.
    pub system_type: String,
    /// The protection of the connection.
    pub protection: Protection,
    /// The sender that the phone shows.
    pub sender: SenderName,
    /// The default alphabet of the centre (`data_coding` 0).
    pub alphabet: CentreAlphabet,
    /// The largest number of requests without a reply; centres refuse more (SMPP 3.4 §2.9).
    pub window: NonZeroU16,
    /// How long connecting and each reply may take.
    pub answer_within: Duration,
    /// How long an idle session waits before it checks with `enquire_link` that the centre is alive.
    pub enquire_every: Duration,
}

/// A sender of SMS through a message centre.
pub struct SmppSender {
    settings: SmppSettings,
    endpoint: Endpoint,
    receipts: mpsc::Sender<Receipt>,
    link: Mutex<Option<Arc<Link>>>,
    half_sent: std::sync::Mutex<PartsSent>,
}

impl std::fmt::Debug for SmppSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppSender").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl SmppSender {
    /// Makes a sender, which connects when it has something to send, and the channel of its receipts.
    ///
    /// # Errors
    ///
    /// [`SmppSettingsError`] where the address or the certificates do not parse, or the connection would be unencrypted
    /// and the operator has not accepted that.
    pub fn new(
        settings: SmppSettings,
    ) -> Result<(Self, mpsc::Receiver<Receipt>), SmppSettingsError> {
        let endpoint = Endpoint::new(&settings.address, &settings.protection)?;
        let (receipts, listener) = mpsc::channel(RECEIPTS_WAITING_MAX);
        let (link, half_sent) = (Mutex::default(), std::sync::Mutex::default());
        Ok((Self { settings, endpoint, receipts, link, half_sent }, listener))
    }

    /// Ends the session with the centre, if there is one.
    pub async fn close(&self) {
        let link = self.link.lock().await.take();
        if let Some(link) = link {
            link.close(self.settings.answer_within).await;
        }
    }

    /// The open session, or a new one. Simultaneous calls open only one.
    async fn link(&self) -> Result<Arc<Link>, SendError> {
        let mut current = self.link.lock().await;
        if let Some(link) = current.as_ref().filter(|link| link.is_open()) {
            return Ok(Arc::clone(link));
        }
        let opened = Link::open(&self.settings, &self.endpoint, self.receipts.clone()).await;
        let link = Arc::new(opened.map_err(not_sent)?);
        *current = Some(Arc::clone(&link));
        Ok(link)
    }

    fn half_sent(&self) -> std::sync::MutexGuard<'_, PartsSent> {
        self.half_sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
        let split = parts(sms.text.expose(), self.settings.alphabet)
            .map_err(|error| SendError::new(Retry::Never, "splitting an SMS").because(error))?;
        let link = self.link().await?;
        // The parts that the centre accepted at an earlier try are not sent again.
        let mut ids = self.half_sent().take(sms.reference);
        let done = ids.len();
        for part in split.iter().skip(done) {
            let message = short_message(&self.settings, sms, part);
            match self.submit(&link, message, ids.is_empty()).await {
                Ok(id) => ids.push(id),
                Err(error) => {
                    self.half_sent().keep(sms.reference, ids);
                    return Err(error);
                }
            }
        }
        Ok(ids)
    }
}

/// The reference by which a phone joins the parts of a long message from one sender. It is the same at every try of a
/// message, so that parts from two tries fit together.
fn part_reference(sms: &Sms) -> u8 {
    sms.reference.0.to_be_bytes().into_iter().fold(0, |sum, byte| sum.rotate_left(1) ^ byte)
}

fn short_message(settings: &SmppSettings, sms: &Sms, part: &Part) -> ShortMessage {
    ShortMessage {
        source: sender_address(&settings.sender),
        destination: phone_address(&sms.to),
        // A user data header precedes the text of a part (SMPP 3.4 §5.2.12).
        esm_class: if part.total > 1 { pdu::ESM_HEADER } else { 0 },
        validity: sms.keep_trying.map(relative_time).unwrap_or_default(),
        registered_delivery: 1,
        data_coding: part.coding.data_coding(),
        payload: Zeroizing::new(part.payload(part_reference(sms))),
        ..ShortMessage::default()
    }
}

/// The source address: an international number (type 1, plan 1) or a name (type 5, plan 0).
fn sender_address(sender: &SenderName) -> Address {
    match sender.digits() {
        Some(digits) => Address { ton: 1, npi: 1, text: digits.to_owned() },
        None => Address { ton: 5, npi: 0, text: sender.as_str().to_owned() },
    }
}

fn phone_address(phone: &PhoneNumber) -> Address {
    Address { ton: 1, npi: 1, text: phone.digits().to_owned() }
}

/// A duration from now in the form `YYMMDDhhmmss000R` (SMPP 3.4 §7.1.1), up to 30 days.
fn relative_time(span: Duration) -> String {
    let seconds = span.as_secs().min(30 * 86_400);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}

/// The error where no session could be opened, so that nothing was sent.
fn not_sent(error: LinkError) -> SendError {
    let operators = error.is_the_operators();
    let failed =
        SendError::new(Retry::Later, "opening a session with the message centre").because(error);
    if operators { failed.by_operator() } else { failed }
}

/// The error where a part got no reply. After an earlier part was sent, the outcome is always unsure.
fn after(error: LinkError, first: bool) -> SendError {
    let retry = if first && error.never_left() { Retry::Later } else { Retry::Unsure };
    SendError::new(retry, "handing an SMS to the message centre").because(error)
}

/// The error where the centre refused a part. A wrong source address stops every message until the operator corrects
/// it; as nothing is wrong with the message, it is tried again.
fn refused(code: u32, first: bool) -> SendError {
    const DOING: &str = "handing an SMS to the message centre";
    // After an earlier part was sent, the outcome is always unsure.
    let again = if first { Retry::Later } else { Retry::Unsure };
    match code {
        status::INVALID_LENGTH
        | status::INVALID_DESTINATION
        | status::INVALID_ESM_CLASS
        | status::INVALID_DESTINATION_TYPE
        | status::INVALID_DESTINATION_PLAN => SendError::new(Retry::Never, DOING).code(code),
        status::INVALID_SOURCE | status::INVALID_SOURCE_TYPE | status::INVALID_SOURCE_PLAN => {
            SendError::new(again, DOING).code(code).by_operator()
        }
        _ => SendError::new(again, DOING).code(code),
    }
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

    #[test]
    fn a_wrong_sender_is_the_operators_fault_and_the_message_is_tried_again() {
        for code in
            [status::INVALID_SOURCE, status::INVALID_SOURCE_TYPE, status::INVALID_SOURCE_PLAN]
        {
            let error = refused(code, true);
            assert_eq!((error.retry(), error.blame()), (Retry::Later, crate::Blame::Operator));
            assert_eq!(refused(code, false).retry(), Retry::Unsure, "a part is out");
        }
        assert_eq!(refused(status::INVALID_DESTINATION, true).blame(), crate::Blame::Message);
    }
}
