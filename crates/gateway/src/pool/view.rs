//! A pool as an operator sees it: every server that is there, lent or not.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Pool;
use super::stock::Stock;
use crate::server::{Identity, Server};

/// A server as others see it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The server.
    pub server: Arc<Identity>,
    /// It is at rest.
    pub is_idle: bool,
}

impl Stock {
    /// Remember a server that has logged in, and forget those that are closed.
    pub(super) fn note(&mut self, server: &Server) {
        self.servers.retain(|known| !known.is_closed.load(Ordering::Relaxed));
        self.servers.push(Arc::clone(&server.identity));
    }
}

impl Pool {
    /// Every server that has logged in and is not closed, in order of age.
    pub fn seen(&self) -> Vec<Seen> {
        let inner = self.lock();
        let idle = inner.idle.iter().flatten().map(|server| server.identity.number);
        let idle: HashSet<u64> = idle.collect();
        let open = inner.servers.iter().filter(|server| !server.is_closed.load(Ordering::Relaxed));
        let seen = |server: &Arc<Identity>| Seen {
            server: Arc::clone(server),
            is_idle: idle.contains(&server.number),
        };
        open.map(seen).collect()
    }
}
