use super::*;
use face::Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
use face::Reason;
use store::codec::{self, Reader, Stored as _};
use zeroize::Zeroizing;

const BEGAN: Timestamp = Timestamp(1_795_424_400_000);

fn app() -> App {
    App::of(InstanceId(2), PersonId(1), "")
}

fn capture() -> Capture {
    let steps = [LookStraight, TurnLeft, MoveCloser, TurnRight].map(Step::from).to_vec();
    capture_of(steps)
}

fn capture_of(steps: Vec<Step>) -> Capture {
    let beginning = Beginning { id: CaptureId(7), nonce: [9; 16], steps, begun: 1, looks: 0 };
    Capture::begin(beginning, &app(), BEGAN)
}

fn frame(at_ms: u32, prompt: u8) -> CapturedFrame {
    let jpeg = Zeroizing::new(at_ms.to_be_bytes().to_vec());
    CapturedFrame { jpeg, at_ms, prompt, signature: [0; 64] }
}

fn prompts(steps: &[Step]) -> Vec<face::Prompt> {
    steps.iter().map(|step| step.prompt).collect()
}

/// The frames as they come with the comparison.
fn kept(frames: &[CapturedFrame]) -> Vec<KeptFrame> {
    let of = |frame: &CapturedFrame| KeptFrame {
        jpeg: frame.jpeg.clone(),
        at_ms: frame.at_ms,
        prompt: frame.prompt,
    };
    frames.iter().map(of).collect()
}

fn at(millis: u32) -> Timestamp {
    BEGAN.plus(Duration::from_millis(millis.into()))
}

fn look(turn: f32, hint: Option<Reason>) -> Look {
    Look { stance: Some(Stance { turn, nearness: 0.1 }), hint }
}

/// Sends frames that do what is asked, every 400 ms, until so many have counted.
fn met(capture: &mut Capture, frames: u32) -> Vec<CapturedFrame> {
    let mut sent = Vec::new();
    for number in 0..frames {
        let (asked, ..) = capture.present().unwrap();
        let frame = frame(number * 400, asked);
        assert!(capture.saw(&look(0.0, None), &frame, at(number * 400)).counted);
        sent.push(frame);
    }
    sent
}

#[test]
fn each_prompt_is_shown_only_after_the_last_is_met() {
    let mut capture = capture();
    let mut shown = vec![capture.shown().to_vec()];
    for number in 0..9 {
        let (asked, ..) = capture.present().unwrap();
        capture.saw(&look(0.0, None), &frame(number * 400, asked), at(number * 400));
        shown.push(capture.shown().to_vec());
    }

    let counts: Vec<usize> = shown.iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 1, 1, 2, 2, 3, 3, 4, 4, 4]);
    assert!(capture.is_complete());
    assert_eq!(capture.present(), None);
    assert_eq!(capture.wanted().len(), 9);
}

#[test]
fn a_frame_that_does_not_follow_moves_nothing_on() {
    let mut capture = capture();
    met(&mut capture, 3);

    let counted = capture.saw(&look(1.0, Some(Reason::FollowPrompt)), &frame(2_000, 1), at(2_000));

    assert!(!counted.counted);
    assert_eq!(prompts(capture.shown()), [LookStraight, TurnLeft]);
    assert_eq!(capture.frames_met(), 3);
}

#[test]
fn what_lies_over_the_face_is_said_and_does_not_keep_a_frame_from_counting() {
    for hint in [Reason::GlassesReflect, Reason::Sunglasses, Reason::Mask] {
        let seen = capture().saw(&look(0.0, Some(hint)), &frame(0, 0), at(0));
        assert_eq!(seen, Seen { counted: true, hint: Some(Hint::Face(hint)) });
    }
}

#[test]
fn later_prompts_are_measured_against_the_straightest_look() {
    let mut capture = capture();
    for (number, turn) in [(0, 9.0), (1, -2.0), (2, 5.0)] {
        capture.saw(&look(turn, None), &frame(number * 400, 0), at(number * 400));
    }

    let (index, step, straight) = capture.present().unwrap();

    assert_eq!((index, step.prompt), (1, TurnLeft));
    assert!((straight.unwrap().turn + 2.0).abs() < 1e-6);
}

#[test]
fn who_never_follows_is_judged_by_what_was_seen_and_no_further_prompt_is_shown() {
    let mut capture = capture();
    let mut frames = met(&mut capture, 3);
    for number in 0..100_u32 {
        let frame = frame(1_200 + number * 500, 1);
        capture.saw(&look(0.0, Some(Reason::FollowPrompt)), &frame, at(1_200 + number * 500));
        frames.push(frame);
        if capture.is_complete() {
            break;
        }
    }

    let last_five = frames.split_off(frames.len() - 5);
    frames.truncate(3);
    frames.extend(last_five);
    assert!(capture.is_complete(), "15 s after the prompt was shown, and 30 s more");
    assert_eq!(frames.len(), 8);
    assert_eq!(prompts(capture.shown()), [LookStraight], "what was not met, and nothing after it");
    assert!(capture.are_these(&kept(&frames)));
    assert_eq!(capture.steps().len(), 4, "the judgement knows what would have come");
}

