//! The numbers between two layers.

/// Channels, height, width: the batch is always of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Shape {
    pub(super) fn vector(length: usize) -> Self {
        Self { channels: length, height: 1, width: 1 }
    }

    /// Numbers in one channel.
    pub(super) fn plane(self) -> usize {
        self.height * self.width
    }

    pub(super) fn len(self) -> usize {
        self.channels * self.plane()
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}×{}", self.channels, self.height, self.width)
    }
}

/// Channel after channel, row after row.
pub(super) struct Tensor {
    pub(super) shape: Shape,
    /// At least as many numbers as the shape has.
    pub(super) data: Vec<f32>,
}

impl Tensor {
    pub(super) fn numbers(&self) -> &[f32] {
        self.data.get(..self.shape.len()).unwrap_or_default()
    }

    /// Moves into a buffer of about its size.
    pub(super) fn shrink(&mut self, spare: &mut Spare) {
        let length = self.shape.len();
        if self.data.len() <= length * 2 {
            return;
        }
        let mut small = spare.take_within(length, length * 2);
        small.iter_mut().zip(self.numbers()).for_each(|(to, from)| *to = *from);
        spare.give(std::mem::replace(&mut self.data, small));
    }
}

/// Buffers to be used again. What is taken may be longer than asked for and holds anything.
#[derive(Default)]
pub(super) struct Spare {
    buffers: Vec<Vec<f32>>,
    /// How many want the buffers to be wiped later.
    held: usize,
}

impl Spare {
    pub(super) fn take(&mut self, length: usize) -> Vec<f32> {
        self.take_within(length, usize::MAX)
    }

    /// As [`Self::take`], at most this long.
    fn take_within(&mut self, length: usize, longest: usize) -> Vec<f32> {
        let fits = |buffer: &Vec<f32>| (length..=longest).contains(&buffer.len());
        let fitting = self.buffers.iter().enumerate().filter(|(_, buffer)| fits(buffer));
        let at = fitting.min_by_key(|(_, buffer)| buffer.len()).map(|(at, _)| at);
        // Never grown: that would leave a copy behind.
        at.map_or_else(|| vec![0.0; length], |at| self.buffers.swap_remove(at))
    }

    pub(super) fn give(&mut self, buffer: Vec<f32>) {
        self.buffers.push(buffer);
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> impl Iterator<Item = &Vec<f32>> {
        self.buffers.iter()
    }

    pub(super) fn hold(&mut self) {
        self.held += 1;
    }

    pub(super) fn release(&mut self) {
        self.held = self.held.saturating_sub(1);
        self.rest();
    }

    /// Wipes the buffers after a run, unless that is put off.
    pub(super) fn rest(&mut self) {
        if self.held == 0 {
            self.wipe();
        }
    }

    /// Overwrites everything. The buffers live on and are read again, so that no compiler may leave this out; `zeroize` would
    /// write number by number.
    fn wipe(&mut self) {
        for buffer in &mut self.buffers {
            buffer.fill(0.0);
        }
    }
}
