//! What a session counts of itself.

use pgwire::backend::{Fields, Status};

use super::ServerState;
use super::expect::{Expect, NamedKind};
use crate::stats::Counts;
use crate::stats::meter::Standing;

impl Expect {
    /// Count what is being asked of PostgreSQL, or of the pooler in its place.
    pub(super) fn count(&self, counts: &mut Counts) {
        match self {
            Self::Bind(Some(_)) => counts.binds += 1,
            Self::FakeParse(_) => counts.client_parses += 1,
            Self::Parse(Some((_, kind))) => {
                counts.client_parses += 1;
                // The others are only shown to PostgreSQL for the sake of its error.
                counts.server_parses += u64::from(*kind == NamedKind::Defined);
            }
            Self::HiddenParse(Some(_)) => counts.server_parses += 1,
            _ => {}
        }
    }
}

impl ServerState {
    /// Note an error of PostgreSQL's: whether the connection ends with it, and its class if it is for the client.
    pub(super) fn note_error(&mut self, body: &[u8]) {
        self.is_ending |= Fields::new(body).get(b'V') != Some(b"ERROR");
        if !self.expected.front().is_some_and(Expect::is_hidden) {
            self.counts.error(Fields::new(body).get(b'C').unwrap_or_default());
        }
    }

    /// What has been done since the last call, once a query is among it.
    pub fn take_answered(&mut self) -> Option<Counts> {
        (self.counts.queries > 0).then(|| std::mem::take(&mut self.counts))
    }

    /// What has been done since the last call.
    pub fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// Whether something is owed that the client has asked for.
    fn owes_client(&self) -> bool {
        self.expected.back().is_some_and(|last| !matches!(last, Expect::Inquiry(_)))
    }

    /// How the server stands.
    pub fn standing(&self) -> Standing {
        Standing { is_busy: self.owes_client(), is_in_transaction: self.status != Status::Idle }
    }
}
