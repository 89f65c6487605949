//! The sixty people of the London Set: each against each, at thresholds that were fixed before.

mod material;

use std::fs;
use std::path::Path;

use face::engine::fused;
use face::{Engine, FaceResult, Score};

struct Margins {
    genuine_min: Score,
    impostor_max: Score,
    refused: Vec<String>,
    accepted: Vec<(String, String)>,
}

/// `folder/NNN.*`, by number.
fn numbered(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut pictures: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .expect("a folder of pictures")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a picture"))
        })
        .collect();
    pictures.sort();
    pictures
}

fn compare_all(engine: &Engine, faces: &Path) -> Margins {
    let chips = numbered(&faces.join("chip"));
    let lives = numbered(&faces.join("live"));
    assert_eq!((chips.len(), lives.len()), (60, 60));
    let template = |(name, bytes): &(String, Vec<u8>)| {
        let sighting = engine.sighting(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name.clone(), engine.template(&sighting).expect("a template"))
    };
    let chips: Vec<_> = chips.iter().map(template).collect();
    let lives: Vec<_> = lives.iter().map(template).collect();
    let mut margins = Margins {
        genuine_min: Score::from_decimal(1.0),
        impostor_max: Score::from_decimal(-1.0),
        refused: Vec::new(),
        accepted: Vec::new(),
    };
    for (chip_name, chip) in &chips {
        for (live_name, live) in &lives {
            let scores = engine.scores(chip, live).expect("scores of two templates of one engine");
            let score = fused(&scores).expect("a score");
            let result = engine.outcome(&scores);
            if chip_name == live_name {
                margins.genuine_min = margins.genuine_min.min(score);
                if result != FaceResult::Match {
                    margins.refused.push(format!("{chip_name} {score}"));
                }
            } else {
                margins.impostor_max = margins.impostor_max.max(score);
                if result == FaceResult::Match {
                    margins.accepted.push((chip_name.clone(), live_name.clone()));
                }
            }
        }
    }
    margins
}

fn assert_all_apart(engine: &Engine, faces: &Path) {
    let margins = compare_all(engine, faces);

    eprintln!(
        "genuine at least {}, impostors at most {}, threshold {}",
        margins.genuine_min,
        margins.impostor_max,
        engine.bands().accept
    );
    assert_eq!(margins.refused, Vec::<String>::new(), "genuine pairs that did not match");
    assert_eq!(margins.accepted, [], "impostor pairs that matched");
}

#[test]
fn the_default_set_tells_all_sixty_people_apart() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());

    assert_all_apart(&engine, &faces);
}

#[test]
fn the_strong_set_tells_all_sixty_people_apart() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::strong_set(&faces));

    assert_all_apart(&engine, &faces);
}
