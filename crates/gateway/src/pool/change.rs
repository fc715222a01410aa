//! What a reload or an administrator changes about a pool that is in use.

use std::sync::Arc;

use super::stock::{Stack, State, Waiting};
use super::{Plan, Pool, budget};
use crate::report::Refusal;
use crate::server::Server;

impl Pool {
    /// Go on as the configuration says now. Servers that lead to another place than it names are closed as they
    /// come back, and those beyond a smaller size too.
    pub fn reconfigure(self: &Arc<Self>, plan: Plan) {
        self.rules.store(Arc::clone(&plan.rules));
        self.usual.follow(&plan.rules);
        self.pins.limit_to(plan.rules.max_pinned);
        let leads_elsewhere = !self.lock().plan.leads_where(&plan);
        if leads_elsewhere {
            // Before the plan changes: a login that begins in between is of the old generation, and given up.
            let limit = self.common.configuration().max_server_connections;
            self.shares.lead(self, self.common.instances.scopes(&plan.target, limit));
        }
        let closed = {
            let mut inner = self.lock();
            if leads_elsewhere {
                inner.plan = plan;
                inner.forget_target();
                inner.begin_generation()
            } else {
                // The target stays what it was: the keys derived for it are of use yet.
                inner.plan.target.follow(&plan.target);
                inner.plan = Plan { target: Arc::clone(&inner.plan.target), ..plan };
                inner.surplus()
            }
        };
        budget::note_change();
        self.close_all(closed, "database configuration changed");
        self.shares.shrink(&self.rules());
        self.grow();
    }

    /// Close every server as soon as it is released, and use new ones.
    pub fn reconnect(self: &Arc<Self>) {
        let closed = {
            let mut inner = self.lock();
            inner.forget_target();
            inner.begin_generation()
        };
        self.close_all(closed, "RECONNECT");
        self.grow();
    }

    /// Lend nothing until [`Pool::resume`], and close every server as soon as it is released.
    pub fn pause(self: &Arc<Self>) {
        let closed = {
            let mut inner = self.lock();
            if inner.state != State::Open {
                return;
            }
            inner.state = State::Paused;
            inner.begin_generation()
        };
        self.close_all(closed, "PAUSE");
    }

    /// Lend again.
    pub fn resume(self: &Arc<Self>) {
        {
            let mut inner = self.lock();
            if inner.state != State::Paused {
                return;
            }
            inner.state = State::Open;
            // Whatever was wrong before, this is the moment to try again.
            inner.failure = None;
        }
        self.common.servers_changed.notify_waiters();
        self.grow();
    }

    /// Lend nothing ever again; clients in line are told so, and servers are closed as they are released.
    pub fn end(self: &Arc<Self>) {
        let (closed, line) = {
            let mut inner = self.lock();
            if inner.state == State::Retired {
                return;
            }
            inner.state = State::Ending;
            (inner.begin_generation(), inner.take_line())
        };
        refuse(line, &Refusal::server_shutting_down());
        self.close_all(closed, "SHUTDOWN");
    }

    /// Be no longer the pool of any client: those in line, and any that want a server later, ask for theirs again.
    pub fn retire(self: &Arc<Self>) {
        let (closed, line) = {
            let mut inner = self.lock();
            inner.state = State::Retired;
            (inner.begin_generation(), inner.take_line())
        };
        // Without an answer a client looks at the pool again.
        drop(line);
        self.close_all(closed, "database removed");
    }

    /// Refuse every client in line.
    pub fn refuse_line(&self, refusal: &Refusal) {
        let line = self.lock().take_line();
        refuse(line, refusal);
    }

    /// Whether clients have to ask for their pool again.
    pub fn is_retired(&self) -> bool {
        self.lock().state == State::Retired
    }

    /// Whether a server is to be closed as soon as it is released.
    pub fn is_obsolete(&self, server: &Server) -> bool {
        self.lock().generation != server.generation
    }

    /// Whether nothing is lent until [`Pool::resume`].
    pub fn is_paused(&self) -> bool {
        self.lock().state == State::Paused
    }

    /// How many servers there are, and how many of them are to be closed when they are released.
    pub fn servers(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.total, inner.outdated)
    }

    /// Wait until servers of that generation are no longer wanted.
    ///
    /// # Cancel safety
    /// Nothing is lost when this is dropped.
    pub async fn outdated(&self, generation: u64) {
        loop {
            let changed = self.common.servers_changed.notified();
            if self.lock().generation != generation {
                return;
            }
            changed.await;
        }
    }

    /// A login that had begun is given up, because what it was for is no longer wanted.
    pub fn connect_abandoned(self: &Arc<Self>, generation: u64) {
        {
            let mut inner = self.lock();
            inner.connecting -= 1;
            inner.forget(generation);
        }
        self.common.servers_changed.notify_waiters();
        self.grow();
    }

    fn close_all(self: &Arc<Self>, servers: Stack, reason: &str) {
        for server in servers {
            self.discard(server, reason);
        }
        // Logins under way look at the generation.
        self.common.servers_changed.notify_waiters();
    }
}

pub(super) fn refuse(line: Vec<Waiting>, refusal: &Refusal) {
    for waiting in line {
        let _ = waiting.call.tell(Err(Box::new(refusal.clone())));
    }
}
