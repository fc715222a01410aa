//! The figures under the names of prometheus-community's pgbouncer_exporter, for dashboards and alerts made for it.
//!
//! A state that PgBouncer has and this pooler does not is 0.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::text::{Family, Kind, Labels, Page, float, size};
use super::view::{self, PoolView};
use super::{process, version};
use crate::configuration::PoolMode;
use crate::gateway::Context;
use crate::stats::Totals;

/// Append every figure.
pub(super) fn put(page: &mut Page, context: &Context) {
    let pools = view::pools(context);
    page.put(DATABASE, &databases(context, &pools));
    page.put(STATS, &view::databases(context, &pools));
    page.put(POOL, &pools);
    page.put(WHOLE, &[(Labels::new(), Whole::new(context, &pools))]);
    page.put(process::FAMILIES, &[(Labels::new(), ())]);
}

/// One row of SHOW DATABASES.
#[derive(Default)]
struct DatabaseView {
    pool_size: usize,
    current_connections: usize,
}

fn databases(context: &Context, pools: &[(Labels, PoolView)]) -> Vec<(Labels, DatabaseView)> {
    let configuration = context.common.configuration();
    let named = configuration.databases.iter().map(|database| database.name.as_str());
    let mut connections: BTreeMap<&str, usize> =
        named.filter(|name| *name != "*").map(|name| (name, 0)).collect();
    for (_, view) in pools {
        let census = view.pool.census;
        *connections.entry(&view.pool.database).or_default() +=
            census.active + census.idle + census.connecting;
    }
    let view = |(name, current_connections): (&str, usize)| {
        let database = configuration.database(name)?;
        let mode = match database.pool_mode {
            None => "",
            Some(PoolMode::Session) => "session",
            Some(PoolMode::Transaction) => "transaction",
            Some(PoolMode::Statement) => "statement",
        };
        let labels = vec![
            ("name", name.to_owned()),
            ("host", database.host.clone()),
            ("port", database.port.to_string()),
            ("database", database.dbname.clone().unwrap_or_else(|| name.to_owned())),
            ("force_user", database.user.clone().unwrap_or_default()),
            ("pool_mode", mode.to_owned()),
        ];
        let pool_size = database.pool_size.unwrap_or(configuration.default_pool_size);
        Some((labels, DatabaseView { pool_size, current_connections }))
    };
    connections.into_iter().filter_map(view).collect()
}

/// What SHOW LISTS, CONFIG and VERSION say.
struct Whole {
    databases: usize,
    users: usize,
    pools: usize,
    clients: usize,
    logging_in: usize,
    idle_servers: usize,
    active_servers: usize,
    max_client_conn: usize,
}

impl Whole {
    fn new(context: &Context, pools: &[(Labels, PoolView)]) -> Self {
        let configuration = context.common.configuration();
        let logged_in: usize = pools.iter().map(|(_, view)| view.clients).sum();
        let sockets = context.clients.sockets.load(Ordering::Relaxed);
        Self {
            databases: configuration.databases.len(),
            users: configuration.users.len(),
            pools: pools.len(),
            clients: logged_in,
            logging_in: sockets.saturating_sub(logged_in),
            idle_servers: pools.iter().map(|(_, view)| view.pool.census.idle).sum(),
            active_servers: pools.iter().map(|(_, view)| view.pool.census.active).sum(),
            max_client_conn: configuration.max_client_conn,
        }
    }
}

const DATABASE: &[Family<DatabaseView>] = &[
    Family::gauge(
        "pgbouncer_databases_pool_size",
        "Most server connections of a pool of the database.",
        |view| size(view.pool_size),
    ),
    Family::gauge(
        "pgbouncer_databases_reserve_pool",
        "Server connections that a pool of the database may have on top.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_databases_max_connections",
        "Most server connections of the database; 0 for no limit.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_databases_current_connections",
        "Server connections of the database.",
        |view| size(view.current_connections),
    ),
    Family::gauge("pgbouncer_databases_paused", "1 while the database is paused.", |_| 0.0),
    Family::gauge("pgbouncer_databases_disabled", "1 while the database is disabled.", |_| 0.0),
];

