//! Every pool there is, which of them clients get, and what an administrator has decided about their databases.
//!
//! # Invariant
//! A pool that clients can still get says what the configuration says: pools are made, and derived again on a
//! reload, under one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::auth::users::Users;
use crate::configuration::{Configuration, Database};
use crate::gateway::Common;
use crate::pool::budget::Budgets;
use crate::pool::{Plan, Pool};
use crate::stats::ledger::{Extract, Ledger};

/// The database's name as clients know it, and the user's as PostgreSQL does.
type Key = (String, String);

/// Every pool.
#[derive(Debug, Default)]
pub struct Pools {
    inner: Mutex<Inner>,
}

/// What [`Pools`] holds under its lock.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    current: BTreeMap<Key, Place>,
    /// No client gets these any more; they end with the last transaction on them.
    retired: Vec<Arc<Pool>>,
    /// What they have all done, and pools that are gone.
    ledger: Ledger,
    /// PAUSE without a name.
    pub(crate) is_paused: bool,
    /// SHUTDOWN WAIT_FOR_SERVERS.
    pub(crate) is_ending: bool,
    /// Databases under PAUSE or KILL.
    pub(crate) paused: BTreeSet<String>,
    /// Databases under DISABLE.
    pub(crate) disabled: BTreeSet<String>,
}

#[derive(Debug)]
struct Place {
    pool: Arc<Pool>,
    /// Since when nobody has used it, in milliseconds of the gateway's clock.
    unused_since: Option<u64>,
}

impl Inner {
    /// The pools that clients can get, in order of name.
    pub(crate) fn current(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.current.values().map(|place| &place.pool)
    }

    /// Whether clients of that database wait for its RESUME.
    pub(crate) fn is_paused(&self, database: &str) -> bool {
        self.is_paused || self.paused.contains(database)
    }

    /// Whether a pool or a decision is about that database.
    pub(crate) fn knows(&self, database: &str) -> bool {
        self.current().any(|pool| pool.database == database)
            || self.paused.contains(database)
            || self.disabled.contains(database)
    }
}

impl Pools {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pool for a database and the user that `log_in_as` names, made when first asked for; `None` without such a
    /// database.
    pub fn get(
        &self,
        name: &str,
        log_in_as: impl FnOnce(&Database) -> String,
        common: &Arc<Common>,
        budgets: &Budgets,
        users: impl FnOnce() -> Arc<Users>,
    ) -> Option<Arc<Pool>> {
        let mut inner = self.lock();
        // Under the lock, so that a reload either is seen here or finds this pool.
        let configuration = common.configuration();
        let database = configuration.database(name)?;
        let key = (name.to_owned(), log_in_as(database));
        if let Some(place) = inner.current.get(&key) {
            return Some(Arc::clone(&place.pool));
        }
        if configuration.is_automatic(name) && !inner.knows(name) {
            tracing::info!("registered new auto-database: {name}");
        }
        let plan = Plan::derive(&configuration, &users(), database, name, &key.1);
        let (database, user) = key.clone();
        let limit = configuration.max_server_connections;
        let shares = budgets.shares(&database, &user, common.instances.scopes(&plan.target, limit));
        let account = inner.ledger.account(&key, configuration.workers);
        let pool = Pool::new(database, user, plan, shares, account, Arc::clone(common));
        if inner.is_ending {
            pool.end();
        } else if inner.is_paused(name) {
            pool.pause();
        }
        inner.current.insert(key, Place { pool: Arc::clone(&pool), unused_since: None });
        Some(pool)
    }

    /// Have the pool of that database and user, if there is one, log in with what is known of the user now.
    pub(crate) fn renew(
        &self,
        name: &str,
        user: &str,
        configuration: impl FnOnce() -> Arc<Configuration>,
        users: &Users,
    ) {
        let inner = self.lock();
        let configuration = configuration();
        let place = inner.current.get(&(name.to_owned(), user.to_owned()));
        if let (Some(place), Some(database)) = (place, configuration.database(name)) {
            place.pool.reconfigure(Plan::derive(&configuration, users, database, name, user));
        }
    }

    /// Every pool there is, in order of name.
    pub fn all(&self) -> Vec<Arc<Pool>> {
        let inner = self.lock();
        let mut all: Vec<Arc<Pool>> = inner.current().chain(&inner.retired).cloned().collect();
        // Stable: those that clients get go first.
        all.sort_by(|a, b| (&a.database, &a.user).cmp(&(&b.database, &b.user)));
        all
    }

    /// What has been done in all pools, and in those that are gone.
    pub fn extract(&self) -> Extract {
        self.lock().ledger.extract()
    }

    /// Derive every pool again, and retire those whose clients belong elsewhere now.
    pub(crate) fn reconfigure(&self, before: &Configuration, now: &Configuration, users: &Users) {
        let forced = |database: Option<&Database>| database.map(|database| database.user.clone());
        let mut inner = self.lock();
        let places = std::mem::take(&mut inner.current);
        for ((name, user), place) in places {
            let (was, is) = (before.database(&name), now.database(&name));
            if let Some(database) = is.filter(|_| forced(was) == forced(is)) {
                place.pool.reconfigure(Plan::derive(now, users, database, &name, &user));
                inner.current.insert((name, user), place);
            } else {
                place.pool.retire();
                inner.retired.push(place.pool);
            }
        }
        inner.paused.retain(|name| now.database(name).is_some());
        inner.disabled.retain(|name| now.database(name).is_some());
    }

    /// Forget pools that have come to their end: retired ones, and those of automatic databases that nobody has
    /// used for `autodb_idle_timeout`, or that have been of no use, since anybody can make such a name up. With its
    /// last pool goes whoever has been found for such a database.
    pub(crate) fn sweep(&self, configuration: &Configuration, users: &Users, now: u64) {
        let limit = configuration.autodb_idle_timeout;
        let limit = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let mut inner = self.lock();
        inner.retired.retain(|pool| !is_unused(pool));
        let Inner { current, paused, .. } = &mut *inner;
        let before = current.len();
        current.retain(|(name, _), place| {
            if !is_unused(&place.pool) {
                place.unused_since = None;
                return true;
            }
            let since = *place.unused_since.get_or_insert(now);
            if !configuration.is_automatic(name) || paused.contains(name) {
                return true;
            }
            let is_useless = place.pool.welcome().is_none();
            let is_kept = !is_useless && (limit == 0 || now - since.min(now) < limit);
            if !is_kept && !is_useless {
                tracing::info!(database = name, "automatic database dropped: autodb_idle_timeout");
            }
            is_kept
        });
        if current.len() < before {
            users.forget(|database| {
                let first = current.range((database.to_owned(), String::new())..).next();
                configuration.is_automatic(database)
                    && first.is_none_or(|((name, _), _)| name != database)
            });
        }
        let pools = inner.current.len() + inner.retired.len();
        inner.ledger.settle(pools);
    }
}

/// Whether a pool has no server and nobody holds it. Nobody gets hold of it while the lock is held.
fn is_unused(pool: &Arc<Pool>) -> bool {
    Arc::strong_count(pool) == 1 && pool.servers().0 == 0
}
