//! Reading a whole document: a session that says which bytes to send and takes the answers.
//!
//! It does no input or output. The caller moves bytes between [`Step::Send`] and the chip, over NFC, PC/SC, or a
//! relay; the same session runs on a phone, at a desk, and on a server behind a batched relay.
//!
//! ```text
//! EF.CardAccess → PACE, or BAC where no PACE is offered → AccessGranted (the caller may give a challenge)
//! → EF.COM, SOD → DG14, DG15 → active authentication → DG1, DG2 … → Done, with a link for chip authentication
//! ```
//!
//! A lost tag costs nothing: [`Awaiting::tag_lost`] gives a [`Resume`], and a session that begins with it opens the
//! chip anew and goes on at the offset reached. Whether what was put together is one document, the hashes of the SOD say.
//! Another chip may have been put in its place: a session that PACE with chip authentication mapping opened reads
//! EF.CardSecurity and the SOD again, so that what it proves is bound to the SOD that the proving chip itself gave.
//!
//! ```
//! # use chip::{password::Password, reader::{Plan, Reader, Step}};
//! # fn read(mut transceive: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> Option<chip::reader::Reading> {
//! let password = Password::mrz("L898902C3", "740812", "340415").ok()?;
//! let random = Box::new(|octets: &mut [u8]| octets.fill(7)); // the system's random source, in earnest
//! let mut step = Reader::begin(Plan::new(password), random, None);
//! loop {
//!     step = match step {
//!         Step::Send(awaiting) => match transceive(awaiting.command()) {
//!             Some(answer) => awaiting.answer(answer),
//!             None => return None, // or: wait, and begin again with `awaiting.tag_lost().resume`
//!         },
//!         Step::AccessGranted(granted) => granted.go_on(None),
//!         Step::Done(done) => return Some(done.reading),
//!         Step::Failed(failure) => return { eprintln!("{}", failure.error); None },
//!     };
//! }
//! # }
//! # assert!(read(|_| None).is_none());
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::apdu::StatusWord;
use crate::chip_authentication::PaceCamProof;
use crate::lds::file::{DataGroup, FileId};
use crate::lds::security_info::{Group, Mapping};
use crate::password::{Password, PasswordKind};
use crate::symmetric::Cipher;
use crate::verdict::{Evidence, OpenedBy, Proof};

mod access;
mod authentication;
mod batch;
mod card;
mod card_access;
mod error;
mod files;
mod flow;
mod lengths;
mod line;
mod link;
mod proven;
mod proving;
mod read_command;
mod resume;
mod selection;

pub use authentication::ActiveAuthentication;
pub use error::{Cause, ReadError, Retry, Stage};
pub use flow::compare_offers;
pub use link::{Link, LinkAwaiting, LinkStep, Relayed};
pub use proven::Proven;
pub use proving::{Limits, ProvingReader, Randoms, Turn, Waiting};
pub use resume::Resume;

use card::Card;
use flow::Flow;
use line::{Incoming, Line, Outgoing};

/// A source of random octets, handed in by the caller.
pub type Random = Box<dyn FnMut(&mut [u8]) + Send>;

/// Octets of one file at most: ten times a large portrait.
pub const FILE_BYTES_MAX: usize = 512 * 1024;

/// Octets of all files at most.
pub const FILES_BYTES_MAX: usize = 768 * 1024;

/// Command and response pairs of one session at most.
pub const EXCHANGES_MAX: u32 = 8_192;

/// What to read, and with what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Opens the chip.
    pub password: Password,
    /// Data groups to read where the SOD lists them; DG3 and DG4 are never read.
    pub data_groups: BTreeSet<DataGroup>,
    /// The longest answer that the transport carries, data and status word: 256 + 2 where it takes no extended length.
    pub answer_bytes_max: usize,
    /// Commands in one message at most: 1 for a chip in the hand, many for a relay.
    pub batch_commands_max: usize,
    /// Whether to prefer chip authentication mapping where the chip offers it. It is proof only for whoever
    /// holds the ephemeral keys: set it on a server or a desk, not on a phone.
    pub prefer_chip_authentication_mapping: bool,
}

impl Plan {
    /// The plan for a phone or desk reader: DG1, DG2, DG11, DG12, DG14, DG15, one command at a time.
    #[must_use]
    pub fn new(password: Password) -> Self {
        Self {
            password,
            data_groups: [1, 2, 11, 12, 14, 15].into_iter().filter_map(DataGroup::new).collect(),
            answer_bytes_max: 65_536,
            batch_commands_max: 1,
            prefer_chip_authentication_mapping: false,
        }
    }
}

/// How the chip was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessControl {
    /// None: the chip gives its files to anybody, as some of the oldest do.
    Open,
    /// Basic access control: the document offered no PACE. Compare with DG14: see [`Reading::offers`].
    Bac,
    /// PACE.
    Pace {
        /// Its mapping.
        mapping: Mapping,
        /// Its group.
        group: Group,
        /// Its cipher.
        cipher: Cipher,
        /// Which password it was.
        password: PasswordKind,
    },
}

