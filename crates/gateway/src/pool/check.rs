//! Asks a server that has been at rest for long whether it is still there before a client gets it.

use std::sync::Arc;

use super::{Lease, Pool};
use crate::cancel;
use crate::cleanup;
use crate::deadline::within;
use crate::server::Server;
use crate::worker;

/// What `server_check_query` is to ask for a query without text.
const EMPTY: &str = "<empty>";

impl Pool {
    /// Run `server_check_query` on a server that has been taken from rest, and give it back if it answers: a client
    /// waits in line for it. `Stock::checking` counts it until then.
    pub(super) fn check(self: &Arc<Self>, server: Box<Server>) {
        let check = Check(Arc::clone(self));
        // The lease keeps the count right if this task is dropped.
        let mut lease = Lease::new(server, self);
        let Some(runtime) = self.common.runtime(worker::current()) else {
            return lease.discard("shutting down");
        };
        runtime.spawn(async move {
            let common = &check.0.common;
            let (query, limit) = {
                let configuration = common.configuration();
                (configuration.server_check_query.clone(), configuration.server_connect_timeout)
            };
            let query = if query == EMPTY { "" } else { query.as_str() };
            let Some(server) = lease.server() else {
                return;
            };
            let answer = within(common, limit, cleanup::run(server, &common.session, query)).await;
            server.needs_check = false;
            let failed = match answer {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => {
                    cancel::stop(Arc::clone(&server.identity), common);
                    Some(format!("no answer within {} s", limit.as_secs_f64()))
                }
            };
            drop(check);
            match failed {
                None => lease.release(),
                Some(why) => {
                    tracing::warn!(why, "server_check_query failed; the server is closed");
                    lease.discard("server_check_query failed");
                }
            }
        });
    }
}

/// Counts a server as being checked until it is dropped.
struct Check(Arc<Pool>);

impl Drop for Check {
    fn drop(&mut self) {
        self.0.lock().checking -= 1;
    }
}
