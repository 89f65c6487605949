//! The sample camera does what is asked, so that the route can be walked; and it is an attack that passes, as the start
//! page says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use face::{Capture, Engine, FaceResult, Frame, Liveness, ModelSet, Prompt, Threshold, manifest};
use phone::Camera;
use sandbox::camera::{Before, SampleCamera};
use sandbox::portraits::{Portraits, Subject, default_folder};
use std::path::PathBuf;
use std::sync::Arc;
use wire::face::FacePrompt;

const PROMPTS: [(Prompt, FacePrompt, usize); 4] = [
    (Prompt::LookStraight, FacePrompt::LookStraight, 3),
    (Prompt::TurnLeft, FacePrompt::TurnLeft, 2),
    (Prompt::MoveCloser, FacePrompt::MoveCloser, 2),
    (Prompt::TurnRight, FacePrompt::TurnRight, 2),
];
/// Pictures between two frames that are taken: the page shows what the camera sees all the time.
const PASSED_OVER: usize = 9;

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
    for (index, (prompt, asked, wanted)) in PROMPTS.into_iter().enumerate() {
        for _ in 0..PASSED_OVER {
            camera.picture(asked).unwrap();
        }
        for _ in 0..wanted {
            let picture = camera.picture(asked).unwrap();
            let look = engine.look(&picture, prompt, straight).unwrap();
            assert!(look.counts(), "{prompt:?}: {look:?}");
            straight = straight.or(look.stance);
            let at = u32::try_from(frames.len()).unwrap() * 400;
            frames.push((picture, at, index));
        }
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
    let prompts = PROMPTS.map(|(prompt, ..)| prompt);
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

        let judged =
            engine.judge(&document, &Capture { prompts: &prompts, frames: &frames }).unwrap();

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
