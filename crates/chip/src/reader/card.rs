//! Commands to the chip and back: lengths, GET RESPONSE, chaining, secure messaging, limits.

use super::EXCHANGES_MAX;
use super::error::Cause;
use super::line::{Incoming, Line, Outgoing};
use crate::apdu::{Command, Response, StatusWord};
use crate::secure_messaging::{OpenError, SecureMessaging};

/// Octets put together for one answer at most: what an extended length can say.
const ANSWER_BYTES_MAX: usize = 65_536;

/// Answers to GET RESPONSE for one command at most.
const CONTINUATIONS_MAX: usize = 300;

/// A command that a server asks to be relayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// A plain command: protect it under the session of the reading. Its answer comes back plain.
    Protect(Command),
    /// Bytes that the server has wrapped: send them as they are. Their answer comes back as it is.
    Forward(Vec<u8>),
}

/// The chip at the other end of the line, and the session with it.
pub(super) struct Card {
    pub(super) line: Line,
    pub(super) session: Option<SecureMessaging>,
    /// The last protected command was answered as if the keys were gone.
    keys_doubted: bool,
    exchanges: u32,
}

/// An answer, or an error without protection after which the session may still live.
#[derive(Debug)]
pub(super) enum Answered {
    /// Protected, or plain where there is no session.
    Properly(Response),
    /// A bare error inside a session.
    Nakedly(StatusWord),
}

impl Answered {
    /// A bare status that says that the chip has dropped the keys; some chips say so to a length, too.
    pub(super) const fn drops_keys(&self) -> bool {
        matches!(self, Self::Nakedly(StatusWord::SM_OBJECT_MISSING | StatusWord::SM_OBJECT_WRONG))
    }

    pub(super) const fn status(&self) -> StatusWord {
        match self {
            Self::Properly(response) => response.status,
            Self::Nakedly(status) => *status,
        }
    }
}

impl Card {
    pub(super) const fn new(line: Line) -> Self {
        Self { line, session: None, keys_doubted: false, exchanges: 0 }
    }

    /// Sends a plain command, outside any session.
    pub(super) async fn plain(&mut self, command: &Command) -> Result<Response, Cause> {
        self.whole(command).await
    }

    /// Sends a long command as a chain of short ones.
    pub(super) async fn chained(&mut self, command: Command) -> Result<Response, Cause> {
        let mut answer = Response::new([], StatusWord::SUCCESS);
        for link in command.chain() {
            answer = self.whole(&link).await?;
            if !answer.status.is_success() {
                break;
            }
        }
        Ok(answer)
    }

    /// Sends a command inside the session.
    ///
    /// After a bare error the session goes on as if the chip had not counted the command (CHIP-CASES.md case 11):
    /// for reading only, where the SOD's hashes judge the outcome. If the chip disagrees, its next answer says so.
    pub(super) async fn read(&mut self, command: &Command) -> Result<Answered, Cause> {
        let Some(session) = self.session.take() else {
            return Ok(Answered::Properly(self.whole(command).await?));
        };
        let (protected, awaiting) = session.protect(command).map_err(Cause::Protect)?;
        // The same octets again would be counted twice: another length is another command.
        let answer = self.once(&protected).await?;
        let answer = self.continued(answer).await?;
        match awaiting.open(&answer) {
            Ok((response, session)) => {
                self.session = Some(session);
                self.keys_doubted = false;
                Ok(Answered::Properly(response))
            }
            Err(OpenError::Unprotected { status, session }) => {
                // Barely refused again, whatever it was: the keys are gone.
                if std::mem::take(&mut self.keys_doubted) {
                    return Err(Cause::SessionLost(status));
                }
                let answered = Answered::Nakedly(status);
                self.keys_doubted = answered.drops_keys();
                self.session = Some(session.resume_reading());
                Ok(answered)
            }
            Err(error) => Err(Cause::SecureMessaging(error)),
        }
    }

    /// Sends plain commands in one message; answers are as many as came.
    pub(super) async fn plain_ahead(
        &mut self,
        commands: &[Command],
    ) -> Result<Vec<Response>, Cause> {
        let answers = self.message(encoded(commands)?).await?;
        answers.iter().map(|answer| Response::parse(answer).map_err(Cause::Answer)).collect()
    }

    /// Sends commands of the session ahead of their answers, in one message; answers are as many as came.
    pub(super) async fn read_ahead(
        &mut self,
        commands: &[Command],
    ) -> Result<Vec<Answered>, Cause> {
        let Some(session) = self.session.take() else {
            // A chip that gives its files to anybody.
            let answers = self.plain_ahead(commands).await?;
            return Ok(answers.into_iter().map(Answered::Properly).collect());
        };
        let (protected, mut ahead) = session.protect_ahead(commands).map_err(Cause::Protect)?;
        let encoded = encoded(&protected)?;
        let mut opened = Vec::with_capacity(encoded.len());
        for bytes in self.message(encoded).await? {
            let answer = Response::parse(&bytes).map_err(Cause::Answer)?;
            match ahead.open_next(&answer) {
                Ok((response, rest)) => {
                    ahead = rest;
                    opened.push(Answered::Properly(response));
                }
                // PROTOCOLS.md section 7: a batch that broke off is made good by a new session.
                Err(OpenError::Unprotected { status, .. }) => {
                    opened.push(Answered::Nakedly(status));
                    return Ok(opened);
                }
                Err(error) => return Err(Cause::SecureMessaging(error)),
            }
        }
        self.session = Some(ahead.finish());
        Ok(opened)
    }

