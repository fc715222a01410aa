//! Tests of short time limits, on machines that now and then stand still.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::running::connect_directly;

/// A pause shorter than this is not what a limit was met for: half of the shortest limit in these tests.
const STILL: Duration = Duration::from_millis(100);

/// How often a test is begun before its failure is taken at its word.
const TRIES: usize = 8;

/// Run a test with time limits that only what it does on purpose may meet.
///
/// On a shared machine, a second may pass between two lines of a test, and a limit be met rightly. So a failure
/// counts if, while the test ran, nothing stood still: neither this program nor PostgreSQL, which are asked without
/// a pause. Otherwise the test is run again.
#[expect(clippy::print_stderr, reason = "said of a test that is run again")]
pub(crate) fn on_a_steady_machine(test: impl Fn()) {
    for _ in 1..TRIES {
        let (result, longest) = watched(&test);
        match result {
            Ok(()) => return,
            Err(failure) if longest < STILL => resume_unwind(failure),
            Err(_) => eprintln!("the machine stood still for {longest:?}: once more"),
        }
    }
    test();
}

/// What became of the test, and the longest that an answer took meanwhile.
fn watched(test: impl Fn()) -> (std::thread::Result<()>, Duration) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut observer = connect_directly();
            let mut longest = Duration::ZERO;
            let mut last = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                std::thread::park_timeout(Duration::from_millis(2));
                observer.value("SELECT 1");
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
            longest
        });
        let result = catch_unwind(AssertUnwindSafe(&test));
        is_over.store(true, Ordering::Relaxed);
        (result, watcher.join().expect("PostgreSQL answers"))
    })
}
