//! The end of a client: what it is told, and what becomes of its server.

use std::sync::Arc;

use super::Relay;
use crate::cancel;
use crate::cleanup;
use crate::configuration::PoolMode;
use crate::ending::Ending;
use crate::stats::sqlstate::Class;

impl Relay {
    /// Say good-bye and leave the server in order.
    pub(crate) fn finish(mut self, ending: &Ending, peer: &str) {
        let reason = match ending {
            Ending::Client => "client closed the connection".to_owned(),
            Ending::Socket(error) => format!("client socket: {error}"),
            Ending::Refused(refusal) | Ending::Killed(refusal) => refusal.cause().to_owned(),
            Ending::Server => "server closed the connection".to_owned(),
        };
        let configuration = self.context.common.configuration();
        let is_refused = matches!(ending, Ending::Refused(_) | Ending::Killed(_));
        if configuration.log_disconnections || (is_refused && configuration.log_pooler_errors) {
            tracing::info!(
                peer,
                database = self.pool.database,
                user = self.pool.user,
                seconds = self.meter.age().as_secs_f64(),
                transactions = self.meter.transactions(),
                "client disconnected, closing because: {reason}"
            );
        }
        let mut is_server_usable = matches!(ending, Ending::Client | Ending::Socket(_));
        if let Ending::Refused(refusal) | Ending::Killed(refusal) = ending {
            self.pool.stats.pooler_errors.add(Class::of(refusal.sqlstate.as_bytes()), 1);
            refusal.put(&mut self.to_client);
            is_server_usable = refusal.sqlstate == "57P01" && matches!(ending, Ending::Refused(_));
        }
        if !self.to_client.is_empty() {
            // A client that does not take it now is not waited for.
            let _ = self.stream.try_write(&self.to_client);
        }
        if let Some(mut lease) = self.lease.take() {
            self.registration.entry.unlink(self.client.reported());
            if let (Ending::Killed(_), Some(server)) = (ending, lease.server()) {
                cancel::stop(Arc::clone(&server.identity), &self.context.common);
            }
            // What a session leaves is only reset by a pool that is in session mode yet.
            let is_reset = self.mode != PoolMode::Session || self.pool.mode() == self.mode;
            if is_server_usable && is_reset && self.to_server.is_empty() {
                cleanup::begin(lease, self.client, &self.pool, &self.context.common);
            } else {
                lease.discard("its session broke");
            }
        }
    }
}
