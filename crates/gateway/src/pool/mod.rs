//! One pool: servers at rest, clients in line, and the rule that decides who gets which.
//!
//! A released server goes to the client that has waited longest, or to rest on top of the stack, so that the
//! most recently used is lent first and the others grow old enough to be closed. With several workers a client
//! of the releasing worker goes first, up to [`stock::OVERTAKE_LIMIT`] places, because waking another thread costs
//! more than the whole transaction.
//!
//! # Invariants
//! - `total` counts every server of the pool: at rest, lent, being cleaned, connecting. None is added beyond
//!   `size`; after a reload that lowers `size`, `total` falls to it as servers come back.
//! - Every server has the *generation* the pool had when it began to connect. A changed target, RECONNECT, PAUSE
//!   and KILL begin a new one: servers of an older generation are closed, those at rest at once, those connecting
//!   as soon as their task notices, those lent when they come back. Only servers of the present one are at rest.
//! - A pool that is not [`stock::State::Open`] lends nothing and connects nothing; one that is retired never opens again.

mod change;
mod lease;
mod plan;
mod stock;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::configuration::PoolMode;
use crate::connect;
use crate::gateway::{Common, Phase};
use crate::parameters::Parameters;
use crate::report::Refusal;
use crate::server::Server;
use crate::worker;
use stock::{Failure, State, Stock, Waiting};

pub use lease::Lease;
pub use plan::{Plan, Target};

/// Most distinct settings that are remembered as valid; more are checked again.
const VALID_SETTINGS: usize = 4096;

/// One pool.
#[derive(Debug)]
pub struct Pool {
    /// The database's name as clients know it.
    pub database: String,
    /// The user's name as clients know it.
    pub user: String,
    /// When servers come back, as `PoolMode as u8`: read for every transaction, without the lock.
    mode: AtomicU8,
    common: Arc<Common>,
    inner: Mutex<Stock>,
    queries: AtomicU64,
    transactions: AtomicU64,
}

/// What a client in line is told.
pub type Answer = Result<Lease, Box<Refusal>>;

/// What [`Pool::checkout`] leads to.
#[derive(Debug)]
pub enum Checkout {
    /// A server, at once.
    Leased(Lease),
    /// A place in line.
    Waiting(oneshot::Receiver<Answer>),
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
    /// Queries answered.
    pub queries: u64,
    /// Transactions ended.
    pub transactions: u64,
}

impl Pool {
    /// An empty pool.
    pub fn new(database: String, user: String, plan: Plan, common: Arc<Common>) -> Self {
        let workers = common.configuration().workers;
        let mode = AtomicU8::new(plan.mode as u8);
        let stock = Stock {
            idle: (0..workers).map(|_| Vec::new()).collect(),
            waiting: (0..workers).map(|_| VecDeque::new()).collect(),
            ..Stock::new(plan)
        };
        Self {
            database,
            user,
            mode,
            common,
            inner: Mutex::new(stock),
            queries: AtomicU64::new(0),
            transactions: AtomicU64::new(0),
        }
    }

    /// `database/user`, for logs and errors.
    pub fn name(&self) -> String {
        format!("{}/{}", self.database, self.user)
    }

    /// When servers come back.
    pub fn mode(&self) -> PoolMode {
        PoolMode::from_number(self.mode.load(Ordering::Relaxed))
    }

    /// Most servers.
    pub fn size(&self) -> usize {
        self.lock().plan.size
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take a server, or a place in line. Must be called on a worker.
    pub fn checkout(self: &Arc<Self>) -> Checkout {
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            match inner.state {
                State::Open => {}
                State::Paused => return Checkout::Waiting(inner.line_up(worker)),
                State::Ending => {
                    return Checkout::Refused(Box::new(Refusal::server_shutting_down()));
                }
                State::Retired => return Checkout::Retired,
            }
            let Some(mut server) = inner.take_idle(worker) else {
                if let Some(refusal) = inner.fails_fast(&self.common) {
                    return Checkout::Refused(Box::new(refusal));
                }
                let receiver = inner.line_up(worker);
                drop(inner);
                self.grow();
                return Checkout::Waiting(receiver);
            };
            drop(inner);
            if server.absorb() {
                return Checkout::Leased(Lease::new(server, self));
            }
            self.discard(server, "closed by PostgreSQL while idle");
        }
    }

