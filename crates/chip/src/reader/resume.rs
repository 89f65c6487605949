//! What a session leaves to the next one.

use std::collections::BTreeMap;

use super::reading::ActiveAuthentication;
use crate::apdu::StatusWord;
use crate::lds::file::FileId;
use crate::password::Password;

/// What to ask for where a chip refuses the longest extended length: the most that a buffer of a kilobyte holds once
/// it is protected.
pub(super) const EXTENDED_LENGTH_SMALL: usize = 960;

/// Less than this at once is the end of a file, not the most that a chip gives.
pub(super) const SHORT_READ_BYTES_MIN: usize = 96;

/// What was read so far and what was learnt about the chip; begin the next session with it.
#[derive(Clone)]
pub struct Resume {
    password: Password,
    pub(super) files: BTreeMap<FileId, Part>,
    pub(super) refused: BTreeMap<FileId, StatusWord>,
    pub(super) lessons: Lessons,
    /// The SOD as an earlier session had it, while it is read again.
    sod_before: Vec<u8>,
    /// Signatures over the challenges of all sessions.
    pub(super) signatures: Vec<ActiveAuthentication>,
    /// A proof by mapping did not fit EF.CardSecurity.
    pub(super) mapping_fails: bool,
    /// The password has opened a chip.
    pub(super) opened: bool,
    pub(super) apdus: u32,
    pub(super) bytes: u64,
    pub(super) round_trips: u32,
    pub(super) sessions: u32,
}

/// A file as far as it is read.
#[derive(Clone, Default)]
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// As the file's own header claims.
    pub(super) total: Option<usize>,
    /// The header says no length: the end shows when it is there.
    pub(super) open_ended: bool,
    /// Nothing more to come, whatever the header claims.
    pub(super) ended: bool,
    /// The chip said that the file ends here, and the header claims more.
    pub(super) doubtful_end: bool,
}

impl Part {
    pub(super) fn is_complete(&self) -> bool {
        self.ended || self.total.is_some_and(|total| self.bytes.len() >= total)
    }
}

/// What the chip has taught: not to be asked again in this reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lessons {
    /// It opens by what else the typed number may have meant.
    pub(super) other_password: bool,
    /// It has no EF.CardAccess.
    pub(super) no_card_access: bool,
    /// The form in which it takes SELECT of the application, or the next one to try.
    pub(super) application_form: usize,
    /// The form in which it takes SELECT of a file, or the next one to try.
    pub(super) file_form: usize,
    /// It takes, or does not take, READ BINARY with a short file identifier.
    pub(super) short_identifiers: Option<bool>,
    /// It takes, or does not take, extended lengths.
    pub(super) extended: Option<bool>,
    /// The most clear octets to ask for in an extended length, after a refusal or a loss.
    pub(super) extended_bytes: Option<usize>,
    /// The most clear octets that one READ BINARY gave or may ask for.
    pub(super) read_bytes: Option<usize>,
    /// Clear octets of the extended read that is under way; 0 where none is.
    pub(super) under_way: usize,
}

impl Resume {
    pub(super) const fn new(password: Password) -> Self {
        Self {
            password,
            files: BTreeMap::new(),
            refused: BTreeMap::new(),
            lessons: Lessons {
                other_password: false,
                no_card_access: false,
                application_form: 0,
                file_form: 0,
                short_identifiers: None,
                extended: None,
                extended_bytes: None,
                read_bytes: None,
                under_way: 0,
            },
            sod_before: Vec::new(),
            signatures: Vec::new(),
            mapping_fails: false,
            opened: false,
            apdus: 0,
            bytes: 0,
            round_trips: 0,
            sessions: 0,
        }
    }

    /// A chip proved itself by mapping while the session was opened: what says which document it belongs to has to
    /// come from this very session.
    pub(super) fn forget_whose(&mut self) {
        self.files.remove(&FileId::CardSecurity);
        if let Some(part) = self.files.remove(&FileId::Sod)
            && !self.sod_before.starts_with(&part.bytes)
        {
            self.sod_before = part.bytes;
        }
    }

    /// The SOD was read again. Where it is another one, another chip lies there: nothing of the one before goes on.
    pub(super) fn compare_documents(&mut self) {
        let before = std::mem::take(&mut self.sod_before);
        let again = self.files.get(&FileId::Sod).map_or(&[][..], |part| &part.bytes);
        if !again.starts_with(&before) {
            self.files.retain(|file, _| file.is_in_master_file() || *file == FileId::Sod);
            self.refused.clear();
        }
    }

    /// The tag left the field. A weak contact that does not last for a long read may last for half of it: where the whole
    /// file is asked for at once, nothing of it would ever be there to go on from.
    pub(super) fn shorten(&mut self) {
        let lessons = &mut self.lessons;
        match std::mem::take(&mut lessons.under_way) {
            0 => {}
            asked if asked > EXTENDED_LENGTH_SMALL => {
                lessons.extended_bytes = Some((asked / 2).max(EXTENDED_LENGTH_SMALL));
            }
            _ => (lessons.extended, lessons.read_bytes) = (Some(false), None),
        }
    }

    pub(super) fn is_of(&self, password: &Password) -> bool {
        self.password == *password
    }

    /// Octets read so far.
    #[must_use]
    pub fn bytes_done(&self) -> usize {
        self.files.values().map(|part| part.bytes.len()).sum()
    }

    /// Sessions begun so far.
    #[must_use]
    pub const fn sessions(&self) -> u32 {
        self.sessions
    }

    /// How many octets of a file are there.
    #[must_use]
    pub fn bytes_of(&self, file: FileId) -> usize {
        self.files.get(&file).map_or(0, |part| part.bytes.len())
    }
}

impl std::fmt::Debug for Resume {
    /// Files are personal: only sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resume")
            .field("bytes_done", &self.bytes_done())
            .field("sessions", &self.sessions)
            .field("lessons", &self.lessons)
            .finish_non_exhaustive()
    }
}
