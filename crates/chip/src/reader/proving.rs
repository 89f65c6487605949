//! A whole reading by whoever holds every key, a server behind a relay or a desk: the document is read, and the chip proves
//! everything that it can, over as many sessions as lost tags and refusals make necessary.
//!
//! Because the keys are held here and the challenge is drawn here, what comes out counts: a phone that only relays bytes
//! cannot forge it (PROTOCOLS.md section 7).

use std::sync::Arc;

use super::card::Relayed;
use super::link::{Link, LinkAwaiting, LinkStep};
use super::proven::Proven;
use super::{Awaiting, Plan, Progress, ReadError, Reader, Reading, Resume, Retry, Stage, Step};
use crate::active::CHALLENGE_BYTES;
use crate::apdu::Response;
use crate::chip_authentication::{ChipProof, Dg14, Pending, begin_by, random_bytes};
use crate::lds::file::FileId;

/// A source of random octets for many sessions.
pub type Randoms = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The longest answer with short lengths: data and status word.
const SHORT_ANSWER_BYTES: usize = 258;

/// How an answer ends after which a phone sends the next command of a batch.
const SUCCESS: [u8; 2] = [0x90, 0x00];

/// Losses in a row at an extended length after which the transport is taken to know none.
const EXTENDED_LOSSES_MAX: u32 = 2;

/// How much patience there is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How often a reading goes on after a lost tag.
    pub resumptions_max: u32,
}

/// Begins a [`Turn`] after another.
#[derive(Debug)]
pub struct ProvingReader;

/// What to do next.
#[derive(Debug)]
pub enum Turn {
    /// Send these commands to the chip, and give its answers.
    Send(Box<Waiting>),
    /// Everything is read, and everything was tried that the chip could prove.
    Done(Box<Proven>),
    /// It did not work.
    Failed(ReadError),
}

/// Waits for the chip.
#[derive(Debug)]
pub struct Waiting {
    state: State,
    ways: Ways,
    begins_session: bool,
}

/// What was asked for and how it goes; moved along from turn to turn.
struct Ways {
    plan: Plan,
    randoms: Randoms,
    limits: Limits,
    resumptions: u32,
    extended_losses: u32,
    apdus: u64,
    bytes: u64,
    round_trips: u32,
}

impl std::fmt::Debug for Ways {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ways").field("resumptions", &self.resumptions).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum State {
    /// The document is being read.
    Reading(Box<Awaiting>),
    /// It is read; the chip is being opened again for another way of agreeing keys.
    Reopening(Box<Awaiting>, Box<Read>),
    /// The chip is agreeing keys.
    Agreeing(Box<LinkAwaiting>, Box<Pending>, Box<Read>),
}

/// A finished reading, and how far the proofs are.
#[derive(Debug)]
struct Read {
    reading: Reading,
    /// The next of the ways in which keys can be agreed.
    way: usize,
    /// Commands before the read that proves, in the way that is being tried.
    agreements: usize,
    proof: Option<ChipProof>,
    failed: usize,
    /// Every way was tried, and refused.
    refused: bool,
    /// The chip answered, and not under the agreed keys.
    fails: bool,
}

/// What a step inside comes to.
#[expect(clippy::large_enum_variant, reason = "lives for one step and is never kept")]
enum Next {
    /// A question for the chip; whether a session begins with it.
    Ask(State, bool),
    Done(Box<Read>),
    /// The session is over; with what was read by then, whole or in part.
    Over(ReadError, Left),
}

/// What a session leaves.
enum Left {
    /// A reading that goes on.
    Part(Resume),
    /// A whole reading, whose proof is still tried, and what a session for that begins with.
    Whole(Box<Read>, Resume),
}

/// The session in which keys are to be agreed.
enum Open {
    Link(Link),
    /// Used up by a way that the chip refused.
    Closed(Resume),
}

impl ProvingReader {
    /// Begins to read.
    ///
    /// The chip signs a challenge that is drawn from `randoms` now; chip authentication mapping is preferred, because it
    /// is proof here.
    #[must_use]
    pub fn begin(plan: Plan, randoms: Randoms, limits: Limits) -> Turn {
        let plan = Plan { prefer_chip_authentication_mapping: true, ..plan };
        let ways = Ways {
            plan,
            randoms,
            limits,
            resumptions: 0,
            extended_losses: 0,
            apdus: 0,
            bytes: 0,
            round_trips: 0,
        };
        let next = ways.session(None);
        ways.turn(next)
    }
}

impl Waiting {
    /// The commands to send in turn, stopping after the first answer that does not end in 9000.
    #[must_use]
    pub fn commands(&self) -> &[Vec<u8>] {
        match &self.state {
            State::Reading(awaiting) | State::Reopening(awaiting, _) => awaiting.commands(),
            State::Agreeing(awaiting, ..) => awaiting.commands(),
        }
    }

