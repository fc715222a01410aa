//! Reads what a client sends: passes it on, rewrites statement names, answers what needs no server.

mod channels;
mod noting;
mod parsing;
mod preparing;

use pgwire::WireError;
use pgwire::frame::HEADER;
use pgwire::frontend::{self, BindNames, Target};

use super::expect::Expect;
use super::message::{Message, Step, deallocated, discard};
use super::output::Output;
use super::{
    ClientState, OWED_LIMIT, Pass, Replay, ServerState, SessionError, Shared, WHOLE_LIMIT,
    deallocate, without_server,
};

pub use super::message::Next;

/// Read `input`, which begins where the last call stopped; returns how many bytes were used and what is next.
///
/// # Errors
/// The client broke the protocol or a limit; the connection must be closed.
pub fn take(
    client: &mut ClientState,
    mut server: Option<&mut ServerState>,
    shared: &Shared,
    input: &[u8],
    to_server: &mut Output<'_, '_>,
    to_client: &mut Vec<u8>,
) -> Result<(usize, Next), SessionError> {
    let mut at = 0;
    loop {
        let rest = input.get(at..).unwrap_or(&[]);
        if rest.is_empty() {
            return Ok((at, Next::More));
        }
        if client.pass != Pass::Nothing {
            let (count, goes_on) = client.pass.advance(rest.len());
            if goes_on {
                to_server.forward(at, at + count);
            }
            if client.tracking.long.is_some() {
                client.read_long(rest.get(..count).unwrap_or(&[]));
                if let Some(server) = server.as_deref_mut() {
                    server.note_long(client);
                }
            }
            at += count;
            continue;
        }
        let Some(message) = Message::read(rest, at, shared)? else {
            return Ok((at, Next::More));
        };
        let step = match server.as_deref_mut() {
            Some(server) => {
                let mut session =
                    Session { client: &mut *client, server, shared, to_server, to_client };
                session.message(&message)?
            }
            None => without_server::message(client, &message, to_client)?,
        };
        match step {
            Step::Used(count) => at += count,
            Step::Wait => return Ok((at, Next::More)),
            Step::Hold => return Ok((at, Next::Hold)),
            Step::Server => return Ok((at, Next::Server)),
            Step::Terminate => return Ok((at, Next::Terminate)),
        }
    }
}

/// A client, the server it holds, and the two ways out.
struct Session<'s, 'output, 'input, 'buffer> {
    client: &'s mut ClientState,
    server: &'s mut ServerState,
    shared: &'s Shared,
    to_server: &'output mut Output<'input, 'buffer>,
    to_client: &'output mut Vec<u8>,
}

impl Session<'_, '_, '_, '_> {
    fn message(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let tag = message.header.tag;
        message.check_empty()?;
        if !matches!(self.server.replay, Replay::Done) && self.awaits_replay(tag) {
            return Ok(Step::Hold);
        }
        if tag == frontend::SYNC && (self.server.copy_in || !self.server.settles_channels()) {
            return Ok(self.sync(message));
        }
        if self.must_hold(tag) {
            return Ok(Step::Hold);
        }
        if self.server.skipping && tag != frontend::TERMINATE && frontend::is_known(tag) {
            return Ok(discard(self.client, message));
        }
        match tag {
            frontend::BIND => self.bind(message),
            frontend::EXECUTE => Ok(self.extended(message, Expect::Execute)),
            frontend::QUERY => self.query(message),
            frontend::PARSE => self.parse(message),
            frontend::DESCRIBE => self.describe(message),
            frontend::CLOSE => self.close(message),
            frontend::FLUSH => {
                self.server.flush_wanted = true;
                Ok(self.forward(message))
            }
            frontend::COPY_DATA => Ok(self.forward(message)),
            frontend::COPY_DONE | frontend::COPY_FAIL => {
                if self.server.copy_in {
                    self.server.copy_in = false;
                } else if !self.server.expected.is_empty() {
                    self.server.expect(Expect::CopyEnd);
                }
                Ok(self.forward(message))
            }
            frontend::FUNCTION_CALL => {
                self.note_call(message);
                self.server.expect(Expect::FunctionCall);
                Ok(self.forward(message))
            }
            frontend::TERMINATE => Ok(Step::Terminate),
            other => Err(SessionError::ClientTag(other)),
        }
    }

