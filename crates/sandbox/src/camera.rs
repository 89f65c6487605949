//! The camera of a simulated phone: the sample holder, somebody else, or nobody (then the page uses the computer's).

use crate::portraits::Portraits;
use phone::Camera;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use wire::face::FacePrompt;

/// Who stands before the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// The person whose portrait the documents carry, in another picture.
    Holder,
    /// Somebody else: the comparison must say no.
    Stranger,
    /// The visitor, by the computer's own camera.
    Visitor,
}

impl Before {
    /// The name in forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Stranger => "stranger",
            Self::Visitor => "visitor",
        }
    }

    /// The reverse of [`Before::name`].
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Holder, Self::Stranger, Self::Visitor].into_iter().find(|it| it.name() == name)
    }
}

/// One phone's camera.
#[derive(Debug)]
pub struct SampleCamera {
    portraits: Arc<Portraits>,
    before: AtomicU8,
}

impl SampleCamera {
    /// Shows the holder where there are samples, and nobody otherwise.
    #[must_use]
    pub fn new(portraits: Arc<Portraits>) -> Self {
        let first = if portraits.has_samples() { Before::Holder } else { Before::Visitor };
        let camera = Self { portraits, before: AtomicU8::new(0) };
        camera.show(first);
        camera
    }

    /// Puts somebody before the camera.
    pub fn show(&self, before: Before) {
        let number = match before {
            Before::Holder => 0,
            Before::Stranger => 1,
            Before::Visitor => 2,
        };
        self.before.store(number, Ordering::Relaxed);
    }

    /// Who is there.
    #[must_use]
    pub fn before(&self) -> Before {
        match self.before.load(Ordering::Relaxed) {
            0 => Before::Holder,
            1 => Before::Stranger,
            _ => Before::Visitor,
        }
    }
}

impl Camera for SampleCamera {
    fn is_on(&self) -> bool {
        self.before() != Before::Visitor
    }

    fn picture(&self, _: FacePrompt) -> Option<Vec<u8>> {
        // A photograph cannot turn its head: the sandbox's policy does not ask for liveness, and says so.
        let shown = match self.before() {
            Before::Holder => self.portraits.holder_live(),
            Before::Stranger => self.portraits.stranger(),
            Before::Visitor => None,
        };
        shown.map(|picture| picture.to_vec())
    }
}
