//! What has been done: SHOW STATS, STATS_TOTALS, STATS_AVERAGES, TOTALS.
//!
//! The console's own commands are not in the figures: no server does anything for them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Table, View};
use crate::console::DATABASE;
use crate::console::rows::{Cell, numeric, text};
use crate::stats::{Figures, Totals};

/// `SHOW STATS`
pub const STATS: Table = Table {
    columns: &[
        text("database"),
        numeric("total_server_assignment_count"),
        numeric("total_xact_count"),
        numeric("total_query_count"),
        numeric("total_received"),
        numeric("total_sent"),
        numeric("total_xact_time"),
        numeric("total_query_time"),
        numeric("total_wait_time"),
        numeric("total_client_parse_count"),
        numeric("total_server_parse_count"),
        numeric("total_bind_count"),
        numeric("avg_server_assignment_count"),
        numeric("avg_xact_count"),
        numeric("avg_query_count"),
        numeric("avg_recv"),
        numeric("avg_sent"),
        numeric("avg_xact_time"),
        numeric("avg_query_time"),
        numeric("avg_wait_time"),
        numeric("avg_client_parse_count"),
        numeric("avg_server_parse_count"),
        numeric("avg_bind_count"),
    ],
    fill: |view, rows| {
        for (database, figures) in databases(view) {
            let both = values(&figures.totals).into_iter().chain(values(&figures.averages));
            rows.push(&[Cell::from(database)].into_iter().chain(both).collect::<Vec<_>>());
        }
    },
};

/// `SHOW STATS_TOTALS`
pub const STATS_TOTALS: Table = Table {
    columns: &[
        text("database"),
        numeric("server_assignment_count"),
        numeric("xact_count"),
        numeric("query_count"),
        numeric("bytes_received"),
        numeric("bytes_sent"),
        numeric("xact_time"),
        numeric("query_time"),
        numeric("wait_time"),
        numeric("client_parse_count"),
        numeric("server_parse_count"),
        numeric("bind_count"),
    ],
    fill: |view, rows| {
        for (database, figures) in databases(view) {
            let values = values(&figures.totals);
            rows.push(&[Cell::from(database)].into_iter().chain(values).collect::<Vec<_>>());
        }
    },
};

/// `SHOW STATS_AVERAGES`
pub const STATS_AVERAGES: Table = Table {
    columns: &[
        text("database"),
        numeric("server_assignment_count"),
        numeric("xact_count"),
        numeric("query_count"),
        numeric("bytes_received"),
        numeric("bytes_sent"),
        numeric("xact_time"),
        numeric("query_time"),
        numeric("wait_time"),
        numeric("avg_client_parse_count"),
        numeric("avg_server_parse_count"),
        numeric("avg_bind_count"),
    ],
    fill: |view, rows| {
        for (database, figures) in databases(view) {
            let values = values(&figures.averages);
            rows.push(&[Cell::from(database)].into_iter().chain(values).collect::<Vec<_>>());
        }
    },
};

/// `SHOW TOTALS`
pub const TOTALS: Table = Table {
    columns: &[text("name"), numeric("value")],
    fill: |view, rows| {
        let figures = view.context.stats.all(&view.context.extract());
        for (prefix, totals) in [("total", &figures.totals), ("avg", &figures.averages)] {
            for (name, value) in TOTAL_NAMES.iter().zip(values(totals)) {
                rows.push(&[format!("{prefix}_{name}").into(), value]);
            }
        }
    },
};

/// What SHOW TOTALS calls the figures.
const TOTAL_NAMES: [&str; 11] = [
    "server_assignment_count",
    "xact_count",
    "query_count",
    "client_bytes",
    "server_bytes",
    "xact_time",
    "query_time",
    "wait_time",
    "ps_client_parse_count",
    "ps_server_parse_count",
    "ps_bind_count",
];

/// The figures of every database that is in use, and of the console, which has none.
fn databases(view: &View<'_>) -> BTreeMap<String, Figures> {
    let mut figures = view.context.stats.databases(&view.context.extract());
    let used: BTreeSet<_> = view.context.pools().iter().map(|pool| pool.database.clone()).collect();
    figures.retain(|database, _| used.contains(database));
    figures.entry(DATABASE.to_owned()).or_default();
    figures
}

/// The figures in the order of the columns.
fn values(totals: &Totals) -> [Cell; 11] {
    [
        totals.server_assignment_count,
        totals.xact_count,
        totals.query_count,
        totals.received,
        totals.sent,
        totals.xact_time,
        totals.query_time,
        totals.wait_time,
        totals.client_parse_count,
        totals.server_parse_count,
        totals.bind_count,
    ]
    .map(Cell::from)
}
