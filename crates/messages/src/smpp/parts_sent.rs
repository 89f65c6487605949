//! Which parts of long messages the centre has taken already.

use std::collections::VecDeque;

use crate::{MessageId, Reference};

/// Half-sent messages that are remembered; of more, the oldest is sent whole again, under the same
/// reference, so that a phone shows it once.
const HALF_SENT_MAX: usize = 256;

/// Messages of which the centre took some parts and not all.
#[derive(Debug, Default)]
pub(super) struct PartsSent(VecDeque<(Reference, Vec<MessageId>)>);

impl PartsSent {
    /// The centre's names of the parts that it has, in order; the place is given up.
    pub(super) fn take(&mut self, message: Reference) -> Vec<MessageId> {
        let place = self.0.iter().position(|(reference, _)| *reference == message);
        place.and_then(|place| self.0.remove(place)).map(|(_, ids)| ids).unwrap_or_default()
    }

    /// Remembers what was sent of a message.
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
