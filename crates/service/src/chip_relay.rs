//! Reads of a chip by the server through a relay: the server holds the access key and every session key, and the phone or
//! desk reader next to the document only carries bytes (PROTOCOLS.md section 7).
//!
//! A session with a chip lives in the memory of this process and nowhere else: its keys are worth nothing later and must not
//! be stored in a database. Where the session is lost with the process, the next message is refused with `relay-over` and
//! the document is read again, which costs no try (docs/adr/chip-relay-in-memory.md).

use crate::{Failure, RefusalCode, Service};
use chip::password::Password;
use chip::reader::{
    Limits, Plan, Progress, Proven, ProvingReader, Randoms, ReadError, Retry, Turn, Waiting,
};
use recovery::id::{CaseId, InstanceId, StaffId};
use recovery::time::{Duration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The largest number of relays at once in one process. A hostile chip costs 2 MiB of memory, a real one some 100 KiB.
const RELAYS_MAX: usize = 64;
/// The pause that a process with no free relay asks for.
const FULL_RETRY_SECS: u64 = 5;
/// The longest wait for the next message: a person may have to find the chip again.
const PATIENCE: Duration = Duration::from_secs(90);
/// The longest time of a whole read.
const LIFETIME: Duration = Duration::from_secs(300);
/// The largest number of commands in one message.
pub const COMMANDS_MAX: usize = 256;
/// The limits of one read: how often it resumes after the chip was lost.
const LIMITS: Limits = Limits { resumptions_max: 8 };

/// The shortest and the longest answer that a reader may say it carries, in bytes, data and status word together.
const ANSWER_BYTES: std::ops::RangeInclusive<usize> = 258..=65_538;

/// The bits of a relay's id that are random; before them stands the number of the server that holds it.
const RANDOM_BITS: u32 = u128::BITS - u8::BITS;

/// The id of a relay that the server of this number holds.
fn numbered(server: u8, random: u128) -> u128 {
    u128::from(server) << RANDOM_BITS | random & (u128::MAX >> u8::BITS)
}

/// The number of the server that holds this relay; it alone can go on with it.
#[must_use]
pub fn server_of(relay: u128) -> u8 {
    u8::try_from(relay >> RANDOM_BITS).unwrap_or_default()
}

/// The values with which a read begins.
#[derive(Clone, Debug)]
pub struct RelayStart {
    /// The password that opens the chip.
    pub password: Password,
    /// The longest answer that the reader carries, in bytes, data and status word together.
    pub answer_bytes_max: usize,
    /// The P code, as the person typed it.
    pub p_code: Option<Zeroizing<String>>,
}

/// The answers that came back from the chip.
#[derive(Debug)]
pub struct RelayAnswers {
    /// The number of the turn whose commands these answer.
    pub turn: u32,
    /// The answers in the order of the commands, as many as the chip gave.
    pub answers: Vec<Vec<u8>>,
    /// Whether the chip left the field.
    pub lost: bool,
}

/// Commands for the chip.
#[derive(Debug)]
pub struct RelaySend {
    /// The id of the relay.
    pub relay: u128,
    /// The number of this turn, which the answers have to name.
    pub turn: u32,
    /// Whether the chip has to be woken up anew before these commands.
    pub new_contact: bool,
    /// The commands, to be sent in order until the first answer that does not end in 9000.
    pub commands: Vec<Vec<u8>>,
    /// How far the read has come.
    pub progress: Progress,
    /// Seconds until the answers have to arrive.
    pub seconds_left: u64,
}

/// The owner of a relay: the app or the clerk that began it, who alone can continue it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    App(CaseId, InstanceId),
    Clerk(CaseId, StaffId),
}

impl Whose {
    /// Whether both belong to the same app or the same clerk, of which each has one relay: another one ends it.
    fn is_of_the_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::App(_, one), Self::App(_, other)) => one == other,
            (Self::Clerk(_, one), Self::Clerk(_, other)) => one == other,
            (Self::App(..), Self::Clerk(..)) | (Self::Clerk(..), Self::App(..)) => false,
        }
    }
}

