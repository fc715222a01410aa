//! When PostgreSQL is looked at, and what a look changes: called by the janitor on its rounds.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::arithmetic::Planner;
use super::look::{Limited, Look};
use super::{Control, Instance, Instances, Named, State};
use crate::configuration::ServerLimit;
use crate::deadline::within;
use crate::gateway::{Common, Context, Phase};
use crate::pool::budget::Place;
use crate::pool::{Pool, Target};
use crate::report::Refusal;

/// How long a look is good for, in milliseconds, while nothing changes.
const CALM: u64 = 1000;

/// And while something does: one of the janitor's rounds.
const BUSY: u64 = 90;

/// Longest that a look may take over a connection that is there; a new one has as long as any server's login.
const LIMIT: Duration = Duration::from_secs(5);

impl Instances {
    /// Look at each PostgreSQL whose time has come, and go by what `max_server_connections` says now.
    pub fn tend(&self, context: &Context, now: u64) {
        self.keep(&context.common.configuration(), now);
        for instance in self.all() {
            instance.tend(context, now);
        }
    }
}

impl Instance {
    fn tend(self: &Arc<Self>, context: &Context, now: u64) {
        let common = &context.common;
        let configuration = common.configuration();
        let limit = configuration.max_server_connections;
        let mut state = self.state();
        state.now = now;
        let is_same_user = state.control_user == configuration.control_user;
        if state.limit != limit || !is_same_user {
            *state = State {
                limit,
                control_user: configuration.control_user.clone(),
                planner: Planner::from(self.servers.used()),
                now,
                is_looking: state.is_looking,
                ..State::default()
            };
            drop(state);
            self.divide(Limits::default());
            state = self.state();
        }
        let cap = match limit {
            ServerLimit::Off => usize::MAX,
            ServerLimit::Number(number) => number,
            ServerLimit::Auto => state.planner.cap(),
        };
        self.servers.set_cap(cap);
        if limit == ServerLimit::Auto && self.is_to_look(&mut state, common) {
            let target = Target::of_control(&configuration, &context.users(), &self.address);
            if let Some((target, runtime)) = target.zip(common.runtime(0)) {
                state.is_looking = true;
                let control = state.control.take();
                let looking = Looking { instance: Arc::clone(self), common: Arc::clone(common) };
                runtime.spawn(looking.run(control, target));
            }
        }
        drop(state);
        self.servers.shrink(0);
    }

    /// Whether it is time for a look. Closes the control connection where there is to be none.
    fn is_to_look(&self, state: &mut State, common: &Common) -> bool {
        let pools = self.pools();
        let is_paused = !pools.is_empty() && pools.iter().all(|pool| pool.is_paused());
        if is_paused || common.phase() == Phase::Stopping {
            // PostgreSQL may be about to be restarted, which would wait for this connection.
            if state.control.take().is_some() {
                state.place = None;
                // As in the beginning, servers wait for two looks.
                state.planner = Planner::default();
                self.servers.set_cap(state.planner.cap());
                state.due = 0;
            }
            return false;
        }
        let has_changed = !state.is_settled || self.servers.used() != state.published;
        let is_early = has_changed && state.control.is_some();
        let due = state.due.saturating_sub(if is_early { CALM - BUSY } else { 0 });
        !state.is_looking && state.now >= due
    }

    /// Go by these limits of roles and databases.
    fn divide(&self, limits: Limits) {
        let mut known = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        *known = limits;
        self.apply(&known);
    }

    fn apply(&self, limits: &Limits) {
        divide(&self.roles, &limits.roles, limits.gateways);
        divide(&self.databases, &limits.databases, limits.gateways);
    }

    /// Go by the limits that are known for roles and databases that have only come now.
    pub(super) fn apply_limits(&self) {
        self.apply(&self.limits.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn pools(&self) -> Vec<Arc<Pool>> {
        self.servers.members()
    }
}

/// The limits of roles and databases, as of the last look.
#[derive(Debug, Default)]
pub(super) struct Limits {
    roles: Vec<Limited>,
    databases: Vec<Limited>,
    gateways: usize,
}

/// Have each gateway use an equal part of each limit, and no more than others leave.
fn divide(named: &Named, limited: &[Limited], gateways: usize) {
    let limited: BTreeMap<&str, &Limited> =
        limited.iter().map(|limited| (limited.name.as_str(), limited)).collect();
    let named = named.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, budget) in named.iter() {
        let Some(budget) = budget.upgrade() else {
            continue;
        };
        let cap = limited.get(name.as_str()).map_or(usize::MAX, |of| {
            let left = of.limit.saturating_sub(of.backends);
            (of.limit / gateways.max(1)).max(1).min(budget.used() + left)
        });
        budget.set_cap(cap);
    }
}

/// A task that looks, or tries to. Whatever becomes of it, another one may then.
struct Looking {
    instance: Arc<Instance>,
    common: Arc<Common>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.instance.state().is_looking = false;
    }
}

