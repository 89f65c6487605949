//! The sample camera does what is asked, so that the route can be walked; and it is an attack that passes, as the start
//! page says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use face::{
    Capture, Engine, FaceResult, Frame, Liveness, ModelSet, Prompt, Stance, Step, Threshold,
    manifest,
};
use phone::{Asked, Camera};
use sandbox::camera::{Before, SampleCamera, TURN_DEGREES_MAX};
use sandbox::portraits::{Portraits, Subject, default_folder};
use std::path::PathBuf;
use std::sync::Arc;
use wire::face::FacePrompt;

/// Turns as far as the sandbox asks for them, to both sides.
const STEPS: [(Step, FacePrompt, usize); 4] = [
    (asked(Prompt::LookStraight, None), FacePrompt::LookStraight, 3),
    (asked(Prompt::TurnLeft, Some(TURN_DEGREES_MAX)), FacePrompt::TurnLeft, 2),
    (asked(Prompt::MoveCloser, None), FacePrompt::MoveCloser, 2),
    (asked(Prompt::TurnRight, Some(TURN_DEGREES_MAX)), FacePrompt::TurnRight, 2),
];
/// Pictures between two frames that are taken: the page shows what the camera sees all the time.
const PASSED_OVER: usize = 9;
/// Hints that a person needs at most before the head stands as asked.
const HINTS_MAX: usize = 12;

const fn asked(prompt: Prompt, degrees: Option<u8>) -> Step {
    Step { prompt, degrees, hold_millis: 300, light: None }
}

fn engine() -> Engine {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let folder = set("GENVEJ_MODELS").unwrap_or_else(|| {
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        cache.unwrap().join("genvej/models").join(manifest::folder_name(manifest::DEFAULT))
    });
    let set = ModelSet::load(manifest::DEFAULT, |file| std::fs::read(folder.join(file))).unwrap();
    let threshold = Threshold(set.bands().accept);
    Engine::new(set, threshold).unwrap()
}

/// A capture as the service leads it: each frame is looked at, and counts where it follows.
fn captured(engine: &Engine, camera: &SampleCamera) -> Vec<(Vec<u8>, u32, usize)> {
    let mut frames = Vec::new();
    let mut straight = None;
    for (index, (step, prompt, wanted)) in STEPS.into_iter().enumerate() {
        let mut hint = None;
        let mut counted = 0;
        for _ in 0..HINTS_MAX {
            let heard = Asked { prompt, degrees: step.degrees, light: None, hint };
            let unheard = Asked { hint: None, ..heard.clone() };
            camera.picture(&heard).unwrap();
            for _ in 0..PASSED_OVER {
                camera.picture(&unheard).unwrap();
            }
            let picture = camera.picture(&unheard).unwrap();
            let look = engine.look(&picture, step, straight).unwrap();
            hint = look.hint.map(|hint| hint.code().to_owned());
            if look.counts() {
                if index == 0 {
                    straight = straight.into_iter().chain(look.stance).reduce(Stance::straighter);
                }
                let at = u32::try_from(frames.len()).unwrap() * 400;
                frames.push((picture, at, index));
                counted += 1;
            }
            if counted == wanted {
                break;
            }
        }
        assert_eq!(counted, wanted, "{step:?}: {hint:?}");
    }
    frames
}

#[test]
fn the_sample_camera_follows_every_prompt_and_matches_its_own_document_only() {
    let portraits =
        Arc::new(Portraits::load(default_folder().as_deref(), Arc::new(face::decode::HereDecoder)));
    if !portraits.has_samples() {
        // Set-up could not fetch them and said so.
        return;
    }
    let engine = engine();
    let steps = STEPS.map(|(step, ..)| step);
    for (is_woman, before, own) in [
        (false, Before::Holder, true),
        (true, Before::Holder, true),
        (false, Before::Stranger, false),
        (true, Before::Stranger, false),
    ] {
        let camera = SampleCamera::new(Arc::clone(&portraits), is_woman);
        camera.show(before);
        let pictures = captured(&engine, &camera);
        let frames: Vec<Frame<'_>> = pictures
            .iter()
            .map(|(picture, at_millis, prompt)| Frame {
                picture,
                at_millis: *at_millis,
                prompt: *prompt,
            })
            .collect();
        let document = portraits.portrait(portraits.holder(is_woman)).unwrap();

        let judged = engine.judge(&document, &Capture { steps: &steps, frames: &frames }).unwrap();

        let expected = if own { FaceResult::Match } else { FaceResult::NoMatch };
        assert_eq!(judged.liveness(), &Liveness::Passed, "{is_woman} {before:?}");
        assert_eq!(judged.result(), expected, "{is_woman} {before:?}: {:?}", judged.scores());
    }
    assert_eq!(portraits.stranger(Subject::Man), Subject::OtherMan);
    if portraits.portrait(Subject::OtherWoman).is_some() {
        assert_eq!(portraits.stranger(Subject::Woman), Subject::OtherWoman);
    }
    assert_eq!(
        portraits.holder(true) == Subject::Woman,
        portraits.portrait(Subject::Woman).is_some()
    );
}