/// The result of a message to a relay.
#[derive(Debug)]
pub(crate) enum RelayTurn {
    Send(RelaySend),
    /// Everything is read. The result is kept until the relay expires, for a message that is sent again.
    Read(Whole),
}

/// A finished read and the P code that came with it.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) proven: Arc<Proven>,
    pub(crate) p_code: Option<Zeroizing<String>>,
}

/// All relays of this process.
#[derive(Debug, Default)]
pub(crate) struct Relays(Mutex<BTreeMap<u128, Relay>>);

/// One relay in the memory of this process.
#[derive(Debug)]
struct Relay {
    whose: Whose,
    /// The number of the present turn.
    turn: u32,
    at: At,
    p_code: Option<Zeroizing<String>>,
    /// Until when the answers to the present turn may come.
    until: Timestamp,
    /// When the whole read expires.
    ends: Timestamp,
}

/// The state of a relay.
#[derive(Debug)]
enum At {
    /// It waits for the answers of the chip.
    Waiting(Box<Waiting>),
    /// Everything was read.
    Read(Arc<Proven>),
    /// The chip was read and the document refused with this code: a message that is sent again gets the same answer and is
    /// not judged again.
    Refused(RefusalCode),
    /// A request is working on the next step.
    Busy,
}

impl Relays {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u128, Relay>> {
        // What a panic left is either whole or was taken out before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the refusal of a finished read, so that it is not counted twice.
    pub(crate) fn refuse(&self, id: u128, code: RefusalCode) {
        if let Some(relay) = self.lock().get_mut(&id) {
            relay.at = At::Refused(code);
        }
    }

    /// Removes the relays that have expired.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.lock().retain(|_, relay| now < relay.until);
    }
}

impl Relay {
    fn whole(&self, proven: &Arc<Proven>) -> RelayTurn {
        RelayTurn::Read(Whole { proven: Arc::clone(proven), p_code: self.p_code.clone() })
    }

    /// The commands of the present turn.
    fn send(&self, id: u128, waiting: &Waiting, now: Timestamp) -> RelayTurn {
        RelayTurn::Send(RelaySend {
            relay: id,
            turn: self.turn,
            new_contact: waiting.begins_session(),
            commands: waiting.commands().to_vec(),
            progress: waiting.progress(),
            seconds_left: self.until.seconds_from(now),
        })
    }

    /// The answer to a message that needs no work, such as one that is sent again; `None` where there is work to do.
    fn answered(&self, id: u128, turn: u32, now: Timestamp) -> Option<Result<RelayTurn, Failure>> {
        let is_again = Some(self.turn) == turn.checked_add(1);
        match &self.at {
            At::Waiting(waiting) if is_again => Some(Ok(self.send(id, waiting, now))),
            At::Read(proven) if self.turn == turn => Some(Ok(self.whole(proven))),
            At::Refused(code) if self.turn == turn => Some(Err(Failure::refused(*code))),
            At::Busy if is_again || self.turn == turn => Some(Err(Failure::busy())),
            At::Waiting(_) if self.turn == turn => None,
            At::Waiting(_) | At::Read(_) | At::Refused(_) | At::Busy => {
                Some(Err(Failure::refused(RefusalCode::RelayOutOfTurn)))
            }
        }
    }
}

