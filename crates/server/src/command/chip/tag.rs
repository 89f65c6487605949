//! The connection to a chip, on a smart card reader or elsewhere.

use card_reader::{Chip, Reader, ReaderError};
use std::time::Duration;

const WAKINGS_MAX: usize = 3;

/// A chip that can be reached.
pub(super) trait Tag {
    /// Sends a command and returns the answer; `None` where the chip left the field or the reader could not carry it.
    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>>;

    /// Waits for the chip and wakes it up anew.
    fn wake(&mut self) -> Result<(), WakeError>;
}

/// No chip answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no chip answers at the reader")]
pub(super) struct WakeError(#[source] ReaderError);

/// The chip on a reader of this machine.
pub(super) struct OnReader {
    reader: Reader,
    wait: Duration,
    chip: Option<Chip>,
}

impl OnReader {
    pub(super) const fn new(reader: Reader, wait: Duration) -> Self {
        Self { reader, wait, chip: None }
    }
}

impl Tag for OnReader {
    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.chip.as_mut()?.transmit(command).ok().map(|answer| answer.to_vec())
    }

    fn wake(&mut self) -> Result<(), WakeError> {
        // Letting go resets the chip, so that every session begins with one that just woke up.
        self.chip = None;
        for _ in 1..WAKINGS_MAX {
            self.reader.await_chip(self.wait).map_err(WakeError)?;
            // A chip may leave the field again between being seen and being woken up.
            if let Ok(chip) = self.reader.connect() {
                self.chip = Some(chip);
                return Ok(());
            }
        }
        self.chip = Some(self.reader.connect().map_err(WakeError)?);
        Ok(())
    }
}