    /// Whether a message must wait for replies that are under way: because they may drop the statements it
    /// is about, or because too many are owed.
    #[inline]
    fn must_hold(&mut self, tag: u8) -> bool {
        // Mostly there is no reason to.
        let may_have_to = self.server.may_drop_all
            || self.server.hearing.is_some()
            || self.server.unlistens
            || !self.client.tracking.resets.is_empty()
            || self.server.expected.len() >= OWED_LIMIT;
        may_have_to && self.must_hold_for_a_reason(tag)
    }

    fn must_hold_for_a_reason(&mut self, tag: u8) -> bool {
        let may_drop = self.server.may_drop_all
            && matches!(
                tag,
                frontend::PARSE
                    | frontend::BIND
                    | frontend::DESCRIBE
                    | frontend::CLOSE
                    | frontend::QUERY
            );
        let is_full = self.server.expected.len() >= OWED_LIMIT && tag != frontend::TERMINATE;
        // What RESET goes back to is put in force behind it, and the next statement is to see that.
        let may_reset = !self.client.tracking.resets.is_empty()
            && !self.server.unsynced
            && !self.client.startup.is_empty();
        let is_settled = tag == frontend::TERMINATE || !self.server.settles_channels();
        let may_go = !may_drop && !is_full && !may_reset && is_settled;
        if may_go || self.server.expected.is_empty() || self.server.copy_in {
            return false;
        }
        if self.server.unsynced {
            // Without a Sync behind them, PostgreSQL keeps the replies to itself until it is asked.
            self.to_server.insert(frontend::put_flush);
        }
        true
    }

    /// Send what there is of a message on unchanged, and the rest when it comes.
    fn forward(&mut self, message: &Message<'_>) -> Step {
        let here = message.bytes.len();
        self.to_server.forward(message.at, message.at + here);
        self.client.pass = Pass::forward(message.header.size - here);
        Step::Used(here)
    }

    /// [`Self::forward`], expecting `reply` in the extended protocol.
    fn extended(&mut self, message: &Message<'_>, reply: Expect) -> Step {
        self.server.expect(reply);
        self.server.unsynced = true;
        self.forward(message)
    }

    /// Emit what the pooler owes if nothing is owed before it.
    fn settle(&mut self) {
        let to_client = &mut *self.to_client;
        self.server.settle(self.client, |bytes| to_client.extend_from_slice(bytes));
    }

    fn sync(&mut self, message: &Message<'_>) -> Step {
        // While it reads COPY data, PostgreSQL ignores Sync and sends no ReadyForQuery for it.
        if !self.server.copy_in {
            self.server.skipping = false;
            self.server.unsynced = false;
            self.server.expect(Expect::Sync);
        }
        self.forward(message)
    }

