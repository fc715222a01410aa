//! A server on loan, which finds its way back whatever becomes of the borrower.

use std::sync::Arc;

use super::Pool;
use crate::server::Server;

/// A server on loan. Dropping it gives it back if nothing is under way on it, and closes it otherwise.
#[derive(Debug)]
pub struct Lease {
    pub(super) server: Option<Box<Server>>,
    pool: Arc<Pool>,
}

impl Lease {
    pub(super) fn new(server: Box<Server>, pool: &Arc<Pool>) -> Self {
        Self { server: Some(server), pool: Arc::clone(pool) }
    }

    /// The server; `None` never occurs before [`Lease::release`] or drop.
    pub fn server(&mut self) -> Option<&mut Server> {
        self.server.as_deref_mut()
    }

    /// Give the server back.
    pub fn release(mut self) {
        if let Some(server) = self.server.take() {
            self.pool.give_back(server);
        }
    }

    /// Close the server.
    pub fn discard(mut self, reason: &str) {
        if let Some(server) = self.server.take() {
            self.pool.discard(server, reason);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            if std::thread::panicking() {
                // Its state was being changed when that happened.
                self.pool.discard(server, "a panic");
            } else {
                self.pool.give_back(server);
            }
        }
    }
}
