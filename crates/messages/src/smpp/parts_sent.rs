//! The parts of long messages that the centre has already accepted.

use std::collections::VecDeque;

use crate::{MessageId, Reference};

/// The largest number of partly sent messages that are remembered. Beyond it, the oldest is sent again completely, with
/// the same reference, so that a phone shows it once.
const HALF_SENT_MAX: usize = 256;

/// The messages of which the centre accepted some parts and not all.
#[derive(Debug, Default)]
pub(super) struct PartsSent(VecDeque<(Reference, Vec<MessageId>)>);

impl PartsSent {
    /// Removes a message and returns the centre's ids of its accepted parts, in order.
    pub(super) fn take(&mut self, message: Reference) -> Vec<MessageId> {
        let place = self.0.iter().position(|(reference, _)| *reference == message);
        place.and_then(|place| self.0.remove(place)).map(|(_, ids)| ids).unwrap_or_default()
    }

    /// Remembers the accepted parts of a message.
    pub(super) fn keep(&mut self, message: Reference, ids: Vec<MessageId>) {
        if ids.is_empty() {
            return;
        }
        if self.0.len() >= HALF_SENT_MAX {
            self.0.pop_front();
        }
        self.0.push_back((message, ids));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_sent_messages_are_remembered_up_to_a_limit() {
        let mut sent = PartsSent::default();
        let id = |n: usize| vec![MessageId(n.to_string())];

        for n in 0..=HALF_SENT_MAX {
            sent.keep(Reference(n as u128), id(n));
        }

        assert!(sent.take(Reference(0)).is_empty(), "the oldest makes room");
        assert_eq!(sent.take(Reference(1)), id(1));
        assert!(sent.take(Reference(1)).is_empty(), "what was taken is gone");
    }
}