    fn query(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        if self.server.is_in_doubt(true)
            && message.is_whole()
            && deallocate::name(frontend::query(message.body())?).is_some()
        {
            return Ok(Step::Hold);
        }
        if !message.is_whole() && message.header.size <= WHOLE_LIMIT && self.client.tracking.is_on {
            return Ok(Step::Wait);
        }
        if !self.client.statements.is_empty() {
            if message.is_whole() {
                if let Some(name) = deallocated(self.client, frontend::query(message.body())?) {
                    // A simple query destroys the unnamed statement.
                    self.server.unnamed_is_clients = false;
                    if self.server.unsynced {
                        // It also ends the transaction of the extended-protocol messages before it.
                        self.server.unsynced = false;
                        self.to_server.insert(|out| frontend::put_query(out, b""));
                        self.server.expect(Expect::HiddenEnd);
                    }
                    if let Some(named) = self.client.statements.remove(&*name) {
                        self.server.expect(Expect::FakeDeallocate(named));
                    }
                    self.settle();
                    return Ok(Step::Used(message.header.size));
                }
            } else if message.header.size <= WHOLE_LIMIT {
                return Ok(Step::Wait);
            }
        }
        if message.is_whole() {
            let text = frontend::query(message.body())?;
            if self.client.tracking.is_on {
                match self.note_query(text) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Step::Hold),
                    Err(refusal) => return Ok(self.refuse_query(message, refusal)),
                }
            } else {
                self.server.may_drop_all |= deallocate::may_drop_all(text);
            }
        } else if self.make_way_for_long() {
            self.begin_long(message, false);
        } else {
            return Ok(Step::Hold);
        }
        // A simple query destroys the unnamed statement.
        self.server.unnamed_is_clients = true;
        self.server.unsynced = false;
        self.server.expect(Expect::Query);
        Ok(self.forward(message))
    }

    fn bind(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let body = message.body();
        let Some(names) = BindNames::parse(body) else {
            if message.is_whole() || body.len() > WHOLE_LIMIT {
                return Err(WireError::Unterminated { field: "statement name" }.into());
            }
            return Ok(Step::Wait);
        };
        if self.server.is_in_doubt(!names.statement.is_empty()) {
            return Ok(Step::Hold);
        }
        if names.statement.is_empty() {
            if let Some(step) = self.note_bound_unnamed(message) {
                return Ok(step);
            }
            self.ensure_unnamed();
            return Ok(self.extended(message, Expect::Bind(None)));
        }
        let Some(named) = self.client.statements.get(names.statement).cloned() else {
            // One made by SQL's PREPARE, or PostgreSQL's own error.
            if let Some(step) = self.note_bound_by_sql(message) {
                return Ok(step);
            }
            return Ok(self.extended(message, Expect::Bind(None)));
        };
        if let Some(step) = self.note_bound(message, &named.statement) {
            return Ok(step);
        }
        self.ensure(&named.statement);
        self.server.may_drop_all |= named.statement.may_drop_all;
        let whole = message.header.size - HEADER - names.length;
        self.to_server
            .insert(|out| frontend::put_bind_head(out, names.portal, &named.statement.name, whole));
        let (start, end) = (HEADER + names.length, message.bytes.len());
        self.to_server.forward(message.at + start, message.at + end);
        self.client.pass = Pass::forward(message.header.size - end);
        self.server.expect(Expect::Bind(Some(named)));
        self.server.unsynced = true;
        Ok(Step::Used(end))
    }

    fn describe(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let Some(body) = message.whole_body()? else {
            return Ok(Step::Wait);
        };
        if let Target::Statement(name) = Target::parse(body)? {
            if self.server.is_in_doubt(!name.is_empty()) {
                return Ok(Step::Hold);
            }
            if name.is_empty() {
                self.ensure_unnamed();
            } else if let Some(named) = self.client.statements.get(name).cloned() {
                self.ensure(&named.statement);
                self.to_server
                    .insert(|out| frontend::put_describe_statement(out, &named.statement.name));
                self.server.expect(Expect::Describe(Some(named)));
                self.server.unsynced = true;
                return Ok(Step::Used(message.header.size));
            }
        }
        Ok(self.extended(message, Expect::Describe(None)))
    }

    fn close(&mut self, message: &Message<'_>) -> Result<Step, SessionError> {
        let Some(body) = message.whole_body()? else {
            return Ok(Step::Wait);
        };
        if let Target::Statement(name) = Target::parse(body)? {
            if !name.is_empty() && self.server.is_in_doubt(true) {
                return Ok(Step::Hold);
            }
            if name.is_empty() {
                self.server.unnamed_is_clients = true;
                return Ok(self.extended(message, Expect::CloseUnnamed));
            } else if let Some(named) = self.client.statements.remove(name) {
                self.server.unsynced = true;
                self.server.expect(Expect::FakeClose(named));
                self.settle();
                return Ok(Step::Used(message.header.size));
            }
        }
        Ok(self.extended(message, Expect::Close))
    }
}
