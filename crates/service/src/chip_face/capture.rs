//! The row of a face capture under way, as it is kept between two requests.
//!
//! Of each frame only the hash, the time and the pose of the head are kept, so that any server process can go on with the
//! capture and none holds a picture. The app sends the needed frames again for the comparison, and they have to be the same
//! byte for byte.

#[cfg(test)]
mod tests;

use super::FRAMES_MAX;
use super::frame::{CapturedFrame, Hint, KeptFrame};
use crate::caller::App;
use face::{Look, Reason, Stance, Step};
use recovery::id::{InstanceId, PersonId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use sha2::{Digest, Sha256};
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};
use subtle::ConstantTimeEq;

store::row_ids! {
    /// A capture of a face: a hash of case and try.
    pub(super) CaptureId;
}

/// The longest time from the first prompt of a capture to its comparison.
const LIFETIME: Duration = Duration::from_secs(120);
/// The time to do what a prompt asks. A person who has not done it by then is told once in a capture that there is more
/// time.
const PROMPT_MAX: Duration = Duration::from_secs(15);
/// The time that is then added. After it either the camera sees something that cannot follow a prompt, or the person did not
/// understand: the capture ends and is judged, so that the person hears why.
const MORE_TIME: Duration = Duration::from_secs(30);
/// The number of frames of a prompt that was not met which are judged too.
const UNMET_MAX: usize = 5;
/// The largest number of frames that are looked at in one case, over all its captures and tries: whoever tries pictures out
/// learns little.
const LOOKS_MAX: u16 = 450;
/// The longest time between two frames, and from the first to the last. Beyond either of them `face::liveness` calls the
/// timing implausible, and nobody should lose a try for having been called away.
const GAP_MAX_MS: u32 = 20_000;
const SPAN_MAX_MS: u32 = 90_000;
/// How far the times that the phone claims may be from the times at which the frames arrive.
const TIMES_APART_MAX: Duration = Duration::from_secs(8);

/// One face capture under way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Capture {
    id: CaptureId,
    person: PersonId,
    instance: InstanceId,
    /// Part of what the device signs of each frame.
    nonce: [u8; 16],
    /// The prompts that were drawn, in order.
    steps: Vec<Step>,
    /// The frames that met their prompt.
    met: Vec<Taken>,
    /// The last frames that did not meet the present prompt.
    unmet: Vec<Taken>,
    /// The pose of the head when it looked straight ahead.
    straight: Option<Stance>,
    /// Since when the present prompt waits to be met: it was shown then, or a frame counted.
    waiting_since: Timestamp,
    /// Whether more time was given for a prompt in this capture.
    had_more_time: bool,
    /// Whether a prompt was not met in the added time either, so that the capture ended.
    gave_up: bool,
    /// The number of frames looked at in the whole case.
    looks: u16,
    /// The number of captures of this try, this one included.
    begun: u8,
    /// When the capture expires.
    until: Timestamp,
}

/// The result of looking at one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether the frame met its prompt.
    pub(super) counted: bool,
    /// What the person is told to do better.
    pub(super) hint: Option<Hint>,
}

/// What is kept of one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taken {
    hash: [u8; 32],
    at_ms: u32,
    prompt: u8,
    arrived_at: Timestamp,
}

/// Random values and counters that a new capture starts with.
pub(super) struct Beginning {
    pub(super) id: CaptureId,
    pub(super) nonce: [u8; 16],
    pub(super) steps: Vec<Step>,
    /// The number of captures of this try, this one included.
    pub(super) begun: u8,
    /// The number of frames looked at in the case so far.
    pub(super) looks: u16,
}

impl Taken {
    fn of(frame: &CapturedFrame, arrived_at: Timestamp) -> Self {
        let hash = Sha256::digest(&*frame.jpeg).into();
        Self { hash, at_ms: frame.at_ms, prompt: frame.prompt, arrived_at }
    }

    fn is(&self, frame: &CapturedFrame) -> bool {
        let hash: [u8; 32] = Sha256::digest(&*frame.jpeg).into();
        self.hash == hash && self.at_ms == frame.at_ms && self.prompt == frame.prompt
    }

    fn is_kept(&self, frame: &KeptFrame) -> bool {
        let hash: [u8; 32] = Sha256::digest(&*frame.jpeg).into();
        self.hash == hash && self.at_ms == frame.at_ms && self.prompt == frame.prompt
    }
}

