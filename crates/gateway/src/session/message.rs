//! One message of a client's, and how far it got.

use pgwire::WireError;
use pgwire::frame::{self, HEADER, Header};
use pgwire::frontend;

use super::{ClientState, Pass, SessionError, Shared, WHOLE_LIMIT, deallocate};

/// What the client's bytes lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Everything that could be used has been used.
    More,
    /// What the next message means depends on replies that are under way: read on when some have come.
    Hold,
    /// The next message needs a server.
    Server,
    /// The client says good-bye.
    Terminate,
}

/// How far one message got.
pub(super) enum Step {
    /// This many bytes of it have been dealt with; the rest, if any, is left to [`ClientState::pass`].
    Used(usize),
    /// It must be there whole first.
    Wait,
    /// What it means depends on replies that are under way.
    Hold,
    /// It needs a server.
    Server,
    /// It is a good-bye.
    Terminate,
}

/// One message, of which at least the header is there.
pub(super) struct Message<'a> {
    pub(super) header: Header,
    /// What is there of it, at most the whole.
    pub(super) bytes: &'a [u8],
    /// Where it begins in the input.
    pub(super) at: usize,
}

impl<'a> Message<'a> {
    /// The message that begins `input`, which stands at `at`; `None` while its header is not all there.
    pub(super) fn read(
        input: &'a [u8],
        at: usize,
        shared: &Shared,
    ) -> Result<Option<Self>, SessionError> {
        let Some(header) = frame::header(input, shared.packet_limit())? else {
            return Ok(None);
        };
        if shared.refuses_simple_queries() && header.tag == frontend::QUERY {
            return Err(SessionError::SimpleQuery);
        }
        Ok(Some(Self { header, bytes: input.get(..header.size).unwrap_or(input), at }))
    }

    pub(super) fn is_whole(&self) -> bool {
        self.bytes.len() == self.header.size
    }

    pub(super) fn body(&self) -> &'a [u8] {
        self.bytes.get(HEADER..).unwrap_or(&[])
    }

    /// Refuse a Sync or Flush with a body. PostgreSQL answers one with an error that nothing asked for.
    pub(super) fn check_empty(&self) -> Result<(), SessionError> {
        let is_empty = self.header.size == HEADER;
        if is_empty || !matches!(self.header.tag, frontend::SYNC | frontend::FLUSH) {
            return Ok(());
        }
        Err(WireError::Trailing { count: self.header.size - HEADER }.into())
    }

    /// The body once it is all there; an error when it never may be.
    pub(super) fn whole_body(&self) -> Result<Option<&'a [u8]>, SessionError> {
        if self.is_whole() {
            return Ok(Some(self.body()));
        }
        if self.header.size > WHOLE_LIMIT {
            let length = u32::try_from(self.header.size - 1).unwrap_or(u32::MAX);
            let limit = u32::try_from(WHOLE_LIMIT).unwrap_or(u32::MAX);
            return Err(WireError::Length { tag: self.header.tag, length, limit }.into());
        }
        Ok(None)
    }
}

/// Drop what there is of a message, and the rest when it comes.
pub(super) fn discard(client: &mut ClientState, message: &Message<'_>) -> Step {
    client.pass = Pass::drop(message.header.size - message.bytes.len());
    Step::Used(message.bytes.len())
}

/// The client's statement that `text` deallocates, if that is all it does.
pub(super) fn deallocated(client: &ClientState, text: &[u8]) -> Option<Vec<u8>> {
    if client.statements.is_empty() {
        return None;
    }
    deallocate::name(text).filter(|name| client.statements.contains_key(&**name))
}
