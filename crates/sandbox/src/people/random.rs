//! A generator that gives the same numbers for the same seed everywhere (SplitMix64).
//!
//! For making up people only; no secret ever comes from here.

/// The state.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` up to `high`, both possible.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = u64::from(high.abs_diff(low)) + 1;
        let step = i32::try_from(self.next() % span).unwrap_or(0);
        low.min(high).saturating_add(step)
    }

    /// True in so many of a hundred cases.
    pub(super) fn percent(&mut self, chance: i32) -> bool {
        self.between(0, 99) < chance
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = usize::try_from(self.next() % (list.len() as u64).max(1)).unwrap_or(0);
        #[expect(
            clippy::indexing_slicing,
            reason = "the place is below the length; no list is empty"
        )]
        &list[place]
    }

    /// So many digits, the first of them not zero.
    pub(super) fn digits(&mut self, count: usize) -> String {
        let mut text = self.between(1, 9).to_string();
        while text.len() < count {
            text.push_str(&self.between(0, 9).to_string());
        }
        text
    }
}
