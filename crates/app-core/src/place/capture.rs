//! A live capture that runs: the frames sent, the present prompt, and the checks that need no server.

use face::Reason;
use face::quality::{GreyFrame, Seen, hint};
use wire::face::{CaptureView, FacePrompt, Frame, KeptFrame};
use zeroize::Zeroize;

use crate::action::GreyPicture;
use crate::view::{CaptureEvent, FaceWay, LiveCapture};

const GREY_SIDE_MAX: u16 = 320;
/// The frames without what was asked that are kept: the comparison may want the last few of a prompt that was not met.
const UNCOUNTED_MAX: usize = 6;

/// The time to hear or read a prompt, to act on a hint, and between two frames of one prompt.
const PROMPT_PAUSE_MS: u32 = 1_200;
// The light of the screen changes with the prompt alone: never more than three times a second (WCAG 2.3.1).
const _: () = assert!(PROMPT_PAUSE_MS > 1_000 / 3, "the light would flash");
const HINT_PAUSE_MS: u32 = 450;
const FRAME_PAUSE_MS: u32 = 250;
/// A pose that has to be kept: the next frame comes soon.
const KEEP_PAUSE_MS: u32 = 200;
/// The service was busy: asking again at once would make it busier.
const BUSY_PAUSE_MS: u32 = 2_000;

/// A live capture that runs.
#[derive(Debug)]
pub(crate) struct Capture {
    way: FaceWay,
    /// The last answer of the server.
    pub(crate) view: CaptureView,
    sent: Vec<SentFrame>,
    /// The frame before the present one, to see movement.
    before: Option<GreyPicture>,
    hint: Option<String>,
    event: CaptureEvent,
    pause_ms: u32,
    /// The capture is complete, and the service had no time for it.
    pub(crate) held_back: bool,
}

/// A frame that was sent, kept until the comparison has it; its picture is wiped on drop.
#[derive(Debug)]
struct SentFrame {
    frame: Frame,
    counted: bool,
}

impl Drop for SentFrame {
    fn drop(&mut self) {
        self.frame.jpeg.0.zeroize();
    }
}

impl Capture {
    /// A capture that the server has just begun.
    pub(crate) fn begun(way: FaceWay, view: CaptureView) -> Self {
        Self {
            way,
            view,
            sent: Vec::new(),
            before: None,
            hint: None,
            event: CaptureEvent::NewPrompt,
            pause_ms: PROMPT_PAUSE_MS,
            held_back: false,
        }
    }

    /// The index of the present prompt.
    pub(crate) fn asked(&self) -> u8 {
        u8::try_from(self.view.prompts.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    fn prompt(&self) -> FacePrompt {
        self.view.prompts.last().copied().unwrap_or(FacePrompt::LookStraight)
    }

    /// Checks what this phone sees without a detector: light, and movement while holding still was asked.
    pub(crate) fn seen_here(&mut self, grey: Option<GreyPicture>) -> Option<Reason> {
        let now = grey?;
        let before = self.before.replace(now);
        let now = grey_frame(self.before.as_ref()?)?;
        let before = before.as_ref().and_then(grey_frame);
        let prompt = match self.prompt() {
            FacePrompt::LookStraight => face::Prompt::LookStraight,
            FacePrompt::TurnLeft => face::Prompt::TurnLeft,
            FacePrompt::TurnRight => face::Prompt::TurnRight,
            FacePrompt::MoveCloser => face::Prompt::MoveCloser,
        };
        hint(&now, before.as_ref(), &Seen::Unknown, prompt)
    }

    /// Shows a hint of this phone in place of an answer of the server.
    pub(crate) fn say(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
        self.event = CaptureEvent::Hint;
        self.pause_ms = HINT_PAUSE_MS;
    }

    /// Says that the service is busy: the next frame comes later.
    pub(crate) fn say_busy(&mut self) {
        self.say("face-busy");
        self.pause_ms = BUSY_PAUSE_MS;
    }

    /// Takes in the server's answer to a frame.
    pub(crate) fn learn(&mut self, view: CaptureView, frame: Frame) {
        self.keep(frame, view.counted);
        self.hint.clone_from(&view.hint);
        (self.event, self.pause_ms) = if view.prompts.len() > self.view.prompts.len() {
            (CaptureEvent::NewPrompt, PROMPT_PAUSE_MS)
        } else if view.counted {
            (CaptureEvent::Counted, FRAME_PAUSE_MS)
        } else if view.hint.as_deref() == Some(Reason::KeepThere.code()) {
            (CaptureEvent::Hint, KEEP_PAUSE_MS)
        } else {
            (CaptureEvent::Hint, HINT_PAUSE_MS)
        };
        self.view = view;
    }

    fn keep(&mut self, frame: Frame, counted: bool) {
        self.sent.push(SentFrame { frame, counted });
        if self.sent.iter().filter(|sent| !sent.counted).count() > UNCOUNTED_MAX
            && let Some(oldest) = self.sent.iter().position(|sent| !sent.counted)
        {
            drop(self.sent.remove(oldest));
        }
    }

    /// The frames that the server wants for the comparison; `None` where this phone has lost one.
    pub(crate) fn wanted(&self) -> Option<Vec<KeptFrame>> {
        let times = self.view.wanted.as_ref()?;
        let of = |at_ms: &u32| {
            let sent = self.sent.iter().find(|sent| sent.frame.at_ms == *at_ms)?;
            let Frame { jpeg, at_ms, prompt, signature: _ } = &sent.frame;
            Some(KeptFrame { jpeg: jpeg.clone(), at_ms: *at_ms, prompt: *prompt })
        };
        times.iter().map(of).collect()
    }

    /// The capture as the screen shows it.
    pub(super) fn shown(&self) -> LiveCapture {
        LiveCapture {
            way: self.way,
            prompt: self.prompt(),
            turn_degrees: self.view.turn_degrees,
            light: self.view.light,
            prompt_number: self.asked(),
            frames_met: self.view.frames_met,
            frames_needed: self.view.frames_needed,
            hint: self.hint.clone(),
            event: self.event,
            pause_ms: self.pause_ms,
            held_back: self.held_back,
        }
    }
}

fn grey_frame(picture: &GreyPicture) -> Option<GreyFrame<'_>> {
    let fits = picture.width <= GREY_SIDE_MAX && picture.height <= GREY_SIDE_MAX;
    fits.then(|| GreyFrame::new(picture.width.into(), picture.height.into(), &picture.grey.0))
        .flatten()
}
