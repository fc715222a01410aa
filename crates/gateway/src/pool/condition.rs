//! Whether a pool can have servers, as far as is known.

use std::sync::Arc;

use super::Pool;
use super::growth::Reason;
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

    /// Whatever was wrong may be right again: open what is wanted at once.
    pub fn may_open_again(self: &Arc<Self>) {
        self.lock().failure = None;
        self.grow();
    }

    /// Try a login although no client waits for one, if the last failed long enough ago and none is under way.
    pub fn try_again(self: &Arc<Self>) {
        let rules = self.rules();
        self.open_one(&rules, |stock| {
            let has_room = stock.connecting == 0 && stock.total < rules.size;
            (stock.failure.is_some() && has_room).then_some(Reason::Probe)
        });
    }
}