    /// Open connections for the clients in line, as far as the size allows.
    pub fn grow(self: &Arc<Self>) {
        let (count, worker, generation, target) = {
            let mut inner = self.lock();
            if inner.state != State::Open
                || inner.is_pausing(&self.common)
                || self.common.phase() == Phase::Stopping
            {
                return;
            }
            let wanted = inner.waiting().saturating_sub(inner.connecting);
            let count = wanted.min(inner.plan.size.saturating_sub(inner.total));
            inner.total += count;
            inner.connecting += count;
            let target = Arc::clone(&inner.plan.target);
            (count, inner.busiest_line(), inner.generation, target)
        };
        // Where clients wait, so that their servers are watched by the same runtime.
        if let Some(runtime) = self.common.runtime(worker) {
            for _ in 0..count {
                let order = Order { target: Arc::clone(&target), generation };
                runtime.spawn(connect::into_pool(
                    Arc::clone(self),
                    order,
                    Arc::clone(&self.common),
                ));
            }
        }
    }

    /// A server has logged in.
    pub fn connected(self: &Arc<Self>, server: Box<Server>) {
        {
            let mut inner = self.lock();
            inner.connecting -= 1;
            if server.generation == inner.generation {
                inner.failure = None;
                inner.welcome = Some(Arc::clone(server.state.reported()));
            }
        }
        self.give_back(server);
    }

    /// A server could not log in. Clients in line are told when no server is left to wait for.
    pub fn connect_failed(self: &Arc<Self>, generation: u64, refusal: &Refusal) {
        if generation != self.lock().generation {
            return self.connect_abandoned(generation);
        }
        let is_full = refusal.sqlstate == "53300";
        tracing::warn!(
            database = self.database,
            user = self.user,
            sqlstate = refusal.sqlstate,
            "{}",
            refusal.message
        );
        let told: Vec<Waiting> = {
            let mut inner = self.lock();
            inner.connecting -= 1;
            inner.forget(generation);
            inner.failure = Some(Failure { at: Instant::now(), refusal: refusal.clone(), is_full });
            if inner.total > 0 || is_full {
                return;
            }
            inner.take_line()
        };
        for waiting in told {
            let _ = waiting.reply.send(Err(Box::new(refusal.clone())));
        }
    }

    /// Take a server back: lend it on, put it to rest, or close it.
    fn give_back(self: &Arc<Self>, mut server: Box<Server>) {
        let (queries, transactions) = server.state.take_counts();
        self.queries.fetch_add(queries, Ordering::Relaxed);
        self.transactions.fetch_add(transactions, Ordering::Relaxed);
        if !server.state.is_idle() {
            return self.discard(server, "released in the middle of something");
        }
        if server.identity.cancels.load(Ordering::Acquire) > 0 {
            return self.rest_until_settled(server);
        }
        if server.identity.is_tainted.load(Ordering::Acquire) {
            return self.discard(server, "a cancel request to it failed half way");
        }
        let now = self.common.clock.milliseconds();
        if is_over(self.common.configuration().server_lifetime, now - server.born.min(now)) {
            return self.discard(server, "server_lifetime");
        }
        server.idle_since = now;
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            if let Some(reason) = inner.has_no_use_for(&server) {
                drop(inner);
                return self.discard(server, reason);
            }
            let Some(waiting) = inner.next_in_line(worker) else {
                let home = server.worker;
                if let Some(stack) = inner.idle.get_mut(home) {
                    stack.push(server);
                }
                return;
            };
            drop(inner);
            match waiting.reply.send(Ok(Lease::new(server, self))) {
                // The client has gone: the next one.
                Err(Ok(mut lease)) => match lease.server.take() {
                    Some(returned) => server = returned,
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
        tracing::debug!(
            database = self.database,
            user = self.user,
            pid = server.identity.process,
            reason,
            "server connection closed"
        );
        let generation = server.generation;
        drop(server);
        self.lock().forget(generation);
        self.common.servers_changed.notify_waiters();
        self.grow();
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

    /// Refuse clients that have waited too long, close servers that are too old or have been closed by
    /// PostgreSQL, and try again where a login failed.
    pub fn tend(self: &Arc<Self>) {
        let configuration = self.common.configuration();
        let now = self.common.clock.milliseconds();
        let (late, closed) = {
            let mut inner = self.lock();
            let late = inner.late(|waiting| {
                is_over(configuration.query_wait_timeout, millis(waiting.since.elapsed()))
            });
            let closed = inner.weed(|server| {
                is_over(configuration.server_idle_timeout, now - server.idle_since.min(now))
                    || is_over(configuration.server_lifetime, now - server.born.min(now))
                    || !server.absorb()
            });
            (late, closed)
        };
        for waiting in late {
            let refusal =
                Refusal::query_wait_timeout(waiting.since.elapsed(), &self.name(), self.size());
            let _ = waiting.reply.send(Err(Box::new(refusal)));
        }
        for server in closed {
            self.discard(server, "too old, or closed by PostgreSQL");
        }
        self.grow();
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
            queries: self.queries.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
        }
    }

    /// Close every server at rest.
    pub fn close_idle(self: &Arc<Self>) {
        let closed = self.lock().weed(|_| true);
        for server in closed {
            self.discard(server, "shutting down");
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
