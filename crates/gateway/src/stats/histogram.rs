//! How long things took, counted in fixed ranges.

use super::counter::{Counter, Writer};

/// Upper ends of the ranges, in nanoseconds; what is longer falls into one more range.
pub const BOUNDS: [u64; 18] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
    60_000_000_000,
];

const RANGES: usize = BOUNDS.len() + 1;

/// Counts of durations by range, and their sum.
#[derive(Debug, Default)]
pub struct Histogram {
    ranges: [Counter; RANGES],
    nanoseconds: Counter,
}

impl Histogram {
    /// Count `times` durations that took `nanoseconds` together, each an equal share of it.
    pub fn observe(&self, nanoseconds: u64, times: u64, writer: Writer) {
        if let Some(each) = nanoseconds.checked_div(times) {
            self.observe_in(range(each), nanoseconds, times, writer);
        }
    }

    /// [`Histogram::observe`] where the range of each is known.
    pub fn observe_in(&self, range: usize, nanoseconds: u64, times: u64, writer: Writer) {
        if let Some(counter) = self.ranges.get(range) {
            counter.add(times, writer);
        }
        self.nanoseconds.add(nanoseconds, writer);
    }

    /// Add what was counted here to `reading`.
    pub fn add_to(&self, reading: &mut Reading) {
        for (sum, counter) in reading.ranges.iter_mut().zip(&self.ranges) {
            *sum += counter.get();
        }
        reading.nanoseconds += self.nanoseconds.get();
    }
}

/// Index of the range that a duration falls into.
pub fn range(nanoseconds: u64) -> usize {
    BOUNDS.partition_point(|bound| *bound < nanoseconds)
}

/// What a histogram said at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Durations in each range, one for each of [`BOUNDS`] and one for what is longer.
    pub ranges: [u64; RANGES],
    /// All durations together.
    pub nanoseconds: u64,
}

impl Reading {
    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.ranges.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_range_that_it_ends() {
        let histogram = Histogram::default();
        for (nanoseconds, times) in
            [(0, 1), (100_000, 1), (100_001, 1), (600_000, 3), (u64::MAX / 2, 1)]
        {
            histogram.observe(nanoseconds, times, Writer::Anyone);
        }
        let mut reading = Reading::default();
        histogram.add_to(&mut reading);
        assert_eq!(reading.ranges[0], 2);
        assert_eq!(reading.ranges[1], 4, "three that share 600 microseconds took 200 each");
        assert_eq!(reading.ranges[RANGES - 1], 1);
        assert_eq!(reading.count(), 7);
        assert_eq!(reading.nanoseconds, u64::MAX / 2 + 800_001);
    }

    #[test]
    fn nothing_is_counted_for_no_times() {
        let histogram = Histogram::default();
        histogram.observe(5, 0, Writer::Anyone);
        let mut reading = Reading::default();
        histogram.add_to(&mut reading);
        assert_eq!(reading, Reading::default());
    }
}
