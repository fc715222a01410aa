//! Why a client's task ends, and what the client is told.

use std::io;

use crate::report::Refusal;
use crate::session::SessionError;

/// Why a client's task ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// The client said good-bye or closed its socket.
    Client,
    /// The client's socket failed.
    Socket(io::Error),
    /// The client is told this.
    Refused(Box<Refusal>),
    /// The client is told this, and what it holds is closed whatever is under way.
    Killed(Box<Refusal>),
    /// The server has said why it closes the connection, and that has been passed on.
    Server,
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// What a client is told when its session cannot go on.
pub(crate) fn session_refusal(error: &SessionError) -> Ending {
    match error {
        SessionError::Setting { sqlstate, message } => Refusal::setting_failed(sqlstate, message),
        SessionError::Channels { sqlstate, message } => {
            Refusal::channels_unknown(sqlstate, message)
        }
        SessionError::TooManyStatements => {
            Refusal::too_many_statements(crate::session::CLIENT_STATEMENTS_LIMIT)
        }
        SessionError::StatementTooLarge(size) => {
            Refusal::statement_too_large(*size, crate::session::STATEMENT_LIMIT)
        }
        SessionError::SimpleQuery => Refusal::simple_query(),
        SessionError::Client(_) | SessionError::ClientTag(_) => {
            Refusal::protocol(&error.to_string())
        }
        SessionError::Server(what) => Refusal::server_lost(what),
    }
    .into()
}
