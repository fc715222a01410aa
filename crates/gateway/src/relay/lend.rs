//! A client's server: how it comes by one.

use super::Relay;
use crate::configuration::PoolMode;
use crate::ending::Ending;
use crate::pool::{Checkout, Lease};
use crate::report::Refusal;

impl Relay {
    /// Take a server: the one used last, where what it has drawn from sequences is asked for.
    pub(super) fn checkout(&mut self) -> Checkout {
        if self.client.tracking.wants_same_server() && self.last_server != 0 {
            self.pool.checkout_again(self.last_server, &mut self.last_line)
        } else {
            self.pool.checkout(&mut self.last_line)
        }
    }

    /// Go to the pool that the configuration names now.
    pub(super) fn change_pool(&mut self) -> Result<(), Ending> {
        let Some(seat) = self.registration.entry.seat.get() else {
            return Err(Refusal::shutting_down().into());
        };
        self.pool = self
            .context
            .pool(&seat.database, &seat.user)
            .ok_or_else(|| Refusal::database_removed(&seat.database))?;
        self.registration.join(&self.pool);
        self.meter.follow(&self.pool.stats);
        self.client.tracking.join(&self.pool.pins);
        Ok(())
    }

    pub(super) fn link(&mut self, mut lease: Lease) {
        self.mode = self.pool.mode();
        if let Some(server) = lease.server() {
            self.meter.linked(std::mem::take(&mut server.grant));
            self.registration.entry.link(&server.identity, &self.context.common.clock);
            self.client.refuse_blocks(self.mode == PoolMode::Statement);
            self.client.tracking.turn(self.mode != PoolMode::Session);
            self.client.tracking.allow_pins(!self.pool.resets());
            self.last_server = server.identity.number;
            server.has_served = true;
            server.state.link_safely(&mut self.client, &mut self.to_server, &mut self.to_client);
            self.holds_back = true;
        }
        self.lease = Some(lease);
    }
}
