//! Asks PostgreSQL what is true of a session now, and takes in the answer.
//!
//! Commits, rollbacks, savepoints and failed statements decide what becomes of a SET or of a lock. They are not
//! followed here: the question is put once the server is idle, behind the client's ReadyForQuery, and what it
//! answers is what is.

use pgwire::{backend, frontend};

use super::expect::Expect;
use super::scan::{Found, Marks};
use super::tracking::Pending;
use super::{ClientState, ServerState, Shared};
use crate::parameters::{self, Parameters};
use crate::pins::Reason;

/// How often a question is put that PostgreSQL does not answer: a cancel or a time limit may have met it.
const ATTEMPTS: u8 = 3;

/// Most settings beside the reported ones that a client is followed with.
const SETTINGS_LIMIT: usize = 256;

/// Most bytes of their values.
const VALUES_LIMIT: usize = 256 * 1024;

/// A question under way.
#[derive(Debug, Default)]
pub struct Inquiry {
    names: Vec<Box<str>>,
    reasons: Vec<Reason>,
    /// Whether it is asked which settings the session has made.
    asks_sources: bool,
    /// Why it is asked.
    pending: Box<Pending>,
    /// Values in the order of the question: names, reasons, sources.
    answer: Option<Vec<Option<Vec<u8>>>>,
}

impl Inquiry {
    /// The answer's row has come.
    pub(super) fn row(&mut self, body: &[u8]) {
        if let Ok(values) = backend::data_row(body) {
            self.answer = Some(values.into_iter().map(|value| value.map(<[u8]>::to_vec)).collect());
        }
    }
}

impl ServerState {
    /// Put the question that is due for `client`, if one is and now is the time: nothing is under way.
    pub fn inquire(&mut self, client: &mut ClientState, shared: &Shared, to_server: &mut Vec<u8>) {
        let is_time = self.status == pgwire::backend::Status::Idle
            && self.expected.is_empty()
            && !self.unsynced
            && !client.is_midway();
        if !is_time {
            return;
        }
        let Some(pending) = client.tracking.pending.take() else {
            return self.calm(client, shared, to_server);
        };
        let inquiry = self.question(client, pending);
        if inquiry.names.is_empty() && inquiry.reasons.is_empty() && !inquiry.asks_sources {
            self.conclude(client, shared, inquiry, true);
            return self.calm(client, shared, to_server);
        }
        put(&inquiry, to_server);
        client.tracking.is_asked = true;
        // A simple query destroys the unnamed statement.
        self.unnamed_is_clients = false;
        self.expected.push_back(Expect::Inquiry(Box::new(inquiry)));
    }

    /// Do what was due at the end of a transaction that came while a message of `client`'s was sent in part.
    pub fn catch_up(&mut self, client: &mut ClientState, shared: &Shared, to_server: &mut Vec<u8>) {
        if self.resetting {
            // What RESET goes back to is put in force behind a reply.
            self.put_hidden_query(b"", to_server);
        } else {
            self.inquire(client, shared, to_server);
        }
    }

