//! Sees to it that a server has the statements that a client's messages are about.

use std::sync::Arc;

use pgwire::frontend;

use super::Session;
use crate::session::expect::Expect;
use crate::statements::{Presence, Statement, private_context};

impl Session<'_, '_, '_, '_> {
    /// See to it that the server has `statement` by the time the next message reaches it.
    pub(super) fn ensure(&mut self, statement: &Arc<Statement>) {
        let presence = self.server.prepared.touch(statement);
        if presence != Presence::Ready {
            self.make_room(statement, presence);
            self.to_server.insert(|out| statement.put_parse(out));
            self.server.expect(Expect::HiddenParse(Some(Arc::clone(statement))));
            self.server.unsynced = true;
            let reads_differently = self.client.tracking.reads_differently;
            if statement.is_foreign_to(&self.client.settings.parse_context()) || reads_differently {
                // Literals are read as this client has them read, which is not what others mean by it.
                self.server.prepared.mark_stale(statement);
            }
        }
    }

    /// The settings that a statement is read under now, as far as they matter.
    pub(super) fn parse_context(&self) -> Vec<u8> {
        if self.client.tracking.reads_differently {
            private_context()
        } else {
            self.client.settings.parse_context()
        }
    }

    /// Close what stands in the way of preparing `statement`, and note it as prepared.
    pub(super) fn make_room(&mut self, statement: &Arc<Statement>, presence: Presence) {
        let limit = self.shared.statement_limit();
        let evicted = self.server.prepared.insert(Arc::clone(statement), limit);
        let stale = (presence == Presence::Stale).then(|| Arc::clone(statement));
        for closed in evicted.into_iter().chain(stale) {
            self.to_server.insert(|out| frontend::put_close_statement(out, &closed.name));
            self.server.expect(Expect::HiddenClose(Some(closed)));
        }
    }

    /// Prepare the client's unnamed statement again if the one on this server is not it.
    pub(super) fn ensure_unnamed(&mut self) {
        if self.server.unnamed_is_clients {
            return;
        }
        self.server.unnamed_is_clients = true;
        self.server.unsynced = true;
        self.server.drawn.bind();
        if let Some(text) = &self.client.unnamed {
            self.to_server.insert(|out| frontend::put_parse(out, b"", &text.rest));
            self.server.expect(Expect::HiddenParse(None));
        } else {
            // What is there is another client's: let PostgreSQL say that this client has none.
            self.to_server.insert(|out| frontend::put_close_statement(out, b""));
            self.server.expect(Expect::HiddenClose(None));
        }
    }
}
