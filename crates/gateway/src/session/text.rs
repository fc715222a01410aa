//! The text of a client's unnamed statement, and what is known of it.
//!
//! Most clients send the same one again and again: comparing it is cheaper than reading it.

use std::sync::Arc;

use pgwire::WireError;
use pgwire::frontend::Parse;

use super::scan::{Found, Marks, scan};
use super::{ClientState, deallocate};

/// What may drop every prepared statement.
pub(super) const DROPS_ALL: Marks =
    Marks::of(&[Marks::DEALLOCATE, Marks::DISCARD, Marks::UNDECIDED]);

/// The text of an unnamed statement.
#[derive(Debug)]
pub struct Text {
    /// Text, terminator, count and OIDs of parameter types as they follow the name in a Parse message.
    pub rest: Box<[u8]>,
    /// Bytes of the text alone.
    length: usize,
    /// What it may do to its session when it runs.
    pub(super) found: Found,
    /// Whether it may drop every prepared statement when it runs.
    pub(super) may_drop_all: bool,
    /// Whether it is one DEALLOCATE of one statement.
    pub(super) is_deallocate: bool,
}

impl Text {
    /// Read the body of a Parse message, of which `scanned` may have been found out before.
    pub(super) fn read(body: &[u8], scanned: Option<Found>) -> Result<Self, WireError> {
        let parse = Parse::parse(body)?;
        let found = scanned.unwrap_or_else(|| scan(parse.text));
        Ok(Self {
            rest: parse.rest.into(),
            length: parse.text.len(),
            may_drop_all: found.marks.has(DROPS_ALL),
            found,
            is_deallocate: deallocate::name(parse.text).is_some(),
        })
    }

    /// The text alone.
    pub(super) fn text(&self) -> &[u8] {
        self.rest.get(..self.length).unwrap_or(&self.rest)
    }
}

impl ClientState {
    /// The unnamed statement if it is what the body of a Parse message says.
    pub(super) fn same_text(&self, body: &[u8]) -> Option<&Arc<Text>> {
        let rest = body.get(1..)?;
        self.unnamed.as_ref().filter(|text| *text.rest == *rest)
    }
}
