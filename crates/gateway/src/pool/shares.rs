//! The budgets that one pool's servers count against, and the places in them that are kept for it.
//!
//! # Invariants
//! - A server has one [`Places`], which counts it in every budget for as long as its connection lives.
//! - A pool reserves places in the order of its budgets, and asks others for a server only for the first that it
//!   lacks. So two pools never wait for what the other has reserved.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::Pool;
use super::budget::{Budget, Place};
use super::rules::Rules;
use crate::budget::Instance;

/// How many budgets a server counts in.
const BUDGETS: usize = 5;

/// What PostgreSQL itself limits for a pool.
#[derive(Debug, Clone)]
pub struct Scopes {
    /// Where the pool leads.
    pub instance: Arc<Instance>,
    /// Its servers that log in as the pool's role.
    pub role: Arc<Budget>,
    /// Its servers in the pool's database.
    pub database: Arc<Budget>,
}

/// What counts one server.
#[derive(Debug, Default)]
pub struct Places {
    places: [Option<Place>; BUDGETS],
    /// [`budget::changes`] when none of them was used up too much or claimed.
    calm_at: u64,
}

impl Places {
    fn budgets(&self) -> impl Iterator<Item = Option<&Arc<Budget>>> {
        self.places.iter().map(|place| place.as_ref().map(Place::budget))
    }

    /// Whether nothing has changed by `changes` since none was used up too much or claimed.
    pub fn are_calm(&self, changes: u64) -> bool {
        self.calm_at == changes
    }

    /// Note that by `changes` none was used up too much or claimed.
    pub fn note_calm(&mut self, changes: u64) {
        self.calm_at = changes;
    }

    /// Whether more are used somewhere than a limit, lowered meanwhile, allows.
    pub fn is_over(&self, rules: &Rules) -> bool {
        let mut limited = self.budgets().zip(settings(rules));
        limited.any(|(budget, setting)| budget.is_some_and(|budget| budget.is_over(setting)))
    }

    /// Whether some pool waits for another to give a server up.
    pub fn is_claimed(&self) -> bool {
        self.budgets().flatten().any(|budget| budget.is_claimed())
    }

    /// Take everybody that waits off the lists.
    pub fn take_claimants(&self) -> Vec<Arc<Pool>> {
        self.budgets().flatten().flat_map(|budget| budget.take_claimants()).collect()
    }
}

/// The limits that are settings, in the order of the budgets; 0 for none.
fn settings(rules: &Rules) -> [usize; BUDGETS] {
    [rules.max_db_connections, rules.max_user_connections, 0, 0, 0]
}

/// The budgets that one pool's servers count against.
#[derive(Debug)]
pub struct Shares {
    /// Of the pool's database, by the name that clients know.
    database: Arc<Budget>,
    /// Of the pool's user.
    user: Arc<Budget>,
    /// Of the PostgreSQL that it leads to; changes with a reload.
    scopes: ArcSwap<Scopes>,
    /// Places for its next server, while it waits for the others.
    reserved: Mutex<Places>,
}

impl Shares {
    /// Those budgets.
    pub fn new(database: Arc<Budget>, user: Arc<Budget>, scopes: Scopes) -> Self {
        let scopes = ArcSwap::from_pointee(scopes);
        Self { database, user, scopes, reserved: Mutex::default() }
    }

    /// In the order in which places are taken.
    fn budgets(&self) -> [Arc<Budget>; BUDGETS] {
        let scopes = self.scopes.load();
        let of_settings = [&self.database, &self.user];
        let of_postgresql = [scopes.instance.servers(), &scopes.role, &scopes.database];
        let [database, user] = of_settings.map(Arc::clone);
        let [servers, role, database_there] = of_postgresql.map(Arc::clone);
        [database, user, servers, role, database_there]
    }

    fn reserved(&self) -> MutexGuard<'_, Places> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The PostgreSQL that the pool leads to.
    pub fn instance(&self) -> Arc<Instance> {
        Arc::clone(&self.scopes.load().instance)
    }

    /// Count `pool` among those that may have to make room for each other.
    pub fn join(&self, pool: &Arc<Pool>) {
        for budget in self.budgets() {
            budget.join(pool);
        }
    }

