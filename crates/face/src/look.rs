//! What one frame of a running capture shows: whether it follows the prompt, and what helps the person.
//!
//! Says nothing about who it is or whether it lives: whoever tries prompts out learns only what a mirror shows.

use crate::comparison::Reason;

/// How a head stands before the camera: what a later prompt is measured against. No picture and no
/// biometric vector can be had from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// Degrees, positive to the person's own left.
    pub turn: f32,
    /// Eyes to mouth, in parts of the picture's width.
    pub nearness: f32,
}

impl Stance {
    /// The one of two that looks straighter ahead, the first of equals: against it the turns of a capture are measured, both
    /// while frames are taken and when they are judged.
    #[must_use]
    pub fn straighter(self, other: Self) -> Self {
        if other.turn.abs() < self.turn.abs() { other } else { self }
    }
}

/// What one frame shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Absent where there is not exactly one usable face.
    pub stance: Option<Stance>,
    /// The first thing to say to the person; `None` where the frame is good.
    pub hint: Option<Reason>,
}

impl Look {
    /// Whether the frame counts: nothing is wrong with it, except perhaps a reflection, which a
    /// person with glasses may not get rid of, or something over the face, on which the policy decides.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.stance.is_some()
            && matches!(
                self.hint,
                None | Some(Reason::GlassesReflect | Reason::Sunglasses | Reason::Mask)
            )
    }
}
