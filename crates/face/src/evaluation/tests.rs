use super::*;
use crate::Reason;

fn pair(portrait: &str, live: &str, score: i16) -> Pair {
    let fused = Score::from_ten_thousandths(score);
    let result = match score {
        5_600.. => FaceResult::Match,
        4_600..5_600 => FaceResult::TryAgain(Reason::Unsure),
        _ => FaceResult::NoMatch,
    };
    Pair {
        portrait: portrait.to_owned(),
        live: live.to_owned(),
        scores: vec![fused],
        fused,
        result,
    }
}

fn threshold() -> Score {
    Score::from_ten_thousandths(5_600)
}

fn apart() -> Evaluation {
    let pairs = vec![
        pair("001", "001", 8_000),
        pair("001", "002", 1_000),
        pair("002", "001", 3_000),
        pair("002", "002", 7_000),
    ];
    Evaluation::of(pairs, Vec::new(), threshold())
}

#[test]
fn pairs_are_counted_by_kind() {
    let evaluation = apart();

    assert_eq!((evaluation.rates.pairs_genuine, evaluation.rates.pairs_impostor), (2, 2));
    assert_eq!((evaluation.rates.false_non_matches, evaluation.rates.false_matches), (0, 0));
    assert_eq!(evaluation.genuine_lowest, Some(Score::from_ten_thousandths(7_000)));
    assert_eq!(evaluation.impostor_highest, Some(Score::from_ten_thousandths(3_000)));
    assert_eq!(evaluation.recommended, Some(Score::from_ten_thousandths(5_000)));
}

#[test]
fn try_again_counts_as_a_false_non_match() {
    let pairs = vec![pair("001", "001", 5_000), pair("001", "002", 5_700)];

    let evaluation = Evaluation::of(pairs, Vec::new(), threshold());

    assert_eq!((evaluation.rates.false_non_matches, evaluation.rates.false_matches), (1, 1));
    assert_eq!(evaluation.recommended, Some(Score::from_ten_thousandths(5_701)));
}

#[test]
fn groups_hold_pairs_of_their_own_people_only() {
    let label = |name: &str| Some(if name == "001" { "a" } else { "b" }.to_owned());

    let groups = apart().by_group(label);

    assert_eq!(groups.len(), 2);
    assert!(groups.iter().all(|(_, rates)| (rates.pairs_genuine, rates.pairs_impostor) == (1, 0)));
}

/// Values of Clopper and Pearson's range as statistics packages give them.
#[test]
fn the_confidence_range_is_exact() {
    let near = |a: f64, b: f64| (a - b).abs() < 5e-5;
    let ten = bounds(1, 10);
    let none = bounds(0, 60);

    assert!(near(ten.low, 0.00253) && near(ten.high, 0.44502), "{ten:?}");
    assert!(near(none.low, 0.0) && near(none.high, 0.04870), "{none:?}");
    assert_eq!(bounds(0, 0), Bounds { rate: 0.0, low: 0.0, high: 1.0 });
    assert!(near(bounds(10, 10).low, 0.69150));
}

#[test]
fn the_curve_runs_from_accepting_all_to_accepting_none() {
    let curve = apart().curve;

    let (first, last) = (curve.points.first().unwrap(), curve.points.last().unwrap());
    assert_eq!((first.fmr, first.fnmr), (1.0, 0.0));
    assert_eq!((last.fmr, last.fnmr), (0.0, 1.0));
    assert_eq!(curve.equal_error().unwrap().fmr, 0.0);
    assert_eq!(curve.fnmr_at(1e-4).unwrap().threshold, Score::from_ten_thousandths(7_000));
}

#[test]
fn the_plot_is_an_svg_document_that_says_how_many_pairs_it_shows() {
    let evaluation = apart();

    let svg = svg(&evaluation);

    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("DET: 2 genuine, 2 impostor pairs"));
}
