//! A pool's part in a shared listener: where it leads, and what it counts against.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shares::Places;
use super::{Order, Pool};
use crate::report::Refusal;

/// A place for a connection beside the pool's servers, while one waits for that.
#[derive(Debug, Default)]
pub(super) struct Beside {
    is_wanted: AtomicBool,
    /// From a server of the pool that has been closed for it.
    offered: Mutex<Option<Places>>,
}

impl Beside {
    /// Whether the pool's next server to be released is to be closed for it.
    pub(super) fn is_wanted(&self) -> bool {
        self.is_wanted.load(Ordering::Relaxed)
    }

    fn offered(&self) -> MutexGuard<'_, Option<Places>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keep `places` for whoever waits; returns them where nobody does.
    pub(super) fn offer(&self, places: Places) -> Option<Places> {
        let mut offered = self.offered();
        if !self.is_wanted() || offered.is_some() {
            return Some(places);
        }
        *offered = Some(places);
        self.is_wanted.store(false, Ordering::Relaxed);
        None
    }
}

impl Pool {
    /// How to log in where this pool leads now.
    pub fn order(&self) -> Order {
        let inner = self.lock();
        Order { target: Arc::clone(&inner.plan.target), generation: inner.generation }
    }

    /// A place in the pool's budgets for a connection that is not one of its servers; `None` when one is used up.
    /// Where a budget is used up, a server at rest is closed, or else the next that is released.
    pub fn take_place(self: &Arc<Self>) -> Option<PlaceBeside> {
        let offered = self.beside.offered().take();
        let rules = self.rules();
        let again = || self.shares.make_room(&rules).then(|| self.shares.take(&rules)).flatten();
        let places = offered
            .filter(|places| self.shares.are_current(places))
            .or_else(|| self.shares.take(&rules))
            .or_else(again);
        self.beside.is_wanted.store(places.is_none(), Ordering::Relaxed);
        Some(PlaceBeside { pool: Arc::clone(self), places: places? })
    }

    /// Nobody waits for a place any more.
    pub fn leave_place(self: &Arc<Self>) {
        self.beside.is_wanted.store(false, Ordering::Relaxed);
        let unused = self.beside.offered().take();
        if let Some(places) = unused {
            self.give_places(places);
        }
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