    /// Sends what a server wants relayed in one message: commands of the session, and bytes wrapped elsewhere. The
    /// session is over with it. Answers are as many as came.
    pub(super) async fn relay_ahead(
        &mut self,
        commands: Vec<Relayed>,
    ) -> Result<Vec<Response>, Cause> {
        let mut messages = Vec::with_capacity(commands.len());
        let mut inside = Vec::with_capacity(commands.len());
        for command in commands {
            match command {
                Relayed::Protect(command) => {
                    messages.push(None);
                    inside.push(command);
                }
                Relayed::Forward(bytes) => messages.push(Some(bytes)),
            }
        }
        let Some(session) = self.session.take() else { return Ok(Vec::new()) };
        let (protected, mut ahead) = session.protect_ahead(&inside).map_err(Cause::Protect)?;
        let mut protected = encoded(&protected)?.into_iter();
        let outgoing: Vec<Vec<u8>> = messages
            .iter()
            .filter_map(|bytes| bytes.clone().or_else(|| protected.next()))
            .collect();
        let mut answers = Vec::with_capacity(outgoing.len());
        for (bytes, wrapped_here) in
            self.message(outgoing).await?.iter().zip(messages.iter().map(Option::is_none))
        {
            let answer = Response::parse(bytes).map_err(Cause::Answer)?;
            if !wrapped_here {
                answers.push(answer);
                continue;
            }
            match ahead.open_next(&answer) {
                Ok((response, rest)) => {
                    ahead = rest;
                    answers.push(response);
                }
                // The chip refused and said so barely; nothing after it was sent.
                Err(OpenError::Unprotected { status, .. }) => {
                    answers.push(Response::new([], status));
                    break;
                }
                Err(error) => return Err(Cause::SecureMessaging(error)),
            }
        }
        Ok(answers)
    }

    /// Sends bytes as a server wrapped them, and fetches what is left of the answer.
    pub(super) async fn forward(&mut self, bytes: &[u8]) -> Result<Response, Cause> {
        let command = Command::parse(bytes).map_err(Cause::Answer)?;
        self.whole(&command).await
    }

    async fn raw(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, Cause> {
        let mut answers = self.message(vec![bytes]).await?;
        answers.pop().ok_or(Cause::Answer(crate::apdu::ApduError::Status))
    }

    /// One command and its whole answer: 6Cxx is obeyed once, 61xx until nothing is left.
    async fn whole(&mut self, command: &Command) -> Result<Response, Cause> {
        let mut answer = self.once(command).await?;
        if let Some(expected) = answer.status.right_length()
            && command.expected.is_some_and(|asked| asked != expected)
        {
            let command = Command { expected: Some(expected), ..command.clone() };
            answer = self.once(&command).await?;
        }
        self.continued(answer).await
    }

    /// The answer with what GET RESPONSE fetches.
    async fn continued(&mut self, mut answer: Response) -> Result<Response, Cause> {
        let mut data = std::mem::take(&mut answer.data);
        let mut continuations = 0;
        while let Some(more) = answer.status.more_bytes() {
            continuations += 1;
            let get_response = Command::new(0x00, 0xC0, 0x00, 0x00).expecting(more);
            answer = self.once(&get_response).await?;
            data.append(&mut answer.data);
            if continuations > CONTINUATIONS_MAX || data.len() > ANSWER_BYTES_MAX {
                return Err(Cause::Endless);
            }
        }
        Ok(Response::new(data, answer.status))
    }

    async fn once(&mut self, command: &Command) -> Result<Response, Cause> {
        let bytes = command.encode().map_err(Cause::Answer)?;
        let answer = self.raw(bytes).await?;
        Response::parse(&answer).map_err(Cause::Answer)
    }

    async fn message(&mut self, commands: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Cause> {
        let count = u32::try_from(commands.len()).unwrap_or(u32::MAX);
        self.exchanges = self.exchanges.saturating_add(count);
        if self.exchanges > EXCHANGES_MAX {
            return Err(Cause::Endless);
        }
        let sent: usize = commands.iter().map(Vec::len).sum();
        match self.line.ask(Outgoing::Commands(commands)).await {
            Incoming::Answers(answers) if answers.len() <= usize::try_from(count).unwrap_or(0) => {
                let received: usize = answers.iter().map(Vec::len).sum();
                let apdus = u32::try_from(answers.len()).unwrap_or(u32::MAX);
                let bytes = u64::try_from(sent.saturating_add(received)).unwrap_or(u64::MAX);
                self.line.memory(|resume| {
                    resume.apdus = resume.apdus.saturating_add(apdus);
                    resume.bytes = resume.bytes.saturating_add(bytes);
                    resume.round_trips = resume.round_trips.saturating_add(1);
                });
                Ok(answers)
            }
            Incoming::Answers(_) => Err(Cause::TooMuch),
            Incoming::Challenge(_) => Err(Cause::Stalled),
        }
    }
}

fn encoded(commands: &[Command]) -> Result<Vec<Vec<u8>>, Cause> {
    commands.iter().map(|command| command.encode().map_err(Cause::Answer)).collect()
}

/// Statuses that say "not this length", as chips do in many ways.
pub(super) const fn is_about_length(status: StatusWord) -> bool {
    matches!(
        status,
        StatusWord::WRONG_LENGTH
            | StatusWord::WRONG_OFFSET
            | StatusWord::WRONG_PARAMETERS
            | StatusWord::NOT_SUPPORTED
            | StatusWord::WRONG_CLASS
            | StatusWord::CONDITIONS
            | StatusWord::SM_OBJECT_MISSING
            | StatusWord::SM_OBJECT_WRONG
            | StatusWord(0x6F00 | 0x6281 | 0x6A87 | 0x6883 | 0x6884)
    )
}
