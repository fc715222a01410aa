//! Keeps `currval` and `lastval` from telling a client the number that another has drawn.
//!
//! PostgreSQL remembers for each session the numbers it has drawn. A server whose numbers may be several clients'
//! forgets them before it is asked; then PostgreSQL itself says that there is none.

use super::expect::Expect;
use super::{ClientState, ServerState};

/// Why there is no number, in a hint to PostgreSQL's own error.
pub(super) const HINT: &str = "In transaction mode a number that an earlier transaction drew is only there while \
    nobody else has used the server connection since. Use INSERT ... RETURNING, or ask in the same transaction.";

/// Has PostgreSQL forget the numbers.
pub(super) const FORGET: &[u8] = b"DISCARD SEQUENCES";

/// Whose numbers a server remembers.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// The client that used it last; 0 for nobody.
    last: u64,
    /// Somebody else has used it since it forgot.
    is_mixed: bool,
    /// Since it was last given to a client, something was sent that may have drawn a number.
    has_been_asked: bool,
    /// Since then it has been told to forget.
    forgets: bool,
}

impl Drawn {
    /// A client is given the server.
    pub(super) fn link(&mut self, client: &ClientState) {
        let number = client.tracking.number;
        self.is_mixed |= self.last != 0 && self.last != number;
        self.last = number;
        self.has_been_asked = false;
        self.forgets = false;
    }

    /// Whether the server has been told to forget since it was last given to a client.
    pub(super) fn forgets(&self) -> bool {
        self.forgets
    }

    /// Whether the server must forget before this client asks it anything.
    pub(super) fn must_be_cleaned(&self, client: &ClientState) -> bool {
        self.is_mixed && client.tracking.is_on && client.tracking.pins().asks_for_sequences()
    }

    /// A text is sent; any but the beginning of a transaction block, alone, may draw a number.
    pub(super) fn ask(&mut self, text: &[u8]) {
        let text = text.trim_ascii_start();
        let begins = matches!(text.first(), Some(b'b' | b'B'));
        let is_alone = || !text.strip_suffix(b";").unwrap_or(text).contains(&b';');
        self.has_been_asked |= !(begins && is_alone());
    }

    /// A statement is run that may draw a number.
    pub(super) fn bind(&mut self) {
        self.has_been_asked = true;
    }

    /// Whether a client that asks for a number now may get another's.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.is_mixed && !self.has_been_asked
    }
}

impl ServerState {
    /// Append what makes PostgreSQL forget the numbers.
    pub(super) fn forget_numbers(&mut self, client: &ClientState, to_server: &mut Vec<u8>) {
        pgwire::frontend::put_query(to_server, FORGET);
        self.expected.push_back(Expect::HiddenQuery);
        // A simple query destroys the unnamed statement.
        self.unnamed_is_clients = false;
        self.drawn.is_mixed = false;
        self.drawn.forgets = true;
        self.drawn.last = client.tracking.number;
    }

    /// Whether this client alone has used the server since it last forgot.
    pub fn is_only_used_by(&self, client: &ClientState) -> bool {
        self.drawn.last == client.tracking.number && !self.drawn.is_mixed
    }
}
