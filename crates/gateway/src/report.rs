//! What clients are told when something is refused: SQLSTATE, message, detail, hint, in one table.
//!
//! The first words of a message are PgBouncer's where it has the same refusal, because tools match on them.

mod listening;

use std::time::Duration;

use pgwire::backend::{self, Report};

/// The hint where PostgreSQL does not want the pooler.
const CHECK_CREDENTIAL: &str =
    "check the user and password that the pooler uses towards PostgreSQL";

/// A refusal or failure as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `FATAL` when the connection ends with it, else `ERROR`.
    pub severity: &'static str,
    /// SQLSTATE.
    pub sqlstate: String,
    /// What happened, and to whom.
    pub message: String,
    /// The limit or rule involved; empty for none.
    pub detail: String,
    /// What to do next; empty for none.
    pub hint: String,
}

impl Refusal {
    fn fatal(sqlstate: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            severity: "FATAL",
            sqlstate: sqlstate.to_owned(),
            message: message.into(),
            detail: String::new(),
            hint: hint.into(),
        }
    }

    /// What a connection ends for: of a login to PostgreSQL that failed, the words of whoever refused it.
    pub fn cause(&self) -> &str {
        let Some(words) = self.message.strip_prefix("server login failed: ") else {
            return &self.message;
        };
        words.strip_prefix("FATAL ").unwrap_or(words)
    }

    /// Append this as an ErrorResponse.
    pub fn put(&self, out: &mut Vec<u8>) {
        backend::put_error(
            out,
            &Report {
                severity: self.severity,
                sqlstate: &self.sqlstate,
                message: &self.message,
                detail: &self.detail,
                hint: &self.hint,
            },
        );
    }

    /// More clients than `max_client_conn`.
    pub fn too_many_clients(limit: usize) -> Self {
        Self::fatal(
            "53300",
            format!("no more connections allowed (max_client_conn {limit})"),
            "raise max_client_conn, or close idle clients",
        )
    }

    /// A wrong password or an unknown user; the two are not told apart.
    pub fn authentication_failed(user: &str) -> Self {
        Self::fatal("28P01", format!("password authentication failed for user \"{user}\""), "")
    }

    /// The same, where the password was asked for by SASL.
    pub fn sasl_failed(user: &str) -> Self {
        Self::fatal(
            "28P01",
            format!(
                "SASL authentication failed: password authentication failed for user \"{user}\""
            ),
            "",
        )
    }

    /// `auth_type = trust`, and nobody of that name is listed.
    pub fn trust_failed(user: &str) -> Self {
        Self::fatal(
            "28P01",
            format!("\"trust\" authentication failed: user \"{user}\" is not listed"),
            "add the user to auth_file or to the configuration's users",
        )
    }

    /// `auth_query` does not work. Why is for the log: who is told this has not shown who it is.
    pub fn lookup_failed() -> Self {
        Self::fatal(
            "F0000",
            "bouncer config error: auth_query failed",
            "the pooler's log says why; list the user in auth_file, or mend auth_query",
        )
    }

    /// `auth_query` is to run in a database that an administrator has disabled.
    pub fn auth_database_disabled(name: &str) -> Self {
        Self::fatal(
            "57P03",
            format!("authentication database \"{name}\" is disabled"),
            "connect again after an administrator has given ENABLE",
        )
    }

    /// An authentication exchange that went wrong otherwise.
    pub fn authentication(error: &crate::auth::AuthenticationError) -> Self {
        Self::fatal(error.sqlstate(), error.to_string(), error.hint().unwrap_or_default())
    }

    /// A client without TLS where it is required.
    pub fn tls_required() -> Self {
        Self::fatal(
            "08P01",
            "SSL required: client_tls_sslmode does not let clients in without TLS",
            "connect with sslmode=require, or verify-full to check the pooler's certificate",
        )
    }

    /// `auth_type = cert`, and the client has shown no certificate, or another user's.
    pub fn certificate_mismatch(user: &str) -> Self {
        Self::fatal(
            "28000",
            format!("TLS certificate name mismatch: no certificate for user \"{user}\""),
            "connect with a client certificate whose common name is the user's",
        )
    }

    /// A message that did not belong into the login.
    pub fn login_protocol(message: &str) -> Self {
        Self::fatal("08P01", format!("login failed: {message}"), "")
    }

    /// The login took too long.
    pub fn login_timeout(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!("client_login_timeout: not logged in within {} s", limit.as_secs_f64()),
            "check the client, or raise client_login_timeout",
        )
    }

    /// No database of that name is configured.
    pub fn no_such_database(name: &str) -> Self {
        Self::fatal(
            "3D000",
            format!("no such database: {name}"),
            "add it to the configuration's databases, or a \"*\" entry for any name",
        )
    }

    /// No user name in the startup packet.
    pub fn no_user() -> Self {
        Self::fatal("28000", "no PostgreSQL user name specified in startup packet", "")
    }

    /// A startup parameter that asks for what is not there.
    pub fn unsupported_startup(name: &str, hint: &str) -> Self {
        Self::fatal("0A000", format!("unsupported startup parameter: {name}"), hint)
    }

    /// The `options` startup parameter could not be read.
    pub fn bad_options(part: &str) -> Self {
        Self::fatal(
            "08P01",
            format!(
                "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed, not {part}"
            ),
            "give settings only, as -c name=value",
        )
    }

    /// Waited too long for a server.
    pub fn query_wait_timeout(waited: Duration, pool: &str, size: usize) -> Self {
        Self::fatal(
            "53300",
            format!(
                "query_wait_timeout: waited {:.1} s for one of the {size} server connections of pool {pool}",
                waited.as_secs_f64()
            ),
            "shorten transactions, raise default_pool_size, or raise query_wait_timeout",
        )
    }

    /// More clients of one database than allowed.
    pub fn too_many_db_clients(limit: usize, database: &str) -> Self {
        Self::fatal(
            "53300",
            format!(
                "client connections exceeded (max_db_client_connections): database \"{database}\" has {limit}"
            ),
            "raise max_db_client_connections, or close idle clients",
        )
    }

    /// More clients of one user than allowed.
    pub fn too_many_user_clients(limit: usize, user: &str) -> Self {
        Self::fatal(
            "53300",
            format!(
                "client connections exceeded (max_user_client_connections): user \"{user}\" has {limit}"
            ),
            "raise max_user_client_connections, or close idle clients",
        )
    }

    /// The line for a server is as long as it may be.
    pub fn max_waiting(limit: usize, pool: &str) -> Self {
        Self {
            severity: "ERROR",
            ..Self::fatal(
                "53300",
                format!("max_waiting: {limit} clients wait for a server of pool {pool} already"),
                "try again later, shorten transactions, or raise default_pool_size or max_waiting",
            )
        }
    }

    /// As many clients keep their servers as may.
    pub fn max_pinned(limit: usize, reasons: &str) -> Self {
        Self {
            severity: "ERROR",
            ..Self::fatal(
                "0A000",
                format!("max_pinned: {limit} clients of this pool keep their servers already"),
                format!("this needs one for {reasons}: raise max_pinned, or end some of SHOW PINS"),
            )
        }
    }

    /// A query ran for too long.
    pub fn query_timeout(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!("query timeout: the query ran for longer than {} s", limit.as_secs_f64()),
            "make the query faster, or raise query_timeout",
        )
    }

    /// A query waited for a server for longer than it may run.
    pub fn query_timeout_in_line(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!("query_timeout: the query waited for longer than {} s", limit.as_secs_f64()),
            "shorten transactions, raise default_pool_size, or raise query_timeout",
        )
    }

    /// A transaction waited for its client for too long.
    pub fn idle_transaction_timeout(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!(
                "idle transaction timeout: the transaction was idle for longer than {} s",
                limit.as_secs_f64()
            ),
            "end transactions before waiting for anything else, or raise idle_transaction_timeout",
        )
    }

    /// A transaction took too long.
    pub fn transaction_timeout(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!(
                "transaction timeout: the transaction took longer than {} s",
                limit.as_secs_f64()
            ),
            "split the transaction, or raise transaction_timeout",
        )
    }

    /// A client asked for nothing for too long.
    pub fn client_idle_timeout(limit: Duration) -> Self {
        Self::fatal(
            "08P01",
            format!("client_idle_timeout: idle for longer than {} s", limit.as_secs_f64()),
            "connect again when needed, or raise client_idle_timeout",
        )
    }

    /// A transaction block in statement mode.
    pub fn transaction_in_statement_mode() -> Self {
        Self::fatal(
            "08P01",
            "transaction blocks not allowed in statement pooling mode",
            "send the statements as one query, or set pool_mode to transaction",
        )
    }

    /// The session's server is to be closed, and `server_fast_close` does not wait for the session.
    pub fn server_fast_close() -> Self {
        Self::fatal(
            "08P01",
            "database configuration changed",
            "connect again, or set server_fast_close to 0",
        )
    }

    /// A simple query where only the extended protocol is allowed.
    pub fn simple_query() -> Self {
        Self::fatal(
            "08P01",
            "PQexec disallowed",
            "use the extended query protocol, or set disable_pqexec to 0",
        )
    }

    /// The gateway is shutting down.
    pub fn shutting_down() -> Self {
        Self::fatal(
            "57P01",
            "terminating connection: the pooler is shutting down",
            "connect again; another instance may answer",
        )
    }

    /// The gateway ends as soon as no server is in use, and lends none.
    pub fn server_shutting_down() -> Self {
        Self::fatal(
            "57P01",
            "server shutting down: the pooler lends no server connections any more",
            "connect again; another instance may answer",
        )
    }

    /// The client's database has left the configuration.
    pub fn database_removed(name: &str) -> Self {
        Self::fatal(
            "57P01",
            format!("database removed: \"{name}\" is no longer in the configuration"),
            "connect to another database, or add it to the configuration's databases again",
        )
    }

    /// An administrator has killed the clients of a database.
    pub fn database_killed(name: &str) -> Self {
        Self::fatal(
            "57P01",
            format!("database removed: an administrator has killed \"{name}\""),
            "connect again; queries wait until an administrator gives RESUME",
        )
    }

    /// An administrator has killed this client.
    pub fn client_killed() -> Self {
        Self::fatal("57P01", "admin forced disconnect", "connect again")
    }

    /// An administrator lets no new clients of a database in.
    pub fn database_disabled(name: &str) -> Self {
        Self::fatal(
            "57P03",
            format!("database \"{name}\" is disabled"),
            "connect again after an administrator has given ENABLE",
        )
    }

    /// An administrator's command that cannot be carried out.
    pub fn command(message: &str, hint: &str) -> Self {
        Self { severity: "ERROR", ..Self::fatal("08P01", message, hint) }
    }

    /// An administrator's command that this pooler does not have.
    pub fn not_supported(message: &str, hint: &str) -> Self {
        Self { severity: "ERROR", ..Self::fatal("0A000", message, hint) }
    }

    /// The server connection was lost in the middle of a client's work.
    pub fn server_lost(detail: &str) -> Self {
        Self {
            detail: detail.to_owned(),
            ..Self::fatal(
                "08006",
                "server connection lost while it was in use",
                "the last statement may or may not have been executed: check before repeating it",
            )
        }
    }

    /// PostgreSQL could not be reached.
    pub fn server_unreachable(address: &str, why: &str) -> Self {
        Self::fatal(
            "57P03",
            format!("server login failed: connect failed: PostgreSQL at {address}: {why}"),
            "check that PostgreSQL runs there and that host and port are right",
        )
    }

    /// PostgreSQL did not answer in time.
    pub fn server_late(address: &str, limit: Duration) -> Self {
        Self::fatal(
            "57P03",
            format!(
                "server login failed: connect timeout: PostgreSQL at {address} did not answer within {} s",
                limit.as_secs_f64()
            ),
            "check that PostgreSQL runs there and has room, or raise server_connect_timeout",
        )
    }

    /// PostgreSQL refused the pooler's login.
    pub fn server_refused(sqlstate: &str, message: &str) -> Self {
        let (sqlstate, hint) = match sqlstate {
            "57P03" => {
                (sqlstate, "connect again soon: PostgreSQL is starting, stopping or recovering")
            }
            "53300" => (sqlstate, "lower the pool's size, or raise PostgreSQL's max_connections"),
            // A class 28 state would tell the client that its own password is wrong.
            state if state.starts_with("28") => ("08004", CHECK_CREDENTIAL),
            state if state.len() == 5 => (state, CHECK_CREDENTIAL),
            // Drivers fail in odd ways on an error without one.
            _ => ("08P01", "check that a PostgreSQL server listens there"),
        };
        Self::fatal(sqlstate, format!("server login failed: {message}"), hint)
    }

    /// Something PostgreSQL sent during login made no sense, or asked for what the pooler cannot do.
    pub fn server_protocol(address: &str, message: &str) -> Self {
        Self::fatal(
            "08P01",
            format!("server login failed: PostgreSQL at {address}: {message}"),
            "check that a PostgreSQL server listens there",
        )
    }

    /// The pooler's own session state broke.
    pub fn protocol(message: &str) -> Self {
        Self::fatal("08P01", format!("protocol violation: {message}"), "")
    }

    /// The client's query was cancelled while it waited for a server.
    pub fn cancelled_in_line() -> Self {
        Self {
            severity: "ERROR",
            ..Self::fatal("57014", "canceling statement due to user request", "")
        }
    }

    /// A session setting could not be carried to the server.
    pub fn setting_failed(sqlstate: &str, message: &str) -> Self {
        Self::fatal(
            sqlstate,
            message,
            "the setting came from the client's startup parameters or an earlier SET",
        )
    }

    /// More prepared statements than one client may hold.
    pub fn too_many_statements(limit: usize) -> Self {
        Self::fatal(
            "53400",
            format!("a client may hold at most {limit} named prepared statements"),
            "close prepared statements that are no longer needed",
        )
    }

    /// A named statement larger than the pooler remembers.
    pub fn statement_too_large(size: usize, limit: usize) -> Self {
        Self::fatal(
            "54000",
            format!("a named prepared statement may take at most {limit} bytes, not {size}"),
            "use the unnamed statement for it, or pass the data as parameters",
        )
    }
}
