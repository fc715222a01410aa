//! When a pool opens another server, and what becomes of the attempt.

use std::sync::Arc;
use std::time::Instant;

use super::stock::{Failure, State, Stock, Waiting};
use super::{Order, Pool, Rules};
use crate::connect;
use crate::gateway::Phase;
use crate::report::Refusal;
use crate::server::Server;

/// What a server is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A client in line.
    Client,
    /// A client in line that has waited long enough for the reserve.
    Reserve,
    /// `min_pool_size`.
    Minimum,
    /// To learn whether PostgreSQL is back.
    Probe,
}

impl Stock {
    /// Why another server is wanted now; `None` when none is.
    fn wants(&self, rules: &Rules) -> Option<Reason> {
        let coming = self.connecting + self.checking;
        if self.waiting() <= coming {
            return None;
        }
        if self.total < rules.size {
            return Some(Reason::Client);
        }
        if rules.reserve_size == 0 || rules.reserve_timeout.is_zero() {
            return None;
        }
        let waiting = self.waiting_for(rules.reserve_timeout);
        let is_wanted = waiting > coming && self.total < rules.size_for(waiting);
        is_wanted.then_some(Reason::Reserve)
    }
}

impl Pool {
    /// Open connections for the clients in line, as far as the limits allow.
    pub fn grow(self: &Arc<Self>) {
        let rules = self.rules();
        while self.open_one(&rules, |stock| stock.wants(&rules)) {}
    }

    /// Open one connection if fewer than `min_pool_size` are there and somebody may come to use them.
    pub(super) fn fill_up(self: &Arc<Self>, rules: &Rules) {
        let minimum = self.minimum(rules);
        self.open_one(rules, |stock| (stock.total < minimum).then_some(Reason::Minimum));
    }

    /// How many servers are to be there whoever asks for one.
    pub(super) fn minimum(&self, rules: &Rules) -> usize {
        let is_used = rules.has_fixed_user || self.clients.used() > 0;
        if is_used { rules.min_size } else { 0 }
    }

    /// Open a connection if one is wanted and the limits allow it; says whether.
    pub(super) fn open_one(
        self: &Arc<Self>,
        rules: &Rules,
        wants: impl Fn(&Stock) -> Option<Reason>,
    ) -> bool {
        let wants = |stock: &Stock| {
            let may = stock.state == State::Open
                && !stock.is_pausing(&self.common)
                && self.common.phase() != Phase::Stopping;
            if may { wants(stock) } else { None }
        };
        let Some(reason) = wants(&self.lock()) else {
            return false;
        };
        // With no lock held: making room locks other pools.
        let has_place = self.shares.take(rules)
            || (matches!(reason, Reason::Client | Reason::Reserve)
                && self.shares.make_room(rules)
                && self.shares.take(rules));
        if !has_place {
            return false;
        }
        let (worker, order) = {
            let mut inner = self.lock();
            if wants(&inner).is_none() {
                drop(inner);
                self.shares.give();
                return false;
            }
            inner.total += 1;
            inner.connecting += 1;
            let target = Arc::clone(&inner.plan.target);
            (inner.busiest_line(), Order { target, generation: inner.generation })
        };
        if reason == Reason::Reserve {
            tracing::warn!(
                database = self.database,
                user = self.user,
                "taking connection from reserve_pool: a client has waited for reserve_pool_timeout"
            );
        }
        // Where clients wait, so that their servers are watched by the same runtime.
        if let Some(runtime) = self.common.runtime(worker) {
            runtime.spawn(connect::into_pool(Arc::clone(self), order, Arc::clone(&self.common)));
        }
        true
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
            inner.note(&server);
        }
        self.stats.connects.count();
        self.give_back(server);
    }

    /// A server could not log in. Clients in line are told when no server is left to wait for.
    pub fn connect_failed(self: &Arc<Self>, generation: u64, refusal: &Refusal) {
        if generation != self.lock().generation {
            return self.connect_abandoned(generation);
        }
        self.stats.connect_failures.count();
        let is_full = refusal.sqlstate == "53300";
        tracing::warn!(
            database = self.database,
            user = self.user,
            sqlstate = refusal.sqlstate,
            "{}",
            refusal.message
        );
        if self.common.configuration().log_disconnections {
            let (database, user) = (&self.database, &self.user);
            tracing::info!(
                database,
                user,
                "server connection not opened, closing because: {}",
                refusal.cause()
            );
        }
        self.shares.give();
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
}
