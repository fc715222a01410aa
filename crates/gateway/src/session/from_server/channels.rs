//! Has a client wait for the end of its transaction until what it listens on is known, and listened on.

use pgwire::backend;

use super::Session;
use crate::session::expect::Expect;

impl Session<'_, '_, '_, '_> {
    /// Whether a ReadyForQuery goes on now: it has to wait where what the client listens on may have changed.
    pub(super) fn shows_ready(&mut self, is_hidden: bool, is_query: bool) -> bool {
        let waits = !is_query && self.server.ask_channels(self.client, !is_hidden, self.to_server);
        !is_hidden && !waits
    }

    /// What the server listens on is known, or the mark is set: tell the client that its transaction is over, if
    /// it is.
    pub(super) fn channels_settled(&mut self, front: &Expect) {
        let is_owed = match front {
            Expect::Channels => self.server.weigh_channels(self.client, self.to_server),
            Expect::Mark => {
                let to_client = &mut *self.to_client;
                let is_owed = self.server.hand_over(self.client, |message| {
                    to_client.insert(|out| out.extend_from_slice(message));
                });
                self.server.put_unlisten(self.to_server);
                is_owed
            }
            _ => {
                self.server.unlistens = false;
                false
            }
        };
        if is_owed {
            let status = self.server.status;
            self.to_client.insert(|out| backend::put_ready_for_query(out, status));
        }
    }
}
