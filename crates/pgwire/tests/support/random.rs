//! A random number generator whose whole state is one number, so that a failure is repeated from two.

/// A sequence decided by its seed. Adding an odd constant visits every state; the shifts and products scatter it.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The sequence for one packet of a run: packets do not depend on the packets before them.
    pub(crate) fn for_packet(seed: u64, packet: u64) -> Self {
        let mut whole = Self { state: seed };
        let mut own = Self { state: whole.next() ^ packet };
        Self { state: own.next() }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }

    /// A number below `bound`, or 0 when there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let scattered = usize::try_from(self.next() >> 33).unwrap_or(0);
        scattered.checked_rem(bound).unwrap_or(0)
    }

    /// One byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }

    /// One of `choices`, or `None` when there are none.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len()))
    }
}
