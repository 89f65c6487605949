//! How sure a rate is that was counted on few pairs.

/// A rate with its 95 % confidence range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

/// The part of `events` in `trials` with the range of Clopper and Pearson: exact for counts, and
/// never narrower than the pairs justify. Pairs that share a person depend on each other, so that
/// the true range is wider still.
#[must_use]
pub fn bounds(events: usize, trials: usize) -> Bounds {
    if trials == 0 {
        return Bounds { rate: 0.0, low: 0.0, high: 1.0 };
    }
    let (k, n) = (number(events), number(trials));
    let low = if events == 0 { 0.0 } else { crossing(|p| at_least(events, trials, p) - 0.025) };
    let high = if events >= trials {
        1.0
    } else if events == 0 {
        // One-sided where nothing was seen: the "rule of three".
        1.0 - 0.05_f64.powf(1.0 / n)
    } else {
        crossing(|p| 0.025 - at_most(events, trials, p))
    };
    Bounds { rate: k / n, low, high }
}

/// Where a rising function crosses 0 between 0 and 1.
fn crossing(function: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if function(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

fn at_least(events: usize, trials: usize, p: f64) -> f64 {
    1.0 - events.checked_sub(1).map_or(0.0, |before| at_most(before, trials, p))
}

/// Probability of at most so many events: the sum of the binomial distribution, in logarithms.
fn at_most(events: usize, trials: usize, p: f64) -> f64 {
    if p <= 0.0 {
        return 1.0;
    }
    if p >= 1.0 {
        return if events >= trials { 1.0 } else { 0.0 };
    }
    let n = number(trials);
    let (log_p, log_q) = (p.ln(), (1.0 - p).ln());
    let mut log_ways = 0.0;
    let mut sum = 0.0;
    for k in 0..=events.min(trials) {
        let k = number(k);
        if k > 0.0 {
            log_ways += ((n - k + 1.0) / k).ln();
        }
        sum += (log_ways + k * log_p + (n - k) * log_q).exp();
    }
    sum.min(1.0)
}

#[expect(clippy::cast_precision_loss, reason = "pairs are counted in millions at most")]
fn number(count: usize) -> f64 {
    count as f64
}
