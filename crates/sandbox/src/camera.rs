//! The camera of a simulated phone: the sample holder, somebody else, or nobody (then the page uses the computer's).

pub mod head;

use crate::portraits::{Portraits, Subject};
use face::Light;
use head::{Pose, SIDE};
use jpeg_encoder::{ColorType, Encoder};
use phone::{Asked, Camera};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::face::{FaceLight, FacePrompt};

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

/// One phone's camera: bends a photograph to what the app asks.
#[derive(Debug)]
pub struct SampleCamera {
    portraits: Arc<Portraits>,
    /// Who is on the documents of the phone's owner.
    holder: Subject,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    before: Before,
    /// How the head is held now; it moves as heads do and does not jump.
    turn: f32,
    /// What is asked, and how far the head is meant to turn for it: further or less far, as the person hears.
    aim: Option<Aim>,
    face_width: f32,
    pictures: u32,
}

/// What a person makes of a prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Aim {
    prompt: FacePrompt,
    degrees: Option<u8>,
    turn: f32,
}

/// The furthest turn that the sandbox asks for. A turn counts within 5 degrees of what was asked, and a photograph that was
/// bent until the detector saw 24 degrees (by 60) looked less like its owner than any turned head may.
pub const TURN_DEGREES_MAX: u8 = 15;
/// Degrees to which a head is turned that is asked to, where no angle was drawn.
const TURN: f32 = 32.0;
/// Of a photograph that is bent by two degrees the detector sees about one. It begins with less and is told to go on: the more a
/// photograph is bent, the less it looks like its owner.
const BENT_FOR_ONE_SEEN: f32 = 1.6;
/// How much a person corrects after a hint: a third of what is taken for as asked (10° as the detector sees them), so that few
/// hints lead there and none leads past it. And how far a photograph can be bent.
const CORRECTION: f32 = 8.0;
const TURN_MAX: f32 = 62.0;
/// Pixels of the face's width, and of one that has come nearer.
const FAR: f32 = 150.0;
const NEAR: f32 = 198.0;
/// The part of a movement that is made between two pictures.
const PACE: f32 = 0.4;
const QUALITY: u8 = 88;
/// What the screen of a phone at arm's length adds to the light of a dim room.
const SCREEN_SHARE: f32 = 0.15;

impl SampleCamera {
    /// Shows the holder where there are samples, and nobody otherwise.
    #[must_use]
    pub fn new(portraits: Arc<Portraits>, is_woman: bool) -> Self {
        let before = if portraits.has_samples() { Before::Holder } else { Before::Visitor };
        let holder = portraits.holder(is_woman);
        let state = State { before, turn: 0.0, aim: None, face_width: FAR, pictures: 0 };
        Self { portraits, holder, state: Mutex::new(state) }
    }

    /// Puts somebody before the camera.
    pub fn show(&self, before: Before) {
        self.state().before = before;
    }

    /// Who is there.
    #[must_use]
    pub fn before(&self) -> Before {
        self.state().before
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Moves on towards what is asked, with the little that nobody can hold still.
    fn moved(&mut self, asked: &Asked) -> Pose {
        let aimed = self.aimed(asked);
        let (turn, face_width) = match asked.prompt {
            FacePrompt::LookStraight => (0.0, FAR),
            FacePrompt::TurnLeft => (aimed, FAR),
            FacePrompt::TurnRight => (-aimed, FAR),
            FacePrompt::MoveCloser => (0.0, NEAR),
        };
        self.turn += (turn - self.turn) * PACE;
        self.face_width += (face_width - self.face_width) * PACE;
        self.pictures = self.pictures.wrapping_add(1);
        #[expect(clippy::cast_precision_loss, reason = "only its sine is used")]
        let swing = self.pictures as f32;
        Pose {
            turn: self.turn + (swing * 0.9).sin(),
            face_width: self.face_width + (swing * 0.7).sin(),
            shift: ((swing * 0.5).sin() * 5.0, (swing * 0.37).cos() * 3.0),
            noise: self.pictures.wrapping_mul(2_654_435_761),
        }
    }
}

impl State {
    /// How far the head is meant to turn: as far as was asked, and then as the hints say.
    fn aimed(&mut self, asked: &Asked) -> f32 {
        let kept =
            self.aim.filter(|aim| (aim.prompt, aim.degrees) == (asked.prompt, asked.degrees));
        let mut turn = kept.map_or_else(
            || asked.degrees.map_or(TURN, |degrees| f32::from(degrees) * BENT_FOR_ONE_SEEN),
            |aim| aim.turn,
        );
        match asked.hint.as_deref().filter(|_| kept.is_some()) {
            Some("face-follow-prompt") => turn = (turn + CORRECTION).min(TURN_MAX),
            Some("face-too-far-round") => turn -= CORRECTION,
            Some(_) | None => {}
        }
        self.aim = Some(Aim { prompt: asked.prompt, degrees: asked.degrees, turn });
        turn
    }
}

/// Lets the screen shine on the whole picture, as if nothing were further away than the face.
fn shine(rgb: &mut [u8], light: FaceLight) {
    let screen = match light {
        FaceLight::White => Light::White,
        FaceLight::Blue => Light::Blue,
        FaceLight::Green => Light::Green,
        FaceLight::Amber => Light::Amber,
    };
    // Light adds up as it is, and not as the values of a picture say: those are its 2.2th root.
    let times = screen
        .rgb()
        .map(|value| (1.0 + SCREEN_SHARE * (f32::from(value) / 255.0).powf(2.2)).powf(1.0 / 2.2));
    for pixel in rgb.as_chunks_mut::<3>().0 {
        for (value, times) in pixel.iter_mut().zip(times) {
            *value = head::byte(f32::from(*value) * times);
        }
    }
}

impl Camera for SampleCamera {
    fn is_on(&self) -> bool {
        self.before() != Before::Visitor
    }

    fn picture(&self, asked: &Asked) -> Option<Vec<u8>> {
        let (subject, pose) = {
            let mut state = self.state();
            let subject = match state.before {
                Before::Holder => self.holder,
                Before::Stranger => self.portraits.stranger(self.holder),
                Before::Visitor => return None,
            };
            (subject, state.moved(asked))
        };
        let mut seen = self.portraits.head(subject)?.seen(&pose);
        if let Some(light) = asked.light {
            shine(&mut seen, light);
        }
        let side = u16::try_from(SIDE).ok()?;
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, QUALITY).encode(&seen, side, side, ColorType::Rgb).ok()?;
        Some(jpeg)
    }
}
