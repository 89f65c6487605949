use super::*;
use crate::prompt::Prompt::{LookStraight, MoveCloser, TurnLeft};

const PROMPTS: [Prompt; 3] = [LookStraight, TurnLeft, MoveCloser];

fn frames(times: &[(u32, usize)]) -> Vec<Frame<'static>> {
    times
        .iter()
        .map(|(at_millis, prompt)| Frame { picture: b"", at_millis: *at_millis, prompt: *prompt })
        .collect()
}

fn order(times: &[(u32, usize)]) -> Vec<LivenessReason> {
    movement::order(&Capture { prompts: &PROMPTS, frames: &frames(times) })
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
    assert_eq!(changed(7, (40_000, 2)), implausible, "a pause of half a minute");
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
