//! What an error of the server's undoes, and what is learnt from it.

use std::sync::Arc;

use pgwire::backend::{self, Fields};
use pgwire::frame;

use super::{Session, unexpected};
use crate::session::SessionError;
use crate::session::expect::{Expect, Named, NamedKind};
use crate::session::sequences::HINT;
use crate::statements::Statement;

impl Session<'_, '_, '_, '_> {
    /// Deal with an ErrorResponse; says whether it goes on as it is.
    pub(super) fn error(&mut self, body: &[u8]) -> Result<bool, SessionError> {
        self.server.note_error(body);
        match self.server.expected.front() {
            // Unasked for there are only farewells.
            None if self.server.is_ending => return Ok(true),
            None => return Err(unexpected("ErrorResponse")),
            Some(Expect::RefusedQuery(_) | Expect::RefusedParse(_)) => return Ok(self.refused()),
            Some(front) if front.is_hidden() => {
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
                return Ok(!self.hint(body));
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
            None => Ok(!self.hint(body)),
            Some(message) => {
                self.to_client.insert(|out| out.extend_from_slice(&message));
                Ok(false)
            }
        }
    }

    /// A message sent in place of a refused one has failed, as it was to.
    fn refused(&mut self) -> bool {
        if self.server.is_ending {
            return true;
        }
        self.server.copy_in = false;
        let mut out = Vec::new();
        if let Some(Expect::RefusedQuery(refusal) | Expect::RefusedParse(refusal)) =
            self.server.expected.front()
        {
            refusal.put(&mut out);
        }
        if matches!(self.server.expected.front(), Some(Expect::RefusedParse(_))) {
            // PostgreSQL drops the unnamed statement before it looks at a new one.
            self.server.unnamed_is_clients = false;
            self.skip();
        }
        self.to_client.insert(|buffer| buffer.extend_from_slice(&out));
        false
    }

    /// Add a hint to the error that there is no number of a sequence to be told; says whether it is that error.
    fn hint(&mut self, body: &[u8]) -> bool {
        let fields = Fields::new(body);
        if fields.get(b'C').is_some_and(|code| code.starts_with(b"42")) {
            // What PostgreSQL cannot read, find or allow has asked for nothing.
            self.client.tracking.has_no_number();
        }
        let is_asking = matches!(fields.get(b'R'), Some(b"lastval" | b"currval_oid"));
        let is_meant =
            fields.get(b'C') == Some(b"55000") && is_asking && fields.get(b'H').is_none();
        if !is_meant || !self.client.tracking.is_on {
            return false;
        }
        self.client.tracking.has_no_number();
        self.to_client.insert(|out| {
            frame::put(out, backend::ERROR_RESPONSE, |out| {
                for (code, value) in Fields::new(body).flatten() {
                    out.push(code);
                    frame::put_string(out, value);
                }
                out.push(b'H');
                frame::put_string(out, HINT.as_bytes());
                out.push(0);
            });
        });
        true
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
