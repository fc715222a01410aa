//! A server on loan, which finds its way back whatever becomes of the borrower.

use std::sync::Arc;

use super::Pool;
use crate::server::Server;

/// A server on loan. Dropping it gives it back if nothing is under way on it, and closes it otherwise.
#[derive(Debug)]
pub struct Lease {
    /// Both until it is given back.
    held: Option<(Box<Server>, Arc<Pool>)>,
}

impl Lease {
    pub(super) fn new(server: Box<Server>, pool: &Arc<Pool>) -> Self {
        Self::passed_on(server, Arc::clone(pool))
    }

    /// [`Self::new`] by somebody who needs the pool no more.
    pub(super) fn passed_on(server: Box<Server>, pool: Arc<Pool>) -> Self {
        Self { held: Some((server, pool)) }
    }

    /// The server and its pool, for the lease to end without either being told.
    pub(super) fn taken_apart(mut self) -> Option<(Box<Server>, Arc<Pool>)> {
        self.held.take()
    }

    /// The server; `None` never occurs before [`Lease::release`] or drop.
    pub fn server(&mut self) -> Option<&mut Server> {
        self.held.as_mut().map(|(server, _)| &mut **server)
    }

    /// Give the server back.
    pub fn release(self) {
        if let Some((server, pool)) = self.taken_apart() {
            pool.take_back(server);
        }
    }

    /// Close the server.
    pub fn discard(self, reason: &str) {
        if let Some((server, pool)) = self.taken_apart() {
            pool.discard(server, reason);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((server, pool)) = self.held.take() {
            if std::thread::panicking() {
                // Its state was being changed when that happened.
                pool.discard(server, "a panic");
            } else {
                pool.take_back(server);
            }
        }
    }
}
