//! When a pool opens another server, and what becomes of the attempt.

use std::sync::Arc;
use std::time::Instant;

use super::change::refuse;
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
        let may_make_room = matches!(reason, Reason::Client | Reason::Reserve);
        let places = self.shares.take(rules).or_else(|| {
            let has_room = may_make_room && self.shares.make_room(rules);
            if has_room { self.shares.take(rules) } else { None }
        });
        let Some(places) = places else {
            return false;
        };
        let (worker, order) = {
            let mut inner = self.lock();
            // A reload may have come between.
            if wants(&inner).is_none() || !self.shares.are_current(&places) {
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
            let common = Arc::clone(&self.common);
            runtime.spawn(connect::into_pool(Arc::clone(self), order, places, common));
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

    /// No server can be opened at present, because the PostgreSQL cannot be looked at. Clients in line are told when
    /// no server is left to wait for.
    pub fn cannot_open(&self, refusal: &Refusal) {
        let told = {
            let mut inner = self.lock();
            if inner.has_hope() {
                return;
            }
            let refusal = refusal.clone();
            inner.failure = Some(Failure { at: Instant::now(), refusal, is_full: false });
            inner.take_line()
        };
        refuse(told, refusal);
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
        if is_full {
            self.shares.instance().refused(refusal);
        }
        let told: Vec<Waiting> = {
            let mut inner = self.lock();
            inner.connecting -= 1;
            inner.forget(generation);
            inner.failure = Some(Failure { at: Instant::now(), refusal: refusal.clone(), is_full });
            if inner.has_hope() || is_full {
                return;
            }
            inner.take_line()
        };
        refuse(told, refusal);
    }
}
