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

    /// A place in the pool's budgets for a connection that is not one of its servers; `None` when one is used up.
    /// Where a budget is used up, a server at rest is closed.
    pub fn take_place(self: &Arc<Self>) -> Option<PlaceBeside> {
        let rules = self.rules();
        let again = || self.shares.make_room(&rules).then(|| self.shares.take(&rules)).flatten();
        let places = self.shares.take(&rules).or_else(again)?;
        Some(PlaceBeside { pool: Arc::clone(self), places })
    }

    /// PostgreSQL had no connection left for it.
    pub fn was_refused(&self, refusal: &Refusal) {
        self.shares.instance().refused(refusal);
    }
}

/// Counts a connection in a pool's budgets that is not one of its servers, for as long as this lives.
#[derive(Debug)]
pub struct PlaceBeside {
    pool: Arc<Pool>,
    places: Places,
}

impl Drop for PlaceBeside {
    fn drop(&mut self) {
        self.pool.give_places(std::mem::take(&mut self.places));
    }
}
