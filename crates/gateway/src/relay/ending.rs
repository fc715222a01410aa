//! The end of a client: why, what it is told, and what becomes of its server.

use std::io;

use super::Relay;
use crate::cleanup;
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
    /// The client has passed a time limit, and is told which; its server is stopped.
    Late(Box<Refusal>),
    /// The server has said why it closes the connection, and that has been passed on.
    Server,
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl Relay {
    /// Say good-bye and leave the server in order.
    pub(crate) fn finish(mut self, ending: &Ending, peer: &str) {
        let reason = match ending {
            Ending::Client => "client closed the connection".to_owned(),
            Ending::Socket(error) => format!("client socket: {error}"),
            Ending::Refused(refusal) | Ending::Late(refusal) => refusal.message.clone(),
            Ending::Server => "server closed the connection".to_owned(),
        };
        let configuration = self.context.common.configuration();
        let is_refused = matches!(ending, Ending::Refused(_) | Ending::Late(_));
        if configuration.log_disconnections || (is_refused && configuration.log_pooler_errors) {
            tracing::info!(
                peer,
                database = self.pool.database,
                user = self.pool.user,
                "client disconnected: {reason}"
            );
        }
        let mut is_server_usable = matches!(ending, Ending::Client | Ending::Socket(_));
        if let Ending::Refused(refusal) | Ending::Late(refusal) = ending {
            refusal.put(&mut self.to_client);
            is_server_usable = refusal.sqlstate == "57P01";
        }
        if !self.to_client.is_empty() {
            // A client that does not take it now is not waited for.
            let _ = self.stream.try_write(&self.to_client);
        }
        if let Some(lease) = self.lease.take() {
            self.registration.entry.unlink();
            if matches!(ending, Ending::Late(_)) {
                cleanup::stop(lease, &self.context.common, "its client passed a time limit");
            } else if is_server_usable && self.to_server.is_empty() {
                cleanup::begin(lease, self.client, &self.pool, &self.context.common);
            } else {
                lease.discard("its session broke");
            }
        }
    }
}

/// What a client is told when its session cannot go on.
pub(super) fn session_refusal(error: &SessionError) -> Ending {
    match error {
        SessionError::Setting { sqlstate, message } => Refusal::setting_failed(sqlstate, message),
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
