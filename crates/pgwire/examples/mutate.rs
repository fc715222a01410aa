//! Drive damaged packets through every parser: `mutate COUNT [SEED [FIRST]]`.
//!
//! Progress, totals and each packet that panics (in hexadecimal) go to stderr; the exit code is 1 after a
//! panic and 2 for arguments that are no numbers. `mutate 1 SEED NUMBER` repeats one packet.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;
use support::drive::{PARSERS, drive};
use support::{MOST_FAILURES, run};

/// Packets between two lines of progress.
const STEP: u64 = 500_000;

fn main() -> io::Result<ExitCode> {
    let mut stderr = io::stderr();
    let arguments: Result<Vec<u64>, _> =
        std::env::args().skip(1).map(|text| text.parse()).collect();
    let (count, seed, first) = match arguments.as_deref() {
        Ok([count]) => (*count, 1, 0),
        Ok([count, seed]) => (*count, *seed, 0),
        Ok([count, seed, first]) => (*count, *seed, *first),
        _ => {
            writeln!(stderr, "usage: mutate COUNT [SEED [FIRST]], all of them whole numbers")?;
            return Ok(ExitCode::from(2));
        }
    };
    writeln!(stderr, "{count} packets from number {first}, seed {seed}")?;
    // The packet and the reason are printed below; a backtrace per packet would bury them.
    std::panic::set_hook(Box::new(|_| {}));
    let started = Instant::now();
    let outcome = run(seed, first..first.saturating_add(count), drive, |number| {
        let done = number - first;
        if done > 0 && done % STEP == 0 {
            let elapsed = started.elapsed().as_secs_f64();
            // A closed stderr is no reason to stop: the exit code still tells.
            let _ = writeln!(io::stderr(), "{done} packets, {elapsed:.1} s");
        }
    });
    for failure in &outcome.failures {
        writeln!(stderr, "{failure}")?;
    }
    for ((name, _), (accepted, refused)) in PARSERS.iter().zip(outcome.tally) {
        writeln!(stderr, "{name}: {accepted} accepted, {refused} refused")?;
    }
    let elapsed = started.elapsed().as_secs_f64();
    let panics = outcome.failures.len();
    let bytes = outcome.bytes;
    if panics == 0 {
        writeln!(stderr, "{count} packets, {bytes} bytes, 0 panics, {elapsed:.1} s, seed {seed}")?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(stderr, "{panics} panics (a run ends after {MOST_FAILURES}), seed {seed}")?;
    Ok(ExitCode::FAILURE)
}