#[test]
fn a_prompt_that_is_not_met_in_time_gives_more_time_once_before_it_costs_a_try() {
    let mut capture = capture();
    met(&mut capture, 3);
    let mut not_yet = |millis: u32| {
        let seen =
            capture.saw(&look(0.0, Some(Reason::FollowPrompt)), &frame(millis, 1), at(millis));
        (seen.hint, capture.is_complete())
    };

    let further = Some(Hint::Face(Reason::FollowPrompt));
    assert_eq!(not_yet(15_000), (further, false));
    assert_eq!(
        not_yet(15_900),
        (Some(Hint::MoreTime), false),
        "15 s after the last frame that counted"
    );
    assert_eq!(not_yet(45_000), (further, false));
    assert_eq!(not_yet(45_900), (further, true), "30 s more, and then it is judged");
}

#[test]
fn who_takes_the_time_that_was_given_goes_on_and_loses_nothing() {
    let mut capture = capture();
    met(&mut capture, 3);
    for millis in [8_000, 16_000, 30_000, 44_000] {
        capture.saw(&look(0.0, Some(Reason::FollowPrompt)), &frame(millis, 1), at(millis));
    }

    let seen = capture.saw(&look(12.0, None), &frame(44_500, 1), at(44_500));

    assert!(seen.counted);
    assert!(!capture.is_complete());
}

#[test]
fn every_drawn_sequence_is_complete_with_as_many_frames_as_the_judge_takes() {
    use face::prompt::{FRAMES_MAX, FRAMES_MIN, Movement, draw};
    for movement in [Movement::TurnsHead, Movement::ComesNearer] {
        for random in (0..2_000_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let mut capture = capture_of(draw(random, movement, 25));
            let needed = capture.frames_needed();
            let mut number = 0;
            while !capture.is_complete() {
                number += 1;
                let asked = capture.present().unwrap().0;
                capture.saw(&look(0.0, None), &frame(number * 400, asked), at(number * 400));
                assert!(number < 60, "{random}: it never ends");
            }

            assert_eq!(capture.wanted().len(), needed, "{random}");
            assert!((FRAMES_MIN..=FRAMES_MAX).contains(&needed), "{random}: {needed}");
        }
    }
}

#[test]
fn a_pose_is_kept_for_the_time_that_was_drawn() {
    let held = Step { hold_millis: 700, ..Step::from(TurnLeft) };
    let mut capture = capture_of(vec![Step::from(LookStraight), held, Step::from(MoveCloser)]);
    met(&mut capture, 3);
    let mut seen = |millis: u32| capture.saw(&look(12.0, None), &frame(millis, 1), at(millis));

    assert!(seen(2_000).counted);
    assert_eq!(seen(2_400), Seen { counted: false, hint: Some(Hint::Face(Reason::KeepThere)) });
    assert_eq!(seen(2_699), Seen { counted: false, hint: Some(Hint::Face(Reason::KeepThere)) });
    assert!(seen(2_700).counted);
}

/// A capture that the version before this one saved, which knew no light, goes on.
#[test]
fn a_capture_of_the_first_schema_is_read() {
    let mut capture = capture_of(vec![Step::from(LookStraight), Step::from(TurnLeft)]);
    met(&mut capture, 3);
    let now = codec::to_bytes(&capture);
    // Id, person, instance and nonce, the number of steps, and a step: prompt, no angle, two bytes of time, no light.
    let (before, step) = (4 * 16 + 4, 1 + 1 + 2 + 1);
    let mut earlier = now.to_vec();
    earlier.remove(before + 2 * step - 1);
    earlier.remove(before + step - 1);

    for (schema, bytes) in [(1, &earlier[..]), (2, &now[..])] {
        let mut r = Reader::of_schema(schema, bytes);
        assert_eq!(Capture::restore(&mut r, "capture").unwrap(), capture, "{schema}");
        assert!(r.finish().is_ok(), "{schema}");
    }
}

#[test]
fn one_picture_answers_once_whatever_time_it_claims() {
    let mut capture = capture();
    let first = met(&mut capture, 1).remove(0);

    assert!(capture.has_seen_picture(&CapturedFrame { at_ms: 900, ..first.clone() }));
    assert!(!capture.has_seen_picture(&frame(900, 0)));
}

