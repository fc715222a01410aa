//! What time brings about in a pool: late clients, old servers, shares of budgets that others use up.

use std::sync::Arc;
use std::time::Duration;

use super::stock::{Stack, State, Waiting};
use super::{Pool, is_over, millis, shares};
use crate::configuration::Configuration;
use crate::report::Refusal;
use crate::server::Server;

/// How long a client waits before its pool asks others to give a server up: each such change costs a login.
const PATIENCE: Duration = Duration::from_millis(100);

impl Pool {
    /// Refuse clients that have waited too long, close servers that are too old or too many or have been closed
    /// by PostgreSQL, and try again where a login failed or a limit stood in the way.
    pub fn tend(self: &Arc<Self>) {
        let configuration = self.common.configuration();
        self.refuse_late(&configuration);
        for server in self.take_useless(&configuration) {
            self.discard(server, "too old, too many, or closed by PostgreSQL");
        }
        self.grow();
        let rules = self.rules();
        self.fill_up(&rules);
        let is_hungry = {
            let inner = self.lock();
            inner.state == State::Open
                && inner.total < rules.size
                && inner.connecting == 0
                && inner.waiting_for(PATIENCE) > 0
        };
        if is_hungry {
            self.shares.claim(self, &rules);
            // Perhaps it has all it needs by now.
            self.grow();
        } else {
            self.shares.unreserve();
        }
    }

    fn refuse_late(&self, configuration: &Configuration) {
        let query_timeout = configuration.user(&self.user).map(|user| user.query_timeout);
        let query_timeout =
            query_timeout.filter(|limit| !limit.is_zero()).unwrap_or(configuration.query_timeout);
        let waits_too_long = |limit: Duration, waiting: &Waiting| {
            !limit.is_zero() && waiting.since.elapsed() >= limit
        };
        let late = self.lock().late(|waiting| {
            waits_too_long(configuration.query_wait_timeout, waiting)
                || waits_too_long(query_timeout, waiting)
        });
        if late.is_empty() {
            return;
        }
        let size = self.rules().size;
        for waiting in late {
            self.stats.waited_in_vain(waiting.since.elapsed());
            let refusal = if waits_too_long(configuration.query_wait_timeout, &waiting) {
                Refusal::query_wait_timeout(waiting.since.elapsed(), &self.name(), size)
            } else {
                Refusal::query_timeout_in_line(query_timeout)
            };
            let _ = waiting.call.tell(Err(Box::new(refusal)));
        }
    }

    /// Take out the servers at rest that are of no more use, and note which are to be checked before they are
    /// lent again.
    fn take_useless(&self, configuration: &Configuration) -> Stack {
        let rules = self.rules();
        let now = self.common.clock.milliseconds();
        let checks = !configuration.server_check_query.is_empty();
        let check_after = millis(configuration.server_check_delay);
        let minimum = self.minimum(&rules);
        let mut inner = self.lock();
        let mut total = inner.total;
        let most = rules.most();
        inner.weed(|server| {
            let idle = now - server.idle_since.min(now);
            server.needs_check |= checks && idle >= check_after;
            let is_too_old = is_over(configuration.server_idle_timeout, idle) && total > minimum
                || is_over(rules.server_lifetime, now - server.born.min(now));
            let is_useless = is_too_old || total > most || !server.absorb();
            total -= usize::from(is_useless);
            is_useless
        })
    }

    /// Since when the server has been at rest that has been so longest.
    pub(super) fn resting_since(&self) -> Option<u64> {
        let inner = self.lock();
        inner.idle.iter().flatten().map(|server| server.idle_since).min()
    }

    /// Close the server that has been at rest longest, for another pool; `false` when there is none any more.
    pub(super) fn evict(&self) -> bool {
        let oldest = self.lock().take_oldest();
        let is_there = oldest.is_some();
        if let Some(server) = oldest {
            drop(self.close(server, "evicted: another pool needs its place"));
        }
        is_there
    }

    /// Close a server that has just been released if a pool with fewer waits for its place; the server otherwise.
    pub(super) fn yield_up(self: &Arc<Self>, server: Box<Server>) -> Option<Box<Server>> {
        let own = self.lock().total;
        let mut claimants = server.places.take_claimants().into_iter();
        let hungriest = claimants.find(|pool| {
            let (theirs, waits) = {
                let theirs = pool.lock();
                let is_open = theirs.state == State::Open;
                (theirs.total, is_open && theirs.waiting() > theirs.connecting)
            };
            !Arc::ptr_eq(pool, self) && waits && shares::yields(own, theirs)
        });
        // Those behind it ask again in the janitor's next round.
        let Some(hungriest) = hungriest else {
            return Some(server);
        };
        let mut places = self.close(server, "given up: another pool has waited for its place");
        hungriest.shares.reserve_from(&mut places);
        drop(places);
        hungriest.grow();
        self.grow();
        None
    }

    /// Close every server at rest.
    pub fn close_idle(self: &Arc<Self>) {
        let closed = self.lock().weed(|_| true);
        for server in closed {
            self.discard(server, "shutting down");
        }
    }
}
