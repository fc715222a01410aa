//! What the figures are taken from: everything, a pool, a database, at one time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::text::Labels;
use crate::gateway::Context;
use crate::pool::{Census, Pool};
use crate::stats::{Readings, Totals};

/// One pool at one time.
pub(super) struct PoolView {
    /// The pool.
    pub(super) pool: Arc<Pool>,
    /// What is in it.
    pub(super) census: Census,
    /// Clients logged in.
    pub(super) clients: usize,
    /// What it has done.
    pub(super) totals: Totals,
    /// How long that took.
    pub(super) readings: Readings,
}

impl PoolView {
    fn new(pool: Arc<Pool>) -> Self {
        // Counts before times, so that no time lacks its count.
        let totals = pool.stats.totals();
        Self {
            census: pool.census(),
            clients: pool.stats.clients.load(Ordering::Relaxed),
            totals,
            readings: pool.stats.readings(),
            pool,
        }
    }

    /// Clients that hold a server. Servers that are being cleaned or tried out have no client, which shows where
    /// there are more of them than clients.
    pub(super) fn active_clients(&self) -> usize {
        self.census.active.min(self.clients)
    }

    /// Clients that neither hold a server nor wait for one.
    pub(super) fn idle_clients(&self) -> usize {
        self.clients.saturating_sub(self.active_clients() + self.census.waiting)
    }
}

/// Every pool, under the labels `database` and `user`.
pub(super) fn pools(context: &Context) -> Vec<(Labels, PoolView)> {
    let labels =
        |pool: &Pool| vec![("database", pool.database.clone()), ("user", pool.user.clone())];
    context.pools().into_iter().map(|pool| (labels(&pool), PoolView::new(pool))).collect()
}

/// The totals of every database, under the label `database`.
pub(super) fn databases(pools: &[(Labels, PoolView)]) -> Vec<(Labels, Totals)> {
    let mut sums: BTreeMap<&str, Totals> = BTreeMap::new();
    for (_, view) in pools {
        let sum = sums.entry(&view.pool.database).or_default();
        *sum = sum.plus(&view.totals);
    }
    sums.into_iter().map(|(name, sum)| (vec![("database", name.to_owned())], sum)).collect()
}
