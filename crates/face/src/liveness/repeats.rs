//! Is a frame there twice?

use super::FrameReport;
use super::observed::Observed;
use crate::comparison::LivenessReason;
use crate::geometry::real;

/// Two frames of a living person differ by more than this in the mean brightness of a point, 0–255:
/// nobody holds a head, a phone and the light that still. A picture compressed anew differs by less.
const DIFFERENCE_MIN: f32 = 0.45;

/// Marks every frame that an earlier one repeats.
pub(super) fn mark(observed: &[Observed], reports: &mut [FrameReport]) {
    for (at, seen) in observed.iter().enumerate() {
        let before = observed.iter().take(at);
        let reason = if before.clone().any(|other| other.hash == seen.hash) {
            LivenessReason::RepeatedFrame
        } else if before.clone().any(|other| is_same_scene(other, seen)) {
            LivenessReason::RecompressedFrame
        } else {
            continue;
        };
        if let Some(report) = reports.get_mut(seen.index) {
            report.reasons.push(reason);
        }
    }
}

fn is_same_scene(one: &Observed, other: &Observed) -> bool {
    one.thumbnail.len() == other.thumbnail.len()
        && difference(&one.thumbnail, &other.thumbnail) < DIFFERENCE_MIN
}

/// Mean difference of two thumbnails.
fn difference(one: &[f32], other: &[f32]) -> f32 {
    let sum: f32 = one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum();
    sum / real(one.len().max(1))
}
