//! What a session remembers of its client.

use std::collections::HashMap;
use std::sync::Arc;

use pgwire::backend::{self, Status};
use pgwire::{frame, frontend};

use super::expect::Named;
use super::listening::Listening;
use super::text::Text;
use super::tracking::Tracking;
use crate::parameters::Parameters;
use crate::report::Refusal;

/// What a session remembers of its client. An idle client owns no buffer.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
#[derive(Debug)]
pub struct ClientState {
    /// Bytes received and not yet understood, or not yet sent because there is no server.
    pub carry: Vec<u8>,
    /// What is left of a message that is being streamed.
    pub(super) pass: Pass,
    /// Named statements, by the client's names.
    pub(super) statements: HashMap<Box<[u8]>, Arc<Named>>,
    /// The unnamed statement, for a Bind that comes in a later transaction.
    pub(super) unnamed: Option<Arc<Text>>,
    /// An error was answered here and everything up to the next Sync is to be dropped.
    pub(super) skipping: bool,
    /// Transaction blocks are refused.
    pub(super) refuses_blocks: bool,
    /// Settings given at startup.
    pub(super) startup: Arc<Parameters>,
    /// Settings wanted on any server this client holds.
    pub(super) settings: Arc<Parameters>,
    /// Reported parameters as this client has been told them.
    pub(super) reported: Arc<Parameters>,
    /// What it has done to its session.
    pub tracking: Tracking,
    /// What it listens on, once it has listened.
    pub(super) listening: Option<Box<Listening>>,
    /// A long text that may change what it listens on has been sent.
    pub(super) is_to_be_heard: bool,
    /// It has left its server to be cleaned.
    pub(super) is_gone: bool,
}

impl ClientState {
    /// A client that has logged in, asked for `startup` settings and been told `reported`.
    pub fn new(
        startup: Arc<Parameters>,
        settings: Arc<Parameters>,
        reported: Arc<Parameters>,
    ) -> Self {
        Self {
            carry: Vec::new(),
            pass: Pass::Nothing,
            statements: HashMap::new(),
            unnamed: None,
            skipping: false,
            refuses_blocks: false,
            startup,
            settings,
            reported,
            tracking: Tracking::default(),
            listening: None,
            is_to_be_heard: false,
            is_gone: false,
        }
    }

    /// How many named statements the client holds.
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }

    /// Reported parameters as this client has been told them.
    pub fn reported(&self) -> &Arc<Parameters> {
        &self.reported
    }

    /// Whether a message has been sent on in part, so that the server must not change now.
    pub fn is_midway(&self) -> bool {
        matches!(self.pass, Pass::Forward(_))
    }

    /// Give back memory that only mattered while a server was held.
    pub fn released(&mut self) {
        if self.carry.is_empty() {
            self.carry = Vec::new();
        }
    }

    /// Somebody on whose behalf the pooler itself uses a server that has reported these parameters.
    pub fn nobody(reported: &Arc<Parameters>) -> Self {
        Self::new(Arc::default(), Arc::default(), Arc::clone(reported))
    }

    /// Whether a transaction block, which statement mode does not allow, is to be refused.
    pub fn refuse_blocks(&mut self, refuses_blocks: bool) {
        self.refuses_blocks = refuses_blocks;
    }

    /// Answer the request at the head of `input` with an error instead of a server's reply; returns how many bytes
    /// of it that used.
    ///
    /// Appends the error to `to_client`; the rest of the pipeline is dropped up to its Sync, as PostgreSQL
    /// would after an error of its own.
    pub fn refuse(&mut self, input: &[u8], refusal: &Refusal, to_client: &mut Vec<u8>) -> usize {
        refusal.put(to_client);
        if !matches!(input.first(), Some(&(frontend::QUERY | frontend::FUNCTION_CALL))) {
            self.skipping = true;
            return 0;
        }
        let mut used = 0;
        if let Ok(Some(header)) = frame::header(input, u32::MAX) {
            used = header.size.min(input.len());
            self.pass = Pass::drop(header.size - used);
        }
        backend::put_ready_for_query(to_client, Status::Idle);
        used
    }
}

/// What is left of a message whose head has been dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// The next byte begins a message.
    Nothing,
    /// This many bytes go on unchanged.
    Forward(usize),
    /// This many bytes go nowhere.
    Drop(usize),
}

impl Pass {
    pub(super) fn forward(count: usize) -> Self {
        if count == 0 { Self::Nothing } else { Self::Forward(count) }
    }

    pub(super) fn drop(count: usize) -> Self {
        if count == 0 { Self::Nothing } else { Self::Drop(count) }
    }

    /// Move over what `input` has of the message; returns how many bytes that is and whether they go on.
    pub(super) fn advance(&mut self, available: usize) -> (usize, bool) {
        match *self {
            Self::Nothing => (0, false),
            Self::Forward(left) => {
                let taken = left.min(available);
                *self = Self::forward(left - taken);
                (taken, true)
            }
            Self::Drop(left) => {
                let taken = left.min(available);
                *self = Self::drop(left - taken);
                (taken, false)
            }
        }
    }
}
