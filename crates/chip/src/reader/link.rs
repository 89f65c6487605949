//! The open session after a reading: the phone's side of chip authentication with a server's key.
//!
//! The server sends commands: those of the key agreement, which this session protects, and a READ BINARY that the
//! server wrapped under the new keys, which goes as it is. The phone learns no key; what it had is void afterwards.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Failure;
use super::card::{Answered, Card, Relayed};
use super::error::{Cause, ReadError, Stage};
use super::line::{Incoming, Line, Outgoing};
use super::resume::Resume;
use crate::apdu::{Response, StatusWord};

/// Commands of one message at most.
const RELAYED_MAX: usize = 512;

/// The session behind a finished reading.
pub struct Link {
    card: Card,
    line: Line,
    /// Whether the line is a relay, which takes all commands in one message.
    ahead: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}

/// What to do next.
#[derive(Debug)]
pub enum LinkStep {
    /// Send these bytes to the chip, and give its answer.
    Send(LinkAwaiting),
    /// All commands were answered, or one not with 9000 and the rest was not sent.
    Done {
        /// Answers in turn, each with its status word.
        answers: Vec<Vec<u8>>,
        /// The session, for another message.
        link: Link,
    },
    /// It did not work; the session is gone.
    Failed(Failure),
}

type Whole = Pin<Box<dyn Future<Output = Result<(Vec<Vec<u8>>, Link), ReadError>> + Send>>;

/// A relay that waits for the chip.
pub struct LinkAwaiting {
    whole: Whole,
    line: Line,
    commands: Vec<Vec<u8>>,
}

impl std::fmt::Debug for LinkAwaiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkAwaiting")
    }
}

impl LinkAwaiting {
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

    /// Takes the answer to the one command.
    #[must_use]
    pub fn answer(self, answer: Vec<u8>) -> LinkStep {
        self.answers(vec![answer])
    }

    /// The tag left the field: the session is gone, and what was read is kept for a new one.
    #[must_use]
    pub fn tag_lost(self) -> Failure {
        failure(&self.line, Cause::TagLost)
    }

    /// Takes the answers to the commands, as many as the chip gave.
    #[must_use]
    pub fn answers(self, answers: Vec<Vec<u8>>) -> LinkStep {
        self.line.reply(Incoming::Answers(answers));
        advance(self.whole, self.line)
    }
}

impl Link {
    pub(super) const fn new(card: Card, line: Line, ahead: bool) -> Self {
        Self { card, line, ahead }
    }

    /// What was read, for another session with the same chip: to try chip authentication in another way, say, for which
    /// a chip that refused the first wants to be opened anew.
    #[must_use]
    pub fn into_resume(self) -> Resume {
        self.line.take_resume()
    }

    /// Relays one message of a server: as many commands as it has, stopping after the first answer other than 9000.
    #[must_use]
    pub fn relay(self, commands: Vec<Relayed>) -> LinkStep {
        self.line.enter(Stage::Relay, None);
        let line = self.line.clone();
        if commands.len() > RELAYED_MAX {
            return LinkStep::Failed(failure(&line, Cause::TooMuch));
        }
        advance(Box::pin(self.run(commands)), line)
    }

    async fn run(mut self, commands: Vec<Relayed>) -> Result<(Vec<Vec<u8>>, Self), ReadError> {
        if self.ahead && self.card.session.is_some() {
            let answered = self.card.relay_ahead(commands).await;
            let answers = answered.map_err(|cause| self.line.error(cause))?;
            let answers = answers.iter().map(Response::encode).collect();
            return Ok((answers, self));
        }
        let mut answers = Vec::new();
        for command in commands {
            let answer = match command {
                Relayed::Protect(command) => {
                    let answered = self.card.read(&command).await;
                    match answered.map_err(|cause| self.line.error(cause))? {
                        Answered::Properly(answer) => answer,
                        Answered::Nakedly(status) => Response::new([], status),
                    }
                }
                Relayed::Forward(bytes) => {
                    let answered = self.card.forward(&bytes).await;
                    answered.map_err(|cause| self.line.error(cause))?
                }
            };
            let status = answer.status;
            answers.push(answer.encode());
            if status != StatusWord::SUCCESS {
                break;
            }
        }
        Ok((answers, self))
    }
}

fn advance(mut whole: Whole, line: Line) -> LinkStep {
    match whole.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok((answers, link))) => LinkStep::Done { answers, link },
        Poll::Ready(Err(error)) => LinkStep::Failed(Failure { error, resume: line.take_resume() }),
        Poll::Pending => match line.question() {
            Some(Outgoing::Commands(commands)) => {
                LinkStep::Send(LinkAwaiting { whole, line, commands })
            }
            Some(Outgoing::AccessGranted(_)) | None => {
                LinkStep::Failed(failure(&line, Cause::Stalled))
            }
        },
    }
}

fn failure(line: &Line, cause: Cause) -> Failure {
    Failure { error: line.error(cause), resume: line.take_resume() }
}
