//! One pool: servers at rest, clients in line, and the rule that decides who gets which.
//!
//! A released server goes to the client that has waited longest, or to rest on top of the stack, so that the
//! most recently used is lent first and the others grow old enough to be closed. With several workers a client
//! of the releasing worker goes first, up to [`stock::OVERTAKE_LIMIT`] places, because waking another thread costs
//! more than the whole transaction.
//!
//! # Invariants
//! - `total` counts every server of the pool: at rest, lent, being cleaned, connecting. None is added beyond the
//!   pool's size and reserve; after a reload that lowers them, `total` falls as servers come back. Each is counted in
//!   each of the pool's [`budget`]s, by a place that lives as long as its connection.
//! - Every server has the *generation* the pool had when it began to connect. A changed target, RECONNECT, PAUSE
//!   and KILL begin a new one: servers of an older generation are closed, those at rest at once, those connecting
//!   as soon as their task notices, those lent when they come back. Only servers of the present one are at rest.
//! - A pool that is not [`stock::State::Open`] lends nothing and connects nothing; one that is retired never opens again.

pub mod budget;
mod change;
mod check;
mod condition;
mod growth;
mod lease;
mod listening;
mod plan;
pub mod rules;
pub mod shares;
mod stock;
pub mod together;
mod turn;
mod upkeep;
mod view;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};

use crate::configuration::PoolMode;
use crate::gateway::Common;
use crate::parameters::Parameters;
use crate::pins::Pins;
use crate::report::Refusal;
use crate::server::Server;
use crate::stats::PoolStats;
use crate::stats::ledger::Account;
use crate::stats::meter::Grant;
use crate::worker;
use budget::Budget;
use listening::Beside;
use shares::{Places, Shares};
use stock::{State, Stock};

pub use lease::Lease;
pub use listening::PlaceBeside;
pub use plan::{Plan, Target};
pub use rules::Rules;
use rules::Usual;
pub use turn::Turn;
pub use view::Seen;

/// Most distinct settings that are remembered as valid; more are checked again.
const VALID_SETTINGS: usize = 4096;

/// One pool.
#[derive(Debug)]
pub struct Pool {
    /// The database's name as clients know it.
    pub database: String,
    /// The user's name as clients know it.
    pub user: String,
    /// Its clients.
    pub clients: Arc<Budget>,
    rules: ArcSwap<Rules>,
    /// What is asked for every transaction, of the rules.
    usual: Usual,
    shares: Shares,
    /// For a shared listener that waits for a place.
    beside: Beside,
    common: Arc<Common>,
    inner: Mutex<Stock>,
    /// What it has done.
    pub stats: Arc<PoolStats>,
    /// Its clients that keep their servers.
    pub pins: Arc<Pins>,
}

/// What a client in line is told.
pub type Answer = Result<Lease, Box<Refusal>>;

/// What [`Pool::checkout`] leads to.
#[derive(Debug)]
pub enum Checkout {
    /// A server, at once.
    Leased(Lease),
    /// A place in line.
    Waiting(Turn),
    /// PostgreSQL cannot be had at present.
    Refused(Box<Refusal>),
    /// This pool is no longer the one for its clients: ask for theirs again.
    Retired,
}

/// What a server connection is made with.
#[derive(Debug)]
pub struct Order {
    /// Where to.
    pub target: Arc<Target>,
    /// The pool's generation at that time.
    pub generation: u64,
}

/// What a pool looks like from outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Census {
    /// Servers lent or being cleaned.
    pub active: usize,
    /// Servers at rest.
    pub idle: usize,
    /// Servers not logged in yet.
    pub connecting: usize,
    /// Clients in line.
    pub waiting: usize,
    /// How long the first of them has waited.
    pub longest_wait: Duration,
}

impl Pool {
    /// An empty pool.
    pub fn new(
        database: String,
        user: String,
        plan: Plan,
        shares: Shares,
        account: Account,
        common: Arc<Common>,
    ) -> Arc<Self> {
        let workers = common.configuration().workers;
        let rules = ArcSwap::new(Arc::clone(&plan.rules));
        let usual = Usual::new(&plan.rules);
        let stock = Stock {
            idle: (0..workers).map(|_| Vec::new()).collect(),
            waiting: (0..workers).map(|_| VecDeque::new()).collect(),
            ..Stock::new(plan)
        };
        let pool = Arc::new(Self {
            database,
            user,
            clients: Arc::default(),
            rules,
            usual,
            shares,
            beside: Beside::default(),
            common,
            inner: Mutex::new(stock),
            stats: account.stats,
            pins: account.pins,
        });
        pool.pins.limit_to(pool.rules().max_pinned);
        pool.shares.join(&pool);
        pool
    }

