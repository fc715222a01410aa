//! What clients that listen are told when that cannot go on.

use super::Refusal;

impl Refusal {
    /// The connection that listens for a database's clients is gone.
    pub fn listener_lost(database: &str, why: &str) -> Self {
        Self {
            detail: why.to_owned(),
            ..Self::fatal(
                "57P01",
                format!(
                    "terminating connection: the shared listener of database \"{database}\" was lost"
                ),
                "connect and LISTEN again, and look for what may have been notified meanwhile",
            )
        }
    }

    /// LISTEN needs another server connection, and a budget has none.
    pub fn no_place_for_listener(database: &str) -> Self {
        Self::fatal(
            "53300",
            format!(
                "LISTEN: no server connection left for the shared listener of database \"{database}\""
            ),
            "raise max_db_connections, max_user_connections or max_server_connections by one",
        )
    }

    /// A shared listener has logged in, and PostgreSQL does not let it listen.
    pub fn listener_refused(address: &str, why: &str) -> Self {
        Self::fatal(
            "08P01",
            format!("LISTEN: PostgreSQL at {address} refuses the shared listener: {why}"),
            "try LISTEN there as the pool's user",
        )
    }

    /// Notifications for a client have piled up.
    pub fn notifications_unread(limit: usize) -> Self {
        Self::fatal(
            "54000",
            format!("more than {limit} bytes of notifications wait to be delivered"),
            "read from the connection, and keep transactions short where a client listens",
        )
    }

    /// PostgreSQL could not say what a client listens on.
    pub fn channels_unknown(sqlstate: &str, message: &str) -> Self {
        Self {
            detail: message.to_owned(),
            ..Self::fatal(
                sqlstate,
                "LISTEN: the server could not be asked what it listens on",
                "connect and LISTEN again, or raise statement_timeout if that is what failed",
            )
        }
    }
}
