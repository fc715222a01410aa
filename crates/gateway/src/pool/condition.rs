//! Whether a pool can have servers, as far as is known.

use std::sync::Arc;

use super::Pool;
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
        {
            let mut inner = self.lock();
            let is_due = inner.failure.is_some() && !inner.is_pausing(&self.common);
            if !is_due || inner.connecting > 0 || inner.total >= self.size {
                return;
            }
            if self.common.phase() != Phase::Running {
                return;
            }
            inner.total += 1;
            inner.connecting += 1;
        }
        if let Some(runtime) = self.common.runtime(0) {
            runtime.spawn(connect::into_pool(Arc::clone(self), Arc::clone(&self.common)));
        } else {
            let mut inner = self.lock();
            inner.total -= 1;
            inner.connecting -= 1;
        }
    }
}
