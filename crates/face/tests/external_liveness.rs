//! Captures played to the engine: living heads pass, everything else is told what it is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a test may stop, and pictures are small"
)]

#[path = "material/head.rs"]
mod head;
mod material;

use std::path::Path;

use face::Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
use face::liveness::LivenessReport;
use face::{Capture, Engine, FaceResult, Frame, Liveness, LivenessReason, Prompt, Reason, Step};
use head::{Depth, Model, Shot, jpeg};

const PROMPTS: [Prompt; 4] = [LookStraight, TurnLeft, MoveCloser, TurnRight];
/// Which prompt each of nine frames answers.
const STEPS: [usize; 9] = [0, 0, 0, 1, 1, 2, 2, 3, 3];

fn model(engine: &Engine, faces: &Path, person: &str) -> Model {
    let bytes = std::fs::read(faces.join(format!("live/{person}.jpg"))).unwrap();
    let picture = face::decode::decode(&bytes).unwrap();
    let sighting = engine.sighting_in(&picture).unwrap();
    Model::new(picture, &sighting)
}

fn shot(index: usize, depth: Depth) -> Shot {
    let turn = match PROMPTS[STEPS[index]] {
        TurnLeft => 32.0,
        TurnRight => -32.0,
        LookStraight | MoveCloser => 0.0,
    };
    let size = if PROMPTS[STEPS[index]] == MoveCloser { 0.92 } else { 0.72 };
    let drift = index as f32;
    Shot {
        turn: turn + drift * 0.3 - 1.0,
        size: size + drift * 0.002,
        shift: drift * 1.5 - 4.0,
        depth,
        noise: 1 + index as u32,
    }
}

fn shots(model: &Model, depth: Depth) -> Vec<Vec<u8>> {
    (0..STEPS.len()).map(|index| jpeg(&model.seen(&shot(index, depth)), 88)).collect()
}

fn frames(pictures: &[Vec<u8>]) -> Vec<Frame<'_>> {
    let times = [0, 300, 600, 1700, 2000, 3100, 3400, 4600, 4900];
    pictures
        .iter()
        .zip(times)
        .zip(STEPS)
        .map(|((picture, at_millis), prompt)| Frame { picture, at_millis, prompt })
        .collect()
}

fn report(engine: &Engine, pictures: &[Vec<u8>]) -> LivenessReport {
    engine
        .liveness(&Capture { steps: &PROMPTS.map(Step::from), frames: &frames(pictures) })
        .unwrap()
}

fn chip(faces: &Path, person: &str) -> Vec<u8> {
    ["jp2", "j2k"]
        .iter()
        .find_map(|kind| std::fs::read(faces.join(format!("chip/{person}.{kind}"))).ok())
        .unwrap()
}

fn reasons(report: &LivenessReport) -> Vec<LivenessReason> {
    match &report.liveness {
        Liveness::Failed(reasons) => reasons.clone(),
        Liveness::Passed | Liveness::NotChecked => Vec::new(),
    }
}

#[test]
fn heads_that_turn_pass_and_match_their_own_portrait_only() {
    let Some(faces) = material::outside() else { return };
    let engines =
        [material::engine(material::default_set()), material::engine(material::strong_set(&faces))];
    for engine in &engines {
        for person in ["003", "014", "036", "061", "094"] {
            let pictures = shots(&model(engine, &faces, person), Depth::Head);
            let steps = PROMPTS.map(Step::from);
            let capture = Capture { steps: &steps, frames: &frames(&pictures) };

            let report = engine.liveness(&capture).unwrap();
            let own = engine.judge(&chip(&faces, person), &capture).unwrap();
            let other = engine.judge(&chip(&faces, "044"), &capture).unwrap();
            let unasked = Capture { steps: &[], ..capture };
            let unasked = engine.liveness(&unasked).unwrap();

            eprintln!("{person}: {:?} {:?} {:?}", report.depth, report.living, report.liveness);
            let turns: Vec<_> =
                report.frames.iter().map(|f| f.turn.unwrap_or(99.0).round()).collect();
            eprintln!("   {turns:?} {:?}", own.scores());
            assert_eq!(own.liveness(), &Liveness::Passed, "{person}: {report:?}");
            assert_eq!(unasked.liveness, Liveness::NotChecked, "{person}, unasked: {unasked:?}");
            assert_eq!(own.result(), FaceResult::Match, "{person}");
            assert_eq!(other.result(), FaceResult::NoMatch, "{person}");
        }
    }
}

