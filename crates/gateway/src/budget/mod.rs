//! How many connections a gateway may have to one PostgreSQL, whatever pools they belong to, and how that is found
//! out where `max_server_connections` is `auto`.
//!
//! # Invariant
//! With `auto` no server is opened before PostgreSQL has been looked at twice; and what is then opened goes by the
//! last look, or by none at all while there can be none: the cap never rises without one.

mod arithmetic;
mod control;
mod look;
mod watch;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::configuration::{Configuration, ServerLimit};
use crate::pool::Target;
use crate::pool::budget::{Budget, Place};
use crate::pool::shares::Scopes;
use crate::report::Refusal;
use crate::server::Address;

use arithmetic::Planner;
pub use arithmetic::Sum;
use control::Control;
pub use look::NAME;

/// How long nothing grows after PostgreSQL had no connection left, in milliseconds.
const HOLD: u64 = 1000;

/// How often it is seen to which instances there are, in milliseconds.
const KEEP: u64 = 1000;

/// Every PostgreSQL that pools lead to, by where it listens.
#[derive(Debug, Default)]
pub struct Instances {
    known: Mutex<BTreeMap<String, Arc<Instance>>>,
    /// When it was last seen to what is known.
    kept_at: AtomicU64,
}

impl Instances {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Instance>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that listens at `address`, made when first asked for.
    fn get(&self, address: &Address, limit: ServerLimit) -> Arc<Instance> {
        let mut known = self.lock();
        let new = || {
            let instance = Instance::new(address.clone());
            if limit == ServerLimit::Auto {
                instance.servers.set_cap(0);
            }
            Arc::new(instance)
        };
        Arc::clone(known.entry(address.to_string()).or_insert_with(new))
    }

    /// What PostgreSQL itself limits for pools with that target.
    pub fn scopes(&self, target: &Target, limit: ServerLimit) -> Scopes {
        let instance = self.get(&target.address, limit);
        let role = named(&instance.roles, &target.user);
        let database = named(&instance.databases, &target.database);
        instance.apply_limits();
        Scopes { instance, role, database }
    }

    /// All of them, in order of name.
    pub fn all(&self) -> Vec<Arc<Instance>> {
        self.lock().values().cloned().collect()
    }

    /// Have one for each database of the configuration, so that it is watched before clients come, and forget those
    /// that nobody leads to any more.
    fn keep(&self, configuration: &Configuration, now: u64) {
        if now < self.kept_at.load(Ordering::Relaxed) {
            return;
        }
        self.kept_at.store(now + KEEP, Ordering::Relaxed);
        let databases = configuration.databases.iter();
        let addresses = databases.map(|database| Address::new(&database.host, database.port));
        let kept: Vec<Arc<Instance>> = {
            let limit = configuration.max_server_connections;
            addresses.map(|address| self.get(&address, limit)).collect()
        };
        self.lock().retain(|_, instance| {
            let is_listed = kept.iter().any(|kept| Arc::ptr_eq(kept, instance));
            is_listed || instance.servers.used() > 0 || !instance.servers.members().is_empty()
        });
    }

    /// Close every control connection, for good.
    pub fn close(&self) {
        for instance in std::mem::take(&mut *self.lock()).into_values() {
            instance.state().control = None;
        }
    }
}

/// Budgets of names.
type Named = Mutex<BTreeMap<String, Weak<Budget>>>;

/// One PostgreSQL.
#[derive(Debug)]
pub struct Instance {
    /// Where it listens.
    pub address: Address,
    /// Every connection to it, the control connection and what is being opened included.
    servers: Arc<Budget>,
    roles: Named,
    databases: Named,
    limits: Mutex<watch::Limits>,
    state: Mutex<State>,
    /// Times PostgreSQL had no connection left.
    refusals: AtomicU64,
    /// Looks at it.
    looks: AtomicU64,
}

/// What is known of it.
#[derive(Debug, Default)]
struct State {
    limit: ServerLimit,
    control_user: Option<String>,
    planner: Planner,
    control: Option<Control>,
    /// Counts the control connection.
    place: Option<Place>,
    /// A task has the control connection, or makes one.
    is_looking: bool,
    is_settled: bool,
    /// The last look, and when it was.
    last: Option<(Sum, u64)>,
    /// When the next one is due, in milliseconds of the gateway's clock.
    due: u64,
    /// Until when nothing grows.
    hold_until: u64,
    /// The time of the last round.
    now: u64,
    /// Why there can be no look.
    failure: Option<Refusal>,
    /// How many were held when that was published last.
    published: usize,
    /// The cap that was logged last.
    logged: usize,
}

