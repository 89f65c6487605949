//! Error rates at every threshold.

use crate::comparison::Score;

/// The rates at one threshold, of the fused score alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub threshold: Score,
    pub fmr: f64,
    pub fnmr: f64,
}

/// The rates at each threshold where one of them changes, from the lowest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub points: Vec<Point>,
}

impl Curve {
    #[must_use]
    pub fn of(mut genuine: Vec<Score>, mut impostor: Vec<Score>) -> Self {
        genuine.sort_unstable();
        impostor.sort_unstable();
        let mut thresholds: Vec<Score> = genuine.iter().chain(&impostor).copied().collect();
        // One above the highest, where nobody is accepted any more.
        if let Some(highest) = thresholds.iter().max() {
            thresholds.push(Score::from_ten_thousandths(highest.ten_thousandths() + 1));
        }
        thresholds.sort_unstable();
        thresholds.dedup();
        let points = thresholds
            .into_iter()
            .map(|threshold| {
                let below = |scores: &[Score]| scores.partition_point(|score| *score < threshold);
                Point {
                    threshold,
                    fmr: part(impostor.len() - below(&impostor), impostor.len()),
                    fnmr: part(below(&genuine), genuine.len()),
                }
            })
            .collect();
        Self { points }
    }

    /// Where both rates are equal, or next to it.
    #[must_use]
    pub fn equal_error(&self) -> Option<Point> {
        let distance = |point: &&Point| (point.fmr - point.fnmr).abs();
        self.points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied()
    }

    /// The lowest FNMR at a false-match rate of at most `fmr`.
    #[must_use]
    pub fn fnmr_at(&self, fmr: f64) -> Option<Point> {
        self.points.iter().find(|point| point.fmr <= fmr).copied()
    }
}

#[expect(clippy::cast_precision_loss, reason = "pairs are counted in millions at most")]
fn part(count: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}
