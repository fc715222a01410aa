//! One pool: servers at rest, clients in line, and the rule that decides who gets which.
//!
//! A released server goes to the client that has waited longest, or to rest on top of the stack, so that the
//! most recently used is lent first and the others grow old enough to be closed. With several workers a client
//! of the releasing worker goes first, up to [`stock::OVERTAKE_LIMIT`] places, because waking another thread costs
//! more than the whole transaction.
//!
//! # Invariant
//! `total` counts every server of the pool: at rest, lent, being cleaned, connecting. It never exceeds the pool's
//! size and reserve, and each is counted in both of the pool's [`budget`]s.

pub mod budget;
mod check;
mod growth;
mod lease;
pub mod rules;
mod stock;
mod upkeep;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::oneshot;

use crate::connect;
use crate::gateway::Common;
use crate::parameters::Parameters;
use crate::report::Refusal;
use crate::server::{Address, Server};
use crate::worker;
use budget::{Budget, Shares};
use stock::Stock;

pub use lease::Lease;
pub use rules::Rules;

/// Most distinct settings that are remembered as valid; more are checked again.
const VALID_SETTINGS: usize = 4096;

/// How to log in to PostgreSQL.
#[derive(Debug)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// The database's name there.
    pub database: String,
    /// The user's name there.
    pub user: String,
    /// What the user proves itself with.
    pub credential: connect::Credential,
    /// Settings that every session begins with.
    pub settings: Vec<(&'static str, String)>,
}

/// One pool.
#[derive(Debug)]
pub struct Pool {
    /// The database's name as clients know it.
    pub database: String,
    /// The user's name as clients know it.
    pub user: String,
    /// How to log in to PostgreSQL.
    pub target: Target,
    /// Its clients.
    pub clients: Arc<Budget>,
    rules: ArcSwap<Rules>,
    shares: Shares,
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
    pub fn new(
        database: String,
        user: String,
        target: Target,
        rules: Rules,
        shares: Shares,
        common: Arc<Common>,
    ) -> Arc<Self> {
        let configuration = common.configuration();
        let workers = configuration.workers;
        let mut stock = Stock {
            idle: (0..workers).map(|_| Vec::new()).collect(),
            waiting: (0..workers).map(|_| VecDeque::new()).collect(),
            ..Stock::default()
        };
        stock.follow(&configuration);
        drop(configuration);
        let pool = Arc::new(Self {
            database,
            user,
            target,
            clients: Arc::default(),
            rules: ArcSwap::from_pointee(rules),
            shares,
            common,
            inner: Mutex::new(stock),
            queries: AtomicU64::new(0),
            transactions: AtomicU64::new(0),
        });
        pool.shares.join(&pool);
        pool
    }

    /// What the pool goes by now. Cheap; not to be held while waiting for anything.
    pub fn rules(&self) -> Guard<Arc<Rules>> {
        self.rules.load()
    }

    /// Go by other rules from now on.
    pub fn set_rules(&self, rules: Rules) {
        if **self.rules() != rules {
            self.rules.store(Arc::new(rules));
        }
    }

    /// `database/user`, for logs and errors.
    pub fn name(&self) -> String {
        format!("{}/{}", self.database, self.user)
    }

    fn lock(&self) -> MutexGuard<'_, Stock> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Take a server, or a place in line. Must be called on a worker.
    pub fn checkout(self: &Arc<Self>) -> Checkout {
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            let Some(mut server) = inner.take_idle(worker) else {
                let refusal = inner.fails_fast(&self.common).or_else(|| self.too_many(&mut inner));
                if let Some(refusal) = refusal {
                    return Checkout::Refused(Box::new(refusal));
                }
                let receiver = inner.line_up(worker);
                drop(inner);
                self.grow();
                return Checkout::Waiting(receiver);
            };
            if server.needs_check {
                let receiver = inner.line_up(worker);
                inner.checking += 1;
                drop(inner);
                self.check(server);
                return Checkout::Waiting(receiver);
            }
            drop(inner);
            if server.absorb() {
                return Checkout::Leased(Lease::new(server, self));
            }
            self.discard(server, "closed by PostgreSQL while idle");
        }
    }

    /// The refusal for a client that finds the line as long as it may be.
    fn too_many(&self, inner: &mut Stock) -> Option<Refusal> {
        let limit = self.common.configuration().max_waiting;
        if limit == 0 || inner.waiting() < limit {
            return None;
        }
        inner.forget_gone();
        (inner.waiting() >= limit).then(|| Refusal::max_waiting(limit, &self.name()))
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
        if is_over(self.rules().server_lifetime, now - server.born.min(now)) {
            return self.discard(server, "server_lifetime");
        }
        if self.shares.is_claimed() {
            match self.yield_up(server) {
                Some(kept) => server = kept,
                None => return,
            }
        }
        server.idle_since = now;
        let worker = worker::current();
        loop {
            let mut inner = self.lock();
            let Some(waiting) = inner.next_in_line(worker) else {
                server.needs_check = inner.checks_always;
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
        self.close(server, reason);
        if self.shares.is_claimed() {
            for pool in self.shares.take_claimants() {
                pool.grow();
            }
        }
        self.grow();
    }

    /// Close a server, without opening another in its place.
    fn close(&self, server: Box<Server>, reason: &str) {
        tracing::debug!(
            database = self.database,
            user = self.user,
            pid = server.identity.process,
            reason,
            "server connection closed"
        );
        drop(server);
        self.lock().total -= 1;
        self.shares.give();
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
            queries: self.queries.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
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