impl Capture {
    pub(super) fn begin(beginning: Beginning, app: &App, now: Timestamp) -> Self {
        let Beginning { id, nonce, steps, begun, looks } = beginning;
        Self {
            id,
            person: app.person(),
            instance: app.instance(),
            nonce,
            steps,
            met: Vec::new(),
            unmet: Vec::new(),
            straight: None,
            waiting_since: now,
            had_more_time: false,
            gave_up: false,
            looks,
            begun,
            until: now.plus(LIFETIME),
        }
    }

    /// The row that the next try of a case starts from: no prompts of its own, and the count of frames looked at in the
    /// tries before it.
    pub(super) fn before_next_try(&self, id: CaptureId, now: Timestamp) -> Self {
        Self {
            id,
            steps: Vec::new(),
            met: Vec::new(),
            unmet: Vec::new(),
            straight: None,
            begun: 0,
            until: now,
            ..self.clone()
        }
    }

    /// The number of frames looked at in the case so far.
    pub(super) const fn looks(&self) -> u16 {
        self.looks
    }

    /// Whether as many frames of the case were looked at as may be.
    pub(super) const fn has_no_looks_left(&self) -> bool {
        self.looks >= LOOKS_MAX
    }

    /// The number of captures of this try so far.
    pub(super) const fn begun(&self) -> u8 {
        self.begun
    }

    /// Whether this capture belongs to this app and nonce and has not expired.
    pub(super) fn is_open(&self, app: &App, nonce: &str, now: Timestamp) -> bool {
        let same = bool::from(self.nonce_text().as_bytes().ct_eq(nonce.as_bytes()));
        same && self.instance == app.instance() && now < self.until
    }

    pub(super) fn nonce_text(&self) -> String {
        hex::encode(self.nonce)
    }

    pub(super) const fn until(&self) -> Timestamp {
        self.until
    }

    /// The prompts that were shown so far: a prompt is shown only after the one before it is met.
    pub(super) fn shown(&self) -> &[Step] {
        let count = if self.is_complete() { self.asked() } else { self.asked() + 1 };
        self.steps.get(..count.clamp(1, self.steps.len().max(1))).unwrap_or(&self.steps)
    }