#[test]
fn looks_are_counted_over_all_tries_of_a_case() {
    let mut first = capture();
    for _ in 0..440 {
        assert!(first.count_look());
    }
    let next = first.before_next_try(CaptureId(8), at(60_000));
    assert!(!next.is_open(&app(), &next.nonce_text(), at(60_000)), "nothing runs yet");
    let steps = vec![Step::from(LookStraight)];
    let beginning =
        Beginning { id: CaptureId(8), nonce: [1; 16], steps, begun: 1, looks: next.looks() };
    let mut second = Capture::begin(beginning, &app(), at(60_000));

    let left = (0..500).take_while(|_| second.count_look()).count();

    assert_eq!(left, 10);
    assert!(second.has_no_looks_left());
}

#[test]
fn an_empty_chair_and_a_dark_room_end_nothing() {
    let mut capture = capture();
    met(&mut capture, 3);
    let nobody = Look { stance: None, hint: Some(Reason::NoFace) };

    capture.saw(&nobody, &frame(60_000, 1), at(60_000));

    assert!(!capture.is_complete());
}

#[test]
fn the_comparison_takes_the_frames_that_were_looked_at_and_no_others() {
    let mut capture = capture();
    let frames = met(&mut capture, 9);
    let changed = |change: &dyn Fn(&mut Vec<KeptFrame>)| {
        let mut frames = kept(&frames);
        change(&mut frames);
        capture.are_these(&frames)
    };

    assert!(changed(&|_| {}));
    assert!(!changed(&|frames| frames[4].jpeg[0] ^= 1), "another picture");
    assert!(!changed(&|frames| frames[4].at_ms += 1), "another time");
    assert!(!changed(&|frames| frames[4].prompt = 0), "another prompt");
    assert!(!changed(&|frames| frames.swap(3, 4)), "another order");
    assert!(!changed(&|frames| drop(frames.pop())), "one too few");
    assert!(!changed(&|frames| frames.extend(kept(&[frame(9_000, 3)]))), "one too many");
}

#[test]
fn times_go_forward_and_fit_the_time_at_which_frames_arrive() {
    let mut capture = capture();
    met(&mut capture, 2);

    assert!(capture.is_plausible(&frame(900, 0), at(1_000)));
    assert!(!capture.is_plausible(&frame(400, 0), at(1_000)), "not after the last");
    assert!(!capture.is_plausible(&frame(20_000, 0), at(1_000)), "claims to come from later");
    assert!(!capture.is_plausible(&frame(900, 0), at(30_000)), "a recording played back late");
}

#[test]
fn who_was_called_away_begins_again_and_loses_no_try() {
    let mut capture = capture();
    met(&mut capture, 2);

    assert!(!capture.is_too_late(&frame(20_400, 0)));
    assert!(capture.is_too_late(&frame(20_401, 0)), "20 s after the last frame");
    for number in 1..=4_u32 {
        let asked = capture.present().unwrap().0;
        capture.saw(&look(0.0, None), &frame(number * 20_000, asked), at(number * 20_000));
    }
    assert!(capture.is_too_late(&frame(90_001, 2)), "90 s after the first");
}

#[test]
fn a_frame_sent_twice_is_known_again() {
    let mut capture = capture();
    let frames = met(&mut capture, 1);
    capture.saw(&look(0.0, Some(Reason::LookStraight)), &frame(400, 0), at(400));

    assert_eq!(capture.remembers(&frames[0]), Some(true));
    assert_eq!(capture.remembers(&frame(800, 0)), None);
}

#[test]
fn another_nonce_another_app_and_a_capture_whose_time_is_over_are_not_open() {
    let capture = capture();
    let nonce = capture.nonce_text();
    let other = App::of(InstanceId(3), PersonId(1), "");

    assert!(capture.is_open(&app(), &nonce, at(1_000)));
    assert!(!capture.is_open(&app(), &"0".repeat(32), at(1_000)));
    assert!(!capture.is_open(&other, &nonce, at(1_000)));
    assert!(!capture.is_open(&app(), &nonce, at(120_000)));
}

#[test]
fn looks_are_counted_and_end() {
    let mut capture = capture();

    let looks = (0..500).take_while(|_| capture.count_look()).count();

    assert_eq!(looks, usize::from(LOOKS_MAX));
}

#[test]
fn what_is_kept_reads_back() {
    let mut capture = capture();
    met(&mut capture, 5);
    capture.saw(&look(3.0, Some(Reason::FollowPrompt)), &frame(9_000, 2), at(9_000));

    let back = codec::from_bytes::<Capture>(&codec::to_bytes(&capture)).unwrap();

    assert_eq!(back, capture);
}
