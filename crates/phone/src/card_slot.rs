//! The reader of this phone, shared between the app and the page's "is a document there?".

use std::sync::{Arc, Mutex, PoisonError};

use app_core::{Card, CardSlot, NoCard, ReaderState};

/// A reader that nothing is ever held to, on a machine without one.
#[derive(Debug, Clone, Copy)]
pub struct EmptySlot;

impl CardSlot for EmptySlot {
    fn reader(&self) -> ReaderState {
        ReaderState::Missing
    }

    fn is_present(&self) -> bool {
        false
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard> {
        Err(NoCard::NoReader)
    }
}

/// One reader with two users. The lock is held for a question, never for a whole reading.
#[derive(Clone)]
pub(crate) struct SharedSlot(Arc<Mutex<Box<dyn CardSlot>>>);

impl SharedSlot {
    pub(crate) fn new(slot: Box<dyn CardSlot>) -> Self {
        Self(Arc::new(Mutex::new(slot)))
    }

    fn ask<T>(&self, question: impl FnOnce(&mut dyn CardSlot) -> T) -> T {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        question(slot.as_mut())
    }
}

impl CardSlot for SharedSlot {
    fn reader(&self) -> ReaderState {
        self.ask(|slot| slot.reader())
    }

    fn is_present(&self) -> bool {
        self.ask(|slot| slot.is_present())
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard> {
        self.ask(|slot| slot.connect())
    }
}
