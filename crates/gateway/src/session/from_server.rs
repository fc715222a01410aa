//! Reads what a server sends: passes it on, swallows what answers the pooler, learns what has changed.

mod channels;
mod failure;
mod settings;

use std::sync::Arc;

use pgwire::backend::{self, Status};
use pgwire::frame::{self, HEADER};

use super::expect::Expect;
use super::output::Output;
use super::tracking::Resets;
use super::{ClientState, Pass, SERVER_WHOLE_LIMIT, ServerState, SessionError, Shared};

/// Read `input` together with what earlier calls left over; everything is used or kept.
///
/// # Errors
/// The server broke the protocol, or refused a setting; it must not be used again.
pub fn take(
    client: &mut ClientState,
    server: &mut ServerState,
    shared: &Shared,
    input: &[u8],
    to_client: &mut Output<'_, '_>,
    to_server: &mut Vec<u8>,
) -> Result<(), SessionError> {
    if server.carry.is_empty() {
        let used =
            Session { client, server, shared, to_client, to_server, copies: false }.all(input)?;
        server.carry.extend_from_slice(input.get(used..).unwrap_or(&[]));
        return Ok(());
    }
    // The input is not what goes out, so nothing can be forwarded in place.
    let mut joined = std::mem::take(&mut server.carry);
    joined.extend_from_slice(input);
    let used =
        Session { client, server, shared, to_client, to_server, copies: true }.all(&joined)?;
    joined.drain(..used);
    if !joined.is_empty() {
        server.carry = joined;
    }
    Ok(())
}

struct Session<'s, 'output, 'input, 'buffer> {
    client: &'s mut ClientState,
    server: &'s mut ServerState,
    shared: &'s Shared,
    to_client: &'output mut Output<'input, 'buffer>,
    to_server: &'output mut Vec<u8>,
    /// What is read is not the output's input, so that it must be copied.
    copies: bool,
}

