//! One reader, lent to one page.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::origin::DeskOrigin;
use crate::slot::{Contact, NoContact, Slot};

/// Most commands of one call.
pub const COMMANDS_MAX: usize = 512;
/// The longest command there is: header, extended lengths, 65,535 octets of data.
pub const COMMAND_BYTES_MAX: usize = 65_544;
/// Answers of one call are held in memory up to this, so that a chip that never ends cannot fill it.
pub const ANSWERS_BYTES_MAX: usize = 1024 * 1024;

/// Fills a buffer with unpredictable bytes.
pub type Random = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// How the reader is lent.
pub struct Lent {
    /// What a browser writes into `Host`: `127.0.0.1` and the port.
    pub host: String,
    pub origin: DeskOrigin,
    /// Drawn at each start; 128 bits.
    pub token: [u8; 16],
    pub slot: Box<dyn Slot>,
    /// Draws names of sessions.
    pub random: Random,
}

impl std::fmt::Debug for Lent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lent").field("host", &self.host).finish_non_exhaustive()
    }
}

/// The reader while it is lent; clones are the same one.
#[derive(Clone)]
pub struct Line(Arc<Shared>);

struct Shared {
    lent: Lent,
    token: String,
    session: Mutex<Option<Session>>,
    /// Counts connections and transmissions, so that an idle session is told from one in use.
    calls: AtomicU64,
}

struct Session {
    name: String,
    /// `None` once the contact broke.
    contact: Option<Box<dyn Contact>>,
}

/// What a batch brought.
pub(crate) struct Carried {
    pub(crate) answers: Vec<Zeroizing<Vec<u8>>>,
    pub(crate) lost: bool,
}

/// Why nothing was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Never opened, let go, or taken over by another page.
    NoSession,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.lent.fmt(f)
    }
}

impl Line {
    #[must_use]
    pub fn new(lent: Lent) -> Self {
        let token = hex::encode(lent.token);
        Self(Arc::new(Shared {
            lent,
            token,
            session: Mutex::default(),
            calls: AtomicU64::default(),
        }))
    }

    /// What the clerk pastes into the page.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0.token
    }

    pub(crate) fn host(&self) -> &str {
        &self.0.lent.host
    }

    pub(crate) fn origin(&self) -> &DeskOrigin {
        &self.0.lent.origin
    }

    /// Compares every byte, so that time does not tell how many fit.
    pub(crate) fn is_token(&self, token: &str) -> bool {
        let (one, other) = (token.as_bytes(), self.0.token.as_bytes());
        one.len() == other.len()
            && one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }

    pub(crate) fn status(&self) -> (Option<String>, bool, bool) {
        let slot = &self.0.lent.slot;
        let reader = slot.reader();
        let card_present = reader.is_some() && slot.has_card();
        let connected = match self.0.session.try_lock() {
            Ok(session) => session.as_ref().is_some_and(|it| it.contact.is_some()),
            // A batch is under way: asked meanwhile, it is not waited for.
            Err(_) => true,
        };
        (reader, card_present, connected)
    }

    pub(crate) fn connect(&self) -> Result<String, NoContact> {
        let mut session = self.session();
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        // The chip is let go before it is woken up, so that the new session finds it fresh.
        *session = None;
        let contact = Some(self.0.lent.slot.connect()?);
        let mut name = [0; 16];
        (self.0.lent.random)(&mut name);
        let name = hex::encode(name);
        *session = Some(Session { name: name.clone(), contact });
        Ok(name)
    }

    /// Sends the commands in turn, up to the first that does not end in 9000.
    pub(crate) fn transmit(
        &self,
        session: &str,
        commands: &[Zeroizing<Vec<u8>>],
    ) -> Result<Carried, Refused> {
        let mut open = self.session();
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        let session = of_name(&mut open, session)?;
        let mut carried = Carried { answers: Vec::new(), lost: false };
        let mut bytes: usize = 0;
        for command in commands {
            let answer = session.contact.as_mut().and_then(|it| it.transmit(command).ok());
            let Some(answer) = answer else {
                session.contact = None;
                carried.lost = true;
                break;
            };
            bytes = bytes.saturating_add(answer.len());
            let went_well = answer.ends_with(&[0x90, 0x00]);
            carried.answers.push(answer);
            if !went_well || bytes >= ANSWERS_BYTES_MAX {
                break;
            }
        }
        Ok(carried)
    }

    pub(crate) fn disconnect(&self, session: &str) -> Result<(), Refused> {
        let mut open = self.session();
        of_name(&mut open, session)?;
        *open = None;
        Ok(())
    }

    pub(crate) fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Lets the chip go where nobody has called since.
    pub(crate) fn let_go_after(&self, calls: u64) {
        let mut session = self.session();
        if self.calls() == calls && session.take().is_some() {
            tracing::info!("the chip was let go: nobody asked for it any more");
        }
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_name<'a>(session: &'a mut Option<Session>, name: &str) -> Result<&'a mut Session, Refused> {
    session.as_mut().filter(|session| session.name == name).ok_or(Refused::NoSession)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::Lost;

    /// A chip that answers with as many octets as it is told to.
    struct Flood;

    impl Contact for Flood {
        fn transmit(&mut self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, Lost> {
            let mut answer = vec![0; 65_536];
            answer.extend([0x90, 0x00]);
            Ok(Zeroizing::new(answer))
        }
    }

    struct Fake;

    impl Slot for Fake {
        fn reader(&self) -> Option<String> {
            Some("Fake".to_owned())
        }

        fn has_card(&self) -> bool {
            true
        }

        fn connect(&self) -> Result<Box<dyn Contact>, NoContact> {
            Ok(Box::new(Flood))
        }
    }

    fn line() -> Line {
        Line::new(Lent {
            host: "127.0.0.1:1".to_owned(),
            origin: "https://desk.example".parse().unwrap(),
            token: [7; 16],
            slot: Box::new(Fake),
            random: Box::new(|bytes| bytes.fill(1)),
        })
    }

    #[test]
    fn a_chip_that_never_ends_fills_no_memory() {
        let line = line();
        let session = line.connect().unwrap();

        let commands = vec![Zeroizing::new(vec![0; 4]); COMMANDS_MAX];
        let carried = line.transmit(&session, &commands).unwrap();

        let bytes: usize = carried.answers.iter().map(|answer| answer.len()).sum();
        assert!(bytes < ANSWERS_BYTES_MAX + 65_538 + 1, "{bytes}");
        assert!(!carried.lost);
    }

    #[test]
    fn a_chip_that_nobody_asks_for_is_let_go_and_one_in_use_is_not() {
        let line = line();
        let session = line.connect().unwrap();
        let before = line.calls();
        line.transmit(&session, &[Zeroizing::new(vec![0; 4])]).unwrap();

        line.let_go_after(before);
        assert!(line.status().2, "somebody asked since");
        line.let_go_after(line.calls());
        assert!(!line.status().2);
        assert_eq!(line.transmit(&session, &[]).err(), Some(Refused::NoSession));
    }

    #[test]
    fn tokens_are_compared_whole() {
        let line = line();
        let token = line.token().to_owned();

        assert!(line.is_token(&token));
        for other in
            ["", &token[1..], &token[..31], &format!("{token}0"), &token.replacen('0', "1", 1)]
        {
            assert!(!line.is_token(other), "{other}");
        }
    }
}
