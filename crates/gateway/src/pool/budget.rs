//! One count against one limit that several pools share: servers of a database, of a user, of a PostgreSQL, and
//! clients of either of the first two.
//!
//! Counting is an atomic addition when a connection is made and one when it ends, limit or not, so that a limit
//! can be set at any time. Between a client and its server nothing is counted.
//!
//! # Invariant
//! No lock here is held while another is taken: the pools of a budget are copied out of it before one is looked at,
//! and a pool never asks its budgets for pools while it holds its own lock. So no order of locks exists to be broken.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Pool;
use super::shares::{Scopes, Shares};

/// Counts what may have made a budget used up or claimed, in any of them. Whoever releases a server reads this alone,
/// where looking at all its budgets would take a cache line for each.
static CHANGES: AtomicU64 = AtomicU64::new(1);

/// How often something has changed that may make a budget used up or claimed.
pub(super) fn changes() -> u64 {
    CHANGES.load(Ordering::Acquire)
}

/// Something has changed that may make a budget used up or claimed.
pub(super) fn note_change() {
    CHANGES.fetch_add(1, Ordering::Release);
}

/// One count against one limit.
#[derive(Debug)]
pub struct Budget {
    used: AtomicUsize,
    /// A limit that is no setting of the pools: what a PostgreSQL has to give. `usize::MAX` for none.
    cap: AtomicUsize,
    /// Length of `claimants`, so that nobody has to lock it to see that it is empty.
    claims: AtomicUsize,
    /// Pools whose clients wait because others have used the budget up, first come first served.
    claimants: Mutex<VecDeque<Weak<Pool>>>,
    members: Mutex<Vec<Weak<Pool>>>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            used: AtomicUsize::new(0),
            cap: AtomicUsize::new(usize::MAX),
            claims: AtomicUsize::new(0),
            claimants: Mutex::default(),
            members: Mutex::default(),
        }
    }
}

impl Budget {
    /// Use one more, unless the limit has been reached: the lower one of `setting`, 0 meaning none, and the cap.
    pub fn take(&self, setting: usize) -> bool {
        let limit = self.limit(setting);
        let more = |used| (used < limit).then_some(used + 1);
        let is_taken = self.used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok();
        // For others that count here the limit may be a lower one.
        note_change();
        is_taken
    }

    fn give(&self) {
        self.used.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many may be used, where a setting says `setting`; `usize::MAX` for any number.
    pub fn limit(&self, setting: usize) -> usize {
        let setting = if setting == 0 { usize::MAX } else { setting };
        setting.min(self.cap.load(Ordering::Relaxed))
    }

    /// Whether no more may be used.
    pub(super) fn is_full(&self, setting: usize) -> bool {
        self.used() >= self.limit(setting)
    }

    /// Whether more are used than a limit, lowered meanwhile, allows.
    pub(super) fn is_over(&self, setting: usize) -> bool {
        self.used() > self.limit(setting)
    }

    /// Set the limit that is no setting; `usize::MAX` for none.
    pub fn set_cap(&self, cap: usize) {
        self.cap.store(cap, Ordering::Relaxed);
        note_change();
    }

    /// Close servers at rest, those unused for longest first, as far as more are used than a limit allows.
    pub fn shrink(&self, setting: usize) {
        while self.is_over(setting) && self.evict() {}
    }

    /// How many are used.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The pools whose servers count here.
    pub fn members(&self) -> Vec<Arc<Pool>> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.iter().filter_map(Weak::upgrade).collect()
    }

    /// Count a pool no longer among those that may have to make room for each other.
    pub(super) fn leave(&self, pool: &Pool) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| !std::ptr::eq(member.as_ptr(), pool));
    }

    pub(super) fn join(&self, pool: &Arc<Pool>) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| member.strong_count() > 0);
        members.push(Arc::downgrade(pool));
    }

    /// Close the server that has been at rest longest in any of the pools; `false` when there is none.
    pub(super) fn evict(&self) -> bool {
        let members = self.members();
        let resting = members.iter().filter_map(|pool| Some((pool.resting_since()?, pool)));
        resting.min_by_key(|(since, _)| *since).is_some_and(|(_, pool)| pool.evict())
    }

    pub(super) fn has_resting(&self) -> bool {
        self.members().iter().any(|pool| pool.resting_since().is_some())
    }

    pub(super) fn claim(&self, pool: &Arc<Pool>) {
        let mut claimants = self.claimants.lock().unwrap_or_else(PoisonError::into_inner);
        if !claimants.iter().any(|claimant| std::ptr::eq(claimant.as_ptr(), Arc::as_ptr(pool))) {
            claimants.push_back(Arc::downgrade(pool));
        }
        self.claims.store(claimants.len(), Ordering::Release);
        note_change();
    }

    pub(super) fn is_claimed(&self) -> bool {
        self.claims.load(Ordering::Acquire) > 0
    }

    /// Take everybody that waits for this budget off the list.
    pub(super) fn take_claimants(&self) -> Vec<Arc<Pool>> {
        let mut claimants = self.claimants.lock().unwrap_or_else(PoisonError::into_inner);
        self.claims.store(0, Ordering::Release);
        claimants.drain(..).filter_map(|pool| pool.upgrade()).collect()
    }
}

