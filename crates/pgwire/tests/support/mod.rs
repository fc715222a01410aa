//! The mutation engine: corpus to damaged packet to parsers, one packet at a time, each decided by seed and number.
//!
//! The test and the example of the same name both run it. Memory is bounded by one packet and by
//! [`MOST_FAILURES`], whatever the count.

pub(crate) mod corpus;
pub(crate) mod drive;
mod mutation;
mod random;

use corpus::Corpus;
use random::Random;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A run ends after this many packets that panicked.
pub(crate) const MOST_FAILURES: usize = 10;

/// A packet that made a parser panic or break a promise.
pub(crate) struct Failure {
    seed: u64,
    number: u64,
    packet: Vec<u8>,
    reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, number, reason, .. } = self;
        write!(formatter, "packet {number} of seed {seed}: {reason}: ")?;
        self.packet.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How often each parser accepted and refused.
    pub(crate) tally: drive::Tally,
    /// Bytes driven.
    pub(crate) bytes: u64,
    /// The first packets that panicked.
    pub(crate) failures: Vec<Failure>,
}

/// What is done with each packet: [`drive::drive`], except where the engine itself is tested.
pub(crate) type Drive = fn(&[u8], usize, &mut drive::Tally);

/// Drive the packets with these numbers, calling `progress` with each number first.
pub(crate) fn run(
    seed: u64,
    numbers: Range<u64>,
    drive: Drive,
    mut progress: impl FnMut(u64),
) -> Outcome {
    let corpus = Corpus::new().flatten();
    let mut outcome = Outcome::default();
    for number in numbers {
        progress(number);
        let mut random = Random::for_packet(seed, number);
        let packet = mutation::mutate(&corpus, &mut random);
        let cut = random.below(packet.len() + 1);
        outcome.bytes += packet.len() as u64;
        let tally = &mut outcome.tally;
        if let Err(cause) = catch_unwind(AssertUnwindSafe(|| drive(&packet, cut, tally))) {
            let reason = cause
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| cause.downcast_ref::<&str>().copied())
                .unwrap_or("panic")
                .to_owned();
            outcome.failures.push(Failure { seed, number, packet, reason });
            if outcome.failures.len() >= MOST_FAILURES {
                break;
            }
        }
    }
    outcome
}
