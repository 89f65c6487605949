//! What a reading holds while it runs. Its steps stand in modules of their own, each above those that it takes: the
//! application, lengths, files, batches, access control, and the whole in `session`.

use super::card::Card;
use super::line::Line;
use super::resume::Lessons;
use super::{Plan, Random};
use crate::chip_authentication::PaceCamProof;
use crate::curve::Curve;
use crate::lds::file::FileId;
use crate::pace::ChipAuthenticationData;

pub(super) struct Flow {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) line: Line,
    pub(super) card: Card,
    /// What the chip showed in this session's PACE, until it is held against EF.CardSecurity.
    pub(super) mapping: Option<(ChipAuthenticationData, Curve)>,
    /// What that came to. Both belong to one session: another chip may lie there in the next.
    pub(super) mapping_proof: Option<PaceCamProof>,
    /// Bare errors in a row.
    pub(super) naked: u32,
    /// The file that is current in this session.
    pub(super) current: Option<FileId>,
    /// A short identifier was refused or answered with another file since the application was selected: the chip may
    /// have moved elsewhere.
    pub(super) strayed: bool,
    /// The current file was made so by its short identifier.
    pub(super) by_short: bool,
    /// A length, short or extended, to which the chip answered as if the keys were gone.
    pub(super) doubtful_length: Option<(usize, bool)>,
}

impl Flow {
    pub(super) const fn new(plan: Plan, random: Random, line: Line, card: Card) -> Self {
        Self {
            plan,
            random,
            line,
            card,
            mapping: None,
            mapping_proof: None,
            naked: 0,
            current: None,
            strayed: false,
            by_short: false,
            doubtful_length: None,
        }
    }

    pub(super) fn lessons(&self) -> Option<Lessons> {
        self.line.memory(|memory| memory.lessons.clone())
    }
}
