use super::*;
use crate::look::Stance;
use crate::prompt::Prompt::{LookStraight, MoveCloser, TurnLeft};

const PROMPTS: [Prompt; 3] = [LookStraight, TurnLeft, MoveCloser];

fn steps() -> [Step; 3] {
    PROMPTS.map(Step::from)
}

fn frames(times: &[(u32, usize)]) -> Vec<Frame<'static>> {
    times
        .iter()
        .map(|(at_millis, prompt)| Frame { picture: b"", at_millis: *at_millis, prompt: *prompt })
        .collect()
}

fn order(times: &[(u32, usize)]) -> Vec<LivenessReason> {
    movement::order(&Capture { steps: &steps(), frames: &frames(times) })
}

const PLAUSIBLE: [(u32, usize); 8] =
    [(0, 0), (200, 0), (400, 0), (1200, 1), (1400, 1), (1600, 1), (2500, 2), (2700, 2)];

fn changed(at: usize, frame: (u32, usize)) -> Vec<LivenessReason> {
    let mut times = PLAUSIBLE;
    times[at] = frame;
    order(&times)
}

#[test]
fn plausible_frames_give_no_reason() {
    assert_eq!(order(&PLAUSIBLE), []);
}

#[test]
fn time_runs_forward_and_at_a_persons_pace() {
    let implausible = [LivenessReason::ImplausibleTiming];

    assert_eq!(changed(1, (0, 0)), implausible, "two frames at once");
    assert_eq!(changed(2, (150, 0)), implausible, "backwards");
    assert_eq!(changed(3, (500, 1)), implausible, "before anybody can react");
    assert_eq!(changed(7, (60_000, 2)), implausible, "a pause of a minute");
}

#[test]
fn prompts_are_answered_in_order_and_to_the_end() {
    assert_eq!(
        changed(0, (0, 1)),
        [LivenessReason::ImplausibleTiming, LivenessReason::PromptNotMet]
    );
    assert_eq!(
        order(&PLAUSIBLE.map(|(at, prompt)| (at, prompt.min(1)))),
        [LivenessReason::PromptNotMet]
    );
}

#[test]
fn too_few_frames_are_said_so() {
    assert!(order(&PLAUSIBLE[..7]).contains(&LivenessReason::TooFewFrames));
}

#[test]
fn a_pose_is_held_as_long_as_was_drawn() {
    let held = |hold_millis| {
        let steps = steps().map(|step| match step.prompt {
            Prompt::LookStraight => step,
            Prompt::TurnLeft | Prompt::TurnRight | Prompt::MoveCloser => {
                Step { hold_millis, ..step }
            }
        });
        movement::order(&Capture { steps: &steps, frames: &frames(&PLAUSIBLE) })
    };

    assert_eq!(held(200), []);
    assert_eq!(held(201), [LivenessReason::ImplausibleTiming]);
}

/// A frame of a head that is turned by so many degrees, as an answer to a prompt.
fn turned(index: usize, prompt: usize, degrees: f32) -> Observed {
    let steady = pose::tests::seen(&pose::tests::HEAD, degrees);
    let rect = crate::geometry::Rect { x: 200.0, y: 100.0, width: 240.0, height: 300.0 };
    let face = crate::detect::Face { rect, landmarks: steady, steady, score: 0.95 };
    Observed {
        index,
        prompt,
        view: crate::sighting::View { width: 640, height: 480, face },
        pose: pose::Pose::of(&steady),
        living: None,
        covering: None,
        hash: [0; 32],
        thumbnail: zeroize::Zeroizing::default(),
        shade: shade::Shade::of([0.3; 3]),
    }
}

/// The service measures later prompts against the straightest frame of the first; the first frame of all may be further off.
#[test]
fn turns_are_measured_against_the_straightest_look_as_they_were_when_the_frames_counted() {
    let steps = [Step::from(LookStraight), Step { degrees: Some(12), ..Step::from(TurnLeft) }];
    let frames = frames(&[(0, 0), (200, 0), (400, 0), (1_200, 1), (1_400, 1)]);
    let heads = [(0, 6.0), (0, 0.0), (0, 3.0), (1, 10.0), (1, 10.0)];
    let observed: Vec<Observed> = heads
        .iter()
        .enumerate()
        .map(|(index, (prompt, degrees))| turned(index, *prompt, *degrees))
        .collect();
    let (mut reports, mut reasons) = (vec![FrameReport::default(); 5], Vec::new());

    let capture = Capture { steps: &steps, frames: &frames };
    movement::judge(&capture, &observed, &mut reports, &mut reasons);

    assert!(!reasons.contains(&LivenessReason::PromptNotMet), "{reasons:?}");
}

#[test]
fn a_turn_counts_near_the_drawn_angle_and_each_miss_has_its_word() {
    use movement::Following::{AsAsked, NotYet, OtherSide, TooFar};
    let stance = |turn| Stance { turn, nearness: 0.1 };
    let straight = stance(2.0);
    let drawn = |prompt, degrees| Step { degrees, ..Step::from(prompt) };
    let left = |degrees, turned: f32| {
        movement::following(&drawn(TurnLeft, degrees), stance(2.0 + turned), straight)
    };

    assert_eq!(
        [1.0, 6.9, 7.1, 16.9, 17.1].map(|turned| left(Some(12), turned)),
        [NotYet, NotYet, AsAsked, AsAsked, TooFar]
    );
    assert_eq!(
        [19.0, 21.0, 29.0, 31.0].map(|turned| left(Some(25), turned)),
        [NotYet, AsAsked, AsAsked, TooFar]
    );
    assert_eq!(
        [6.0, 8.0, 59.0, 61.0].map(|turned| left(None, turned)),
        [NotYet, AsAsked, AsAsked, TooFar]
    );
    assert_eq!(left(Some(12), -8.0), OtherSide);
    let right = drawn(Prompt::TurnRight, Some(12));
    assert_eq!(movement::following(&right, stance(2.0 - 12.0), straight), AsAsked);
    assert_eq!(movement::following(&right, stance(2.0 + 12.0), straight), OtherSide);
}
