//! What time brings about: late clients, old servers, the end of a drain.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::configuration::Configuration;
use crate::gateway::{Context, Phase};
use crate::report::Refusal;

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
        let now = context.common.clock.milliseconds();
        let configuration = context.common.configuration();
        context.common.deadlines.expire(now);
        if configuration.has_time_limits() {
            context.clients.wake_late(&configuration, now);
        }
        if context.common.phase() == Phase::Running {
            context.make_ready();
        }
        context.common.instances.tend(context, now);
        let pools = context.pools();
        for pool in &pools {
            pool.tend();
        }
        end_period(context, &configuration);
        if configuration.server_fast_close && pools.iter().any(|pool| pool.servers().1 > 0) {
            context.clients.wake_all();
        }
        drop(pools);
        context.pools.sweep(&configuration, &context.users(), now);
        drop(configuration);
        if context.has_shut_down() {
            context.advance(Phase::Stopping);
        }
        if context.common.phase() == Phase::Draining {
            // Nobody resumes them any more, so their clients would wait for nothing.
            for pool in context.pools().iter().filter(|pool| pool.is_paused()) {
                pool.refuse_line(&Refusal::shutting_down());
            }
            let began = *drain_began.get_or_insert_with(Instant::now);
            if is_drained(context, began) {
                context.advance(Phase::Stopping);
            }
        }
    }
}

/// Begin another period of averages when it is time, and log the one that has ended.
fn end_period(context: &Context, configuration: &Configuration) {
    let ended = context.stats.end_period(configuration.stats_period, context);
    let Some(averages) = ended.filter(|_| configuration.log_stats) else {
        return;
    };
    tracing::info!(
        "stats: {} xacts/s, {} queries/s, in {} B/s, out {} B/s, xact {} us, query {} us, wait {} us; \
         per second {} servers assigned, {} statements prepared by clients and {} on servers, {} bound",
        averages.xact_count,
        averages.query_count,
        averages.received,
        averages.sent,
        averages.xact_time,
        averages.query_time,
        averages.wait_time,
        averages.server_assignment_count,
        averages.client_parse_count,
        averages.server_parse_count,
        averages.bind_count,
    );
}

/// Whether a drain is over; logs how it went.
fn is_drained(context: &Context, began: Instant) -> bool {
    let left = context.clients.without_operators();
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