/// What the unsigned offer in EF.CardAccess is worth, once DG14 is there (CHIP-CASES.md case 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// Both offer the same, or neither offers anything.
    Agree,
    /// DG14 is missing or unreadable: nothing to compare with.
    NotComparable,
    /// They differ: somebody on the line changed the offer, or the issuer erred.
    Differ,
    /// BAC was used and the signed DG14 offers PACE: somebody may have hidden the offer.
    PaceHidden,
}

/// Everything that one or more sessions read: bytes, believed by nobody yet.
#[derive(Clone)]
pub struct Reading {
    /// Raw files.
    pub files: BTreeMap<FileId, Vec<u8>>,
    /// Files that the chip lists and would not give, with what it answered.
    pub refused: BTreeMap<FileId, StatusWord>,
    /// How the chip was opened, last time.
    pub access: AccessControl,
    /// The password of the plan, which opened the chip in every session.
    pub password: Password,
    /// EF.CardAccess against DG14.
    pub offers: Offers,
    /// The chip's answer to the challenge, where one was given and the chip has active authentication.
    pub active_authentication: Option<ActiveAuthentication>,
    /// Signatures given to the challenges of earlier sessions: each has to hold, too.
    pub earlier_signatures: Vec<ActiveAuthentication>,
    /// What PACE with chip authentication mapping showed in the last session; proof only to whoever held the ephemeral
    /// keys.
    pub mapping_proof: Option<PaceCamProof>,
    /// In some session the chip gave a proof by mapping that is not for the key of its EF.CardSecurity.
    pub mapping_fails: bool,
    /// Command and response pairs, over all sessions.
    pub apdus: u32,
    /// Octets sent and received, over all sessions.
    pub bytes: u64,
    /// Messages to the chip: as many as `apdus`, or fewer where a relay batches.
    pub round_trips: u32,
    /// Sessions that it took: more than one after a lost tag.
    pub sessions: u32,
}

impl Reading {
    /// A file, where it was read.
    #[must_use]
    pub fn file(&self, file: FileId) -> Option<&[u8]> {
        self.files.get(&file).map(Vec::as_slice)
    }

    /// The data groups by number, as [`Evidence`] takes them.
    #[must_use]
    pub fn data_groups(&self) -> Vec<(u8, &[u8])> {
        let groups = self.files.iter().filter_map(|(file, bytes)| {
            file.data_group().map(|group| (group.number(), bytes.as_slice()))
        });
        groups.collect()
    }

    /// What opened the chip; `None` for one that gives its files to anybody.
    #[must_use]
    pub const fn opened_with(&self) -> Option<&Password> {
        match self.access {
            AccessControl::Open => None,
            AccessControl::Bac | AccessControl::Pace { .. } => Some(&self.password),
        }
    }

    /// Everything that was read, for a verdict; `data_groups` are [`Self::data_groups`].
    #[must_use]
    pub fn evidence<'a>(
        &'a self,
        data_groups: &'a [(u8, &'a [u8])],
        proofs: &'a [Proof<'a>],
    ) -> Evidence<'a> {
        Evidence {
            sod: self.file(FileId::Sod).unwrap_or_default(),
            data_groups,
            com: self.file(FileId::Com),
            card_access: self.file(FileId::CardAccess),
            card_security: self.file(FileId::CardSecurity),
            opened_by: self.opened_by(),
            opened_with: self.opened_with(),
            proofs,
        }
    }

    /// How the chip was opened, as [`Evidence`] takes it.
    #[must_use]
    pub const fn opened_by(&self) -> OpenedBy {
        match self.access {
            AccessControl::Open => OpenedBy::Unknown,
            AccessControl::Bac => OpenedBy::Bac,
            AccessControl::Pace { .. } => OpenedBy::Pace,
        }
    }
}

impl std::fmt::Debug for Reading {
    /// Files are personal: only names and sizes are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: BTreeMap<FileId, usize> =
            self.files.iter().map(|(file, bytes)| (*file, bytes.len())).collect();
        f.debug_struct("Reading")
            .field("files", &sizes)
            .field("refused", &self.refused)
            .field("access", &self.access)
            .field("offers", &self.offers)
            .field("apdus", &self.apdus)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// The file being read.
    pub file: Option<FileId>,
    /// Octets read of all files.
    pub bytes_done: usize,
    /// Octets of all files: what the chip claims, and a guess for files not begun.
    pub bytes_total: usize,
}

impl Progress {
    /// Whole percent of the octets; 100 only when all are read.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let percent = self.bytes_done.saturating_mul(100).checked_div(self.bytes_total);
        u8::try_from(percent.unwrap_or(0).min(100)).unwrap_or(100)
    }
}

