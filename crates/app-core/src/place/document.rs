//! A document whose chip is read, over all contacts with it.

use chip::password::Password;
use chip::reader::Resume;
use pin::weak::BirthDate;
use wire::Bytes;

use crate::handed_in::Progress;

/// A document while its chip is read: the password, and the results of earlier contacts.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) password: Password,
    pub(crate) resume: Option<Resume>,
    /// The percentage reached over all contacts: opening a chip again loses nothing.
    reached: u8,
    /// The number of ways of agreeing keys that the chip has refused.
    pub(crate) ways_refused: u8,
    /// The turn at which a reading by the server stopped when the contact broke.
    pub(crate) relay: Option<RelayTurn>,
}

/// A turn of the relay as far as it was carried when the contact broke.
#[derive(Debug, Clone)]
pub(crate) struct RelayTurn {
    pub(crate) relay_id: String,
    pub(crate) turn: u32,
    pub(crate) answers: Vec<Bytes>,
}

/// The part of a reading that the phone keeps until the new PIN is set: in memory alone.
#[derive(Debug, Clone)]
pub(crate) struct ChipExtract {
    pub(crate) birth_date: Option<BirthDate>,
    /// EF.DG2, sent again with the face: the server keeps its hash and no picture.
    pub(crate) dg2: Bytes,
}

impl Document {
    pub(crate) fn new(password: Password) -> Self {
        Self { password, resume: None, reached: 0, ways_refused: 0, relay: None }
    }

    /// The progress over all contacts, which never seems to go back.
    pub(crate) fn reached(&mut self, mut progress: Progress) -> Progress {
        self.reached = self.reached.max(progress.percent);
        progress.percent = self.reached;
        progress
    }

    /// Forgets the earlier contacts with an unreadable document: another one may be held to the phone.
    pub(crate) fn forget_contacts(&mut self) {
        (self.resume, self.reached, self.ways_refused) = (None, 0, 0);
    }
}
