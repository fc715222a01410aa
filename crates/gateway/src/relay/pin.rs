//! Shows why a client keeps its server.

use std::sync::Arc;

use super::Relay;
use crate::configuration::PoolMode;
use crate::pool::Lease;

impl Relay {
    /// Keep the server for good, as a reload has it, with all of the client's settings.
    pub(super) fn stay(&mut self, mode: PoolMode) {
        if std::mem::replace(&mut self.mode, mode) != mode
            && let Some(server) = self.lease.as_mut().and_then(Lease::server)
        {
            self.client.tracking.stay();
            server.state.link_safely(&mut self.client, &mut self.to_server, &mut self.to_client);
        }
    }

    /// Let others see what ties the client to its server, and log a statement the first time it does.
    pub(super) fn show_pin(&mut self) {
        let pin = self.client.tracking.pin();
        if pin.map(Arc::as_ptr) == self.shown_pin.as_ref().map(Arc::as_ptr) {
            return;
        }
        if let Some(pin) = pin
            && self.shown_pin.is_none()
            && self.pool.pins.is_new(&pin.statement)
        {
            tracing::info!(
                database = self.pool.database,
                user = self.pool.user,
                reason = pin.reasons.names(),
                statement = &*pin.statement,
                "a client keeps its server beyond its transaction; logged once for each statement"
            );
        }
        self.registration.entry.pin(pin);
        self.shown_pin = pin.cloned();
    }
}
