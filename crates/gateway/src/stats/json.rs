//! What is going on, as JSON: for tests, and for whoever would rather not scrape.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::Totals;
use super::sqlstate::Errors;
use crate::gateway::{Context, Phase};
use crate::pool::together::Together;

#[derive(Serialize)]
struct Statistics {
    clients: usize,
    clients_waiting: usize,
    sockets: usize,
    panics: usize,
    phase: &'static str,
    drained: usize,
    asked_to_end: bool,
    prepared_statements: usize,
    metrics_address: Option<String>,
    login_refusals: BTreeMap<&'static str, u64>,
    cancels: Cancels,
    listeners: crate::shared_listener::Totals,
    pools: Vec<PoolStatistics>,
}

#[derive(Serialize)]
struct Cancels {
    forwarded: u64,
    answered: u64,
    ignored: u64,
    failed: u64,
}

#[derive(Serialize)]
struct PoolStatistics {
    database: String,
    user: String,
    size: usize,
    clients: usize,
    server_active: usize,
    server_idle: usize,
    server_connecting: usize,
    waiting: usize,
    /// What clients are pinned for; one may be for several reasons.
    pins: usize,
    longest_wait: f64,
    queries: u64,
    transactions: u64,
    wait_timeouts: u64,
    server_connects: u64,
    server_connect_failures: u64,
    server_closes: u64,
    server_errors: BTreeMap<&'static str, u64>,
    pooler_errors: BTreeMap<&'static str, u64>,
    /// Under the names of SHOW STATS_TOTALS.
    totals: Totals,
    /// Under the names of SHOW STATS_AVERAGES.
    averages: Totals,
}

fn errors(errors: &Errors) -> BTreeMap<&'static str, u64> {
    errors.occurred().collect()
}

fn pool(context: &Context, pool: &Together) -> PoolStatistics {
    let (census, figures) = (&pool.census, context.stats.pool(&pool.stats));
    PoolStatistics {
        database: pool.database.clone(),
        user: pool.user.clone(),
        size: pool.size,
        clients: pool.stats.clients.load(Ordering::Relaxed),
        server_active: census.active,
        server_idle: census.idle,
        server_connecting: census.connecting,
        waiting: census.waiting,
        pins: pool.pins.counts().map(|(_, now, _)| now).sum(),
        longest_wait: census.longest_wait.as_secs_f64(),
        queries: figures.totals.query_count,
        transactions: figures.totals.xact_count,
        wait_timeouts: pool.stats.wait_timeouts.get(),
        server_connects: pool.stats.connects.get(),
        server_connect_failures: pool.stats.connect_failures.get(),
        server_closes: pool.stats.closes.get(),
        server_errors: errors(&pool.stats.server_errors),
        pooler_errors: errors(&pool.stats.pooler_errors),
        totals: figures.totals,
        averages: figures.averages,
    }
}

/// Everything, as one JSON object.
pub fn write(context: &Context, metrics_address: Option<SocketAddr>) -> String {
    let pools: Vec<PoolStatistics> =
        Together::of(&context.pools()).iter().map(|each| pool(context, each)).collect();
    let cancels = &context.stats.cancels;
    let statistics = Statistics {
        clients: context.clients.len(),
        clients_waiting: pools.iter().map(|pool| pool.waiting).sum(),
        sockets: context.clients.sockets.load(Ordering::Relaxed),
        panics: context.panics.load(Ordering::Relaxed),
        phase: match context.common.phase() {
            Phase::Running => "running",
            Phase::Closing => "closing",
            Phase::Draining => "draining",
            Phase::Stopping => "stopping",
        },
        drained: context.drained.load(Ordering::Relaxed),
        asked_to_end: context.is_asked_to_end.load(Ordering::Relaxed),
        prepared_statements: context.common.session.statements.len(),
        metrics_address: metrics_address.map(|address| address.to_string()),
        login_refusals: context.stats.refusals().collect(),
        cancels: Cancels {
            forwarded: cancels.forwarded.get(),
            answered: cancels.answered.get(),
            ignored: cancels.ignored.get(),
            failed: cancels.failed.get(),
        },
        listeners: context.listeners.totals(),
        pools,
    };
    serde_json::to_string(&statistics).unwrap_or_default()
}
