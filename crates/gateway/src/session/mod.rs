//! What the bytes between one client and the server it holds mean. No sockets, nothing that waits.
//!
//! [`ClientState`] lives as long as a client, [`ServerState`] as long as a server. While a client holds a
//! server, [`from_client::take`] and [`from_server::take`] read one direction each, say what goes out, and keep
//! [`ServerState::expected`] true: the replies PostgreSQL still owes, in order. Everything a pooler must know
//! follows from that queue: when a server may be released, where a reply that the pooler owes belongs, and what
//! an error in a pipeline undoes.
//!
//! # Invariant
//! A server leaves its client only at a ReadyForQuery that says *idle* with nothing more expected.

mod client;
mod counts;
pub mod deallocate;
pub mod expect;
pub mod from_client;
pub mod from_server;
pub mod inquiry;
pub mod listening;
mod message;
pub mod output;
mod replay;
mod restless;
pub mod scan;
mod sequences;
mod shared;
pub mod text;
pub mod tracking;
mod without_server;

use std::collections::VecDeque;
use std::sync::Arc;

use pgwire::WireError;
use pgwire::backend::{self, Status};
use thiserror::Error;

use crate::parameters::Parameters;
use crate::statements::Prepared;
use crate::stats::Counts;
use client::Pass;
use expect::Expect;
use listening::Hearing;
use replay::Replay;
use sequences::Drawn;

pub use client::ClientState;

pub use shared::Shared;

/// Messages up to this size are waited for whole before a server is asked for; larger ones are streamed.
pub const WHOLE_LIMIT: usize = 16 * 1024;

/// Most named statements one client may hold. PostgreSQL has no limit but its memory, which a pooler shares
/// among thousands of clients.
pub const CLIENT_STATEMENTS_LIMIT: usize = 10_000;

/// Largest Parse of a named statement, which is held in memory whole, in bytes.
pub const STATEMENT_LIMIT: usize = 64 * 1024 * 1024;

/// Most replies that may be owed at once; a client that asks for more is not read meanwhile.
const OWED_LIMIT: usize = 100_000;

/// Largest server message, other than rows and COPY data, that is held in memory whole.
const SERVER_WHOLE_LIMIT: usize = 1024 * 1024;