    /// Whether the chip has to be woken up anew before these are sent: a session begins with them.
    #[must_use]
    pub const fn begins_session(&self) -> bool {
        self.begins_session
    }

    /// How far the reading is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let read = match &self.state {
            State::Reading(awaiting) => return awaiting.progress(),
            State::Reopening(_, read) | State::Agreeing(_, _, read) => read,
        };
        let bytes = read.reading.files.values().map(Vec::len).sum();
        Progress { stage: Stage::Relay, file: None, bytes_done: bytes, bytes_total: bytes }
    }

    /// Takes the answers, as many as the chip gave.
    #[must_use]
    pub fn answers(mut self, answers: Vec<Vec<u8>>) -> Turn {
        self.ways.count(self.commands_bytes(), &answers);
        let next = match self.state {
            State::Reading(awaiting) => self.ways.settle(awaiting.answers(answers), None, false),
            State::Reopening(awaiting, read) => {
                self.ways.settle(awaiting.answers(answers), Some(read), false)
            }
            State::Agreeing(awaiting, pending, read) => {
                self.ways.agreed(awaiting.answers(answers), pending, read)
            }
        };
        self.ways.turn(next)
    }

    /// The tag left the field, or the transport could not carry the commands: a new session goes on where this one was.
    #[must_use]
    pub fn lost(mut self) -> Turn {
        // Many readers know no extended lengths, and say so as if the tag were lost.
        if self
            .commands()
            .iter()
            .any(|command| matches!(command.as_slice(), [_, _, _, _, 0, _, ..]))
        {
            self.ways.extended_losses = self.ways.extended_losses.saturating_add(1);
            if self.ways.extended_losses >= EXTENDED_LOSSES_MAX {
                self.ways.plan.answer_bytes_max = SHORT_ANSWER_BYTES;
            }
        }
        let next = match self.state {
            State::Reading(awaiting) => {
                let failure = awaiting.tag_lost();
                Next::Over(failure.error, Left::Part(failure.resume))
            }
            State::Reopening(awaiting, read) => {
                let failure = awaiting.tag_lost();
                Next::Over(failure.error, Left::Whole(read, failure.resume))
            }
            State::Agreeing(awaiting, _, mut read) => {
                // Tried again: this way was not refused.
                read.way = read.way.saturating_sub(1);
                let failure = awaiting.tag_lost();
                Next::Over(failure.error, Left::Whole(read, failure.resume))
            }
        };
        self.ways.turn(next)
    }

    /// The tag left the field after some answers of a batch: these are kept.
    #[must_use]
    pub fn lost_after(self, answers: Vec<Vec<u8>>) -> Turn {
        // Keys that were being agreed when the contact broke were not refused: it is tried again.
        let agreeing = matches!(self.state, State::Agreeing(..));
        let refused = answers.iter().any(|answer| !answer.ends_with(&SUCCESS));
        let broken_off = answers.len() < self.commands().len() && !refused;
        if answers.is_empty() || (agreeing && broken_off) {
            return self.lost();
        }
        match self.answers(answers) {
            Turn::Send(waiting) if !waiting.begins_session => waiting.lost(),
            turn @ (Turn::Send(_) | Turn::Done(_) | Turn::Failed(_)) => turn,
        }
    }

    fn commands_bytes(&self) -> u64 {
        self.commands().iter().map(|command| octets(command)).sum()
    }
}

impl Ways {
    /// Begins a session with what an earlier one left.
    fn session(&self, left: Option<Left>) -> Next {
        let randoms = Arc::clone(&self.randoms);
        let random = Box::new(move |octets: &mut [u8]| randoms(octets));
        let (resume, read) = match left {
            Some(Left::Whole(read, resume)) => (Some(resume), Some(read)),
            Some(Left::Part(resume)) => (Some(resume), None),
            None => (None, None),
        };
        let mut plan = self.plan.clone();
        // A session for the keys alone: what mapping proves belongs to the session in which the document was read.
        plan.prefer_chip_authentication_mapping &= read.is_none();
        self.settle(Reader::begin(plan, random, resume), read, true)
    }

    /// Goes on to the next question for the chip.
    fn settle(&self, mut step: Step, read: Option<Box<Read>>, begins: bool) -> Next {
        loop {
            step = match step {
                Step::Send(awaiting) => {
                    let awaiting = Box::new(awaiting);
                    let state = match read {
                        Some(read) => State::Reopening(awaiting, read),
                        None => State::Reading(awaiting),
                    };
                    return Next::Ask(state, begins);
                }
                // Read already: this session is for the keys alone.
                Step::AccessGranted(granted) if read.is_some() => granted.go_on(None),
                Step::AccessGranted(granted) => {
                    let mut challenge = [0; CHALLENGE_BYTES];
                    (self.randoms)(&mut challenge);
                    granted.go_on(Some(challenge))
                }
                Step::Done(done) => {
                    let read = match read {
                        Some(read) => read,
                        None => Box::new(Read::of(done.reading)),
                    };
                    return self.agree(read, Open::Link(done.link));
                }
                Step::Failed(failure) => {
                    let left = match read {
                        Some(read) => Left::Whole(read, failure.resume),
                        None => Left::Part(failure.resume),
                    };
                    return Next::Over(failure.error, left);
                }
            };
        }
    }