#[test]
fn a_flat_picture_is_refused_however_it_is_turned() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    for person in ["014", "061"] {
        let pictures = shots(&model(&engine, &faces, person), Depth::Flat);
        let steps = PROMPTS.map(Step::from);
        let capture = Capture { steps: &steps, frames: &frames(&pictures) };

        let report = engine.liveness(&capture).unwrap();
        let own = engine.judge(&chip(&faces, person), &capture).unwrap();

        eprintln!("{person}: {:?} {:?}", report.depth, report.liveness);
        assert!(reasons(&report).contains(&LivenessReason::FlatPicture), "{person}: {report:?}");
        assert_eq!(own.result(), FaceResult::TryAgain(Reason::NotLive));
    }
}

#[test]
fn a_capture_that_is_not_one_living_person_is_told_what_it_is() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let one = model(&engine, &faces, "003");
    let good = shots(&one, Depth::Head);
    let found = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut pictures = good.clone();
        change(&mut pictures);
        reasons(&report(&engine, &pictures))
    };

    let twice = found(&|pictures| pictures[1] = pictures[0].clone());
    let anew = found(&|pictures| {
        pictures[1] = jpeg(&face::decode::decode(&pictures[0]).unwrap(), 70);
    });
    let other = model(&engine, &faces, "061");
    let swapped = found(&|pictures| {
        for index in [3, 4] {
            pictures[index] = jpeg(&other.seen(&shot(index, Depth::Head)), 88);
        }
    });
    let still = found(&|pictures| {
        for (index, picture) in pictures.iter_mut().enumerate().skip(3) {
            let unturned = Shot { turn: 0.4 * index as f32, ..shot(index, Depth::Head) };
            *picture = jpeg(&one.seen(&Shot { size: 0.72, ..unturned }), 88);
        }
    });
    let near = found(&|pictures| {
        pictures[5] = jpeg(&one.seen(&Shot { size: 1.3, ..shot(5, Depth::Head) }), 88);
    });
    let broken = found(&|pictures| pictures[2].truncate(40));

    assert_eq!(twice, [LivenessReason::RepeatedFrame]);
    assert_eq!(anew, [LivenessReason::RecompressedFrame]);
    assert_eq!(swapped, [LivenessReason::AnotherFace]);
    assert_eq!(still, [LivenessReason::PromptNotMet, LivenessReason::FlatPicture]);
    assert_eq!(near, [LivenessReason::TooLittleContext]);
    assert_eq!(broken, [LivenessReason::UnreadableFrame]);
}

#[test]
fn two_people_in_view_are_refused() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let side = |person: &str| {
        let model = model(&engine, &faces, person);
        model.seen(&Shot { turn: 0.0, size: 0.6, shift: 0.0, depth: Depth::Head, noise: 1 })
    };
    let (left, right) = (side("003"), side("061"));
    let mut rgb = Vec::new();
    for y in 0..720 {
        for half in [&left, &right] {
            rgb.extend_from_slice(&half.rgb()[y * 720 * 3..(y + 1) * 720 * 3]);
        }
    }
    let both = jpeg(&face::picture::Picture::from_rgb(1440, 720, rgb).unwrap(), 88);
    let portrait = chip(&faces, "003");

    let comparison = engine.compare(&portrait, &[&both]).unwrap();
    let as_portrait = engine.compare(&both, &[&portrait]).unwrap_err();

    assert_eq!(comparison.result(), FaceResult::TryAgain(Reason::SeveralFaces));
    assert_eq!(as_portrait.code(), "portrait-several-faces");
}

/// One print and one selfie come with the passive check.
#[test]
fn the_passive_check_tells_a_print_from_a_person() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::strong_set(&faces));
    let look = |name: &str| {
        let bytes = std::fs::read(faces.join("pad").join(name)).unwrap();
        let frame = Frame { picture: &bytes, at_millis: 0, prompt: 0 };
        let report = engine.liveness(&Capture { steps: &[], frames: &[frame] }).unwrap();
        (report.living.unwrap(), reasons(&report))
    };

    let (print, print_reasons) = look("attack_F1.jpg");
    let (person, person_reasons) = look("real_T1.jpg");

    eprintln!("print {print}, person {person}");
    assert!(print_reasons.contains(&LivenessReason::PresentationAttack));
    assert!(!person_reasons.contains(&LivenessReason::PresentationAttack));
    assert!(person > print);
}
