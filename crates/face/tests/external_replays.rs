//! Prints and stills on screens, presented in every way a hand can: with their edges in view and without, held still, moved, tilted, and
//! turned to the prompts.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a test may stop, and pictures are small"
)]

#[path = "material/flat.rs"]
mod flat;
#[expect(dead_code, reason = "only its JPEG writer is used here")]
#[path = "material/head.rs"]
mod head;
mod material;

use std::path::Path;

use face::Prompt::{LookStraight, MoveCloser, TurnLeft, TurnRight};
use face::picture::Picture;
use face::{Capture, Engine, Frame, Liveness, LivenessReason, Prompt, Step};
use flat::{Held, seen};
use head::jpeg;

const SIDE: usize = 640;
const PROMPTS: [Prompt; 4] = [LookStraight, TurnLeft, MoveCloser, TurnRight];
const STEPS: [usize; 9] = [0, 0, 0, 1, 1, 2, 2, 3, 3];
const TIMES: [u32; 9] = [0, 300, 600, 1700, 2000, 3100, 3400, 4600, 4900];

fn pictures(faces: &Path) -> Vec<(String, Picture)> {
    let live = ["003", "036"];
    let files = live.map(|person| format!("live/{person}.jpg")).into_iter();
    let files = files.chain(["pad/attack_F1.jpg".to_owned(), "pad/real_T1.jpg".to_owned()]);
    let read = |name: String| {
        let bytes = std::fs::read(faces.join(&name)).unwrap();
        (name, face::decode::decode(&bytes).unwrap())
    };
    files.map(read).collect()
}

/// Between −1 and 1.
fn wander(seed: &mut u32) -> f32 {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*seed >> 16) as f32 / 32_768.0 - 1.0
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Still,
    Shifted,
    Scaled,
    Tilted,
    Prompted,
}

/// Nine frames; `fill` is how much of the canvas the picture takes: above 1 its edges are out of view.
fn frames(picture: &Picture, way: Way, fill: f32, seed: u32) -> Vec<Vec<u8>> {
    let fitting = SIDE as f32 / picture.width().max(picture.height()) as f32 * fill;
    let mut seed = seed;
    let mut one = |index: usize| {
        let mut held =
            Held { size: fitting, noise: 1 + index as u32 + (seed >> 8), ..Held::default() };
        let mut random = || wander(&mut seed);
        match way {
            Way::Still => {}
            Way::Shifted => held.shift = [random() * 30.0, random() * 30.0],
            Way::Scaled => held.size *= 1.0 + 0.2 * random(),
            Way::Tilted => held.turns = [random() * 40.0, random() * 25.0, random() * 12.0],
            Way::Prompted => {
                let (turn, nearer) = match PROMPTS[STEPS[index]] {
                    TurnLeft => (38.0, 1.0),
                    TurnRight => (-38.0, 1.0),
                    MoveCloser => (0.0, 1.3),
                    LookStraight => (0.0, 1.0),
                };
                held.turns = [turn + random() * 4.0, random() * 4.0, random() * 3.0];
                held.size *= nearer;
                held.shift = [random() * 6.0, random() * 6.0];
            }
        }
        jpeg(&seen(picture, SIDE, &held), 90)
    };
    (0..STEPS.len()).map(&mut one).collect()
}

/// Whether the capture passed, what speaks against it, and its depth.
fn judged(
    engine: &Engine,
    pictures: &[Vec<u8>],
    prompts: &[Step],
) -> (bool, Vec<LivenessReason>, f32) {
    let frames: Vec<Frame<'_>> = pictures
        .iter()
        .zip(TIMES)
        .zip(STEPS)
        .map(|((picture, at_millis), step)| {
            let prompt = if prompts.is_empty() { 0 } else { step };
            Frame { picture, at_millis, prompt }
        })
        .collect();
    let report = engine.liveness(&Capture { steps: prompts, frames: &frames }).unwrap();
    let passed = report.liveness == Liveness::Passed;
    let reasons = match report.liveness {
        Liveness::Failed(reasons) => reasons,
        Liveness::Passed | Liveness::NotChecked => Vec::new(),
    };
    (passed, reasons, report.depth.unwrap_or(0.0))
}

#[test]
fn no_flat_picture_passes_however_it_is_presented() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let mut passed = Vec::new();
    for (name, picture) in pictures(&faces) {
        for (way, prompts, seeds) in [
            (Way::Still, &[][..], 1),
            (Way::Shifted, &[], 1),
            (Way::Scaled, &[], 1),
            (Way::Tilted, &[], 1),
            (Way::Prompted, &PROMPTS.map(Step::from)[..], 1),
        ] {
            for fill in [0.8, 1.15] {
                for seed in 1..=seeds {
                    let pictures = frames(&picture, way, fill, seed * 7919);
                    let (accepted, reasons, depth) = judged(&engine, &pictures, prompts);
                    eprintln!("{name} {way:?} {fill}: depth {depth:.3} {reasons:?}");
                    // Tilted all ways with nothing asked it can look deep; then nothing is said to have passed.
                    let seen = way == Way::Tilted || reasons.contains(&LivenessReason::FlatPicture);
                    if accepted || !seen {
                        passed.push(format!("{name} {way:?} {fill} {depth} {reasons:?}"));
                    }
                }
            }
        }
    }
    assert_eq!(passed, Vec::<String>::new(), "flat pictures that were not seen to be flat");
}

#[test]
fn the_print_is_refused_by_the_passive_check_even_where_it_looks_deep() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::strong_set(&faces));
    let bytes = std::fs::read(faces.join("pad/attack_F1.jpg")).unwrap();
    let print = face::decode::decode(&bytes).unwrap();
    for (way, fill) in [(Way::Still, 1.0), (Way::Tilted, 0.8), (Way::Tilted, 1.15)] {
        let (accepted, reasons, depth) = judged(&engine, &frames(&print, way, fill, 7919), &[]);

        eprintln!("strong, {way:?} {fill}: depth {depth:.3} {reasons:?}");
        assert!(!accepted && !reasons.is_empty(), "{way:?} {fill}");
    }
}