impl Session<'_, '_, '_, '_> {
    fn all(&mut self, input: &[u8]) -> Result<usize, SessionError> {
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or(&[]);
            if rest.is_empty() {
                return Ok(at);
            }
            if self.server.pass != Pass::Nothing {
                let (count, goes_on) = self.server.pass.advance(rest.len());
                if goes_on {
                    self.forward(input, at, at + count);
                }
                at += count;
                self.settle();
                continue;
            }
            let Some(header) = frame::header(rest, i32::MAX.unsigned_abs())
                .map_err(|error| SessionError::Server(error.to_string()))?
            else {
                return Ok(at);
            };
            let message = rest.get(..header.size).unwrap_or(rest);
            let is_whole = message.len() == header.size;
            let is_answer = header.tag == backend::DATA_ROW
                && matches!(
                    self.server.expected.front(),
                    Some(Expect::Inquiry(_) | Expect::Channels)
                );
            if !is_whole && is_answer && header.size <= SERVER_WHOLE_LIMIT {
                return Ok(at);
            }
            if !is_whole && !streams(header.tag) {
                if header.size <= SERVER_WHOLE_LIMIT {
                    return Ok(at);
                }
                // Nothing else is ever so long: the server does not speak the protocol.
                if header.tag != backend::ERROR_RESPONSE {
                    let what = format!("a message {:#04x} of {} bytes", header.tag, header.size);
                    return Err(SessionError::Server(what));
                }
            }
            if is_whole && self.is_ordinary(header.tag) {
                self.forward(input, at, at + header.size);
                at += header.size;
                continue;
            }
            let body = message.get(HEADER..).unwrap_or(&[]);
            let goes_on = self.message(header.tag, body)?;
            if self.server.is_refused {
                return Ok(at);
            }
            if self.server.expected.is_empty() {
                self.server.may_drop_all = false;
            }
            if goes_on {
                self.forward(input, at, at + message.len());
                self.server.pass = Pass::forward(header.size - message.len());
            } else {
                self.server.pass = Pass::drop(header.size - message.len());
            }
            at += message.len();
            if header.tag != backend::DATA_ROW {
                self.settle();
            }
        }
    }

    /// Whether a message goes on and means nothing but that what was expected has come, which is noted then: most do.
    /// What is expected behind it is not settled by it.
    #[inline]
    fn is_ordinary(&mut self, tag: u8) -> bool {
        let expected = &mut self.server.expected;
        match (tag, expected.front()) {
            (backend::DATA_ROW, Some(Expect::Execute | Expect::Query))
            | (backend::ROW_DESCRIPTION, Some(Expect::Query)) => true,
            (backend::ROW_DESCRIPTION | backend::NO_DATA, Some(Expect::Describe(None)))
            | (backend::BIND_COMPLETE, Some(Expect::Bind(None)))
                if expected.get(1).is_some_and(|next| !next.is_silent()) =>
            {
                expected.pop_front();
                true
            }
            _ => false,
        }
    }

    #[inline]
    fn forward(&mut self, input: &[u8], from: usize, to: usize) {
        if self.copies {
            let bytes = input.get(from..to).unwrap_or(&[]);
            self.to_client.insert(|out| out.extend_from_slice(bytes));
        } else {
            self.to_client.forward(from, to);
        }
    }

    #[inline]
    fn settle(&mut self) {
        if self.server.expected.front().is_some_and(Expect::is_silent) {
            self.settle_silent();
        }
    }

    #[inline(never)]
    fn settle_silent(&mut self) {
        let to_client = &mut *self.to_client;
        self.server
            .settle(self.client, |bytes| to_client.insert(|out| out.extend_from_slice(bytes)));
        if self.server.expected.is_empty() {
            // A reply made here was the last one: what was due at PostgreSQL's has waited for it.
            self.rest();
        }
    }

    /// Put the question that is due, now that a transaction is over.
    fn rest(&mut self) {
        if self.server.status != Status::Idle {
            return;
        }
        if self.client.tracking.pending.is_some() || self.server.is_restless {
            self.server.inquire(self.client, self.shared, self.to_server);
        }
        self.client.tracking.rests(self.server.expected.is_empty());
    }

    /// Deal with one message; says whether it goes on to the client.
    fn message(&mut self, tag: u8, body: &[u8]) -> Result<bool, SessionError> {
        let is_hidden = self.server.expected.front().is_some_and(Expect::is_hidden);
        match tag {
            backend::DATA_ROW if is_hidden => {
                match self.server.expected.front_mut() {
                    Some(Expect::Inquiry(inquiry)) => inquiry.row(body),
                    Some(Expect::Channels) => self.server.note_channel(body)?,
                    _ => {}
                }
                Ok(false)
            }
            backend::DATA_ROW
            | backend::COPY_DATA
            | backend::COPY_DONE
            | backend::COPY_OUT_RESPONSE
            | backend::NOTICE_RESPONSE
            | backend::FUNCTION_CALL_RESPONSE
            | backend::PARAMETER_DESCRIPTION => Ok(!is_hidden),
            backend::NOTIFICATION_RESPONSE if self.client.tracking.is_on => {
                self.server.overhear(body)?;
                Ok(false)
            }
            backend::NOTIFICATION_RESPONSE => Ok(true),
            backend::BIND_COMPLETE => match self.server.expected.pop_front() {
                Some(Expect::Bind(_)) => Ok(true),
                Some(Expect::Prelude) => Ok(false),
                _ => Err(unexpected("BindComplete")),
            },
            backend::COMMAND_COMPLETE => {
                if matches!(self.server.expected.front(), Some(Expect::Prelude)) {
                    self.server.expected.pop_front();
                    return Ok(false);
                }
                self.command_complete(body);
                self.end_execute();
                Ok(!is_hidden)
            }
            backend::EMPTY_QUERY_RESPONSE | backend::PORTAL_SUSPENDED => {
                let is_end = matches!(self.server.expected.front(), Some(Expect::HiddenEnd));
                self.end_execute();
                Ok(!is_hidden && !is_end)
            }
            backend::ROW_DESCRIPTION | backend::NO_DATA => {
                if matches!(self.server.expected.front(), Some(Expect::Describe(_))) {
                    self.server.expected.pop_front();
                }
                Ok(!is_hidden)
            }
            backend::READY_FOR_QUERY => self.ready(body),
            backend::PARSE_COMPLETE => self.parse_complete(),
            backend::CLOSE_COMPLETE => match self.server.expected.pop_front() {
                Some(Expect::Close) => Ok(true),
                Some(Expect::CloseUnnamed) => {
                    self.client.unnamed = None;
                    Ok(true)
                }
                Some(Expect::HiddenClose(_) | Expect::Prelude) => Ok(false),
                _ => Err(unexpected("CloseComplete")),
            },
            backend::ERROR_RESPONSE => self.error(body),
            backend::PARAMETER_STATUS => self.parameter_status(body, is_hidden),
            backend::COPY_IN_RESPONSE => {
                self.copy_in();
                Ok(!is_hidden)
            }
            backend::COPY_BOTH_RESPONSE => Err(unexpected("CopyBothResponse")),
            other => Err(SessionError::Server(format!("an unknown message type {other:#04x}"))),
        }
    }

    fn end_execute(&mut self) {
        if matches!(self.server.expected.front(), Some(Expect::Execute)) {
            self.server.expected.pop_front();
        }
    }

    fn parse_complete(&mut self) -> Result<bool, SessionError> {
        match self.server.expected.pop_front() {
            Some(Expect::Parse(_)) => Ok(true),
            Some(Expect::ParseUnnamed(remembered)) => {
                self.client.unnamed = remembered;
                Ok(true)
            }
            Some(Expect::HiddenParse(_) | Expect::Prelude) => Ok(false),
            _ => Err(unexpected("ParseComplete")),
        }
    }

    fn command_complete(&mut self, body: &[u8]) {
        let is_hidden = self.server.expected.front().is_some_and(Expect::is_hidden);
        match body {
            b"RESET\0" | b"SET\0" if !is_hidden => self.has_reset(body == b"RESET\0"),
            b"LOAD\0" if !is_hidden && self.client.tracking.is_on => self.client.tracking.loaded(),
            b"DISCARD SEQUENCES\0" if !is_hidden => self.client.tracking.forgets_numbers(),
            _ => {}
        }
        if body.first() != Some(&b'D') {
            return;
        }
        let is_discard = body == b"DISCARD ALL\0";
        if !is_discard && body != b"DEALLOCATE ALL\0" {
            return;
        }
        self.server.prepared.clear();
        if is_hidden {
            if is_discard {
                self.server.set_applied(Arc::default());
            }
            return;
        }
        self.client.statements.clear();
        if is_discard {
            self.client.unnamed = None;
            self.client.hear_nothing();
            self.client.tracking.discarded();
            self.server.set_applied(Arc::default());
            self.server.discarding = true;
        }
    }

    /// PostgreSQL begins to read COPY data: any Sync it was sent before the end of that data is void.
    fn copy_in(&mut self) {
        let expected = &mut self.server.expected;
        let end = expected.iter().position(|entry| matches!(entry, Expect::CopyEnd));
        let mut position = 0;
        let before = expected.len();
        expected.retain(|entry| {
            let is_inside = position > 0 && end.is_none_or(|end| position < end);
            position += 1;
            !(is_inside && matches!(entry, Expect::Sync))
        });
        let voided = (before - expected.len()) as u64;
        if voided > 0 {
            // These pipelines are part of the one that ends behind the COPY.
            let merged = self.server.pipelines_answered + voided;
            for change in [&mut self.server.names_change_in, &mut self.server.unnamed_changes_in] {
                if *change > self.server.pipelines_answered {
                    *change = (*change).max(merged + 1);
                }
            }
            self.server.pipelines_answered = merged;
        }
        let expected = &self.server.expected;
        // The Sync that was to end the pipeline is gone, unless a later one is there.
        if expected.len() < before && !expected.iter().any(|entry| matches!(entry, Expect::Sync)) {
            self.server.unsynced = true;
        }
        self.server.copy_in = end.is_none();
    }

    fn ready(&mut self, body: &[u8]) -> Result<bool, SessionError> {
        let status =
            Status::parse(body).map_err(|error| SessionError::Server(error.to_string()))?;
        let front = self.server.expected.pop_front();
        if !front.as_ref().is_some_and(Expect::ends_with_ready) {
            return Err(unexpected("ReadyForQuery"));
        }
        self.server.pipelines_answered += u64::from(matches!(front, Some(Expect::Sync)));
        self.server.status = status;
        if matches!(front, Some(Expect::Query)) {
            self.client.unnamed = None;
        }
        self.server.copy_in = false;
        let is_query = front.as_ref().is_some_and(Expect::is_hidden);
        let is_hidden = is_query || matches!(front, Some(Expect::HiddenEnd));
        if is_hidden && !self.is_replaying() {
            self.apply_reported();
        }
        if let Some(Expect::Inquiry(inquiry)) = front {
            let is_answered = self.server.hidden_error.take().is_none();
            self.server.conclude(self.client, self.shared, *inquiry, is_answered);
            self.server.inquire(self.client, self.shared, self.to_server);
            self.client.tracking.rests(self.server.expected.is_empty());
            self.tell();
            return Ok(false);
        }
        if is_hidden && let Some((sqlstate, message)) = self.server.hidden_error.take() {
            if let Some(front) = front.as_ref().filter(|front| front.is_about_channels()) {
                if self.server.asks_again(front, &sqlstate, self.to_server) {
                    return Ok(false);
                }
                return Err(SessionError::Channels { sqlstate, message });
            }
            if self.server.is_held_back() && self.is_replaying() {
                // What is behind it is on its way: all of it is made once more.
                self.server.hidden_error = Some((sqlstate, message));
                return Ok(false);
            }
            if self.server.replays_again(&sqlstate, &self.client.settings, self.to_server) {
                return Ok(false);
            }
            return Err(SessionError::Setting { sqlstate, message });
        }
        if let Some(front) = front.as_ref().filter(|front| front.is_about_channels()) {
            self.channels_settled(front);
            self.server.inquire(self.client, self.shared, self.to_server);
            return Ok(false);
        }
        self.server.note_replayed();
        if !is_hidden {
            self.server.counts.queries += 1;
            self.server.counts.transactions += u64::from(status == Status::Idle);
        }
        if self.client.refuses_blocks && status != Status::Idle {
            self.server.is_refused = true;
            return Ok(false);
        }
        let was_discarding = std::mem::take(&mut self.server.discarding);
        if was_discarding {
            self.client.settings = Arc::clone(&self.client.startup);
            self.server.resetting = true;
        }
        // In a failed transaction nothing can be set, and what RESET did is undone. In the middle of a
        // message nothing can be put in between: the next ReadyForQuery will do.
        let can_set = status != Status::Failed && !self.client.is_midway();
        if self.server.resetting && can_set {
            self.server.resetting = false;
            if self.restore_startup(was_discarding) {
                return Ok(self.shows_ready(is_hidden, is_query));
            }
        }
        if self.server.expected.is_empty() && !self.server.resetting {
            self.client.tracking.resets = Resets::default();
        }
        self.tell();
        let shows = self.shows_ready(is_hidden, is_query);
        self.rest();
        Ok(shows)
    }

    /// Whether the settings are between two clients': one Query of those that make them is answered.
    fn is_replaying(&self) -> bool {
        matches!(self.server.expected.front(), Some(Expect::HiddenQuery))
    }

    fn tell(&mut self) {
        if self.is_replaying() {
            return;
        }
        let to_client = &mut *self.to_client;
        self.server.tell(self.client, |bytes| to_client.insert(|out| out.extend_from_slice(bytes)));
    }
}

/// Whether messages of this type go on piece by piece; others are looked at whole.
fn streams(tag: u8) -> bool {
    matches!(
        tag,
        backend::DATA_ROW
            | backend::COPY_DATA
            | backend::ROW_DESCRIPTION
            | backend::PARAMETER_DESCRIPTION
            | backend::NOTICE_RESPONSE
            | backend::FUNCTION_CALL_RESPONSE
    )
}

fn unexpected(what: &str) -> SessionError {
    SessionError::Server(format!("{what} when nothing asked for it"))
}
