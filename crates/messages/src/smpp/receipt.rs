//! Delivery receipts, with which the centre reports on a message to a phone.

use super::pdu::{ESM_RECEIPT, ShortMessage};
use crate::MessageId;

/// The tag of the parameter with the id of the message that the receipt is about (§5.3.2.12).
const RECEIPTED_MESSAGE_ID: u16 = 0x001E;

/// The tag of the parameter with the state of that message (§5.3.2.35).
const MESSAGE_STATE: u16 = 0x0427;

/// The bits of `esm_class` with the kind of message: 5 to 2 (§5.2.12).
const ESM_KIND_MASK: u8 = 0x3C;

/// The state of an SMS in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// The network is delivering the message.
    EnRoute,
    /// The message has arrived on the phone.
    Delivered,
    /// The message was not delivered within its validity.
    Expired,
    /// The message was deleted at the centre.
    Deleted,
    /// The message cannot be delivered.
    Undeliverable,
    /// Customer service of the network read the message on behalf of the subscriber.
    Accepted,
    /// The centre does not know the state.
    Unknown,
    /// The message was rejected.
    Rejected,
}

/// A delivery receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The centre's id of the message, which it gave when the message was sent.
    pub message: MessageId,
    /// The state of the message.
    pub state: DeliveryState,
}

impl Receipt {
    /// Reads a receipt from its parameters or from its text (`id:… … stat:DELIVRD err:…`, Appendix B); `None` for any
    /// other message of the centre.
    pub fn of(message: &ShortMessage) -> Option<Self> {
        if message.esm_class & ESM_KIND_MASK != ESM_RECEIPT {
            return None;
        }
        let parameter = |wanted: u16| {
            message.parameters.iter().find(|(tag, _)| *tag == wanted).map(|(_, value)| value)
        };
        let text: String = message.payload.iter().map(|byte| char::from(*byte)).collect();
        let id = match parameter(RECEIPTED_MESSAGE_ID) {
            Some(value) => value.iter().take_while(|b| **b != 0).map(|b| char::from(*b)).collect(),
            None => field(&text, "id:")?.to_owned(),
        };
        let state = match parameter(MESSAGE_STATE).and_then(|value| value.first()) {
            Some(code) => of_code(*code),
            None => of_word(field(&text, "stat:")?),
        };
        (!id.is_empty()).then_some(Self { message: MessageId(id), state })
    }
}

/// The word after a label.
fn field<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let behind = text.split_whitespace().find_map(|word| word.strip_prefix(label))?;
    (!behind.is_empty()).then_some(behind)
}

const fn of_code(code: u8) -> DeliveryState {
    match code {
        1 => DeliveryState::EnRoute,
        2 => DeliveryState::Delivered,
        3 => DeliveryState::Expired,
        4 => DeliveryState::Deleted,
        5 => DeliveryState::Undeliverable,
        6 => DeliveryState::Accepted,
        8 => DeliveryState::Rejected,
        _ => DeliveryState::Unknown,
    }
}

fn of_word(word: &str) -> DeliveryState {
    match word {
        "ENROUTE" => DeliveryState::EnRoute,
        "DELIVRD" => DeliveryState::Delivered,
        "EXPIRED" => DeliveryState::Expired,
        "DELETED" => DeliveryState::Deleted,
        "UNDELIV" => DeliveryState::Undeliverable,
        "ACCEPTD" => DeliveryState::Accepted,
        "REJECTD" => DeliveryState::Rejected,
        _ => DeliveryState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn receipt(text: &str, parameters: Vec<(u16, Vec<u8>)>) -> ShortMessage {
        ShortMessage {
            esm_class: ESM_RECEIPT,
            payload: Zeroizing::new(text.as_bytes().to_vec()),
            parameters,
            ..ShortMessage::default()
        }
    }

    #[test]
    fn the_text_of_a_receipt_is_read() {
        let text = "id:a1 sub:001 dlvrd:001 submit date:2611221400 done date:2611221401 \
                    stat:DELIVRD err:000 text:";

        let read = Receipt::of(&receipt(text, Vec::new())).unwrap();

        assert_eq!(read.message, MessageId("a1".to_owned()));
        assert_eq!(read.state, DeliveryState::Delivered);
    }

    #[test]
    fn parameters_outweigh_the_text() {
        let parameters = vec![(RECEIPTED_MESSAGE_ID, b"b2\0".to_vec()), (MESSAGE_STATE, vec![5])];

        let read = Receipt::of(&receipt("id:a1 stat:DELIVRD", parameters)).unwrap();

        assert_eq!(read.message, MessageId("b2".to_owned()));
        assert_eq!(read.state, DeliveryState::Undeliverable);
    }

    #[test]
    fn an_answer_that_somebody_texted_is_no_receipt() {
        let mut message = receipt("id:a1 stat:DELIVRD", Vec::new());
        message.esm_class = 0;

        assert_eq!(Receipt::of(&message), None);
        assert_eq!(Receipt::of(&receipt("hello", Vec::new())), None);
        assert_eq!(Receipt::of(&receipt("id: stat:", Vec::new())), None);
    }
}
