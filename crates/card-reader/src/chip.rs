//! One contact with a chip.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pcsc::{Card, Context, Disposition};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::ChipLost;
use crate::presence::chip_lies_on;

/// Losses in a row at an extended length, with the chip still there, after which the reader is taken to carry none.
const EXTENDED_LOSSES_MAX: u32 = 2;
/// "Wrong length" (ISO/IEC 7816-4 §5.6): what cards without extended lengths answer.
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];

/// What one contact teaches the next.
#[derive(Default)]
pub(crate) struct Lessons {
    /// Extended commands in a row that the reader did not carry although the chip stayed.
    extended_losses: AtomicU32,
    /// The last contact broke, so nothing is known of what lies there.
    broke: AtomicBool,
}

impl Lessons {
    /// Whether the next chip has to be reset before it is used.
    pub(crate) fn broke(&self) -> bool {
        self.broke.load(Ordering::Relaxed)
    }
}

/// A chip that was woken up. Dropping it resets the chip, so that every contact begins with one that just woke up.
pub struct Chip {
    /// `None` once the contact broke.
    card: Option<Card>,
    context: Context,
    reader: CString,
    lessons: Arc<Lessons>,
    answer: Vec<u8>,
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl Chip {
    pub(crate) fn new(
        card: Card,
        context: Context,
        reader: CString,
        lessons: Arc<Lessons>,
    ) -> Self {
        let answer = vec![0; pcsc::MAX_BUFFER_SIZE_EXTENDED];
        lessons.broke.store(false, Ordering::Relaxed);
        Self { card: Some(card), context, reader, lessons, answer }
    }

    /// Sends one command and takes the answer with its status word.
    ///
    /// Many readers carry no extended lengths, and say so as if the chip had left. Once that is plain, such commands are
    /// answered "wrong length" here and never sent, as a card answers that knows none.
    ///
    /// # Errors
    ///
    /// [`ChipLost`] where the contact broke; it does not come back, connect anew.
    pub fn transmit(&mut self, command: &[u8]) -> Result<Zeroizing<Vec<u8>>, ChipLost> {
        let extended = matches!(command, [_, _, _, _, 0, _, ..]);
        if extended && self.lessons.extended_losses.load(Ordering::Relaxed) >= EXTENDED_LOSSES_MAX {
            return Ok(Zeroizing::new(WRONG_LENGTH.to_vec()));
        }
        let card = self.card.as_ref().ok_or_else(|| ChipLost("it broke before".into()))?;
        match card.transmit(command, &mut self.answer) {
            Ok(answer) => {
                if extended {
                    self.lessons.extended_losses.store(0, Ordering::Relaxed);
                }
                let taken = Zeroizing::new(answer.to_vec());
                self.answer.iter_mut().take(taken.len()).for_each(|octet| octet.zeroize());
                Ok(taken)
            }
            Err(error) => {
                if extended && chip_lies_on(&self.context, &self.reader).unwrap_or(false) {
                    self.lessons.extended_losses.fetch_add(1, Ordering::Relaxed);
                }
                self.lessons.broke.store(true, Ordering::Relaxed);
                // A reset of what has left makes pcscd overlook what comes next; the next contact resets.
                self.let_go(Disposition::LeaveCard);
                Err(ChipLost(Box::new(error)))
            }
        }
    }

    fn let_go(&mut self, disposition: Disposition) {
        if let Some(card) = self.card.take() {
            let _ = card.disconnect(disposition);
        }
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        self.let_go(Disposition::ResetCard);
    }
}
