//! What a person is asked to do in front of the camera.

/// What is asked in one step of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// Look straight into the camera and hold still.
    LookStraight,
    /// Turn the head to one's own left.
    TurnLeft,
    /// Turn the head to one's own right.
    TurnRight,
    MoveCloser,
}

/// Which movements a person can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Movement {
    /// Turning the head and coming nearer.
    TurnsHead,
    /// Coming nearer only: the alternative for who cannot turn the head. It says nothing about
    /// depth, so it passes only where a passive check looks at the frames too.
    ComesNearer,
}

/// One step of a capture: what is asked, how far, and for how long. The server draws the steps and
/// reveals each after the last is met, so that a recording made beforehand has to guess them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    pub prompt: Prompt,
    /// Degrees by which the head is to be turned, as the detector measures them; absent where no
    /// turn is asked, or where any clear turn will do.
    pub degrees: Option<u8>,
    /// Milliseconds that lie at least between the first and the last frame that counts for this step.
    pub hold_millis: u16,
    /// What the screen shines on the face with meanwhile; absent where no light was drawn.
    pub light: Option<Light>,
}

impl From<Prompt> for Step {
    /// The step of a capture for which neither an angle nor a time was drawn.
    fn from(prompt: Prompt) -> Self {
        Self { prompt, degrees: None, hold_millis: 0, light: None }
    }
}

/// What the phone's screen lights the face with during one step. It changes with the step alone, and an app
/// gives each step more than a second before its first frame; none is a saturated red (WCAG 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Light {
    White,
    Blue,
    Green,
    Amber,
}

impl Light {
    pub const ALL: [Self; 4] = [Self::White, Self::Blue, Self::Green, Self::Amber];

    /// The colour of the screen in sRGB.
    #[must_use]
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::White => [0xFF, 0xFF, 0xFF],
            Self::Blue => [0x4A, 0x8C, 0xFF],
            Self::Green => [0x4A, 0xFF, 0x8C],
            Self::Amber => [0xFF, 0xD0, 0x30],
        }
    }
}

/// The fewest frames that a whole capture is judged by.
pub const FRAMES_MIN: usize = 8;
/// The most frames of a capture.
pub const FRAMES_MAX: usize = 12;

/// The angles that are drawn: far enough to show depth, and no further than a stiff neck turns.
pub const DEGREES: std::ops::RangeInclusive<u8> = 12..=25;
/// The times that are drawn for holding a pose.
pub const HOLD_MILLIS: std::ops::RangeInclusive<u16> = 300..=900;
/// A turn counts within so many degrees of the drawn angle.
pub const DEGREES_APART_MAX: u8 = 5;

/// Frames that count for the first look, against which all else is measured, and for each later step.
const FIRST_FRAMES: usize = 3;
const FRAMES_A_STEP: usize = 2;

/// How many frames count for each step. Every whole capture has at least [`FRAMES_MIN`] and at most
/// [`FRAMES_MAX`] of them; a short sequence takes more frames for its last step.
#[must_use]
pub fn frames_for(steps: usize) -> Vec<usize> {
    let mut frames = vec![FRAMES_A_STEP; steps];
    if let Some(first) = frames.first_mut() {
        *first = FIRST_FRAMES;
    }
    let missing = FRAMES_MIN.saturating_sub(frames.iter().sum());
    if let Some(last) = frames.last_mut() {
        *last += missing;
    }
    frames
}

/// The steps of one capture, from a random value.
///
/// It starts with a look straight ahead, against which all else is measured. Who turns the head is
/// asked for three movements, never the same twice in a row, each turn by a drawn angle; that makes
/// twelve sequences, each with at least one turn. Angles are drawn from [`DEGREES`], up to `furthest`.
/// No angle is drawn for who does not turn the head.
#[must_use]
pub fn draw(random: u64, movement: Movement, furthest: u8) -> Vec<Step> {
    use Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
    let mut drawn = Drawn(random);
    let mut steps = vec![Step::from(LookStraight)];
    match movement {
        Movement::ComesNearer => {
            for prompt in [MoveCloser, LookStraight] {
                steps.push(Step { hold_millis: drawn.within(&HOLD_MILLIS), ..Step::from(prompt) });
            }
        }
        Movement::TurnsHead => {
            for _ in 0..3 {
                let last = steps.last().map(|step| step.prompt);
                let choices: Vec<Prompt> = [TurnLeft, TurnRight, MoveCloser]
                    .into_iter()
                    .filter(|prompt| Some(*prompt) != last)
                    .collect();
                let chosen = drawn.below(choices.len() as u64);
                let Some(prompt) = choices.get(usize::try_from(chosen).unwrap_or(0)) else {
                    continue;
                };
                let (nearest, most) = (*DEGREES.start(), *DEGREES.end());
                let furthest = furthest.clamp(nearest, most);
                let (degrees_min, degrees_max) = (u16::from(nearest), u16::from(furthest));
                let degrees = drawn.within(&(degrees_min..=degrees_max));
                let turns = matches!(prompt, TurnLeft | TurnRight);
                steps.push(Step {
                    prompt: *prompt,
                    degrees: u8::try_from(degrees).ok().filter(|_| turns),
                    hold_millis: drawn.within(&HOLD_MILLIS),
                    light: None,
                });
            }
        }
    }
    steps
}

