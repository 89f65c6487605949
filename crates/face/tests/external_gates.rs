//! What stops a frame before it is compared: the light, the blur, the way it is held, and what lies over the face. All on the
//! sixty people of the London Set, whose every picture matches once it is taken.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a test may stop, and pictures are small"
)]

#[expect(dead_code, reason = "only its JPEG writer is used here")]
#[path = "material/head.rs"]
mod head;
#[path = "material/made.rs"]
mod made;
#[expect(dead_code, reason = "the default set alone is used here")]
mod material;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use face::picture::Picture;
use face::{Engine, FaceResult, Prompt, Reason, Step};
use head::jpeg;

/// A frame of a phone in which the photograph takes 504 pixels and the eyes are 81 pixels apart.
const FRAME: (usize, usize) = (960, 720);
const SIDE: usize = 504;

struct Person {
    name: String,
    portrait: Vec<u8>,
    live: Picture,
}

fn people(faces: &Path) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..200 {
        let name = format!("{number:03}");
        let Ok(live) = std::fs::read(faces.join(format!("live/{name}.jpg"))) else { continue };
        let portrait = ["jp2", "j2k"]
            .iter()
            .find_map(|kind| std::fs::read(faces.join(format!("chip/{name}.{kind}"))).ok())
            .unwrap();
        people.push(Person { name, portrait, live: face::decode::decode(&live).unwrap() });
    }
    assert_eq!(people.len(), 60);
    // All of them take half an hour on two cores: every fifth, unless somebody asks for everybody.
    if std::env::var_os("GENVEJ_EVERYBODY").is_none() {
        people = people.into_iter().step_by(5).collect();
    }
    people
}

/// What a test found of everybody, on two threads.
fn of_everybody<T: Send>(people: &[Person], find: impl Fn(&Person) -> T + Sync) -> Vec<T> {
    let found = Mutex::new(Vec::new());
    let (find, results) = (&find, &found);
    std::thread::scope(|scope| {
        for part in people.chunks(people.len().div_ceil(2)) {
            scope.spawn(move || {
                for person in part {
                    let one = find(person);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn look(engine: &Engine, picture: &Picture) -> Option<Reason> {
    engine.look(&jpeg(picture, 90), Step::from(Prompt::LookStraight), None).unwrap().hint
}

fn compared(engine: &Engine, person: &Person, picture: &Picture) -> FaceResult {
    engine.compare(&person.portrait, &[&jpeg(picture, 90)]).unwrap().result()
}

/// Those for whom something does not hold, by name.
fn failing(results: Vec<(String, bool)>) -> Vec<String> {
    let mut failing: Vec<String> =
        results.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect();
    failing.sort();
    failing
}

#[test]
fn nobody_is_refused_for_the_light_while_the_networks_can_compare() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);
    for factor in [1.3, 1.0, 0.7, 0.5, 0.35, 0.25] {
        let refused = failing(of_everybody(&people, |person| {
            let frame = made::in_light(&made::framed(&person.live, SIDE, FRAME), factor);
            let hint = look(&engine, &frame);
            let matches = compared(&engine, person, &frame) == FaceResult::Match;
            if hint.is_some() || !matches {
                eprintln!("light {factor}, {}: {hint:?} {matches}", person.name);
            }
            (person.name.clone(), hint.is_none() && matches)
        }));

        assert_eq!(refused, Vec::<String>::new(), "light × {factor}");
    }
}

#[test]
fn darkness_in_which_nothing_can_be_compared_is_said() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);

    let wrong = failing(of_everybody(&people[..people.len().min(20)], |person| {
        let frame = made::in_light(&made::framed(&person.live, SIDE, FRAME), 0.04);
        let hint = look(&engine, &frame);
        (format!("{} {hint:?}", person.name), hint == Some(Reason::TooDark))
    }));

    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_blurred_face_is_told_to_hold_still_and_never_that_it_is_somebody_else() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);
    let (across, down, aslant) = ((1.0, 0.0), (0.0, 1.0), (0.7, 0.7));
    for (pixels, direction) in [
        (21, across),
        (31, across),
        (45, across),
        (21, down),
        (31, down),
        (21, aslant),
        (31, aslant),
    ] {
        let wrong = failing(of_everybody(&people, |person| {
            let frame = made::moved(&made::framed(&person.live, SIDE, FRAME), pixels, direction);
            let (hint, result) = (look(&engine, &frame), compared(&engine, person, &frame));
            let held = hint == Some(Reason::HoldStill);
            (
                format!("{} {hint:?} {result:?}", person.name),
                held && result == FaceResult::TryAgain(Reason::HoldStill),
            )
        }));

        assert_eq!(wrong, Vec::<String>::new(), "{pixels} pixels along {direction:?}");
    }
    let wrong = failing(of_everybody(&people[..people.len().min(30)], |person| {
        let frame = made::out_of_focus(&made::framed(&person.live, SIDE, FRAME), 8.0);
        let (hint, result) = (look(&engine, &frame), compared(&engine, person, &frame));
        let held = hint == Some(Reason::HoldStill);
        (
            format!("{} {hint:?} {result:?}", person.name),
            held && result == FaceResult::TryAgain(Reason::HoldStill),
        )
    }));
    assert_eq!(wrong, Vec::<String>::new(), "a lens out of focus");
}

#[test]
fn frames_and_portraits_that_lie_or_stand_on_their_head_are_turned_upright() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);
    for turns in 1..=3 {
        let wrong = failing(of_everybody(&people, |person| {
            let frame = made::quarter_turned(&made::framed(&person.live, SIDE, FRAME), turns);
            let portrait = face::decode::decode(&person.portrait).unwrap();
            let portrait = jpeg(&made::quarter_turned(&portrait, turns), 92);
            let live = jpeg(&person.live, 90);
            let of_the_frame = compared(&engine, person, &frame);
            let of_the_portrait = engine.compare(&portrait, &[&live]).unwrap().result();
            let hint = look(&engine, &frame);
            let holds = hint.is_none()
                && of_the_frame == FaceResult::Match
                && of_the_portrait == FaceResult::Match;
            (format!("{} {hint:?} {of_the_frame:?} {of_the_portrait:?}", person.name), holds)
        }));

        assert_eq!(wrong, Vec::<String>::new(), "{turns} right angles");
    }
}

