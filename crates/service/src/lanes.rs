//! Limits on messages that are sent at the same time, for each kind of message: a message centre or mail server that hangs
//! holds back no message of another kind.

use crate::outgoing::{Outgoing, Says};
use recovery::person::ChannelKind;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Text messages with a code that are sent at the same time.
const CODES_MAX: usize = 16;
/// Other text messages that are sent at the same time.
const TEXTS_MAX: usize = 16;
/// E-mails that are sent at the same time.
const MAILS_MAX: usize = 8;

/// The permits for messages that are being sent.
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
    /// Takes the permit under which a message is sent; `None` where all of its kind are taken, and the message has to be
    /// tried again.
    pub(crate) fn enter(&self, outgoing: &Outgoing) -> Option<SemaphorePermit<'_>> {
        let lane = match (outgoing.by, &outgoing.says) {
            (ChannelKind::Email, _) => &self.mails,
            (ChannelKind::Phone, Says::TemporaryPin { .. }) => &self.codes,
            (ChannelKind::Phone, _) => &self.texts,
        };
        lane.try_acquire().ok()
    }
}
