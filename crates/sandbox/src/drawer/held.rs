//! The reader of one phone, and the document that lies on it.

use chip_sim::{Card, Document, Seeded};
use phone::{CardLost, CardSlot, NoCard, ReaderState};
use server::Random;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// What lies on the reader of one phone.
#[derive(Clone, Default)]
pub struct HeldDocument(Arc<Mutex<Held>>);

struct Held {
    /// As the visitor of the start page wants it.
    reader: ReaderState,
    /// Counts what was laid down or taken away: a chip that is gone answers no more.
    turn: u64,
    seed: [u8; 32],
    document: Option<(Document, String)>,
}

impl Default for Held {
    fn default() -> Self {
        Self { reader: ReaderState::Ready, turn: 0, seed: [0; 32], document: None }
    }
}

impl fmt::Debug for HeldDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeldDocument")
    }
}

impl HeldDocument {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays a document on the phone.
    pub fn hold(&self, document: Document, name: String, random: &dyn Random) {
        let mut held = self.held();
        held.turn = held.turn.wrapping_add(1);
        random.fill(&mut held.seed);
        held.document = Some((document, name));
    }

    /// Takes it away, also in the middle of a reading.
    pub fn take_away(&self) {
        let mut held = self.held();
        held.turn = held.turn.wrapping_add(1);
        held.document = None;
    }

    /// Switches the reader on or off, or takes it out of the phone; a reading breaks off.
    pub fn set_reader(&self, reader: ReaderState) {
        let mut held = self.held();
        if reader != ReaderState::Ready {
            held.turn = held.turn.wrapping_add(1);
        }
        held.reader = reader;
    }

    /// What lies there.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.held().document.as_ref().map(|(_, name)| name.clone())
    }
}

impl CardSlot for HeldDocument {
    fn reader(&self) -> ReaderState {
        self.held().reader
    }

    fn is_present(&self) -> bool {
        let held = self.held();
        held.reader == ReaderState::Ready && held.document.is_some()
    }

    fn connect(&mut self) -> Result<Box<dyn phone::Card>, NoCard> {
        let mut held = self.held();
        if held.reader != ReaderState::Ready {
            return Err(NoCard::NoReader);
        }
        let (document, _) = held.document.clone().ok_or(NoCard::Nothing)?;
        let (turn, seed) = (held.turn, held.seed);
        // The next session of the same chip draws other numbers.
        held.seed = next_seed(seed);
        drop(held);
        Ok(Box::new(Chip { slot: self.clone(), turn, card: Card::new(document, seed) }))
    }
}

fn next_seed(seed: [u8; 32]) -> [u8; 32] {
    use chip_sim::Random as _;
    let mut next = [0; 32];
    Seeded::new(seed).fill(&mut next);
    next
}

struct Chip {
    slot: HeldDocument,
    turn: u64,
    card: Card,
}

impl phone::Card for Chip {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardLost> {
        if self.slot.held().turn != self.turn {
            return Err(CardLost);
        }
        Ok(Zeroizing::new(self.card.transmit(command)))
    }
}