    /// All prompts that were drawn, for the judgement.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn frames_needed(&self) -> usize {
        face::prompt::frames_for(self.steps.len()).iter().sum()
    }

    pub(super) fn frames_met(&self) -> usize {
        self.met.len()
    }

    /// The index of the present prompt; the number of prompts once all are met.
    fn asked(&self) -> usize {
        let mut counted = self.met.len();
        let frames = face::prompt::frames_for(self.steps.len());
        frames
            .iter()
            .take_while(|wanted| {
                let met = counted >= **wanted;
                counted = counted.saturating_sub(**wanted);
                met
            })
            .count()
    }

    /// Whether every prompt is met, or the capture ended without.
    pub(super) fn is_complete(&self) -> bool {
        self.gave_up || self.asked() >= self.steps.len()
    }

    /// The present prompt with its index, and the straight pose that a frame is measured against.
    pub(super) fn present(&self) -> Option<(u8, Step, Option<Stance>)> {
        let asked = self.asked();
        let step = *self.steps.get(asked).filter(|_| !self.gave_up)?;
        let straight = if asked == 0 { None } else { self.straight };
        Some((u8::try_from(asked).ok()?, step, straight))
    }

    /// Whether this picture was looked at before under another time or prompt: one picture answers one prompt.
    pub(super) fn has_seen_picture(&self, frame: &CapturedFrame) -> bool {
        let hash: [u8; 32] = Sha256::digest(&*frame.jpeg).into();
        self.met.iter().chain(&self.unmet).any(|taken| taken.hash == hash)
    }

    /// Whether this very frame arrived before, because its answer was lost on the way; `Some(true)` if it met its prompt.
    pub(super) fn remembers(&self, frame: &CapturedFrame) -> Option<bool> {
        let met = self.met.iter().any(|taken| taken.is(frame));
        (met || self.unmet.iter().any(|taken| taken.is(frame))).then_some(met)
    }

    /// Whether the time that the phone claims for the frame fits the order of the frames and the times at which they arrived
    /// on the server's own clock: a recording can claim any time.
    pub(super) fn is_plausible(&self, frame: &CapturedFrame, arrived_at: Timestamp) -> bool {
        let Some(first) = self.met.first() else { return true };
        let last = self.met.iter().chain(&self.unmet).map(|taken| taken.at_ms).max();
        let claimed = i64::from(frame.at_ms) - i64::from(first.at_ms);
        let real = arrived_at.0 - first.arrived_at.0;
        let apart = i64::try_from(TIMES_APART_MAX.as_millis()).unwrap_or(i64::MAX);
        last.is_none_or(|last| frame.at_ms > last) && (claimed - real).abs() <= apart
    }

    /// Whether the person took so long that the frames no longer belong together: the capture begins again and costs no try.
    pub(super) fn is_too_late(&self, frame: &CapturedFrame) -> bool {
        let last = self.met.iter().chain(&self.unmet).map(|taken| taken.at_ms).max();
        let first = self.met.first().map_or(frame.at_ms, |first| first.at_ms);
        frame.at_ms.saturating_sub(first) > SPAN_MAX_MS
            || last.is_some_and(|last| frame.at_ms.saturating_sub(last) > GAP_MAX_MS)
    }

    /// Counts one more frame that is looked at; false where the limit is reached.
    pub(super) fn count_look(&mut self) -> bool {
        self.looks = self.looks.saturating_add(1);
        self.looks <= LOOKS_MAX
    }

    /// Records what the look at a frame showed.
    pub(super) fn saw(
        &mut self,
        look: &Look,
        frame: &CapturedFrame,
        arrived_at: Timestamp,
    ) -> Seen {
        let asked = self.asked();
        if look.counts() && self.is_too_soon(frame) {
            // The pose is right and has to be kept; nothing was missed.
            self.waiting_since = arrived_at;
            return Seen { counted: false, hint: Some(Hint::Face(Reason::KeepThere)) };
        }
        let hint = look.hint.map(Hint::Face);
        if look.counts() {
            if asked == 0 {
                let looks = self.straight.into_iter().chain(look.stance);
                self.straight = looks.reduce(Stance::straighter);
            }
            self.met.push(Taken::of(frame, arrived_at));
            self.unmet.clear();
            self.waiting_since = arrived_at;
            return Seen { counted: true, hint };
        }
        // A face that is there and does not do it; not a dark room, and not the first look, which costs nothing.
        if look.stance.is_some() && asked > 0 {
            let room = FRAMES_MAX.saturating_sub(self.met.len()).min(UNMET_MAX);
            self.unmet.push(Taken::of(frame, arrived_at));
            let surplus = self.unmet.len().saturating_sub(room);
            self.unmet.drain(..surplus);
            let patience = if self.had_more_time { MORE_TIME } else { PROMPT_MAX };
            if arrived_at >= self.waiting_since.plus(patience) {
                if self.had_more_time {
                    self.gave_up = true;
                } else {
                    self.had_more_time = true;
                    self.waiting_since = arrived_at;
                    return Seen { counted: false, hint: Some(Hint::MoreTime) };
                }
            }
        }
        Seen { counted: false, hint }
    }

    /// Whether the frame that would complete a prompt comes before the pose was held for the time that was drawn.
    fn is_too_soon(&self, frame: &CapturedFrame) -> bool {
        let asked = self.asked();
        let Some((step, wanted)) = self
            .steps
            .get(asked)
            .zip(face::prompt::frames_for(self.steps.len()).get(asked).copied())
        else {
            return false;
        };
        let index = usize::from(frame.prompt);
        let mut of_step = self.met.iter().filter(|taken| usize::from(taken.prompt) == index);
        let first = of_step.next();
        let is_last = of_step.count() + 2 >= wanted;
        first.is_some_and(|first| {
            is_last && frame.at_ms.saturating_sub(first.at_ms) < u32::from(step.hold_millis)
        })
    }

    /// The times of the frames that the comparison needs, in milliseconds since the first frame, in order.
    pub(super) fn wanted(&self) -> Vec<u32> {
        self.judged().map(|taken| taken.at_ms).collect()
    }

    fn judged(&self) -> impl Iterator<Item = &Taken> {
        let unmet = if self.gave_up { self.unmet.as_slice() } else { &[] };
        self.met.iter().chain(unmet)
    }

    /// Whether these are exactly the frames that the comparison needs, all of them and in their order.
    pub(super) fn are_these(&self, frames: &[KeptFrame]) -> bool {
        self.judged().count() == frames.len()
            && self.judged().zip(frames).all(|(taken, frame)| taken.is_kept(frame))
    }
}

impl Aggregate for Capture {
    type Id = CaptureId;
    const KIND: Kind = kinds::CAPTURE;
    const SCHEMA: u16 = 2;

    fn id(&self) -> CaptureId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.person)
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        // Kept past its end: the count of captures of one try has to outlive the single capture.
        Some(self.until.plus(Duration::from_hours(2)))
    }
}

store::stored! { struct Capture {
    id, person, instance, nonce, steps, met, unmet, straight, waiting_since, had_more_time, gave_up, looks, begun, until,
} }
store::stored! { struct Taken { hash, at_ms, prompt, arrived_at } }
