//! Limits that several pools share: servers of a database, servers of a user, and clients of either.
//!
//! Counting is two atomic additions when a connection is made and two when it ends, limit or not, so that a limit
//! can be set at any time. Between a client and its server nothing is counted.
//!
//! # Invariant
//! No lock here is held while another is taken: the pools of a budget are copied out of it before one is looked at,
//! and a pool never asks its budgets for pools while it holds its own lock. So no order of locks exists to be broken.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Pool;
use super::rules::Rules;

/// One count against one limit.
#[derive(Debug, Default)]
pub struct Budget {
    used: AtomicUsize,
    /// Length of `claimants`, so that nobody has to lock it to see that it is empty.
    claims: AtomicUsize,
    /// Pools whose clients wait because others have used the budget up, first come first served.
    claimants: Mutex<VecDeque<Weak<Pool>>>,
    members: Mutex<Vec<Weak<Pool>>>,
}

impl Budget {
    /// Use one more, unless `limit`, 0 meaning none, has been reached.
    pub fn take(&self, limit: usize) -> bool {
        let more = |used| (limit == 0 || used < limit).then_some(used + 1);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }

    /// Use one less.
    pub fn give(&self) {
        self.used.fetch_sub(1, Ordering::AcqRel);
    }

    /// How many are used.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn members(&self) -> Vec<Arc<Pool>> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.iter().filter_map(Weak::upgrade).collect()
    }

    fn join(&self, pool: &Arc<Pool>) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|member| member.strong_count() > 0);
        members.push(Arc::downgrade(pool));
    }

    /// Close the server that has been at rest longest in any of the pools; `false` when there is none.
    fn evict(&self) -> bool {
        let members = self.members();
        let resting = members.iter().filter_map(|pool| Some((pool.resting_since()?, pool)));
        resting.min_by_key(|(since, _)| *since).is_some_and(|(_, pool)| pool.evict())
    }

    fn has_resting(&self) -> bool {
        self.members().iter().any(|pool| pool.resting_since().is_some())
    }

    fn claim(&self, pool: &Arc<Pool>) {
        let mut claimants = self.claimants.lock().unwrap_or_else(PoisonError::into_inner);
        if !claimants.iter().any(|claimant| std::ptr::eq(claimant.as_ptr(), Arc::as_ptr(pool))) {
            claimants.push_back(Arc::downgrade(pool));
        }
        self.claims.store(claimants.len(), Ordering::Release);
    }

    fn is_claimed(&self) -> bool {
        self.claims.load(Ordering::Acquire) > 0
    }

    /// Take everybody that waits for this budget off the list.
    fn take_claimants(&self) -> Vec<Arc<Pool>> {
        let mut claimants = self.claimants.lock().unwrap_or_else(PoisonError::into_inner);
        self.claims.store(0, Ordering::Release);
        claimants.drain(..).filter_map(|pool| pool.upgrade()).collect()
    }
}

/// The budgets that one pool's servers count against.
#[derive(Debug, Clone)]
pub struct Shares {
    /// Of the pool's database.
    pub database: Arc<Budget>,
    /// Of the pool's user.
    pub user: Arc<Budget>,
}

impl Shares {
    fn budgets(&self) -> [&Arc<Budget>; 2] {
        [&self.database, &self.user]
    }

    /// Count `pool` among those that may have to make room for each other.
    pub fn join(&self, pool: &Arc<Pool>) {
        for budget in self.budgets() {
            budget.join(pool);
        }
    }

    /// Use one more of each; `false`, with nothing used, when either is used up.
    pub fn take(&self, rules: &Rules) -> bool {
        if !self.database.take(rules.max_db_connections) {
            return false;
        }
        let has_both = self.user.take(rules.max_user_connections);
        if !has_both {
            self.database.give();
        }
        has_both
    }

    /// Use one less of each.
    pub fn give(&self) {
        for budget in self.budgets() {
            budget.give();
        }
    }

    fn limited(&self, rules: &Rules) -> impl Iterator<Item = (&Arc<Budget>, usize)> {
        let limits = [rules.max_db_connections, rules.max_user_connections];
        self.budgets().into_iter().zip(limits).filter(|(_, limit)| *limit > 0)
    }

    fn full(&self, rules: &Rules) -> impl Iterator<Item = &Arc<Budget>> {
        let full = self.limited(rules).filter(|(budget, limit)| budget.used() >= *limit);
        full.map(|(budget, _)| budget)
    }

    /// Close a server at rest for each budget that is used up; `false` when there was none to close. None is closed
    /// where that would not be enough.
    pub fn make_room(&self, rules: &Rules) -> bool {
        let may_help = self.full(rules).all(|budget| budget.has_resting());
        // Looked at again one by one: a server may have been in both.
        may_help && self.full(rules).all(|budget| budget.evict())
    }

    /// Whether more are used than a limit, lowered meanwhile, allows.
    pub fn is_over(&self, rules: &Rules) -> bool {
        self.limited(rules).any(|(budget, limit)| budget.used() > limit)
    }

    /// Close servers at rest as far as more are used than a limit, lowered meanwhile, allows.
    pub fn shrink(&self, rules: &Rules) {
        for (budget, limit) in self.limited(rules) {
            while budget.used() > limit && budget.evict() {}
        }
    }

    /// Note that `pool` cannot have a server because a budget is used up, so that others give one up.
    pub fn claim(&self, pool: &Arc<Pool>, rules: &Rules) {
        for budget in self.full(rules) {
            budget.claim(pool);
        }
    }

    /// Whether some pool waits for another to give a server up.
    pub fn is_claimed(&self) -> bool {
        self.database.is_claimed() || self.user.is_claimed()
    }

    /// Take everybody that waits off the lists.
    pub fn take_claimants(&self) -> Vec<Arc<Pool>> {
        self.budgets().into_iter().flat_map(|budget| budget.take_claimants()).collect()
    }
}

/// Whether a pool with `own` servers is to give one up for a pool that has `theirs` and cannot get more.
///
/// One that has none goes first; else the difference must be such that the other is not worse off afterwards, or
/// they would take servers from each other for ever.
pub fn yields(own: usize, theirs: usize) -> bool {
    own > 0 && (theirs == 0 || own >= theirs + 2)
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
    pub fn shares(&self, database: &str, user: &str) -> Shares {
        Shares {
            database: self.get(Kind::DatabaseServers, database),
            user: self.get(Kind::UserServers, user),
        }
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
    fn a_server_is_given_up_only_where_that_makes_things_more_even() {
        for (own, theirs, expected) in [
            (1, 0, true),
            (0, 0, false),
            (5, 0, true),
            (2, 1, false),
            (3, 1, true),
            (3, 3, false),
            (1, 4, false),
        ] {
            assert_eq!(yields(own, theirs), expected, "{own} and {theirs}");
            // Afterwards the other does not take it back.
            if expected && own > 1 {
                assert!(!yields(theirs + 1, own - 1), "{own} and {theirs}");
            }
        }
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