impl Service {
    /// Begins a read. The caller has checked that the case waits for a chip.
    ///
    /// # Errors
    ///
    /// `relays-full`, with the seconds to wait.
    pub(crate) fn begin_relay(
        &self,
        whose: Whose,
        start: RelayStart,
        now: Timestamp,
    ) -> Result<RelayTurn, Failure> {
        let RelayStart { password, answer_bytes_max, p_code } = start;
        let plan = Plan {
            batch_commands_max: COMMANDS_MAX,
            answer_bytes_max: answer_bytes_max.clamp(*ANSWER_BYTES.start(), *ANSWER_BYTES.end()),
            ..Plan::new(password)
        };
        let random = Arc::clone(&self.parts().random);
        let randoms: Randoms = Arc::new(move |octets: &mut [u8]| random.fill(octets));
        let relay = Relay {
            whose,
            turn: 0,
            at: At::Busy,
            p_code,
            until: now.plus(PATIENCE),
            ends: now.plus(LIFETIME),
        };
        let id = numbered(self.parts().settings.server_number, self.draw_id());
        {
            let mut relays = self.relays.lock();
            relays.retain(|_, other| now < other.until && !other.whose.is_of_the_same(whose));
            if relays.len() >= RELAYS_MAX {
                return Err(Failure::with_wait(RefusalCode::RelaysFull, FULL_RETRY_SECS));
            }
            relays.insert(id, relay);
        }
        self.keep(id, ProvingReader::begin(plan, randoms, LIMITS), 0, now)
    }

    /// Takes the answers of a turn and returns the next commands or the result. The same answers, sent again, get the same
    /// reply.
    ///
    /// # Errors
    ///
    /// `relay-over`, `relay-out-of-turn`, and the reasons for which a chip was not read, as far as they tell what can help:
    /// `chip-password-wrong`, `chip-needs-card-access-number`, `chip-unreadable`, `chip-contact-lost`. None of them costs a
    /// try.
    pub(crate) fn go_on_with_relay(
        &self,
        whose: Whose,
        id: u128,
        message: RelayAnswers,
        now: Timestamp,
    ) -> Result<RelayTurn, Failure> {
        let RelayAnswers { turn, answers, lost } = message;
        let waiting = {
            let mut relays = self.relays.lock();
            relays.retain(|_, relay| now < relay.until);
            // Another's relay is as unknown as one that never was.
            let relay = relays.get_mut(&id).filter(|relay| relay.whose == whose);
            let relay = relay.ok_or_else(|| Failure::refused(RefusalCode::RelayOver))?;
            if let Some(answered) = relay.answered(id, turn, now) {
                return answered;
            }
            match std::mem::replace(&mut relay.at, At::Busy) {
                At::Waiting(waiting) => waiting,
                At::Read(_) | At::Refused(_) | At::Busy => return Err(Failure::busy()),
            }
        };
        // Agreeing keys takes milliseconds: not under the lock of all relays.
        let next = if lost { waiting.lost_after(answers) } else { waiting.answers(answers) };
        self.keep(id, next, turn.saturating_add(1), now)
    }

    /// Saves the next turn of a relay and returns it.
    fn keep(&self, id: u128, next: Turn, turn: u32, now: Timestamp) -> Result<RelayTurn, Failure> {
        let mut relays = self.relays.lock();
        // Ended while this step was made: by another one of the same app, or by time.
        let relay = relays.get_mut(&id).ok_or_else(|| Failure::refused(RefusalCode::RelayOver))?;
        relay.until = now.plus(PATIENCE).min(relay.ends);
        match next {
            Turn::Send(waiting) => {
                relay.turn = turn;
                let send = relay.send(id, &waiting, now);
                relay.at = At::Waiting(waiting);
                Ok(send)
            }
            // The turn stays: the same message sent again gets the same answer.
            Turn::Done(proven) => {
                let proven = Arc::from(proven);
                let whole = relay.whole(&proven);
                relay.at = At::Read(proven);
                Ok(whole)
            }
            Turn::Failed(error) => {
                relays.remove(&id);
                Err(told(&error))
            }
        }
    }
}

/// The refusal that tells the person who holds the document what can help.
fn told(error: &ReadError) -> Failure {
    tracing::info!(stage = %error.stage, "a chip was not read");
    match error.retry() {
        Retry::OtherPassword => Failure::refused(RefusalCode::ChipPasswordWrong),
        Retry::CardAccessNumber => Failure::refused(RefusalCode::ChipNeedsCardAccessNumber),
        Retry::HoldAgain => Failure::refused(RefusalCode::ChipContactLost),
        Retry::Never => Failure::refused(RefusalCode::ChipUnreadable),
    }
}

#[cfg(test)]
mod tests;
