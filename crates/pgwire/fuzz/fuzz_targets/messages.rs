//! Coverage-guided bytes through every parser: `cargo +nightly fuzz run messages` in `crates/pgwire`.
//!
//! The first byte says where the stream is cut in two, the rest is the packet; what must hold is asserted in
//! `tests/support/drive.rs`, as for the seeded mutations.

#![no_main]

#[path = "../../tests/support/drive.rs"]
mod drive;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((cut, packet)) = input.split_first() {
        drive::drive(packet, usize::from(*cut), &mut drive::Tally::default());
    }
});