    /// Count later servers of `pool` against another PostgreSQL's budgets.
    pub fn lead(&self, pool: &Arc<Pool>, scopes: Scopes) {
        for budget in self.budgets() {
            budget.leave(pool);
        }
        self.unreserve();
        self.scopes.store(Arc::new(scopes));
        self.join(pool);
    }

    /// Whether a server that `places` count leads where the pool does now.
    pub fn are_current(&self, places: &Places) -> bool {
        let current = self.budgets();
        let same = |(place, budget): (Option<&Arc<Budget>>, &Arc<Budget>)| {
            place.is_some_and(|place| Arc::ptr_eq(place, budget))
        };
        places.budgets().zip(&current).all(same)
    }

    /// Use one more of each, those first that are reserved; `None`, with nothing more used, when any is used up.
    pub fn take(&self, rules: &Rules) -> Option<Places> {
        let mut reserved = self.reserved();
        let mut taken = Places::default();
        let wanted = self.budgets().into_iter().zip(settings(rules));
        for ((place, reserved), (budget, setting)) in
            taken.places.iter_mut().zip(&reserved.places).zip(wanted)
        {
            if reserved.is_none() {
                *place = Some(Place::take(budget, setting)?);
            }
        }
        for (place, reserved) in taken.places.iter_mut().zip(&mut reserved.places) {
            if place.is_none() {
                *place = reserved.take();
            }
        }
        Some(taken)
    }

    /// Close a server at rest for each budget that is used up; `false` when there was none to close. None is closed
    /// where that would not be enough.
    pub fn make_room(&self, rules: &Rules) -> bool {
        let lacking = self.lacking(rules);
        let may_help = lacking.iter().all(|(budget, _)| budget.has_resting());
        // Looked at again one by one: a server may have been in several.
        may_help
            && lacking.iter().all(|(budget, setting)| !budget.is_full(*setting) || budget.evict())
    }

    /// The budgets that are used up and have no place reserved, with their settings.
    fn lacking(&self, rules: &Rules) -> Vec<(Arc<Budget>, usize)> {
        let reserved = self.reserved();
        let wanted = self.budgets().into_iter().zip(settings(rules));
        let lacking = wanted
            .zip(&reserved.places)
            .filter(|((budget, setting), reserved)| reserved.is_none() && budget.is_full(*setting));
        lacking.map(|(wanted, _)| wanted).collect()
    }

    /// Close servers at rest as far as more are used than a limit, lowered meanwhile, allows.
    pub fn shrink(&self, rules: &Rules) {
        for (budget, setting) in self.budgets().into_iter().zip(settings(rules)) {
            budget.shrink(setting);
        }
    }

    /// Reserve places for `pool` as far as they are to be had, and note at the first budget that is used up that it
    /// waits there, so that others give a server up.
    pub fn claim(&self, pool: &Arc<Pool>, rules: &Rules) {
        let mut reserved = self.reserved();
        let wanted = self.budgets().into_iter().zip(settings(rules));
        for (reserved, (budget, setting)) in reserved.places.iter_mut().zip(wanted) {
            if reserved.is_some() {
                continue;
            }
            *reserved = Place::take(Arc::clone(&budget), setting);
            if reserved.is_none() {
                return budget.claim(pool);
            }
        }
    }

    /// Take over what the pool lacks from a server of another that is closed for it; what is left in `places` is
    /// for everybody.
    pub fn reserve_from(&self, places: &mut Places) {
        let mut reserved = self.reserved();
        for (reserved, budget) in reserved.places.iter_mut().zip(self.budgets()) {
            if reserved.is_some() {
                continue;
            }
            let is_of_it = |place: &&mut Option<Place>| {
                place.as_ref().is_some_and(|place| Arc::ptr_eq(place.budget(), &budget))
            };
            *reserved = places.places.iter_mut().find(is_of_it).and_then(Option::take);
        }
    }

    /// Give back what is reserved: the pool wants no server at present.
    pub fn unreserve(&self) {
        let unused = std::mem::take(&mut *self.reserved());
        drop(unused);
    }
}

/// Whether a pool with `own` servers is to give one up for a pool that has `theirs` and cannot get more.
///
/// One that has none goes first; else the difference must be such that the other is not worse off afterwards, or
/// they would take servers from each other for ever.
pub fn yields(own: usize, theirs: usize) -> bool {
    own > 0 && (theirs == 0 || own >= theirs + 2)
}

#[cfg(test)]
mod tests {
    use super::yields;

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
}