/// Draws the light of each step, from another random value: never the same in two steps that follow each other.
pub fn light(random: u64, steps: &mut [Step]) {
    let mut drawn = Drawn(random);
    let mut last = None;
    for step in steps {
        let choices: Vec<Light> =
            Light::ALL.into_iter().filter(|light| Some(*light) != last).collect();
        let chosen = drawn.below(choices.len() as u64);
        last = usize::try_from(chosen).ok().and_then(|chosen| choices.get(chosen).copied());
        step.light = last;
    }
}

/// A random value, from which numbers are taken one after the other.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, limit: u64) -> u64 {
        let taken = self.0 % limit.max(1);
        self.0 /= limit.max(1);
        taken
    }

    fn within(&mut self, range: &std::ops::RangeInclusive<u16>) -> u16 {
        let span = u64::from(range.end().saturating_sub(*range.start())) + 1;
        let taken = u16::try_from(self.below(span)).unwrap_or(0);
        range.start().saturating_add(taken)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Values that differ in every digit that is drawn from.
    fn random_values() -> impl Iterator<Item = u64> {
        (0..5_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn twelve_sequences_are_drawn_each_with_a_turn_and_without_a_repetition() {
        let drawn: BTreeSet<String> = random_values()
            .map(|random| {
                let steps = draw(random, Movement::TurnsHead, 25);
                let prompts: Vec<Prompt> = steps.iter().map(|step| step.prompt).collect();
                assert_eq!(prompts.len(), 4);
                assert_eq!(prompts[0], Prompt::LookStraight);
                assert!(prompts.windows(2).all(|pair| pair[0] != pair[1]), "{prompts:?}");
                assert!(
                    prompts.iter().any(|p| matches!(p, Prompt::TurnLeft | Prompt::TurnRight)),
                    "{prompts:?}"
                );
                format!("{prompts:?}")
            })
            .collect();

        assert_eq!(drawn.len(), 12);
    }

    #[test]
    fn every_drawn_sequence_takes_at_least_the_least_and_at_most_the_most_frames_of_a_judgement() {
        for movement in [Movement::TurnsHead, Movement::ComesNearer] {
            for random in random_values() {
                let steps = draw(random, movement, 25);
                let frames = frames_for(steps.len());

                assert_eq!(frames.len(), steps.len());
                assert!(frames.iter().all(|count| *count >= FRAMES_A_STEP), "{frames:?}");
                let all: usize = frames.iter().sum();
                assert!((FRAMES_MIN..=FRAMES_MAX).contains(&all), "{steps:?}: {frames:?}");
            }
        }
    }

    #[test]
    fn angles_and_times_are_drawn_within_their_bounds_and_all_of_them_come_up() {
        let mut angles = BTreeSet::new();
        let mut holds = BTreeSet::new();
        for random in random_values() {
            for step in draw(random, Movement::TurnsHead, 25).into_iter().skip(1) {
                let turns = matches!(step.prompt, Prompt::TurnLeft | Prompt::TurnRight);
                assert_eq!(step.degrees.is_some(), turns, "{step:?}");
                assert!(HOLD_MILLIS.contains(&step.hold_millis), "{step:?}");
                angles.extend(step.degrees);
                holds.insert(step.hold_millis);
            }
        }

        assert_eq!(angles.into_iter().collect::<Vec<_>>(), DEGREES.collect::<Vec<_>>());
        assert!(holds.len() > 500, "{}", holds.len());
    }

    #[test]
    fn no_angle_beyond_the_furthest_is_drawn_and_all_up_to_it_come_up() {
        let drawn = |furthest| {
            let steps =
                random_values().flat_map(move |random| draw(random, Movement::TurnsHead, furthest));
            steps.filter_map(|step| step.degrees).collect::<BTreeSet<_>>()
        };

        assert!(drawn(18).into_iter().eq(12..=18));
        assert!(drawn(3).into_iter().eq([12]));
        assert!(drawn(90).into_iter().eq(DEGREES));
    }

    #[test]
    fn who_does_not_turn_the_head_is_asked_for_no_angle() {
        for random in random_values() {
            let steps = draw(random, Movement::ComesNearer, 25);

            let prompts: Vec<Prompt> = steps.iter().map(|step| step.prompt).collect();
            assert_eq!(prompts, [Prompt::LookStraight, Prompt::MoveCloser, Prompt::LookStraight]);
            assert!(steps.iter().all(|step| step.degrees.is_none()));
        }
    }

    /// WCAG 2.3.1: none is a saturated red, and (see `app-core`) none is followed by another within a third of a second.
    #[test]
    fn a_light_that_is_not_red_is_drawn_for_each_step_and_another_for_the_next() {
        let mut seen = BTreeSet::new();
        for random in random_values() {
            let mut steps = draw(random, Movement::TurnsHead, 25);
            light(random.rotate_left(17), &mut steps);
            let lights: Vec<Light> = steps.iter().filter_map(|step| step.light).collect();
            assert_eq!(lights.len(), steps.len());
            assert!(lights.iter().zip(lights.iter().skip(1)).all(|(one, next)| one != next));
            seen.insert(lights);
        }
        assert_eq!(seen.len(), 4 * 3 * 3 * 3, "every order is drawn");
        for light in Light::ALL {
            let linear = light.rgb().map(|value| (f32::from(value) / 255.0).powf(2.2));
            assert!(linear[0] / linear.iter().sum::<f32>() < 0.8, "{light:?}");
        }
    }
}
