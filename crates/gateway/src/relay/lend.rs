//! A client's server: how it comes by one.

use std::time::Instant;

use super::Relay;
use crate::activity::Ended;
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

    /// Nothing is under way on the server any more.
    pub(super) fn rest(&mut self, now: Option<Instant>) {
        self.show_pin();
        // Nobody is to find what the client may have left there and has not been asked about.
        if !self.client.tracking.leaves_traces() {
            self.release(now);
        }
    }

    /// The end of a message has been sent on, or all that had to wait for the server's socket. Where the transaction
    /// was over before (a COPY has failed, and PostgreSQL drops the data that still comes), no reply follows that
    /// would have the server rest.
    pub(super) fn rest_late(&mut self) {
        let is_whole = self.to_server.is_empty() && !self.client.is_midway();
        let Some(server) = self.lease.as_mut().and_then(Lease::server) else {
            return;
        };
        if !is_whole || !server.state.is_idle() {
            return;
        }
        let shared = &self.context.common.session;
        server.state.catch_up(&mut self.client, shared, &mut self.to_server);
        if server.state.is_idle() {
            self.rest(None);
            self.note_answer(Ended::Nothing);
        }
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