/// Budgets by name.
#[derive(Debug, Default)]
pub struct Budgets {
    known: Mutex<HashMap<(Kind, String), Arc<Budget>>>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Servers of a database, by the name that clients know.
    DatabaseServers,
    /// Servers of a user.
    UserServers,
    /// Clients of a database.
    DatabaseClients,
    /// Clients of a user.
    UserClients,
}

impl Budgets {
    /// The budget of that name, made when first asked for.
    pub fn get(&self, kind: Kind, name: &str) -> Arc<Budget> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(budget) = known.get(&(kind, name.to_owned())) {
            return Arc::clone(budget);
        }
        // Names that nobody uses any more; there may be any number of them where `*` stands for a database.
        known.retain(|_, budget| Arc::strong_count(budget) > 1);
        let budget = Arc::new(Budget::default());
        known.insert((kind, name.to_owned()), Arc::clone(&budget));
        budget
    }

    /// What the servers of a pool count against.
    pub fn shares(&self, database: &str, user: &str, scopes: Scopes) -> Shares {
        let database = self.get(Kind::DatabaseServers, database);
        Shares::new(database, self.get(Kind::UserServers, user), scopes)
    }
}

/// Counts one connection for as long as it lives.
#[derive(Debug)]
pub struct Place(Arc<Budget>);

impl Place {
    /// One more against `limit`, 0 meaning none; `None` when that has been reached.
    pub fn take(budget: Arc<Budget>, limit: usize) -> Option<Self> {
        budget.take(limit).then(|| Self(budget))
    }

    /// One more, whatever the limit: of what is there already, or is needed to learn the limit.
    pub fn take_anyway(budget: Arc<Budget>) -> Self {
        budget.used.fetch_add(1, Ordering::AcqRel);
        note_change();
        Self(budget)
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.give();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_exceeded() {
        let budget = Arc::new(Budget::default());
        let places: Vec<_> = (0..5).filter_map(|_| Place::take(Arc::clone(&budget), 3)).collect();
        assert_eq!((places.len(), budget.used()), (3, 3));
        assert!(!budget.take(2), "a limit that was lowered");
        drop(places);
        assert_eq!(budget.used(), 0);
        assert!(budget.take(0), "no limit");
        budget.set_cap(2);
        assert!(budget.take(3) && !budget.take(3) && !budget.take(0), "a cap");
        assert!(budget.is_full(0) && !budget.is_over(0));
        let _anyway = Place::take_anyway(Arc::clone(&budget));
        assert!(budget.is_over(0));
    }

    #[test]
    fn many_threads_share_a_budget() {
        let budget = Budget::default();
        let most = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        if budget.take(2) {
                            most.fetch_max(budget.used(), Ordering::Relaxed);
                            budget.give();
                        }
                    }
                });
            }
        });
        assert_eq!(budget.used(), 0);
        assert!((1..=2).contains(&most.into_inner()));
    }

    #[test]
    fn a_name_has_one_budget_a_kind_for_as_long_as_it_is_used() {
        let budgets = Budgets::default();
        let one = budgets.get(Kind::DatabaseClients, "a");
        assert!(one.take(0));
        assert_eq!(budgets.get(Kind::DatabaseClients, "a").used(), 1);
        assert_eq!(budgets.get(Kind::UserClients, "a").used(), 0);
        drop(one);
        assert_eq!(budgets.get(Kind::UserClients, "b").used(), 0);
        assert_eq!(budgets.get(Kind::DatabaseClients, "a").used(), 0, "forgotten meanwhile");
    }
}