    /// Takes up the next way of agreeing keys (CHIP-CASES.md case 24), over the open session or a new one: a chip that
    /// refused one way wants to be opened anew for the next.
    fn agree(&self, mut read: Box<Read>, open: Open) -> Next {
        let dg14 = read.reading.files.get(&FileId::DG14);
        let Some(dg14) = dg14.and_then(|file| Dg14::from_file(file).ok()) else {
            return Next::Done(read);
        };
        let Some((offer, handover)) = dg14.ways().nth(read.way) else {
            read.refused = read.way > 0 && read.proof.is_none();
            return Next::Done(read);
        };
        let link = match open {
            Open::Link(link) => link,
            Open::Closed(resume) => return self.session(Some(Left::Whole(read, resume))),
        };
        read.way = read.way.saturating_add(1);
        let mut random = vec![0; random_bytes(offer)];
        (self.randoms)(&mut random);
        let begun = begin_by(&dg14, offer, handover, &random).ok().and_then(|(relay, pending)| {
            let forward = relay.read.encode().ok()?;
            Some((relay.agree, forward, pending))
        });
        let Some((agree, forward, pending)) = begun else {
            // The random octets made no key: the next way draws others. The session is still whole.
            read.failed = read.failed.saturating_add(1);
            return self.agree(read, Open::Link(link));
        };
        read.agreements = agree.len();
        let mut commands: Vec<Relayed> = agree.into_iter().map(Relayed::Protect).collect();
        commands.push(Relayed::Forward(forward));
        self.agreed(link.relay(commands), Box::new(pending), read)
    }

    fn agreed(&self, step: LinkStep, pending: Box<Pending>, mut read: Box<Read>) -> Next {
        let (answers, resume) = match step {
            LinkStep::Send(awaiting) => {
                return Next::Ask(State::Agreeing(Box::new(awaiting), pending, read), false);
            }
            LinkStep::Done { answers, link } => (answers, link.into_resume()),
            LinkStep::Failed(failure) => (Vec::new(), failure.resume),
        };
        let answer = answers.get(read.agreements).and_then(|it| Response::parse(it).ok());
        // A bare status is a refusal; data is a proof, for better or worse.
        if let Some(answer) = answer.filter(|answer| !answer.data.is_empty()) {
            read.proof = pending.finish(&answer).ok();
            read.fails = read.proof.is_none();
            read.failed = read.failed.saturating_add(usize::from(read.fails));
            return Next::Done(read);
        }
        read.failed = read.failed.saturating_add(1);
        self.agree(read, Open::Closed(resume))
    }

    fn count(&mut self, sent: u64, answers: &[Vec<u8>]) {
        let received = answers.iter().map(|answer| octets(answer)).sum::<u64>();
        self.apdus = self.apdus.saturating_add(u64::try_from(answers.len()).unwrap_or(u64::MAX));
        self.bytes = self.bytes.saturating_add(sent).saturating_add(received);
        self.round_trips = self.round_trips.saturating_add(1);
    }

    /// Makes the caller's turn of what a step came to.
    fn turn(mut self, mut next: Next) -> Turn {
        loop {
            next = match next {
                Next::Ask(state, begins_session) => {
                    return Turn::Send(Box::new(Waiting { state, ways: self, begins_session }));
                }
                Next::Done(read) => return Turn::Done(Box::new(self.proven(*read))),
                Next::Over(error, left)
                    if error.retry() == Retry::HoldAgain
                        && self.resumptions < self.limits.resumptions_max =>
                {
                    self.resumptions = self.resumptions.saturating_add(1);
                    self.session(Some(left))
                }
                // What was read is read: the verdict says what is not proven.
                Next::Over(_, Left::Whole(read, _)) => {
                    return Turn::Done(Box::new(self.proven(*read)));
                }
                Next::Over(error, Left::Part(_)) => return Turn::Failed(error),
            };
        }
    }

    fn proven(self, read: Read) -> Proven {
        Proven {
            pace_cam: read.reading.mapping_proof.clone(),
            reading: read.reading,
            chip_authentication: read.proof,
            agreement_refused: read.refused,
            agreement_fails: read.fails,
            agreements_failed: read.failed,
            resumptions: self.resumptions,
            apdus: self.apdus,
            bytes: self.bytes,
            round_trips: self.round_trips,
        }
    }
}

impl Read {
    const fn of(reading: Reading) -> Self {
        Self {
            reading,
            way: 0,
            agreements: 0,
            proof: None,
            failed: 0,
            refused: false,
            fails: false,
        }
    }
}

fn octets(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
