//! The figures of budgets, under the label `server`: the address of a PostgreSQL.

use super::text::{Family, Labels, float, size};
use crate::budget::{Seen, Sum};
use crate::gateway::Context;

/// Every PostgreSQL under its label.
pub(super) fn seen(context: &Context) -> Vec<(Labels, Seen)> {
    let instances = context.common.instances.all();
    let labelled = instances
        .into_iter()
        .map(|instance| (vec![("server", instance.address.to_string())], instance.seen()));
    labelled.collect()
}

fn of_sum(seen: &Seen, part: impl Fn(&Sum) -> usize) -> f64 {
    seen.last.as_ref().map_or(0.0, |(sum, _)| size(part(sum)))
}

/// All of them.
pub(super) const FAMILIES: &[Family<Seen>] = &[
    Family::gauge(
        "forebay_budget_held",
        "Connections to a PostgreSQL, the control connection included.",
        |seen| size(seen.held),
    ),
    Family::gauge(
        "forebay_budget_cap",
        "Most connections to a PostgreSQL now; +Inf without a limit.",
        |seen| seen.cap.map_or(f64::INFINITY, size),
    ),
    Family::gauge(
        "forebay_budget_control_connected",
        "1 while a control connection looks at PostgreSQL, else 0.",
        |seen| size(usize::from(seen.has_control && seen.failure.is_none())),
    ),
    Family::gauge(
        "forebay_budget_share",
        "An equal part of what gateways share, as of the last look; 0 without one.",
        |seen| of_sum(seen, |sum| sum.share),
    ),
    Family::gauge(
        "forebay_budget_gateways",
        "Gateways that share a PostgreSQL, this one included; 0 without a look.",
        |seen| of_sum(seen, |sum| sum.gateways),
    ),
    Family::gauge(
        "forebay_budget_foreign",
        "Client backends that belong to no gateway; 0 without a look.",
        |seen| of_sum(seen, |sum| sum.foreign),
    ),
    Family::counter(
        "forebay_budget_refusals_total",
        "Times PostgreSQL had no connection left (53300).",
        |seen| float(seen.refusals),
    ),
    Family::counter("forebay_budget_looks_total", "Looks at PostgreSQL.", |seen| float(seen.looks)),
];