    /// What the pool goes by now. Cheap; not to be held while waiting for anything.
    pub fn rules(&self) -> Guard<Arc<Rules>> {
        self.rules.load()
    }

    /// `database/user`, for logs and errors.
    pub fn name(&self) -> String {
        format!("{}/{}", self.database, self.user)
    }

    /// When servers come back.
    pub fn mode(&self) -> PoolMode {
        self.usual.mode()
    }

    /// Whether servers are reset when they are released.
    pub fn resets(&self) -> bool {
        self.usual.resets()
    }

    /// Most servers, without the reserve.
    pub fn size(&self) -> usize {
        self.rules().size
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Self::checkout`], of the server with that number if it is at rest.
    pub fn checkout_again(self: &Arc<Self>, number: u64, used: &mut Option<Turn>) -> Checkout {
        let found = {
            let mut inner = self.lock();
            let is_open = inner.state == State::Open;
            if is_open { inner.take_numbered(number) } else { None }
        };
        match found {
            Some(mut server) => {
                if !server.needs_check && server.absorb() {
                    server.grant = Grant::default();
                    return Checkout::Leased(Lease::new(server, self));
                }
                self.give_back(server);
                self.checkout(used)
            }
            None => self.checkout(used),
        }
    }

    /// Take a server, or a place in line, for which a `used` one will do. Must be called on a worker.
    pub fn checkout(self: &Arc<Self>, used: &mut Option<Turn>) -> Checkout {
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            match inner.state {
                State::Open => {}
                State::Paused => return Checkout::Waiting(inner.line_up(worker, used.take())),
                State::Ending => {
                    return Checkout::Refused(Box::new(Refusal::server_shutting_down()));
                }
                State::Retired => return Checkout::Retired,
            }
            let Some(mut server) = inner.take_idle(worker) else {
                let refusal = inner.fails_fast(&self.common).or_else(|| self.too_many(&mut inner));
                if let Some(refusal) = refusal {
                    return Checkout::Refused(Box::new(refusal));
                }
                let turn = inner.line_up(worker, used.take());
                // The usual reason to wait is that there are as many servers as there may be.
                let may_grow = inner.total < inner.plan.rules.most();
                drop(inner);
                if may_grow {
                    self.grow();
                }
                return Checkout::Waiting(turn);
            };
            if server.needs_check {
                let turn = inner.line_up(worker, used.take());
                inner.checking += 1;
                drop(inner);
                self.check(server);
                return Checkout::Waiting(turn);
            }
            drop(inner);
            if server.absorb() {
                server.grant = Grant::default();
                return Checkout::Leased(Lease::new(server, self));
            }
            self.discard(server, "closed by PostgreSQL while idle");
        }
    }

    /// The refusal for a client that finds the line as long as it may be.
    fn too_many(&self, inner: &mut Stock) -> Option<Refusal> {
        let limit = inner.plan.rules.max_waiting;
        if limit == 0 || inner.waiting() < limit {
            return None;
        }
        inner.forget_gone();
        (inner.waiting() >= limit).then(|| Refusal::max_waiting(limit, &self.name()))
    }

    /// Take a server back: lend it on, put it to rest, or close it.
    fn give_back(self: &Arc<Self>, server: Box<Server>) {
        Arc::clone(self).take_back(server);
    }

    /// [`Self::give_back`] by somebody who knows the pool for this alone.
    fn take_back(mut self: Arc<Self>, mut server: Box<Server>) {
        if let Some(counts) = server.state.take_answered() {
            self.stats.counted(&counts);
        }
        server.count_statements();
        if !server.state.is_idle() {
            return self.discard(server, "released in the middle of something");
        }
        if server.identity.cancels.load(Ordering::Acquire) > 0 {
            return self.rest_until_settled(server);
        }
        if server.identity.is_tainted.load(Ordering::Acquire) {
            return self.discard(server, "a cancel request to it failed half way");
        }
        if self.beside.is_wanted() {
            return self.discard(server, "given up: a shared listener waits for its place");
        }
        let now = self.common.clock.milliseconds();
        let changes = budget::changes();
        let are_calm = server.places.are_calm(changes);
        let is_claimed = !are_calm && server.places.is_claimed();
        if is_claimed {
            match self.yield_up(server) {
                Some(kept) => server = kept,
                None => return,
            }
        }
        let is_new = server.idle_since == 0;
        server.idle_since = now.max(1);
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            let is_over = || {
                let is_over = !are_calm && server.places.is_over(&inner.plan.rules);
                is_over.then_some("a limit was lowered")
            };
            if let Some(reason) = inner.has_no_use_for(&server, now, is_new).or_else(is_over) {
                drop(inner);
                return self.discard(server, reason);
            }
            if !are_calm && !is_claimed {
                server.places.note_calm(changes);
            }
            let Some(waiting) = inner.next_in_line(worker) else {
                server.needs_check = inner.plan.rules.checks_always;
                let home = server.worker;
                if let Some(stack) = inner.idle.get_mut(home) {
                    stack.push(server);
                }
                return;
            };
            drop(inner);
            server.grant = waiting.granted(server.grant.at);
            match waiting.call.tell(Ok(Lease::passed_on(server, self))) {
                // The client has gone: the next one.
                Err(Ok(lease)) => match lease.taken_apart() {
                    Some(parts) => (server, self) = parts,
                    None => return,
                },
                Ok(()) | Err(Err(_)) => return,
            }
        }
    }

    /// Give a server back once PostgreSQL has dealt with the cancels sent to it.
    fn rest_until_settled(self: &Arc<Self>, server: Box<Server>) {
        let Some(runtime) = self.common.runtime(worker::current()) else {
            return self.discard(server, "shutting down");
        };
        let pool = Arc::clone(self);
        runtime.spawn(async move {
            let identity = Arc::clone(&server.identity);
            // The lease keeps the count right if this task is dropped.
            let lease = Lease::new(server, &pool);
            identity.wait_settled().await;
            lease.release();
        });
    }

    fn discard(self: &Arc<Self>, server: Box<Server>, reason: &str) {
        let places = self.close(server, reason);
        self.give_places(places);
    }

    /// Have others use what has counted a connection that is closed.
    fn give_places(self: &Arc<Self>, places: Places) {
        let Some(places) = self.beside.offer(places) else {
            return self.grow();
        };
        let claimants = if places.is_claimed() { places.take_claimants() } else { Vec::new() };
        drop(places);
        for pool in claimants {
            pool.grow();
        }
        self.grow();
    }

    /// Close a server, without opening another in its place. It counts until the places are dropped.
    fn close(&self, mut server: Box<Server>, reason: &str) -> Places {
        if self.common.configuration().log_disconnections {
            tracing::info!(
                database = self.database,
                user = self.user,
                pid = server.identity.process,
                "server connection closed, closing because: {reason}"
            );
        }
        let generation = server.generation;
        let places = std::mem::take(&mut server.places);
        drop(server);
        self.stats.closes.count();
        self.lock().forget(generation);
        self.common.servers_changed.notify_waiters();
        places
    }

    /// What a server reports after login, once one has logged in.
    pub fn welcome(&self) -> Option<Arc<Parameters>> {
        self.lock().welcome.clone()
    }

    /// The value PostgreSQL reports for this setting, if it has accepted it before.
    pub fn valid_setting(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        self.lock().valid.get(&(name.to_owned(), value.to_vec())).cloned()
    }

    /// Note that PostgreSQL has accepted this setting, and what it reports for it.
    pub fn note_valid_setting(&self, name: &str, value: &[u8], reported: &[u8]) {
        let mut inner = self.lock();
        if inner.valid.len() < VALID_SETTINGS {
            inner.valid.insert((name.to_owned(), value.to_vec()), reported.to_vec());
        }
    }

    /// What the pool looks like now.
    pub fn census(&self) -> Census {
        let inner = self.lock();
        let idle = inner.idle.iter().map(Vec::len).sum();
        Census {
            active: inner.total - inner.connecting - idle,
            idle,
            connecting: inner.connecting,
            waiting: inner.waiting(),
            longest_wait: inner.longest_wait(),
        }
    }
}

/// Whether a limit, zero meaning none, has been reached.
fn is_over(limit: Duration, milliseconds: u64) -> bool {
    !limit.is_zero() && milliseconds >= millis(limit)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