#[test]
fn heads_that_are_rolled_match_as_upright_ones_do() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);
    for degrees in [-30.0, -20.0, 25.0, 30.0] {
        let wrong = failing(of_everybody(&people, |person| {
            let frame = made::rolled(&person.live, SIDE, FRAME, degrees);
            let result = compared(&engine, person, &frame);
            (format!("{} {result:?}", person.name), result == FaceResult::Match)
        }));

        assert_eq!(wrong, Vec::<String>::new(), "rolled by {degrees} degrees");
    }
}

#[test]
fn frames_of_the_sizes_that_phones_deliver_are_taken_and_larger_ones_are_said_to_be_too_large() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let person = &people(&faces)[1];
    for size in [(1920, 1440), (1088, 1920), (640, 480)] {
        let side = size.0.min(size.1) * 7 / 10;
        assert_eq!(look(&engine, &made::framed(&person.live, side, size)), None, "{size:?}");
    }

    let large = made::framed(&person.live, 1400, (2048, 1536));
    assert_eq!(look(&engine, &large), Some(Reason::TooLarge));
}

/// All but one in twenty.
const fn is_nearly_all(noticed: usize, all: usize) -> bool {
    noticed + all.div_ceil(20) >= all
}

#[test]
fn masks_sunglasses_and_reflections_are_noticed_and_bare_faces_are_not_taken_for_them() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let people = people(&faces);
    type Over = fn(&face::sighting::View, f32, f32) -> bool;
    let eye = |view: &face::sighting::View, x: f32, y: f32, width: f32, height: f32| {
        let landmarks = view.face.landmarks;
        let apart = landmarks.eye_distance();
        [landmarks.right_eye, landmarks.left_eye].iter().any(|eye| {
            let (dx, dy) = ((x - eye.x) / (apart * width), (y - eye.y) / (apart * height));
            dx * dx + dy * dy <= 1.0
        })
    };
    let glasses: Over = |view, x, y| {
        let landmarks = view.face.landmarks;
        let apart = landmarks.eye_distance();
        [landmarks.right_eye, landmarks.left_eye].iter().any(|eye| {
            let (dx, dy) = ((x - eye.x) / (apart * 0.36), (y - eye.y) / (apart * 0.25));
            dx * dx + dy * dy <= 1.0
        })
    };
    let mask: Over = |view, x, y| {
        let (rect, nose) = (view.face.rect, view.face.landmarks.nose);
        let top = nose.y - rect.height * 0.08;
        y > top && y < rect.y + rect.height * 1.03 && (x - nose.x).abs() < rect.width * 0.47
    };
    for (name, colour, over, said) in [
        ("black glasses", [15.0; 3], glasses, Reason::Sunglasses),
        ("brown glasses", [45.0, 30.0, 20.0], glasses, Reason::Sunglasses),
        ("a blue mask", [130.0, 170.0, 205.0], mask, Reason::Mask),
        ("a white mask", [235.0; 3], mask, Reason::Mask),
        ("a black mask", [25.0; 3], mask, Reason::Mask),
    ] {
        let found = of_everybody(&people, |person| {
            let live = made::framed(&person.live, SIDE, FRAME);
            let view = engine.sighting_in(&live).unwrap().view;
            let frame = made::covered(&live, colour, |x, y| over(&view, x, y));
            let look =
                engine.look(&jpeg(&frame, 90), Step::from(Prompt::LookStraight), None).unwrap();
            (person.name.clone(), look.hint == Some(said), look.counts())
        });
        let noticed = found.iter().filter(|(_, noticed, _)| *noticed).count();

        eprintln!("{name}: noticed on {noticed} of {}", found.len());
        assert!(is_nearly_all(noticed, found.len()), "{name}: {noticed} of {}", found.len());
        assert!(found.iter().all(|(_, noticed, counts)| !noticed || *counts), "the policy decides");
    }
    let glare = of_everybody(&people, |person| {
        let live = made::framed(&person.live, SIDE, FRAME);
        let view = engine.sighting_in(&live).unwrap().view;
        let frame = made::covered(&live, [255.0; 3], |x, y| eye(&view, x, y, 0.13, 0.09));
        look(&engine, &frame) == Some(Reason::GlassesReflect)
    });
    let noticed = glare.iter().filter(|noticed| **noticed).count();
    eprintln!("reflections: noticed on {noticed} of {}", glare.len());
    assert!(is_nearly_all(noticed, glare.len()), "reflections: {noticed} of {}", glare.len());
    let bare = failing(of_everybody(&people, |person| {
        let hint = look(&engine, &made::framed(&person.live, SIDE, FRAME));
        (format!("{} {hint:?}", person.name), hint.is_none())
    }));
    assert_eq!(bare, Vec::<String>::new(), "bare faces");
}

