//! A pool's part in a shared listener: where it leads, and what it counts against.

use std::sync::Arc;

use super::{Order, Pool};

impl Pool {
    /// How to log in where this pool leads now.
    pub fn order(&self) -> Order {
        let inner = self.lock();
        Order { target: Arc::clone(&inner.plan.target), generation: inner.generation }
    }

    /// Use one more of the pool's budgets, for a connection that is not one of its servers. Where a budget is used
    /// up, a server at rest is closed.
    pub fn take_place(&self) -> bool {
        let rules = self.rules();
        self.shares.take(&rules) || (self.shares.make_room(&rules) && self.shares.take(&rules))
    }

    /// Use one less.
    pub fn give_place(self: &Arc<Self>) {
        self.shares.give();
        if self.shares.is_claimed() {
            for pool in self.shares.take_claimants() {
                pool.grow();
            }
        }
        self.grow();
    }
}
