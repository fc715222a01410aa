//! What time brings about: late clients, old servers, the end of a drain.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::gateway::{Context, Phase};

/// How often the janitor goes round; timeouts are met to within this.
pub const ROUND: Duration = Duration::from_millis(100);

/// Go round until the gateway stops.
///
/// On a thread of its own: a timer in a worker's runtime would have every wait of that worker set and clear one.
pub fn start(context: Arc<Context>) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    std::thread::Builder::new().name("forebay-janitor".to_owned()).spawn(move || {
        runtime.block_on(run(&context));
    })
}

async fn run(context: &Context) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut drain_began = None;
    loop {
        let changed = context.phase_changed.notified();
        if context.common.phase() == Phase::Stopping {
            return;
        }
        tokio::select! {
            _ = rounds.tick() => {}
            () = changed => continue,
        }
        context.common.clock.advance();
        context.common.deadlines.expire(context.common.clock.milliseconds());
        for pool in context.pools() {
            pool.tend();
        }
        let now = context.common.clock.milliseconds();
        context.pools.sweep(&context.common.configuration(), now);
        if context.has_shut_down() {
            context.advance(Phase::Stopping);
        }
        if context.common.phase() == Phase::Draining {
            let began = *drain_began.get_or_insert_with(Instant::now);
            if is_drained(context, began) {
                context.advance(Phase::Stopping);
            }
        }
    }
}

/// Whether a drain is over; logs how it went.
fn is_drained(context: &Context, began: Instant) -> bool {
    let left = context.clients.sockets.load(Ordering::Relaxed);
    let limit = context.common.configuration().shutdown_timeout;
    let active: usize = context.pools().iter().map(|pool| pool.census().active).sum();
    let is_late = !limit.is_zero() && began.elapsed() >= limit;
    if left > 0 && !is_late {
        return false;
    }
    tracing::info!(
        closed = context.drained.load(Ordering::Relaxed),
        aborted = active,
        seconds = began.elapsed().as_secs_f64(),
        "drain finished"
    );
    true
}