const STATS: &[Family<Totals>] = &[
    Family::counter(
        "pgbouncer_stats_queries_pooled_total",
        "Queries that were answered.",
        |totals| float(totals.query_count),
    ),
    Family::counter(
        "pgbouncer_stats_queries_duration_seconds_total",
        "Time PostgreSQL took to answer queries.",
        |totals| float(totals.query_time) / 1e6,
    ),
    Family::counter(
        "pgbouncer_stats_received_bytes_total",
        "Bytes received from clients.",
        |totals| float(totals.received),
    ),
    Family::counter(
        "pgbouncer_stats_sent_bytes_total",
        "Bytes received from PostgreSQL for clients.",
        |totals| float(totals.sent),
    ),
    Family::counter(
        "pgbouncer_stats_client_wait_seconds_total",
        "Time clients waited for a server.",
        |totals| float(totals.wait_time) / 1e6,
    ),
    Family::counter(
        "pgbouncer_stats_sql_transactions_pooled_total",
        "Transactions that ended.",
        |totals| float(totals.xact_count),
    ),
    Family::counter(
        "pgbouncer_stats_server_in_transaction_seconds_total",
        "Time spent in transactions, the client's pauses in them included.",
        |totals| float(totals.xact_time) / 1e6,
    ),
    Family::counter(
        "pgbouncer_stats_client_parses_total",
        "Named statements that clients prepared.",
        |totals| float(totals.client_parse_count),
    ),
    Family::counter(
        "pgbouncer_stats_server_parses_total",
        "Named statements that the pooler prepared on its servers.",
        |totals| float(totals.server_parse_count),
    ),
    Family::counter("pgbouncer_stats_binds_total", "Uses of named statements.", |totals| {
        float(totals.bind_count)
    }),
    Family::counter(
        "pgbouncer_stats_server_assignments_total",
        "Times a client was given a server.",
        |totals| float(totals.server_assignment_count),
    ),
];

const POOL: &[Family<PoolView>] = &[
    Family::gauge(
        "pgbouncer_pools_client_active_connections",
        "Clients that hold a server or need none.",
        |view| size(view.active_clients() + view.idle_clients()),
    ),
    Family::gauge(
        "pgbouncer_pools_client_waiting_connections",
        "Clients in line for a server.",
        |view| size(view.pool.census.waiting),
    ),
    Family::gauge(
        "pgbouncer_pools_client_active_cancel_connections",
        "Cancel requests that PostgreSQL has and has not answered.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_pools_client_waiting_cancel_connections",
        "Cancel requests that PostgreSQL does not have yet.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_pools_server_active_connections",
        "Servers that are lent or being cleaned.",
        |view| size(view.pool.census.active),
    ),
    Family::gauge(
        "pgbouncer_pools_server_active_cancel_connections",
        "Servers that pass a cancel request on.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_pools_server_being_canceled_connections",
        "Servers that wait for a cancel request to be dealt with.",
        |_| 0.0,
    ),
    Family::gauge("pgbouncer_pools_server_idle_connections", "Servers at rest.", |view| {
        size(view.pool.census.idle)
    }),
    Family::gauge(
        "pgbouncer_pools_server_used_connections",
        "Servers at rest that are to be checked before they are lent.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_pools_server_testing_connections",
        "Servers that are being checked.",
        |_| 0.0,
    ),
    Family::gauge(
        "pgbouncer_pools_server_login_connections",
        "Servers that are logging in.",
        |view| size(view.pool.census.connecting),
    ),
    Family::gauge(
        "pgbouncer_pools_client_maxwait_seconds",
        "How long the client that has waited longest has been waiting.",
        |view| view.pool.census.longest_wait.as_secs_f64(),
    ),
];

const WHOLE: &[Family<Whole>] = &[
    Family::gauge("pgbouncer_databases", "Databases.", |whole| size(whole.databases)),
    Family::gauge("pgbouncer_users", "Users.", |whole| size(whole.users)),
    Family::gauge("pgbouncer_pools", "Pools.", |whole| size(whole.pools)),
    Family::gauge("pgbouncer_free_clients", "Free places kept for clients.", |_| 0.0),
    Family::gauge("pgbouncer_used_clients", "Clients logged in.", |whole| size(whole.clients)),
    Family::gauge("pgbouncer_login_clients", "Clients not logged in yet.", |whole| {
        size(whole.logging_in)
    }),
    Family::gauge("pgbouncer_free_servers", "Servers at rest.", |whole| size(whole.idle_servers)),
    Family::gauge("pgbouncer_used_servers", "Servers lent or being cleaned.", |whole| {
        size(whole.active_servers)
    }),
    Family::gauge("pgbouncer_cached_dns_names", "Host names remembered.", |_| 0.0),
    Family::gauge("pgbouncer_cached_dns_zones", "DNS zones remembered.", |_| 0.0),
    Family::gauge("pgbouncer_in_flight_dns_queries", "DNS queries under way.", |_| 0.0),
    Family::gauge("pgbouncer_config_max_client_connections", "max_client_conn.", |whole| {
        size(whole.max_client_conn)
    }),
    Family::gauge(
        "pgbouncer_config_max_user_connections",
        "max_user_connections; 0 for no limit.",
        |_| 0.0,
    ),
    Family::many(
        "pgbouncer_version_info",
        Kind::Gauge,
        "Always 1; the version is a label.",
        |_| vec![(vec![("version", format!("Forebay {}", version()))], 1.0)],
    ),
    Family::gauge("pgbouncer_up", "Always 1.", |_| 1.0),
];