/// Why a session cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The client sent what the protocol does not allow.
    #[error(transparent)]
    Client(#[from] WireError),
    /// The client sent a message type that does not belong here.
    #[error("invalid frontend message type {0}")]
    ClientTag(u8),
    /// The client sent a simple query where that is not allowed.
    #[error("a simple query")]
    SimpleQuery,
    /// The client holds too many prepared statements.
    #[error("more than {CLIENT_STATEMENTS_LIMIT} prepared statements")]
    TooManyStatements,
    /// The client prepares a statement that is too large to be remembered.
    #[error("a named statement of {0} bytes")]
    StatementTooLarge(usize),
    /// The server sent what the protocol does not allow, or what nothing asked for.
    #[error("server sent {0}")]
    Server(String),
    /// The server could not be asked what it listens on.
    #[error("{message}")]
    Channels {
        /// PostgreSQL's SQLSTATE.
        sqlstate: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// A setting could not be applied to the server.
    #[error("{message}")]
    Setting {
        /// PostgreSQL's SQLSTATE.
        sqlstate: String,
        /// PostgreSQL's message.
        message: String,
    },
}

/// What a session remembers of a server.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
#[derive(Debug)]
pub struct ServerState {
    /// Replies PostgreSQL still owes, in order.
    expected: VecDeque<Expect>,
    /// Bytes received that do not make a whole message yet.
    carry: Vec<u8>,
    /// What is left of a message that is being streamed.
    pass: Pass,
    /// PostgreSQL drops everything up to the next Sync, which has not been sent yet.
    skipping: bool,
    /// Extended-protocol messages have been sent with no Sync behind them yet.
    unsynced: bool,
    /// Pipelines that have been sent with their Sync, and how many of them have been answered.
    pipelines_sent: u64,
    pipelines_answered: u64,
    /// The last pipeline that changes what statement names mean, if it does not fail.
    names_change_in: u64,
    /// [`Expect::FakeDeallocate`]s that are expected: whether each drops its name depends on what comes before.
    deallocations: usize,
    /// The last pipeline that changes what the unnamed statement is, if it does not fail.
    unnamed_changes_in: u64,
    /// Something under way may drop every prepared statement.
    may_drop_all: bool,
    /// The client has asked for what there is to be sent.
    flush_wanted: bool,
    /// PostgreSQL reads COPY data.
    copy_in: bool,
    /// A FATAL error has come: the server closes the connection.
    is_ending: bool,
    /// A transaction block was begun where none is allowed.
    is_refused: bool,
    /// The status of the last ReadyForQuery.
    status: Status,
    /// The unnamed statement on the server is the one its present client prepared.
    unnamed_is_clients: bool,
    /// What went wrong in the [`Expect::HiddenQuery`] under way: SQLSTATE and message.
    hidden_error: Option<(String, String)>,
    /// DISCARD ALL has run and its ReadyForQuery has not come yet.
    discarding: bool,
    /// RESET has run and its ReadyForQuery has not come yet.
    resetting: bool,
    /// Prepared statements.
    prepared: Prepared,
    /// Parameters as the server last reported them.
    reported: Arc<Parameters>,
    /// Settings applied on top of the server's own.
    applied: Arc<Parameters>,
    /// With these it might end while it is at rest.
    is_restless: bool,
    /// Who it logged in as.
    user: Box<[u8]>,
    /// How far the settings of its present client are.
    replay: Replay,
    /// Whose numbers it has drawn from sequences.
    drawn: Drawn,
    /// What has been done about channels in the transaction under way, if anything.
    hearing: Option<Box<Hearing>>,
    /// It is on its way to listening on nothing.
    unlistens: bool,
    /// Preludes that have been numbered.
    preludes: u64,
    /// How often asking about channels has failed.
    channel_failures: u8,
    /// What has been done since it was last asked.
    counts: Counts,
}

impl ServerState {
    /// A server that has just logged in and reported these parameters.
    pub fn new(reported: Arc<Parameters>) -> Self {
        Self {
            user: reported.get("session_authorization").unwrap_or_default().into(),
            replay: Replay::Done,
            drawn: Drawn::default(),
            expected: VecDeque::new(),
            carry: Vec::new(),
            pass: Pass::Nothing,
            skipping: false,
            unsynced: false,
            pipelines_sent: 0,
            pipelines_answered: 0,
            names_change_in: 0,
            deallocations: 0,
            unnamed_changes_in: 0,
            may_drop_all: false,
            flush_wanted: false,
            copy_in: false,
            is_ending: false,
            is_refused: false,
            hidden_error: None,
            status: Status::Idle,
            unnamed_is_clients: false,
            discarding: false,
            resetting: false,
            prepared: Prepared::default(),
            reported,
            applied: Arc::default(),
            is_restless: false,
            hearing: None,
            unlistens: false,
            preludes: 0,
            channel_failures: 0,
            counts: Counts::default(),
        }
    }

    /// Whether nothing is under way: no reply owed, no message cut in half, no transaction open, no farewell
    /// said. A farewell may come in one piece with the ReadyForQuery before it, and the next client must not be
    /// lent what ends.
    pub fn is_idle(&self) -> bool {
        self.status == Status::Idle
            && !self.is_ending
            && self.expected.is_empty()
            && !self.unsynced
            && self.carry.is_empty()
            && self.pass == Pass::Nothing
            && matches!(self.replay, Replay::Done)
    }

    /// Expect a reply, and note what depends on it.
    fn expect(&mut self, reply: Expect) {
        let pipeline = self.pipelines_sent + 1;
        reply.count(&mut self.counts);
        match &reply {
            Expect::Sync => self.pipelines_sent = pipeline,
            Expect::FakeDeallocate(_) => self.deallocations += 1,
            Expect::Parse(Some(_))
            | Expect::FakeParse(_)
            | Expect::HiddenParse(Some(_))
            | Expect::FakeClose(_)
            | Expect::HiddenClose(Some(_)) => self.names_change_in = pipeline,
            Expect::ParseUnnamed(_)
            | Expect::CloseUnnamed
            | Expect::HiddenParse(None)
            | Expect::HiddenClose(None) => self.unnamed_changes_in = pipeline,
            _ => {}
        }
        self.expected.push_back(reply);
    }

    /// Whether what a statement's name means depends on how an earlier pipeline, sent already, comes out: an
    /// error in it undoes what follows up to its Sync.
    fn is_in_doubt(&self, is_named: bool) -> bool {
        if !is_named && !self.unnamed_is_clients {
            let changes =
                |entry: &Expect| entry.is_unnamed() || matches!(entry, Expect::FakeDeallocate(_));
            return self.expected.iter().any(changes)
                && self.expected.iter().any(Expect::ends_with_ready);
        }
        if is_named && self.deallocations > 0 {
            return true;
        }
        let change = if is_named { self.names_change_in } else { self.unnamed_changes_in };
        self.pipelines_answered < change && change <= self.pipelines_sent
    }

    /// How many statements are prepared on this server.
    pub fn statement_count(&self) -> usize {
        self.prepared.len()
    }

    /// Whether PostgreSQL owes a reply, so that a cancel would have something to hit.
    pub fn is_busy(&self) -> bool {
        !self.expected.is_empty()
    }

    /// Whether the server has said why it closes the connection.
    pub fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// Note a parameter that the server reports while nobody holds it.
    pub fn report(&mut self, name: &str, value: &[u8]) {
        let mut reported = Parameters::clone(&self.reported);
        reported.set(name, value);
        self.reported = Arc::new(reported);
    }

    /// Whether PostgreSQL waits for the client: for a Sync, or for COPY data.
    pub fn awaits_client(&self) -> bool {
        self.unsynced || self.copy_in
    }

    /// Append what ends whatever a client that is gone has left open, short of its transaction.
    pub fn put_interrupt(&mut self, to_server: &mut Vec<u8>) {
        if self.copy_in {
            self.copy_in = false;
            pgwire::frontend::put_copy_fail(to_server, b"client disconnected");
        }
        if self.unsynced {
            self.unsynced = false;
            self.skipping = false;
            pgwire::frontend::put_sync(to_server);
            self.expect(Expect::Sync);
        }
    }

    /// Whether the client has sent a Flush since the last call.
    pub fn take_flush(&mut self) -> bool {
        std::mem::take(&mut self.flush_wanted)
    }

    /// Parameters as the server last reported them.
    pub fn reported(&self) -> &Arc<Parameters> {
        &self.reported
    }

    /// Whether the client must be sent away because it has begun a transaction block in statement mode.
    pub fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// Append a Query that the pooler sends on its own account, and expect its reply.
    ///
    /// An error in it surfaces as [`SessionError::Setting`] once the server is ready again.
    pub fn put_hidden_query(&mut self, sql: &[u8], to_server: &mut Vec<u8>) {
        pgwire::frontend::put_query(to_server, sql);
        self.expected.push_back(Expect::HiddenQuery);
    }

    /// Note which settings the server has.
    pub fn set_applied(&mut self, applied: Arc<Parameters>) {
        self.is_restless = restless::is(&applied);
        self.applied = applied;
    }

    /// Which settings the server has on top of its own.
    pub fn applied(&self) -> &Arc<Parameters> {
        &self.applied
    }

    /// Emit the replies that are owed by the pooler itself and whose turn has come.
    ///
    /// Nothing is emitted in the middle of a message that is being streamed to the client; its end settles.
    #[inline]
    fn settle(&mut self, client: &mut ClientState, emit: impl FnMut(&[u8])) {
        if self.expected.front().is_some_and(Expect::is_silent) {
            self.settle_silent(client, emit);
        }
    }

    #[inline(never)]
    fn settle_silent(&mut self, client: &mut ClientState, mut emit: impl FnMut(&[u8])) {
        while self.pass == Pass::Nothing {
            match self.expected.front() {
                Some(Expect::FakeParse(_)) => emit(&backend::PARSE_COMPLETE_MESSAGE),
                Some(Expect::FakeClose(_)) => emit(&backend::CLOSE_COMPLETE_MESSAGE),
                Some(Expect::CopyEnd) => {}
                Some(Expect::FakeDeallocate(_)) => {
                    let mut message = Vec::new();
                    if self.status == Status::Failed {
                        backend::put_error(&mut message, &TRANSACTION_IS_ABORTED);
                    } else {
                        backend::put_command_complete(&mut message, b"DEALLOCATE");
                    }
                    backend::put_ready_for_query(&mut message, self.status);
                    emit(&message);
                }
                _ => return,
            }
            if let Some(Expect::FakeDeallocate(named)) = self.expected.pop_front() {
                self.deallocations -= 1;
                client.unnamed = None;
                if self.status == Status::Failed {
                    client.statements.insert(named.name.clone(), named);
                }
            }
        }
    }
}

/// PostgreSQL's answer to a command inside a failed transaction.
const TRANSACTION_IS_ABORTED: backend::Report<'static> = backend::Report {
    severity: "ERROR",
    sqlstate: "25P02",
    message: "current transaction is aborted, commands ignored until end of transaction block",
    detail: "",
    hint: "",
};
