//! How many messages of each kind are under way at once: a way that hangs holds back nothing that goes by another.

use crate::outgoing::{Outgoing, Says};
use recovery::person::ChannelKind;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Text messages with a code at once.
const CODES_MAX: usize = 16;
/// Other text messages at once.
const TEXTS_MAX: usize = 16;
/// Mails at once.
const MAILS_MAX: usize = 8;

/// Places for messages under way.
#[derive(Debug)]
pub(crate) struct Lanes {
    codes: Semaphore,
    texts: Semaphore,
    mails: Semaphore,
}

impl Default for Lanes {
    fn default() -> Self {
        let [codes, texts, mails] = [CODES_MAX, TEXTS_MAX, MAILS_MAX].map(Semaphore::new);
        Self { codes, texts, mails }
    }
}

impl Lanes {
    /// A place for a message, until it went out or did not; `None` where the lane is full, and the message is to come again.
    pub(crate) fn enter(&self, outgoing: &Outgoing) -> Option<SemaphorePermit<'_>> {
        let lane = match (outgoing.by, &outgoing.says) {
            (ChannelKind::Email, _) => &self.mails,
            (ChannelKind::Phone, Says::TemporaryPin { .. }) => &self.codes,
            (ChannelKind::Phone, _) => &self.texts,
        };
        lane.try_acquire().ok()
    }
}