/// An instance as an operator sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What the configuration says.
    pub limit: ServerLimit,
    /// The most connections; none for any number.
    pub cap: Option<usize>,
    /// Connections that there are, and that are being made.
    pub held: usize,
    /// Servers of those that clients keep beyond a transaction, or may.
    pub pinned: usize,
    /// Whether there is a control connection.
    pub has_control: bool,
    /// The last look's arithmetic, and how long ago it was, in milliseconds.
    pub last: Option<(Sum, u64)>,
    /// Why there can be no look.
    pub failure: Option<Refusal>,
    /// Times PostgreSQL had no connection left.
    pub refusals: u64,
    /// Looks at it.
    pub looks: u64,
}

impl Instance {
    fn new(address: Address) -> Self {
        Self {
            address,
            servers: Arc::default(),
            roles: Mutex::default(),
            databases: Mutex::default(),
            limits: Mutex::default(),
            state: Mutex::default(),
            refusals: AtomicU64::new(0),
            looks: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What every connection to it counts against.
    pub fn servers(&self) -> &Arc<Budget> {
        &self.servers
    }

    /// PostgreSQL had no connection left: go no further than this for now.
    pub fn refused(&self, refusal: &Refusal) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        if state.limit != ServerLimit::Auto {
            return;
        }
        // A role's or a database's own limit says nothing of the others'; the next look divides it.
        let is_of_all =
            !["for role", "for database"].iter().any(|words| refusal.message.contains(words));
        if is_of_all {
            state.hold(self.servers.used());
            self.servers.set_cap(state.planner.cap());
        }
        state.due = 0;
    }

    /// What there is to know of it.
    pub fn seen(&self) -> Seen {
        let pinned = self.servers.members().iter().map(|pool| pool.pins.taken()).sum();
        let state = self.state();
        Seen {
            limit: state.limit,
            cap: Some(self.servers.limit(0)).filter(|cap| *cap != usize::MAX),
            held: self.servers.used(),
            pinned,
            has_control: state.place.is_some(),
            last: state.last.map(|(sum, at)| (sum, state.now.saturating_sub(at))),
            failure: state.failure.clone(),
            refusals: self.refusals.load(Ordering::Relaxed),
            looks: self.looks.load(Ordering::Relaxed),
        }
    }
}

/// The budget of that name, made when first asked for.
fn named(named: &Named, name: &str) -> Arc<Budget> {
    let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(budget) = named.get(name).and_then(Weak::upgrade) {
        return budget;
    }
    named.retain(|_, budget| budget.strong_count() > 0);
    let budget = Arc::new(Budget::default());
    named.insert(name.to_owned(), Arc::downgrade(&budget));
    budget
}

impl State {
    /// Hold no more than that for a while.
    fn hold(&mut self, held: usize) {
        self.planner.hold(held);
        self.hold_until = self.now + HOLD;
        self.is_settled = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instance with a cap of 10, and that many places taken.
    fn instance(limit: ServerLimit, used: usize) -> (Instance, Vec<Place>) {
        let instance = Instance::new(Address::new("h", 5432));
        *instance.state() = State { limit, planner: Planner::from(10), ..State::default() };
        instance.servers.set_cap(10);
        let places = (0..used).filter_map(|_| Place::take(Arc::clone(&instance.servers), 0));
        let places = places.collect();
        (instance, places)
    }

    #[test]
    fn where_postgresql_has_none_left_the_cap_is_what_is_held() {
        let all = Refusal::server_refused("53300", "FATAL sorry, too many clients already");
        let role = Refusal::server_refused("53300", "FATAL too many connections for role \"app\"");
        for (limit, refusal, cap) in [
            (ServerLimit::Auto, &all, 4),
            (ServerLimit::Auto, &role, 10),
            (ServerLimit::Number(10), &all, 10),
        ] {
            let (instance, places) = instance(limit, 4);
            instance.refused(refusal);
            assert_eq!(instance.seen().cap, Some(cap), "{limit:?} {}", refusal.message);
            assert_eq!((instance.seen().refusals, instance.seen().held), (1, 4));
            drop(places);
            assert_eq!(instance.seen().held, 0);
        }
    }

    #[test]
    fn no_server_is_opened_before_the_first_look() {
        let instances = Instances::default();
        let auto = instances.get(&Address::new("a", 5432), ServerLimit::Auto);
        assert!(!auto.servers.take(0));
        let off = instances.get(&Address::new("b", 5432), ServerLimit::Off);
        assert!(off.servers.take(0));
        assert_eq!(instances.all().len(), 2);
    }
}
