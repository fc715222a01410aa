//! Statements that a client prepares.

use std::sync::Arc;

use pgwire::WireError;
use pgwire::backend::Status;
use pgwire::frontend::{self, Parse};

use super::Session;
use crate::session::expect::{Expect, Named, NamedKind};
use crate::session::listening::Form;
use crate::session::message::{Message, Step, deallocated};
use crate::session::text::Text;
use crate::session::{CLIENT_STATEMENTS_LIMIT, STATEMENT_LIMIT, SessionError, WHOLE_LIMIT};
use crate::statements::Presence;

/// A statement name on the server that never outlives the DEALLOCATE it is made for.
const THROWAWAY: &[u8] = b"forebay_deallocate";

impl Session<'_, '_, '_, '_> {
    pub(super) fn parse(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let body = message.body();
        let is_named = match body.first() {
            Some(0) => false,
            Some(_) => true,
            None if message.is_whole() => {
                return Err(WireError::Unterminated { field: "statement name" }.into());
            }
            None => return Ok(Step::Wait),
        };
        if is_named && self.shared.leaves_names_of(self.client) {
            return Ok(self.extended(message, Expect::Parse(None)));
        }
        if is_named && message.header.size > STATEMENT_LIMIT {
            return Err(SessionError::StatementTooLarge(message.header.size));
        }
        if !message.is_whole() && (is_named || message.header.size <= WHOLE_LIMIT) {
            return Ok(Step::Wait);
        }
        if !is_named {
            return self.parse_unnamed(message);
        }
        if self.server.is_in_doubt(true) {
            return Ok(Step::Hold);
        }
        let parse = Parse::parse(body)?;
        if let Some(step) = self.parse_deallocate(message, &parse) {
            return Ok(step);
        }
        if let Some(existing) = self.client.statements.get(parse.name).cloned() {
            // PostgreSQL refuses it, after it has found whatever is wrong with the text: let it.
            self.ensure(&existing.statement);
            self.to_server
                .insert(|out| frontend::put_parse(out, &existing.statement.name, parse.rest));
            return Ok(self.parse_sent(message, existing, NamedKind::Duplicate));
        }
        if self.client.statements.len() >= CLIENT_STATEMENTS_LIMIT {
            return Err(SessionError::TooManyStatements);
        }
        let context = self.parse_context();
        let statement = self.shared.statements.intern_in(parse.rest, &context);
        if !self.make_way_early(statement.found.marks, Form::Extended) {
            return Ok(Step::Hold);
        }
        self.clean_numbers(&statement.found);
        let presence = self.server.prepared.touch(&statement);
        let may_fail = |entry: &Expect| entry.ends_with_ready() && !entry.is_hidden();
        if presence == Presence::Ready
            && !self.server.copy_in
            && self.server.expected.iter().any(may_fail)
        {
            // The transaction may have failed by then, and what is answered here must know.
            return Ok(Step::Hold);
        }
        let named = Arc::new(Named { name: parse.name.into(), statement: Arc::clone(&statement) });
        self.client.statements.insert(parse.name.into(), Arc::clone(&named));
        if presence != Presence::Absent && self.server.status == Status::Failed {
            // In a failed transaction PostgreSQL refuses all but ROLLBACK: have it look at the text.
            self.server.unnamed_is_clients = false;
            self.to_server.insert(|out| frontend::put_parse(out, b"", parse.rest));
            return Ok(self.parse_sent(message, named, NamedKind::Checked));
        }
        if presence == Presence::Ready {
            self.server.unsynced = true;
            self.server.expect(Expect::FakeParse(named));
            self.settle();
            return Ok(Step::Used(message.header.size));
        }
        self.make_room(&statement, presence);
        self.to_server.insert(|out| statement.put_parse(out));
        Ok(self.parse_sent(message, named, NamedKind::Defined))
    }

    /// Expect the reply to a Parse that was sent in another form.
    fn parse_sent(&mut self, message: &Message<'_>, named: Arc<Named>, kind: NamedKind) -> Step {
        self.server.unsynced = true;
        self.server.expect(Expect::Parse(Some((named, kind))));
        Step::Used(message.header.size)
    }

    fn parse_unnamed(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let mut remembered = None;
        if message.is_whole() {
            let scanned = self.client.tracking.scanned.take();
            let text = match self.client.same_text(message.body()) {
                Some(text) => Arc::clone(text),
                None => Arc::new(Text::read(message.body(), scanned)?),
            };
            if text.is_deallocate {
                if self.server.is_in_doubt(true) {
                    return Ok(Step::Hold);
                }
                if let Some(step) = self.parse_deallocate(message, &Parse::parse(message.body())?) {
                    return Ok(step);
                }
            }
            self.server.may_drop_all |= text.may_drop_all;
            if self.client.tracking.is_on && !self.note_unnamed(&text) {
                return Ok(Step::Hold);
            }
            // A Bind may come in a later transaction, on another server.
            if text.rest.len() <= WHOLE_LIMIT {
                remembered = Some(text);
            }
        } else {
            self.begin_long(message, true);
        }
        self.server.unnamed_is_clients = true;
        Ok(self.extended(message, Expect::ParseUnnamed(remembered)))
    }

    /// A Parse of `DEALLOCATE name`: the name means nothing to the server, so give it one to deallocate.
    fn parse_deallocate(&mut self, message: &Message<'_>, parse: &Parse<'_>) -> Option<Step> {
        let name = deallocated(self.client, parse.text)?;
        self.client.statements.remove(&*name);
        let throwaway = self.shared.statements.intern(b"\0\0\0");
        self.to_server.insert(|out| {
            frontend::put_close_statement(out, THROWAWAY);
            frontend::put_parse(out, THROWAWAY, &throwaway.rest);
            let mut rest = b"DEALLOCATE ".to_vec();
            rest.extend_from_slice(THROWAWAY);
            rest.extend_from_slice(&[0, 0, 0]);
            frontend::put_parse(out, parse.name, &rest);
        });
        self.server.expect(Expect::HiddenClose(Some(Arc::clone(&throwaway))));
        self.server.expect(Expect::HiddenParse(Some(throwaway)));
        let is_unnamed = parse.name.is_empty();
        self.server.unnamed_is_clients |= is_unnamed;
        let own = if is_unnamed { Expect::ParseUnnamed(None) } else { Expect::Parse(None) };
        self.server.expect(own);
        self.server.unsynced = true;
        Some(Step::Used(message.header.size))
    }
}
