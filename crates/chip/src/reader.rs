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

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::lds::file::{DataGroup, FileId};
use crate::password::Password;

mod access;
mod application;
mod authentication;
mod batch;
mod card;
mod card_access;
mod error;
mod files;
mod flow;
mod kept;
mod lengths;
mod line;
mod link;
mod proven;
mod proving;
mod read_command;
mod reading;
mod resume;
mod selection;
mod session;

pub use card::Relayed;
pub use error::{Cause, ReadError, Retry, Stage};
pub use link::{Link, LinkAwaiting, LinkStep};
pub use proven::Proven;
pub use proving::{Limits, ProvingReader, Randoms, Turn, Waiting};
pub use reading::{AccessControl, ActiveAuthentication, Offers, Reading, compare_offers};
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
