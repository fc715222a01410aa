//! The figures under Forebay's own names. docs/metrics.md has a row for each.

use super::text::{Family, Kind, Labels, Page, float, size};
use super::view::{self, PoolView};
use super::{listeners, process, version};
use crate::gateway::{Context, Phase};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Append every figure.
pub(super) fn put(page: &mut Page, context: &Arc<Context>) {
    page.put(WHOLE, &[(Labels::new(), Arc::clone(context))]);
    page.put(listeners::FAMILIES, &[(Labels::new(), context.listeners.totals())]);
    page.put(super::budget::FAMILIES, &super::budget::seen(context));
    page.put(POOL, &view::pools(context));
    page.put(process::FAMILIES, &[(Labels::new(), ())]);
}

const WHOLE: &[Family<Arc<Context>>] = &[
    Family::many("forebay_build_info", Kind::Gauge, "Always 1; the version is a label.", |_| {
        vec![(vec![("version", version())], 1.0)]
    }),
    Family::gauge("forebay_draining", "1 from the beginning of a drain, else 0.", |context| {
        float(u64::from(context.common.phase() != Phase::Running))
    }),
    Family::gauge(
        "forebay_config_last_reload_successful",
        "1 if the last configuration that was handed over is in force, else 0.",
        |context| float(u64::from(context.stats.reloads.is_last_good())),
    ),
    Family::gauge(
        "forebay_config_last_reload_success_timestamp_seconds",
        "When the configuration in force was handed over, in seconds since 1970.",
        |context| context.stats.reloads.last_good().as_secs_f64(),
    ),
    Family::gauge("forebay_client_connections", "Clients logged in or logging in.", |context| {
        size(context.clients.len())
    }),
    Family::gauge(
        "forebay_client_connections_limit",
        "Most clients at once: max_client_conn.",
        |context| size(context.common.configuration().max_client_conn),
    ),
    Family::gauge(
        "forebay_client_sockets",
        "Sockets of clients, also of those that only send a cancel request.",
        |context| size(context.clients.sockets.load(Ordering::Relaxed)),
    ),
    Family::many(
        "forebay_login_refusals_total",
        Kind::Counter,
        "Logins refused, by reason.",
        |context| {
            let refusals = context.stats.refusals();
            refusals.map(|(reason, count)| (label("reason", reason), float(count))).collect()
        },
    ),
    Family::many(
        "forebay_cancel_requests_total",
        Kind::Counter,
        "Cancel requests: forwarded to PostgreSQL, answered by the pooler for a client without a server, ignored \
         for want of the right key, or failed on the way to PostgreSQL.",
        |context| {
            let cancels = &context.stats.cancels;
            let result = |name, counter: &crate::stats::counter::Counter| {
                (label("result", name), float(counter.get()))
            };
            vec![
                result("forwarded", &cancels.forwarded),
                result("answered", &cancels.answered),
                result("ignored", &cancels.ignored),
                result("failed", &cancels.failed),
            ]
        },
    ),
    Family::counter(
        "forebay_panics_total",
        "Clients closed by a panic in their task. Anything but 0 is a defect worth reporting.",
        |context| size(context.panics.load(Ordering::Relaxed)),
    ),
    Family::counter(
        "forebay_drained_clients_total",
        "Idle clients sent away by a drain.",
        |context| size(context.drained.load(Ordering::Relaxed)),
    ),
    Family::gauge(
        "forebay_prepared_statements",
        "Texts of prepared statements that are remembered.",
        |context| size(context.common.session.statements.len()),
    ),
];