#[test]
fn a_mirrored_frame_of_a_turned_head_is_told_to_turn_to_the_other_side() {
    let Some(faces) = material::outside() else { return };
    let engine = material::engine(material::default_set());
    let person = &people(&faces)[2];
    let sighting = engine.sighting_in(&person.live).unwrap();
    let model = head::Model::new(face::decode::decode(&jpeg(&person.live, 95)).unwrap(), &sighting);
    let shot = |turn| {
        let shot = head::Shot { turn, size: 0.9, shift: 0.0, depth: head::Depth::Head, noise: 3 };
        model.seen(&shot)
    };
    let straight =
        engine.look(&jpeg(&shot(0.0), 90), Step::from(Prompt::LookStraight), None).unwrap().stance;
    let said = |picture: &Picture, degrees| {
        let step = Step { degrees, ..Step::from(Prompt::TurnLeft) };
        engine.look(&jpeg(picture, 90), step, straight).unwrap().hint
    };

    assert_eq!(said(&shot(34.0), None), None);
    assert_eq!(said(&made::mirrored(&shot(34.0)), None), Some(Reason::OtherSide));
    assert_eq!(said(&shot(-34.0), None), Some(Reason::OtherSide));
    assert_eq!(said(&shot(20.0), Some(25)), Some(Reason::FollowPrompt));
    assert_eq!(said(&shot(56.0), Some(12)), Some(Reason::TooFarRound));
}