    fn question(&self, client: &ClientState, pending: Box<Pending>) -> Inquiry {
        let found = &pending.found;
        let is_unreported =
            |name: &str| parameters::is_server_property(name) || self.reported.get(name).is_none();
        let mut names: Vec<Box<str>> =
            found.names.iter().filter(|name| is_unreported(name)).cloned().collect();
        let mut asks_sources = found.resets.iter().any(|name| is_unreported(name));
        if found.marks.has(Marks::RESET_ALL) {
            let carried = client.settings.iter().chain(self.applied.iter());
            for (name, _) in carried.filter(|(name, _)| is_unreported(name)) {
                if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    names.push(name.into());
                    asks_sources = true;
                }
            }
        }
        let tied = client.tracking.reasons();
        let may_be = |reason| {
            let made = match reason {
                Reason::AdvisoryLock => Marks::LOCK | Marks::UNLOCK,
                Reason::PreparedStatement => Marks::PREPARE | Marks::DEALLOCATE,
                Reason::Cursor => Marks::CURSOR | Marks::CLOSE,
                Reason::TemporaryObject => Marks::TEMPORARY | Marks::DROP,
                Reason::ReplicationSlot => Marks::SLOT | Marks::UNSLOT,
                _ => Marks::NONE,
            };
            found.marks.has(made) || (found.marks.has(Marks::DISCARD) && tied.has(reason))
        };
        let reasons = Reason::ALL
            .into_iter()
            .filter(|reason| reason.question().is_some() && may_be(*reason))
            .collect();
        Inquiry { names, reasons, asks_sources, pending, answer: None }
    }

    /// Make what has been answered the client's and the server's state.
    pub(super) fn conclude(
        &mut self,
        client: &mut ClientState,
        shared: &Shared,
        inquiry: Inquiry,
        is_answered: bool,
    ) {
        let Inquiry { names, reasons, asks_sources, mut pending, answer } = inquiry;
        client.tracking.is_asked = false;
        let mut values = answer.unwrap_or_default().into_iter();
        let expected = names.len() + reasons.len() + usize::from(asks_sources);
        let is_answered = is_answered && values.len() == expected;
        if !is_answered && pending.failures < ATTEMPTS {
            pending.failures += 1;
            if let Some(later) = client.tracking.pending.take() {
                pending.found.merge(&later.found);
                pending.sure = pending.sure.and(later.sure);
                pending.statement = pending.statement.or(later.statement);
            }
            client.tracking.pending = Some(pending);
            return;
        }
        let mut tied = client.tracking.reasons().and(pending.sure);
        for (mark, reason) in [(Marks::SEED, Reason::Seed), (Marks::BACKEND, Reason::Backend)] {
            tied.set(reason, tied.has(reason) || pending.found.marks.has(mark));
        }
        let mut is_undecided = tied.has(Reason::Undecided)
            || pending.found.marks.has(Marks::UNDECIDED)
            || !is_answered;
        if is_answered {
            let found: Vec<_> = values.by_ref().take(names.len()).collect();
            for reason in &reasons {
                let holds = values.next().flatten().is_some_and(|value| value == b"t");
                tied.set(*reason, holds);
            }
            let sources = values.next().flatten();
            is_undecided |= !self.learn(
                client,
                shared,
                &pending.found,
                names.into_iter().zip(found),
                sources.as_deref(),
            );
        }
        tied.set(Reason::Undecided, is_undecided && client.tracking.may_pin);
        client.tracking.tie(tied, pending.statement);
    }

    /// Take in the values of settings; `false` when not all of them can be followed.
    fn learn(
        &mut self,
        client: &mut ClientState,
        shared: &Shared,
        asked: &Found,
        values: impl Iterator<Item = (Box<str>, Option<Vec<u8>>)>,
        sources: Option<&[u8]>,
    ) -> bool {
        let made: Option<Vec<&[u8]>> =
            sources.map(|sources| sources.split(|byte| *byte == b',').collect());
        let is_default = |name: &str, value: &[u8]| {
            let is_reset = asked.resets.iter().any(|reset| reset.eq_ignore_ascii_case(name));
            if name.eq_ignore_ascii_case("role") {
                // ALTER ROLE ... SET role gives the session another one to begin with.
                let was_none = client.settings.get(name) == Some(b"none");
                return value == b"none" && is_reset && !was_none;
            }
            if name.eq_ignore_ascii_case("session_authorization") {
                return value == &*self.user;
            }
            made.as_ref().is_some_and(|made| {
                let is_made = made.iter().any(|made| made.eq_ignore_ascii_case(name.as_bytes()));
                // PostgreSQL does not say how the placeholder of an extension's setting got its value.
                let is_back = is_reset || asked.marks.has(Marks::RESET_ALL);
                if name.contains('.') && !is_made { value.is_empty() && is_back } else { !is_made }
            })
        };
        let (mut settings, mut applied) =
            (Parameters::clone(&client.settings), Parameters::clone(&self.applied));
        let mut can_follow = true;
        for (name, value) in values {
            match value {
                Some(value) if !is_default(&name, &value) => {
                    if !parameters::is_safe_name(&name) {
                        can_follow = false;
                        continue;
                    }
                    settings.set(&name, &value);
                    applied.set(&name, &value);
                }
                _ => {
                    settings.remove(&name);
                    applied.remove(&name);
                }
            }
        }
        let size: usize = settings.iter().map(|(_, value)| value.len()).sum();
        can_follow &= settings.iter().count() <= SETTINGS_LIMIT && size <= VALUES_LIMIT;
        client.settings = shared.parameters.intern(settings);
        self.set_applied(shared.parameters.intern(applied));
        can_follow
    }
}

/// Append the question.
fn put(inquiry: &Inquiry, to_server: &mut Vec<u8>) {
    let mut sql = b"SELECT ".to_vec();
    let mut first = true;
    let mut column = |sql: &mut Vec<u8>| {
        if !std::mem::take(&mut first) {
            sql.push(b',');
        }
    };
    for name in &inquiry.names {
        column(&mut sql);
        sql.extend_from_slice(b"pg_catalog.current_setting(");
        parameters::put_literal(&mut sql, name.as_bytes());
        sql.extend_from_slice(b",true)");
    }
    for question in inquiry.reasons.iter().filter_map(|reason| reason.question()) {
        column(&mut sql);
        sql.extend_from_slice(question.as_bytes());
    }
    if inquiry.asks_sources {
        column(&mut sql);
        sql.extend_from_slice(
            b"pg_catalog.array_to_string(ARRAY(SELECT name FROM pg_catalog.pg_settings \
              WHERE source OPERATOR(pg_catalog.=) 'session'),',')",
        );
    }
    frontend::put_query(to_server, &sql);
}