const POOL: &[Family<PoolView>] = &[
    Family::many(
        "forebay_pool_clients",
        Kind::Gauge,
        "Clients: active ones hold a server, waiting ones stand in line for one, idle ones need none.",
        |view| {
            vec![
                (label("state", "active"), size(view.active_clients())),
                (label("state", "waiting"), size(view.pool.census.waiting)),
                (label("state", "idle"), size(view.idle_clients())),
            ]
        },
    ),
    Family::many(
        "forebay_pool_servers",
        Kind::Gauge,
        "Connections to PostgreSQL: active ones are lent or being cleaned, idle ones are at rest.",
        |view| {
            vec![
                (label("state", "active"), size(view.pool.census.active)),
                (label("state", "idle"), size(view.pool.census.idle)),
                (label("state", "connecting"), size(view.pool.census.connecting)),
            ]
        },
    ),
    Family::many(
        "forebay_pins",
        Kind::Gauge,
        "Clients that keep their server beyond a transaction, by reason; one may have several.",
        |view| {
            let counts = view.pool.pins.counts();
            counts.map(|(reason, now, _)| (label("reason", reason.name()), size(now))).collect()
        },
    ),
    Family::many(
        "forebay_pins_total",
        Kind::Counter,
        "How often a client has come to keep its server, by reason.",
        |view| {
            let counts = view.pool.pins.counts();
            counts
                .map(|(reason, _, total)| (label("reason", reason.name()), float(total)))
                .collect()
        },
    ),
    Family::gauge(
        "forebay_pins_limit",
        "Most clients of a pool that may keep their server: max_pinned; 0 is no limit.",
        |view| size(view.pool.pins.limit()),
    ),
    Family::gauge(
        "forebay_pool_servers_limit",
        "Most connections to PostgreSQL at once: the pool's size.",
        |view| size(view.pool.size),
    ),
    Family::gauge(
        "forebay_pool_longest_wait_seconds",
        "How long the client that has waited longest has been waiting; 0 when none waits.",
        |view| view.pool.census.longest_wait.as_secs_f64(),
    ),
    Family::counter("forebay_pool_logins_total", "Clients that logged in.", |view| {
        float(view.totals.client_login_count)
    }),
    Family::counter("forebay_pool_transactions_total", "Transactions that ended.", |view| {
        float(view.totals.xact_count)
    }),
    Family::counter("forebay_pool_queries_total", "Queries that were answered.", |view| {
        float(view.totals.query_count)
    }),
    Family::many(
        "forebay_pool_errors_total",
        Kind::Counter,
        "Errors sent to clients, by who raised them and the class of the SQLSTATE.",
        |view| {
            let from = |source: &'static str, errors: &crate::stats::sqlstate::Errors| {
                let occurred = errors.occurred().map(move |(class, count)| {
                    let labels = vec![("source", source.to_owned()), ("class", class.to_owned())];
                    (labels, float(count))
                });
                occurred.collect::<Vec<_>>()
            };
            let stats = &view.pool.stats;
            let mut all = from("postgresql", &stats.server_errors);
            all.extend(from("pooler", &stats.pooler_errors));
            all
        },
    ),
    Family::counter("forebay_pool_received_bytes_total", "Bytes received from clients.", |view| {
        float(view.totals.received)
    }),
    Family::counter(
        "forebay_pool_sent_bytes_total",
        "Bytes received from PostgreSQL for clients.",
        |view| float(view.totals.sent),
    ),
    Family::counter(
        "forebay_pool_server_assignments_total",
        "Times a client was given a connection to PostgreSQL.",
        |view| float(view.totals.server_assignment_count),
    ),
    Family::counter(
        "forebay_pool_wait_timeouts_total",
        "Clients that waited longer than query_wait_timeout.",
        |view| float(view.pool.stats.wait_timeouts.get()),
    ),
    Family::counter(
        "forebay_pool_server_connects_total",
        "Connections to PostgreSQL that were made.",
        |view| float(view.pool.stats.connects.get()),
    ),
    Family::counter(
        "forebay_pool_server_connect_failures_total",
        "Connections to PostgreSQL that could not be made.",
        |view| float(view.pool.stats.connect_failures.get()),
    ),
    Family::counter(
        "forebay_pool_server_closes_total",
        "Connections to PostgreSQL that were closed.",
        |view| float(view.pool.stats.closes.get()),
    ),
    Family::counter(
        "forebay_pool_client_parses_total",
        "Named statements that clients prepared.",
        |view| float(view.totals.client_parse_count),
    ),
    Family::counter(
        "forebay_pool_server_parses_total",
        "Named statements that the pooler prepared on its connections.",
        |view| float(view.totals.server_parse_count),
    ),
    Family::counter("forebay_pool_binds_total", "Uses of named statements.", |view| {
        float(view.totals.bind_count)
    }),
    Family::histogram(
        "forebay_pool_checkout_wait_seconds",
        "How long clients waited for a connection to PostgreSQL, those included that waited in vain.",
        |view| view.readings.waits,
    ),
    Family::histogram(
        "forebay_pool_query_seconds",
        "How long PostgreSQL took to answer a query.",
        |view| view.readings.queries,
    ),
    Family::histogram(
        "forebay_pool_transaction_seconds",
        "How long transactions lasted, the client's pauses in them included.",
        |view| view.readings.transactions,
    ),
];

fn label(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}
