//! Reads what a server sends: passes it on, swallows what answers the pooler, learns what has changed.

use std::sync::Arc;

use pgwire::backend::{self, Fields, Status};
use pgwire::frame::{self, HEADER};

use super::expect::{Expect, Named, NamedKind};
use super::output::Output;
use super::{ClientState, Pass, SERVER_WHOLE_LIMIT, ServerState, SessionError, Shared};
use crate::parameters::{self, Parameters};
use crate::statements::Statement;

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
            if !is_whole && !streams(header.tag) && header.size <= SERVER_WHOLE_LIMIT {
                return Ok(at);
            }
            let body = message.get(HEADER..).unwrap_or(&[]);
            let goes_on = self.message(header.tag, body)?;
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

    fn forward(&mut self, input: &[u8], from: usize, to: usize) {
        if self.copies {
            let bytes = input.get(from..to).unwrap_or(&[]);
            self.to_client.insert(|out| out.extend_from_slice(bytes));
        } else {
            self.to_client.forward(from, to);
        }
    }

    fn settle(&mut self) {
        let to_client = &mut *self.to_client;
        self.server
            .settle(self.client, |bytes| to_client.insert(|out| out.extend_from_slice(bytes)));
    }

    /// Deal with one message; says whether it goes on to the client.
    fn message(&mut self, tag: u8, body: &[u8]) -> Result<bool, SessionError> {
        let is_hidden = matches!(self.server.expected.front(), Some(Expect::HiddenQuery));
        match tag {
            backend::DATA_ROW
            | backend::COPY_DATA
            | backend::COPY_DONE
            | backend::COPY_OUT_RESPONSE
            | backend::NOTICE_RESPONSE
            | backend::FUNCTION_CALL_RESPONSE
            | backend::PARAMETER_DESCRIPTION => Ok(!is_hidden),
            backend::NOTIFICATION_RESPONSE => Ok(true),
            backend::BIND_COMPLETE => {
                self.pop("BindComplete", |front| matches!(front, Expect::Bind(_)))
            }
            backend::COMMAND_COMPLETE => {
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
                Some(Expect::HiddenClose(_)) => Ok(false),
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

    fn pop(
        &mut self,
        what: &str,
        is_right: impl FnOnce(&Expect) -> bool,
    ) -> Result<bool, SessionError> {
        match self.server.expected.pop_front() {
            Some(front) if is_right(&front) => Ok(true),
            _ => Err(unexpected(what)),
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
            Some(Expect::HiddenParse(_)) => Ok(false),
            _ => Err(unexpected("ParseComplete")),
        }
    }

    fn command_complete(&mut self, body: &[u8]) {
        let is_hidden = matches!(self.server.expected.front(), Some(Expect::HiddenQuery));
        if body == b"RESET\0" && !is_hidden && !self.client.startup.is_empty() {
            self.server.resetting = true;
            self.forget_startup();
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
                self.server.applied = Arc::default();
            }
            return;
        }
        self.client.statements.clear();
        if is_discard {
            self.client.unnamed = None;
            self.server.applied = Arc::default();
            self.server.discarding = true;
        }
    }

    /// Note what the server reports for the settings that were applied to it: a ROLLBACK may have taken them back.
    fn apply_reported(&mut self) {
        let reported = &self.server.reported;
        let is_changed =
            |(name, value): (&str, &[u8])| reported.get(name).is_some_and(|now| now != value);
        if !self.server.applied.iter().any(is_changed) {
            return;
        }
        let mut applied = Parameters::clone(&self.server.applied);
        for (name, _) in self.server.applied.iter() {
            if let Some(now) = reported.get(name) {
                applied.set(name, now);
            }
        }
        self.server.applied = self.shared.parameters.intern(applied);
    }

    /// RESET may have taken what the client asked for at startup, which PostgreSQL would have gone back to.
    /// What is not reported might be gone, so it is taken to be.
    fn forget_startup(&mut self) {
        let mut applied = Parameters::clone(&self.server.applied);
        for (name, _) in self.client.startup.iter() {
            if self.server.reported.get(name).is_none() {
                applied.remove(name);
            }
        }
        self.server.applied = self.shared.parameters.intern(applied);
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
        let is_hidden = matches!(front, Some(Expect::HiddenQuery | Expect::HiddenEnd));
        if is_hidden {
            self.apply_reported();
        }
        if is_hidden && let Some((sqlstate, message)) = self.server.hidden_error.take() {
            return Err(SessionError::Setting { sqlstate, message });
        }
        if !is_hidden {
            self.server.counts.queries += 1;
            self.server.counts.transactions += u64::from(status == Status::Idle);
        }
        if std::mem::take(&mut self.server.discarding) {
            self.client.settings = Arc::clone(&self.client.startup);
            self.server.resetting = true;
        }
        // In a failed transaction nothing can be set, and what RESET did is undone. In the middle of a
        // message nothing can be put in between: the next ReadyForQuery will do.
        let can_set = status != Status::Failed && !self.client.is_midway();
        if self.server.resetting && can_set {
            self.server.resetting = false;
            let wanted = &self.client.settings;
            let queries = parameters::put_difference(self.to_server, &self.server.applied, wanted);
            if queries > 0 {
                self.server.applied = Arc::clone(wanted);
                for _ in 0..queries {
                    self.server.expected.push_back(Expect::HiddenQuery);
                }
                return Ok(!is_hidden);
            }
        }
        let to_client = &mut *self.to_client;
        self.server.tell(self.client, |bytes| to_client.insert(|out| out.extend_from_slice(bytes)));
        Ok(!is_hidden)
    }

    fn parameter_status(&mut self, body: &[u8], is_hidden: bool) -> Result<bool, SessionError> {
        let (name, value) = backend::parameter_status(body)
            .map_err(|error| SessionError::Server(error.to_string()))?;
        let name = String::from_utf8_lossy(name);
        let mut reported = Parameters::clone(&self.server.reported);
        reported.set(&name, value);
        self.server.reported = self.shared.parameters.intern(reported);
        if is_hidden || self.server.discarding {
            return Ok(false);
        }
        if self.server.resetting
            && let Some(startup) = self.client.startup.get(&name)
        {
            let mut settings = Parameters::clone(&self.client.settings);
            settings.set(&name, startup);
            self.client.settings = self.shared.parameters.intern(settings);
            let mut applied = Parameters::clone(&self.server.applied);
            applied.set(&name, value);
            self.server.applied = self.shared.parameters.intern(applied);
            return Ok(false);
        }
        if !parameters::is_server_property(&name) && parameters::is_safe_name(&name) {
            let mut settings = Parameters::clone(&self.client.settings);
            settings.set(&name, value);
            let is_same = Arc::ptr_eq(&self.client.settings, &self.server.applied);
            self.client.settings = self.shared.parameters.intern(settings);
            self.server.applied = if is_same {
                Arc::clone(&self.client.settings)
            } else {
                let mut applied = Parameters::clone(&self.server.applied);
                applied.set(&name, value);
                self.shared.parameters.intern(applied)
            };
        }
        self.client.reported = Arc::clone(&self.server.reported);
        Ok(true)
    }

    /// Deal with an ErrorResponse; says whether it goes on as it is.
    fn error(&mut self, body: &[u8]) -> Result<bool, SessionError> {
        self.server.note_error(body);
        match self.server.expected.front() {
            // Unasked for there are only farewells.
            None if self.server.is_ending => return Ok(true),
            None => return Err(unexpected("ErrorResponse")),
            Some(Expect::HiddenQuery) => {
                let text = |code| {
                    String::from_utf8_lossy(Fields::new(body).get(code).unwrap_or_default())
                        .into_owned()
                };
                self.server.hidden_error.get_or_insert_with(|| (text(b'C'), text(b'M')));
                // A connection that ends during it still tells its client why.
                return Ok(self.server.is_ending);
            }
            Some(front) if !front.is_extended() => {
                self.server.copy_in = false;
                return Ok(true);
            }
            Some(_) => {}
        }
        self.server.copy_in = false;
        let renamed = self.server.expected.front().and_then(|failed| Self::rename(failed, body));
        let existing = self.existing(body);
        self.note_failure(body);
        if matches!(self.server.expected.front(), Some(Expect::ParseUnnamed(_))) {
            // PostgreSQL drops the old one before it looks at the new one.
            self.client.unnamed = None;
        }
        self.skip();
        if let Some(statement) = existing {
            self.server.prepared.insert(Arc::clone(&statement), usize::MAX);
            self.server.prepared.mark_stale(&statement);
        }
        match renamed {
            None => Ok(true),
            Some(message) => {
                self.to_client.insert(|out| out.extend_from_slice(&message));
                Ok(false)
            }
        }
    }

    /// The statement that could not be prepared because the server has it already, unknown to the pooler. As a
    /// stale one it is closed first the next time.
    fn existing(&self, body: &[u8]) -> Option<Arc<Statement>> {
        if Fields::new(body).get(b'C') != Some(b"42P05") {
            return None;
        }
        match self.server.expected.front() {
            Some(Expect::Parse(Some((named, NamedKind::Defined)))) => {
                Some(Arc::clone(&named.statement))
            }
            Some(Expect::HiddenParse(statement)) => statement.clone(),
            _ => None,
        }
    }

    /// Learn from an error what the server's statements are like now.
    fn note_failure(&mut self, body: &[u8]) {
        let sqlstate = Fields::new(body).get(b'C');
        let routine = Fields::new(body).get(b'R');
        let prepared = &mut self.server.prepared;
        match self.server.expected.front() {
            // The routine's name, unlike the message, is never translated.
            Some(Expect::Bind(Some(named)) | Expect::Describe(Some(named)))
                if sqlstate == Some(b"0A000") && routine == Some(b"RevalidateCachedQuery") =>
            {
                prepared.mark_stale(&named.statement);
            }
            // Dropped behind the pooler's back, by a DEALLOCATE inside a function for example.
            Some(Expect::Bind(Some(named)) | Expect::Describe(Some(named)))
                if sqlstate == Some(b"26000") =>
            {
                prepared.remove(&named.statement);
            }
            _ => {}
        }
    }

    /// Undo what the failed message and all that PostgreSQL now skips would have done, last first.
    fn skip(&mut self) {
        let expected = &mut self.server.expected;
        let end = expected.iter().position(|entry| matches!(entry, Expect::Sync));
        self.server.skipping = end.is_none();
        // Whatever came behind, PostgreSQL now waits for a Sync.
        self.server.unsynced |= end.is_none();
        let skipped: Vec<Expect> = expected.drain(..end.unwrap_or(expected.len())).collect();
        for entry in skipped.into_iter().rev() {
            self.server.deallocations -= usize::from(matches!(entry, Expect::FakeDeallocate(_)));
            self.undo(entry);
        }
        // What has been sent behind that Sync is not skipped.
        self.server.unnamed_is_clients |= self.server.expected.iter().any(Expect::is_unnamed);
    }

    fn undo(&mut self, entry: Expect) {
        match entry {
            Expect::Parse(Some((named, kind))) => {
                if kind == NamedKind::Defined {
                    self.server.prepared.remove(&named.statement);
                }
                if kind != NamedKind::Duplicate {
                    self.undefine(&named);
                }
            }
            Expect::FakeParse(named) => self.undefine(&named),
            Expect::HiddenParse(Some(statement)) => self.server.prepared.remove(&statement),
            // Whatever the unnamed statement is there now, it is not what these would have left.
            entry if entry.is_unnamed() => self.server.unnamed_is_clients = false,
            Expect::FakeClose(named) | Expect::FakeDeallocate(named) => {
                self.client.statements.insert(named.name.clone(), named);
            }
            Expect::HiddenClose(Some(statement)) => {
                // It is still there; as a stale one it is closed before it is prepared again.
                self.server.prepared.insert(Arc::clone(&statement), usize::MAX);
                self.server.prepared.mark_stale(&statement);
            }
            _ => {}
        }
    }

    /// Forget a name, if it still stands for what it was defined as.
    fn undefine(&mut self, named: &Arc<Named>) {
        let held = self.client.statements.get(&named.name);
        if held.is_some_and(|held| Arc::ptr_eq(held, named)) {
            self.client.statements.remove(&named.name);
        }
    }

    /// The error with the client's own name for a statement in place of the server's, if that occurs in it.
    fn rename(failed: &Expect, body: &[u8]) -> Option<Vec<u8>> {
        let message = Fields::new(body).get(b'M')?;
        let (Expect::Parse(Some((named, _)))
        | Expect::Bind(Some(named))
        | Expect::Describe(Some(named))) = failed
        else {
            return None;
        };
        let (statement, name) = (&named.statement, &*named.name);
        let at =
            message.windows(statement.name.len()).position(|window| window == &*statement.name)?;
        let (before, after) = message.split_at_checked(at)?;
        let text = [before, name, after.get(statement.name.len()..)?].concat();
        let mut out = Vec::new();
        frame::put(&mut out, backend::ERROR_RESPONSE, |out| {
            for (code, value) in Fields::new(body).flatten() {
                out.push(code);
                frame::put_string(out, if code == b'M' { &text } else { value });
            }
            out.push(0);
        });
        Some(out)
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
            | backend::NOTIFICATION_RESPONSE
            | backend::FUNCTION_CALL_RESPONSE
            | backend::COPY_OUT_RESPONSE
    )
}

fn unexpected(what: &str) -> SessionError {
    SessionError::Server(format!("{what} when nothing asked for it"))
}
