//! A pool's part in a shared listener: where it leads, and what it counts against.

use std::sync::Arc;

use super::shares::Places;
use super::{Order, Pool};
use crate::report::Refusal;

impl Pool {
    /// How to log in where this pool leads now.
    pub fn order(&self) -> Order {
        let inner = self.lock();
        Order { target: Arc::clone(&inner.plan.target), generation: inner.generation }
    }

    /// Use one more of the pool's budgets, for a connection that is not one of its servers. Where a budget is used
    /// up, a server at rest is closed.
    pub fn take_place(&self) -> Option<Places> {
        let rules = self.rules();
        self.shares.take(&rules).or_else(|| {
            let has_room = self.shares.make_room(&rules);
            if has_room { self.shares.take(&rules) } else { None }
        })
    }

    /// Use one less.
    pub fn give_place(self: &Arc<Self>, places: Places) {
        let claimants = if places.is_claimed() { places.take_claimants() } else { Vec::new() };
        drop(places);
        for pool in claimants {
            pool.grow();
        }
        self.grow();
    }

    /// PostgreSQL had no connection left for it.
    pub fn was_refused(&self, refusal: &Refusal) {
        self.shares.instance().refused(refusal);
    }
}