impl Looking {
    async fn run(self, control: Option<Control>, target: Target) {
        let is_new = control.is_none();
        let of_login = self.common.configuration().server_connect_timeout;
        let limit = if is_new && !of_login.is_zero() { of_login } else { LIMIT };
        let (address, user) = (target.address.to_string(), target.user.clone());
        let looked = within(&self.common, limit, self.look(control, target)).await;
        let looked = looked.unwrap_or_else(|_| Err(Refusal::server_late(&address, limit)));
        match looked {
            Ok(control) => {
                let mut state = self.instance.state();
                // What it was for may have changed meanwhile.
                if state.limit == ServerLimit::Auto && state.control_user == Some(user) {
                    state.control = Some(control);
                }
            }
            Err(refusal) => self.failed(refusal, is_new),
        }
    }

    /// Look with that connection; twice with a new one, whose first look publishes what it claims.
    async fn look(&self, control: Option<Control>, target: Target) -> Result<Control, Refusal> {
        let instance = &self.instance;
        let is_new = control.is_none();
        let mut control = if let Some(control) = control {
            control
        } else {
            let place = Place::take_anyway(Arc::clone(&instance.servers));
            instance.state().place = Some(place);
            Control::connect(target, &self.common).await?
        };
        self.look_with(&mut control).await?;
        if is_new {
            self.look_with(&mut control).await?;
            self.connected();
        }
        Ok(control)
    }

    async fn look_with(&self, control: &mut Control) -> Result<(), Refusal> {
        let instance = &self.instance;
        let coming = instance.pools().iter().map(|pool| pool.census().connecting).sum();
        let published = instance.state().planner.publish(instance.servers.used(), coming);
        let look = control.look(published).await?;
        instance.looks.fetch_add(1, Ordering::Relaxed);
        let cap = {
            let mut state = instance.state();
            if state.limit != ServerLimit::Auto {
                return Ok(());
            }
            let may_grow = state.now >= state.hold_until;
            let before = state.planner.cap();
            let decision = state.planner.decide(&look, published, may_grow);
            state.published = published.held();
            state.is_settled = decision.is_settled && may_grow;
            state.last = Some((decision.sum, state.now));
            state.due = state.now + CALM;
            state.failure = None;
            let cap = state.planner.cap();
            // Under the lock, so that a change of the configuration comes before or after.
            instance.servers.set_cap(cap);
            if cap != before {
                tracing::debug!(server = %instance.address, cap, before, "budget");
            }
            if state.is_settled && state.logged != cap {
                state.logged = cap;
                let (server, gateways) = (&instance.address, look.gateways.len());
                let (backends, foreign) = (look.backends, decision.sum.foreign);
                tracing::info!(%server, gateways, backends, foreign, "budget: {cap} connections");
            }
            cap
        };
        let Look { roles, databases, gateways, .. } = look;
        instance.divide(Limits { roles, databases, gateways: gateways.len() });
        if instance.servers.used() > cap {
            instance.servers.shrink(0);
        } else {
            instance.pools().iter().for_each(Pool::grow);
        }
        Ok(())
    }

    fn connected(&self) {
        tracing::info!(server = %self.instance.address, "control connection established");
        for pool in self.instance.pools() {
            pool.may_open_again();
        }
    }

    fn failed(&self, refusal: Refusal, is_new: bool) {
        let instance = &self.instance;
        let is_known = {
            let mut state = instance.state();
            state.place = None;
            state.hold(instance.servers.used());
            // A connection that is lost is made again at once.
            state.due = state.now + if is_new { CALM } else { 0 };
            let is_known = state.failure.as_ref().is_some_and(|known| *known == refusal);
            state.failure = Some(refusal.clone());
            is_known
        };
        if !is_known {
            let (server, sqlstate) = (&instance.address, &refusal.sqlstate);
            tracing::warn!(%server, sqlstate, "control connection: {}", refusal.message);
        }
        // What became of that one says nothing of the next.
        if !is_new {
            return;
        }
        // PostgreSQL will have a connection again; anything else is for clients to know.
        if refusal.sqlstate == "53300" {
            instance.refusals.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let detail = "max_server_connections = auto: no server is opened before the control \
                      connection has looked at PostgreSQL";
        let refusal = Refusal { detail: detail.to_owned(), ..refusal };
        for pool in instance.pools() {
            pool.cannot_open(&refusal);
        }
    }
}
