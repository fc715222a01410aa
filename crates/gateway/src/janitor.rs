//! What time brings about: late clients, old servers, the end of a drain.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::gateway::{Context, Phase};

/// How often the janitor goes round; timeouts are met to within this.
const ROUND: Duration = Duration::from_millis(100);

/// Go round until the gateway stops.
pub async fn run(context: Arc<Context>) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut drain_began = None;
    loop {
        rounds.tick().await;
        context.common.clock.advance();
        for pool in context.pools() {
            pool.tend();
        }
        if context.common.phase() == Phase::Draining {
            let began = *drain_began.get_or_insert_with(Instant::now);
            if is_drained(&context, began) {
                context.advance(Phase::Stopping);
                return;
            }
        }
    }
}

/// Whether a drain is over; logs how it went.
fn is_drained(context: &Context, began: Instant) -> bool {
    let left = context.clients.sockets.load(Ordering::Relaxed);
    let limit = context.common.configuration.shutdown_timeout;
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
