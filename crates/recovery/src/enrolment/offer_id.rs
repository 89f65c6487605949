//! The number of an enrolment offer as people see and type it: ten characters that hold 50 random bits and are no
//! secret.

use crate::id::EnrolmentId;

/// The characters of an offer's number: letters and digits that are not confused when read aloud or on paper.
pub const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The number of characters in an offer's number.
pub const OFFER_ID_CHARS: usize = 10;

/// Bits in one character.
const CHAR_BITS: u32 = 5;
const ID_BITS: u32 = 50;

impl EnrolmentId {
    /// The id of a new offer, from its lowest 50 random bits; higher bits are dropped.
    #[must_use]
    pub const fn from_random(random: u128) -> Self {
        Self(random & ((1 << ID_BITS) - 1))
    }

    /// Reads an offer's number: ten characters in capitals, without spaces. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != OFFER_ID_CHARS {
            return None;
        }
        let mut id = 0_u128;
        for byte in text.bytes() {
            let value = ALPHABET.iter().position(|known| *known == byte)?;
            id = (id << CHAR_BITS) | u128::try_from(value).ok()?;
        }
        Some(Self(id))
    }

    /// The ten characters of the offer's number.
    #[must_use]
    pub fn offer_text(self) -> String {
        (1..=OFFER_ID_CHARS)
            .rev()
            .map(|place| {
                let shift = CHAR_BITS.saturating_mul(u32::try_from(place - 1).unwrap_or(0));
                let value = usize::try_from((self.0 >> shift) & 31).unwrap_or(0);
                ALPHABET.get(value).map_or('A', |byte| char::from(*byte))
            })
            .collect()
    }
}
