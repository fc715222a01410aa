//! Whether a pool can have servers, as far as is known.

use std::sync::Arc;

use super::stock::State;
use super::{Order, Pool};
use crate::connect;
use crate::gateway::Phase;
use crate::report::Refusal;

/// Whether a pool has servers, or why not.
#[derive(Debug)]
pub struct Condition {
    /// Servers that are logged in.
    pub servers: usize,
    /// Why the last login failed, if it did.
    pub failure: Option<Refusal>,
}

impl Pool {
    /// Whether the pool has servers, or why not.
    pub fn condition(&self) -> Condition {
        let inner = self.lock();
        Condition {
            servers: inner.total - inner.connecting,
            failure: inner.failure.as_ref().map(|failure| failure.refusal.clone()),
        }
    }

    /// Try a login although no client waits for one, if the last failed long enough ago and none is under way.
    pub fn try_again(self: &Arc<Self>) {
        let order = {
            let mut inner = self.lock();
            let is_due = inner.failure.is_some() && !inner.is_pausing(&self.common);
            let has_room = inner.connecting == 0 && inner.total < inner.plan.size;
            if !is_due || !has_room || inner.state != State::Open {
                return;
            }
            if self.common.phase() != Phase::Running {
                return;
            }
            inner.total += 1;
            inner.connecting += 1;
            Order { target: Arc::clone(&inner.plan.target), generation: inner.generation }
        };
        if let Some(runtime) = self.common.runtime(0) {
            runtime.spawn(connect::into_pool(Arc::clone(self), order, Arc::clone(&self.common)));
        } else {
            self.connect_abandoned(order.generation);
        }
    }
}
