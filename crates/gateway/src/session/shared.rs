//! What every session of a gateway shares.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::ClientState;
use crate::parameters::Interner;
use crate::statements::Statements;

/// What every session of a gateway shares.
#[derive(Default)]
pub struct Shared {
    /// Prepared statements by text.
    pub statements: Statements,
    /// Sets of parameters in use.
    pub parameters: Interner,
    /// `max_prepared_statements`; 0 leaves names alone. Changes on reload.
    pub max_prepared_statements: AtomicUsize,
    /// `max_packet_size`. Changes on reload.
    pub max_packet_size: AtomicU32,
    /// `disable_pqexec`: simple queries are refused. Changes on reload.
    pub disable_pqexec: AtomicBool,
}

impl Shared {
    /// Largest message accepted from a client.
    pub(super) fn packet_limit(&self) -> u32 {
        self.max_packet_size.load(Ordering::Relaxed)
    }

    /// Whether the simple query protocol is refused.
    pub(super) fn refuses_simple_queries(&self) -> bool {
        self.disable_pqexec.load(Ordering::Relaxed)
    }

    /// Most statements prepared on one server.
    pub(super) fn statement_limit(&self) -> usize {
        self.max_prepared_statements.load(Ordering::Relaxed)
    }

    /// Whether a new name goes to the server as it is. Names given before a reload asked for that mean what
    /// they meant, and so do new ones beside them.
    pub(super) fn leaves_names_of(&self, client: &ClientState) -> bool {
        self.statement_limit() == 0 && client.statements.is_empty()
    }
}
