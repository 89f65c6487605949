//! The reader, as far as this program needs one.

use card_reader::{Chip, Choice, Reader, ReaderError};
use zeroize::Zeroizing;

/// Why no chip was woken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoContact {
    /// No reader is connected, or the machine's smart card service does not run.
    NoReader,
    /// Nothing that answers lies on the reader.
    NoCard,
    /// Another program uses the chip.
    InUse,
}

/// The contact to the chip broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost;

/// A chip that was woken up; let go where it is dropped.
pub trait Contact: Send {
    /// Sends one command and takes the answer with its status word.
    ///
    /// # Errors
    ///
    /// [`Lost`] where the contact broke.
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, Lost>;
}

/// A reader with room for one chip. Blocking is fine.
pub trait Slot: Send + Sync {
    /// The reader's name; `None` where none is connected.
    fn reader(&self) -> Option<String>;

    /// Whether a chip lies there.
    fn has_card(&self) -> bool;

    /// Wakes the chip up.
    ///
    /// # Errors
    ///
    /// A [`NoContact`] that says what is missing.
    fn connect(&self) -> Result<Box<dyn Contact>, NoContact>;
}

/// A smart card reader of this machine.
#[derive(Debug)]
pub struct OnReader(Reader);

impl OnReader {
    /// The reader that is meant; it may be plugged in later, and come and go.
    ///
    /// # Errors
    ///
    /// [`ReaderError::NotBuilt`] in a build without the system library.
    pub fn of(choice: Choice) -> Result<Self, ReaderError> {
        Reader::of(choice).map(Self)
    }
}

impl Slot for OnReader {
    fn reader(&self) -> Option<String> {
        self.0.name().ok()
    }

    fn has_card(&self) -> bool {
        self.0.has_chip().unwrap_or(false)
    }

    fn connect(&self) -> Result<Box<dyn Contact>, NoContact> {
        match self.0.connect() {
            Ok(chip) => Ok(Box::new(OnChip(chip))),
            Err(error) => {
                tracing::info!(%error, "no chip was woken up");
                Err(match error {
                    ReaderError::NoChip | ReaderError::Mute(_) => NoContact::NoCard,
                    ReaderError::Busy(_) => NoContact::InUse,
                    ReaderError::NotBuilt
                    | ReaderError::Service(_)
                    | ReaderError::None
                    | ReaderError::Unknown { .. }
                    | ReaderError::Several(_)
                    | ReaderError::Gone(_) => NoContact::NoReader,
                })
            }
        }
    }
}

struct OnChip(Chip);

impl Contact for OnChip {
    fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, Lost> {
        self.0.transmit(command).map_err(|error| {
            tracing::info!(%error, "the chip left the reader");
            Lost
        })
    }
}
