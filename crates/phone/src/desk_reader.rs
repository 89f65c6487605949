//! A smart card reader of the desk in place of the phone's own antenna.

use std::sync::atomic::{AtomicBool, Ordering};

use app_core::{Card, CardLost, CardSlot, NoCard, ReaderState};
use card_reader::{Chip, Choice, Reader, ReaderError};
use zeroize::Zeroizing;

/// The reader of this desk. It may be plugged in later, and come and go.
#[derive(Debug)]
pub struct DeskReader {
    reader: Reader,
    /// The page asks all the time: what is missing is logged once.
    missed: AtomicBool,
}

impl DeskReader {
    /// The reader whose name contains this; the first there is where it is empty.
    ///
    /// # Errors
    ///
    /// [`ReaderError::NotBuilt`] in a build without the system library.
    pub fn named(name: &str) -> Result<Self, ReaderError> {
        let choice = if name.is_empty() { Choice::First } else { Choice::Named(name.to_owned()) };
        Ok(Self { reader: Reader::of(choice)?, missed: AtomicBool::new(false) })
    }

    fn seen<T>(&self, answer: Result<T, ReaderError>) -> Result<T, ReaderError> {
        match &answer {
            Ok(_) => self.missed.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.missed.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "no chip can be read");
                }
            }
        }
        answer
    }
}

impl CardSlot for DeskReader {
    fn reader(&self) -> ReaderState {
        match self.seen(self.reader.name()) {
            Ok(_) => ReaderState::Ready,
            Err(ReaderError::NotBuilt) => ReaderState::Missing,
            // It can be plugged in, named otherwise, or its service started: then it is there.
            Err(
                ReaderError::Service(_)
                | ReaderError::None
                | ReaderError::Unknown { .. }
                | ReaderError::Several(_)
                | ReaderError::NoChip
                | ReaderError::Busy(_)
                | ReaderError::Mute(_)
                | ReaderError::Gone(_),
            ) => ReaderState::Off,
        }
    }

    fn is_present(&self) -> bool {
        self.seen(self.reader.has_chip()).unwrap_or(false)
    }

    fn connect(&mut self) -> Result<Box<dyn Card>, NoCard> {
        match self.reader.connect() {
            Ok(chip) => Ok(Box::new(OnReader(chip))),
            Err(error) => {
                let none = match error {
                    ReaderError::NoChip | ReaderError::Busy(_) | ReaderError::Mute(_) => {
                        NoCard::Nothing
                    }
                    ReaderError::NotBuilt
                    | ReaderError::Service(_)
                    | ReaderError::None
                    | ReaderError::Unknown { .. }
                    | ReaderError::Several(_)
                    | ReaderError::Gone(_) => NoCard::NoReader,
                };
                tracing::info!(%error, "no chip was woken up");
                Err(none)
            }
        }
    }
}

/// A chip on the reader, until it is dropped.
struct OnReader(Chip);

impl Card for OnReader {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, CardLost> {
        self.0.transmit(command).map_err(|error| {
            tracing::info!(%error, "the chip left the reader");
            CardLost
        })
    }
}
