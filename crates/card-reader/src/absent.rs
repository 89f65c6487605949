//! A build without the system library: no reader, and the same types.

use std::convert::Infallible;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::choice::Choice;
use crate::error::{ChipLost, ReaderError};

/// A reader of this machine: in this build there is none.
#[derive(Debug)]
pub struct Reader(Infallible);

/// A chip on a reader: in this build there is none.
#[derive(Debug)]
pub struct Chip(Infallible);

impl Reader {
    /// Says how to build with readers.
    ///
    /// # Errors
    ///
    /// Always [`ReaderError::NotBuilt`].
    pub fn of(_: Choice) -> Result<Self, ReaderError> {
        Err(ReaderError::NotBuilt)
    }

    /// The reader's name in PC/SC.
    ///
    /// # Errors
    ///
    /// None: no such reader can be made.
    pub fn name(&self) -> Result<String, ReaderError> {
        match self.0 {}
    }

    /// Whether a chip lies on it.
    ///
    /// # Errors
    ///
    /// None: no such reader can be made.
    pub fn has_chip(&self) -> Result<bool, ReaderError> {
        match self.0 {}
    }

    /// Waits until a chip lies on it.
    ///
    /// # Errors
    ///
    /// None: no such reader can be made.
    pub fn await_chip(&self, _: Duration) -> Result<(), ReaderError> {
        match self.0 {}
    }

    /// Wakes the chip up.
    ///
    /// # Errors
    ///
    /// None: no such reader can be made.
    pub fn connect(&self) -> Result<Chip, ReaderError> {
        match self.0 {}
    }
}

impl Chip {
    /// Sends one command.
    ///
    /// # Errors
    ///
    /// None: no such chip can be had.
    pub fn transmit(&mut self, _: &[u8]) -> Result<Zeroizing<Vec<u8>>, ChipLost> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_the_library_says_how_to_get_it() {
        let error = Reader::of(Choice::First).unwrap_err();

        assert!(error.to_string().contains("--features pcsc"), "{error}");
    }
}
