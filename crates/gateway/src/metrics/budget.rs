//! The figures of budgets, under the label `server`: the address of a PostgreSQL.

use super::text::Kind::Gauge;
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

fn of_sum(seen: &Seen, part: impl Fn(&Sum) -> usize) -> Vec<(Labels, f64)> {
    seen.last.iter().map(|(sum, _)| (Labels::new(), size(part(sum)))).collect()
}

/// All of them.
pub(super) const FAMILIES: &[Family<Seen>] = &[
    Family::gauge(
        "forebay_budget_held",
        "Connections to a PostgreSQL, the control connection included.",
        |seen| size(seen.held),
    ),
    Family::many(
        "forebay_budget_cap",
        Gauge,
        "Most connections to a PostgreSQL now; absent without a limit.",
        |seen| seen.cap.iter().map(|cap| (Labels::new(), size(*cap))).collect(),
    ),
    Family::gauge(
        "forebay_budget_control_connected",
        "1 while a control connection looks at PostgreSQL, else 0.",
        |seen| size(usize::from(seen.has_control && seen.failure.is_none())),
    ),
    Family::many(
        "forebay_budget_share",
        Gauge,
        "An equal part of what gateways share, as of the last look; absent without one.",
        |seen| of_sum(seen, |sum| sum.share),
    ),
    Family::many(
        "forebay_budget_gateways",
        Gauge,
        "Gateways that share a PostgreSQL, this one included; absent without a look.",
        |seen| of_sum(seen, |sum| sum.gateways),
    ),
    Family::many(
        "forebay_budget_foreign",
        Gauge,
        "Client backends that belong to no gateway; absent without a look.",
        |seen| of_sum(seen, |sum| sum.foreign),
    ),
    Family::counter(
        "forebay_budget_refusals_total",
        "Times PostgreSQL had no connection left (53300).",
        |seen| float(seen.refusals),
    ),
    Family::counter("forebay_budget_looks_total", "Looks at PostgreSQL.", |seen| float(seen.looks)),
];
