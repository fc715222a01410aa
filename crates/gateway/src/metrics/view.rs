//! What the figures are taken from: everything, a pool, a database, at one time.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::text::Labels;
use crate::gateway::Context;
use crate::pool::together::Together;
use crate::stats::{Readings, Totals};

/// The pools of one database and user at one time.
pub(super) struct PoolView {
    /// Which, and what is in them.
    pub(super) pool: Together,
    /// Clients logged in.
    pub(super) clients: usize,
    /// What they have done.
    pub(super) totals: Totals,
    /// How long that took.
    pub(super) readings: Readings,
}

impl PoolView {
    fn new(pool: Together) -> Self {
        // Counts before times, so that no time lacks its count.
        let totals = pool.stats.totals();
        Self {
            clients: pool.stats.clients.load(Ordering::Relaxed),
            totals,
            readings: pool.stats.readings(),
            pool,
        }
    }

    /// Clients that hold a server. Servers that are being cleaned or tried out have no client, which shows where
    /// there are more of them than clients.
    pub(super) fn active_clients(&self) -> usize {
        self.pool.census.active.min(self.clients)
    }

    /// Clients that neither hold a server nor wait for one.
    pub(super) fn idle_clients(&self) -> usize {
        self.clients.saturating_sub(self.active_clients() + self.pool.census.waiting)
    }
}

/// Every pool, under the labels `database` and `user`. No two have the same.
pub(super) fn pools(context: &Context) -> Vec<(Labels, PoolView)> {
    let labels =
        |pool: &Together| vec![("database", pool.database.clone()), ("user", pool.user.clone())];
    let pools = Together::of(&context.pools());
    pools.into_iter().map(|pool| (labels(&pool), PoolView::new(pool))).collect()
}

/// The totals of every database with a pool, under the label `database`: also of pools that are gone.
pub(super) fn databases(context: &Context, pools: &[(Labels, PoolView)]) -> Vec<(Labels, Totals)> {
    let names = pools.iter().map(|(_, view)| (&*view.pool.database, Totals::default()));
    let mut sums: BTreeMap<&str, Totals> = names.collect();
    for (database, stats) in context.extract().accounts {
        if let Some(sum) = sums.get_mut(&*database) {
            *sum = sum.plus(&stats.totals());
        }
    }
    sums.into_iter().map(|(name, sum)| (vec![("database", name.to_owned())], sum)).collect()
}
