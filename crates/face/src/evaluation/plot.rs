//! The plot of an evaluation as SVG: how the scores lie, and the DET curve.

use super::Evaluation;
use super::canvas::{Anchor, Canvas, Colour, Shape};

const WIDTH: f32 = 960.0;
const HEIGHT: f32 = 420.0;
const PANEL: f32 = 360.0;
const TOP: f32 = 40.0;
const PLOT_HEIGHT: f32 = 310.0;
const LEFT: f32 = 70.0;
const GAP: f32 = 110.0;
const BINS: usize = 50;
/// The axis of the DET curve: powers of ten from 10^-DECADES to 1.
const DECADES: f32 = 5.0;

const BLACK: Colour = Colour([0x22, 0x22, 0x22]);
const GREY: Colour = Colour([0xbb, 0xbb, 0xbb]);
const BLUE: Colour = Colour([0x1f, 0x5f, 0xa8]);
const ORANGE: Colour = Colour([0xc4, 0x5a, 0x11]);
const GREEN: Colour = Colour([0x1b, 0x7a, 0x3d]);

/// The plot as an SVG document.
#[must_use]
pub fn svg(evaluation: &Evaluation) -> String {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    histogram(&mut canvas, evaluation);
    det(&mut canvas, evaluation);
    canvas.svg()
}

fn frame(canvas: &mut Canvas, left: f32, title: &str, below: &str) {
    let bottom = TOP + PLOT_HEIGHT;
    canvas.line((left, bottom), (left + PANEL, bottom), BLACK, 1.0);
    canvas.line((left, TOP), (left, bottom), BLACK, 1.0);
    canvas.text((left, TOP - 16.0), title, Anchor::Start);
    canvas.text((left + PANEL / 2.0, bottom + 42.0), below, Anchor::Middle);
}

/// Scores from -0.2 to 1 in bins, each kind to its own height.
fn histogram(canvas: &mut Canvas, evaluation: &Evaluation) {
    let bottom = TOP + PLOT_HEIGHT;
    let x = |score: f32| LEFT + ((score + 0.2) / 1.2).clamp(0.0, 1.0) * PANEL;
    let value = |score: crate::Score| f32::from(score.ten_thousandths()) / 10_000.0;
    frame(canvas, LEFT, "Scores: impostor pairs (orange), genuine pairs (blue)", "similarity");
    for tenth in -2_i16..=10 {
        let score = f32::from(tenth) / 10.0;
        canvas.line((x(score), bottom), (x(score), bottom + 4.0), BLACK, 1.0);
        if tenth % 2 == 0 {
            canvas.text((x(score), bottom + 18.0), &format!("{score:.1}"), Anchor::Middle);
        }
    }
    for (genuine, colour) in [(false, ORANGE), (true, BLUE)] {
        let mut bins = [0.0_f32; BINS];
        for pair in evaluation.pairs.iter().filter(|pair| pair.is_genuine() == genuine) {
            let place = (x(value(pair.fused)) - LEFT) / PANEL * crate::geometry::real(BINS);
            if let Some(bin) = bins.get_mut(crate::geometry::whole(place).min(BINS - 1)) {
                *bin += 1.0;
            }
        }
        let highest = bins.iter().copied().fold(1.0, f32::max);
        let width = PANEL / crate::geometry::real(BINS);
        for (index, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let height = (count / highest * (PLOT_HEIGHT - 10.0)).max(1.5);
            let left = LEFT + width * crate::geometry::real(index);
            canvas.push(Shape::Bar {
                at: (left, bottom - height),
                size: (width - 1.0, height),
                colour,
            });
        }
    }
    let threshold = x(value(evaluation.threshold));
    canvas.line((threshold, TOP), (threshold, bottom), GREEN, 2.0);
    let label = format!("threshold {}", evaluation.threshold);
    canvas.text((threshold, TOP - 2.0), &label, Anchor::Middle);
}

fn det(canvas: &mut Canvas, evaluation: &Evaluation) {
    let left = LEFT + PANEL + GAP;
    let bottom = TOP + PLOT_HEIGHT;
    let title = format!(
        "DET: {} genuine, {} impostor pairs",
        evaluation.rates.pairs_genuine, evaluation.rates.pairs_impostor
    );
    frame(canvas, left, &title, "false match rate");
    #[expect(clippy::cast_possible_truncation, reason = "a rate needs no more than f32")]
    let part = |rate: f64| ((rate.max(1e-9).log10() as f32 + DECADES) / DECADES).clamp(0.0, 1.0);
    let x = |rate: f64| left + part(rate) * PANEL;
    let y = |rate: f64| bottom - part(rate) * PLOT_HEIGHT;
    for decade in 0_u8..=5 {
        let rate = 10.0_f64.powi(-i32::from(decade));
        let label = if decade == 0 { "1".to_owned() } else { format!("1e-{decade}") };
        canvas.line((x(rate), TOP), (x(rate), bottom), GREY, 0.5);
        canvas.line((left, y(rate)), (left + PANEL, y(rate)), GREY, 0.5);
        canvas.text((x(rate), bottom + 18.0), &label, Anchor::Middle);
        canvas.text((left - 8.0, y(rate) + 4.0), &label, Anchor::End);
    }
    canvas.text((left - 62.0, TOP - 16.0), "FNMR", Anchor::Start);
    let points: Vec<(f32, f32)> =
        evaluation.curve.points.iter().map(|point| (x(point.fmr), y(point.fnmr))).collect();
    for pair in points.windows(2) {
        if let [from, to] = pair {
            // Rates change one after the other: steps, not slopes between measurements.
            canvas.line(*from, (to.0, from.1), BLUE, 2.0);
            canvas.line((to.0, from.1), *to, BLUE, 2.0);
        }
    }
    let at = (x(evaluation.rates.fmr.rate), y(evaluation.rates.fnmr.rate));
    canvas.push(Shape::Bar { at: (at.0 - 4.0, at.1 - 4.0), size: (8.0, 8.0), colour: GREEN });
}