/// A reading that ended before its end.
#[derive(Debug)]
pub struct Failure {
    /// Why the session ended.
    pub error: ReadError,
    /// What was read so far, for a new session.
    pub resume: Resume,
}

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send these bytes to the chip, and give its answer.
    Send(Awaiting),
    /// The chip is open: fetch a challenge for active authentication now, or go on without.
    AccessGranted(Granted),
    /// Everything is read.
    Done(Done),
    /// It did not work.
    Failed(Failure),
}

/// A finished reading and the open session behind it.
#[derive(Debug)]
pub struct Done {
    /// What was read.
    pub reading: Reading,
    /// The session, for the relay of chip authentication; drop it where that is not wanted.
    pub link: Link,
}

/// Reads a document.
#[derive(Debug)]
pub struct Reader;

type Whole = Pin<Box<dyn Future<Output = Result<Done, ReadError>> + Send>>;

/// The session's straight-line code, stopped at a question to the caller.
struct Stopped {
    whole: Whole,
    line: Line,
}

impl std::fmt::Debug for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stopped")
    }
}

impl Reader {
    /// Begins a session; with what an earlier one had read before the tag was lost, if there was one.
    ///
    /// A [`Resume`] of another password is dropped: it belongs to another document.
    #[must_use]
    pub fn begin(plan: Plan, random: Random, resume: Option<Resume>) -> Step {
        let resume = resume.filter(|resume| resume.is_of(&plan.password));
        let resume = resume.unwrap_or_else(|| Resume::new(plan.password.clone()));
        let line = Line::new(resume);
        let card = Card::new(line.clone());
        let whole = Box::pin(Flow::new(plan, random, line.clone(), card).run());
        Stopped { whole, line }.advance()
    }
}

impl Stopped {
    fn advance(mut self) -> Step {
        match self.whole.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(done)) => Step::Done(done),
            Poll::Ready(Err(error)) => {
                Step::Failed(Failure { error, resume: self.line.take_resume() })
            }
            Poll::Pending => match self.line.question() {
                Some(Outgoing::Commands(commands)) => {
                    Step::Send(Awaiting { stopped: self, commands })
                }
                Some(Outgoing::AccessGranted(access)) => {
                    Step::AccessGranted(Granted { stopped: self, access })
                }
                None => self.fail(Cause::Stalled),
            },
        }
    }

    fn give(self, incoming: Incoming) -> Step {
        self.line.reply(incoming);
        self.advance()
    }

    fn fail(self, cause: Cause) -> Step {
        let error = self.line.error(cause);
        Step::Failed(Failure { error, resume: self.line.take_resume() })
    }
}

/// A session that waits for the chip.
#[derive(Debug)]
pub struct Awaiting {
    stopped: Stopped,
    commands: Vec<Vec<u8>>,
}

impl Awaiting {
    /// The command to send; where a relay batches, the first of them.
    #[must_use]
    pub fn command(&self) -> &[u8] {
        self.commands.first().map_or(&[], Vec::as_slice)
    }

    /// The commands to send in turn, stopping after the first answer that does not end in 9000.
    #[must_use]
    pub fn commands(&self) -> &[Vec<u8>] {
        &self.commands
    }

    /// How far the reading is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.stopped.line.progress()
    }

    /// Takes the answer to the one command.
    #[must_use]
    pub fn answer(self, answer: Vec<u8>) -> Step {
        self.answers(vec![answer])
    }

    /// Takes the answers to the commands, as many as the chip gave.
    #[must_use]
    pub fn answers(self, answers: Vec<Vec<u8>>) -> Step {
        self.stopped.give(Incoming::Answers(answers))
    }

    /// The tag left the field: what was read so far is kept for a new session.
    #[must_use]
    pub fn tag_lost(self) -> Failure {
        let error = self.stopped.line.error(Cause::TagLost);
        let mut resume = self.stopped.line.take_resume();
        resume.shorten();
        Failure { error, resume }
    }
}

/// A session that has opened the chip and waits for a challenge.
#[derive(Debug)]
pub struct Granted {
    stopped: Stopped,
    access: AccessControl,
}

impl Granted {
    /// How the chip was opened.
    #[must_use]
    pub const fn access(&self) -> &AccessControl {
        &self.access
    }

    /// Goes on; a challenge must be the server's, fresh for this session (PROTOCOLS.md section 7).
    #[must_use]
    pub fn go_on(self, challenge: Option<[u8; 8]>) -> Step {
        self.stopped.give(Incoming::Challenge(challenge))
    }

    /// The tag left the field while the caller fetched the challenge.
    #[must_use]
    pub fn tag_lost(self) -> Failure {
        let error = self.stopped.line.error(Cause::TagLost);
        Failure { error, resume: self.stopped.line.take_resume() }
    }
}
