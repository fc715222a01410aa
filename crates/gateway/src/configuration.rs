//! The finished configuration, as the control plane hands it over in JSON.
//!
//! Names, meanings and defaults are PgBouncer's. Nothing is looked up here: files, environment and nearest
//! names are the control plane's business.

pub mod derived;
mod kinds;
mod tables;
mod values;

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::auth::Secret;
use crate::error::StartError;
use derived::Cell;
use values::{names, seconds};

/// PgBouncer's, which needs the right to read `pg_authid`.
const AUTH_QUERY: &str = "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END \
                          FROM pg_authid WHERE rolname=$1 AND rolcanlogin";

pub use kinds::{AuthType, LogFormat, MetricsNames, PoolMode, ServerLimit, SslMode};
pub use tables::{Database, User};

/// Everything the data plane needs to know.
///
/// Serialized only to be shown (`SHOW CONFIG`): secrets come out as `***`, durations as serde has them.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting that users know as one")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// Addresses to listen on.
    pub listen_addr: Vec<String>,
    /// Port to listen on; 0 picks a free one.
    pub listen_port: u16,
    /// Directory of the unix socket; none when absent.
    pub unix_socket_dir: Option<String>,
    /// Permission bits of the unix socket.
    pub unix_socket_mode: u32,
    /// Threads that move bytes.
    pub workers: usize,
    /// How clients prove who they are.
    pub auth_type: AuthType,
    /// Who may come in.
    pub users: Vec<User>,
    /// Who looks up users without a password here; nobody when absent.
    pub auth_user: Option<String>,
    /// The query for it: of one parameter, the name; its row is name and stored password.
    pub auth_query: String,
    /// The database, by a client's name for it, to look them up in; the client's own when absent.
    pub auth_dbname: Option<String>,
    /// What they may ask for.
    pub databases: Vec<Database>,
    /// When a server goes back to its pool.
    pub pool_mode: PoolMode,
    /// Most client connections at once.
    pub max_client_conn: usize,
    /// Most server connections of one pool.
    pub default_pool_size: usize,
    /// Most prepared statements kept on one server; 0 passes statement names through untouched.
    pub max_prepared_statements: usize,
    /// Longest a client waits for a server; zero waits for ever.
    #[serde(deserialize_with = "seconds")]
    pub query_wait_timeout: Duration,
    /// Age at which a server is closed when next released; zero keeps it for ever.
    #[serde(deserialize_with = "seconds")]
    pub server_lifetime: Duration,
    /// Idle time after which a server is closed; zero keeps it for ever.
    #[serde(deserialize_with = "seconds")]
    pub server_idle_timeout: Duration,
    /// Time after which the pools of an automatic database that nobody uses are dropped; zero keeps them for ever.
    #[serde(deserialize_with = "seconds")]
    pub autodb_idle_timeout: Duration,
    /// Longest a server may take to connect and log in.
    #[serde(deserialize_with = "seconds")]
    pub server_connect_timeout: Duration,
    /// Pause after a failed server login.
    #[serde(deserialize_with = "seconds")]
    pub server_login_retry: Duration,
    /// Longest a client may take to log in.
    #[serde(deserialize_with = "seconds")]
    pub client_login_timeout: Duration,
    /// Longest a cancel request may take.
    #[serde(deserialize_with = "seconds")]
    pub cancel_wait_timeout: Duration,
    /// Longest a drain waits for open transactions.
    #[serde(deserialize_with = "seconds")]
    pub shutdown_timeout: Duration,
    /// Connections the kernel queues before they are accepted.
    pub listen_backlog: u32,
    /// Largest message accepted from a client, in bytes.
    pub max_packet_size: u32,
    /// Run in session mode before a server is given to the next client; empty for none.
    pub server_reset_query: String,
    /// Length of the periods that averages are taken over; zero for one period without end.
    #[serde(deserialize_with = "seconds")]
    pub stats_period: Duration,
    /// Log the averages at the end of each period.
    pub log_stats: bool,
    /// Open servers up to this many ahead of demand, in pools that have clients or a fixed user.
    pub min_pool_size: usize,
    /// Servers beyond its size that a pool may open for clients that have waited for `reserve_pool_timeout`.
    pub reserve_pool_size: usize,
    /// How long a client waits before the reserve is used; zero never uses it.
    #[serde(deserialize_with = "seconds")]
    pub reserve_pool_timeout: Duration,
    /// Most servers of one database, whatever the user; 0 for no limit.
    pub max_db_connections: usize,
    /// Most clients of one database; 0 for no limit.
    pub max_db_client_connections: usize,
    /// Most servers of one user, whatever the database; 0 for no limit.
    pub max_user_connections: usize,
    /// Most clients of one user; 0 for no limit.
    pub max_user_client_connections: usize,
    /// Most connections to one PostgreSQL: a number, 0 for no limit, or `auto` for what it has to give.
    pub max_server_connections: ServerLimit,
    /// Who looks at PostgreSQL for `auto`.
    pub control_user: Option<String>,
    /// Where from.
    pub control_dbname: String,
    /// Most clients in line for one pool, others being refused at once; 0 for no limit.
    pub max_waiting: usize,
    /// Most clients of one pool that may keep a server beyond a transaction; 0 for no limit, and when absent one
    /// less than the pool's size.
    pub max_pinned: Option<usize>,
    /// Longest a query may run; zero for no limit.
    #[serde(deserialize_with = "seconds")]
    pub query_timeout: Duration,
    /// Longest a transaction may wait for its client; zero for no limit.
    #[serde(deserialize_with = "seconds")]
    pub idle_transaction_timeout: Duration,
    /// Longest a transaction may be open; zero for no limit.
    #[serde(deserialize_with = "seconds")]
    pub transaction_timeout: Duration,
    /// Longest a client may be idle; zero for no limit.
    #[serde(deserialize_with = "seconds")]
    pub client_idle_timeout: Duration,
    /// Run `server_reset_query` whenever a server is released, in every mode.
    pub server_reset_query_always: bool,
    /// Run on a server that has been at rest for `server_check_delay` before it is lent; empty for none, `<empty>` for
    /// a query without text.
    pub server_check_query: String,
    /// How long a server may be at rest and be lent unchecked.
    #[serde(deserialize_with = "seconds")]
    pub server_check_delay: Duration,
    /// Close a server that is to be closed while its session is idle, in session mode too.
    pub server_fast_close: bool,
    /// Lend the server that has been at rest longest, rather than the one used last.
    pub server_round_robin: bool,
    /// Startup parameters that are dropped.
    #[serde(deserialize_with = "names")]
    pub ignore_startup_parameters: Vec<String>,
    /// Startup parameters that are carried although `ignore_startup_parameters` names them.
    #[serde(deserialize_with = "names")]
    pub track_extra_parameters: Vec<String>,
    /// Add the client's address to its `application_name`.
    pub application_name_add_host: bool,
    /// Refuse the simple query protocol.
    pub disable_pqexec: bool,
    /// Log what clients are refused.
    pub log_pooler_errors: bool,
    /// Longest a SUSPEND waits.
    #[serde(deserialize_with = "seconds")]
    pub suspend_timeout: Duration,
    /// Have the kernel ask after silent TCP peers.
    pub tcp_keepalive: bool,
    /// Unanswered questions before a connection is given up; 0 for the system's.
    pub tcp_keepcnt: u32,
    /// Seconds of silence before the first; 0 for the system's.
    pub tcp_keepidle: u32,
    /// Seconds between them; 0 for the system's.
    pub tcp_keepintvl: u32,
    /// Milliseconds that sent data may stay unacknowledged; 0 for the system's.
    pub tcp_user_timeout: u32,
    /// Have the kernel keep a connection until it says something. Without effect here: one that says nothing costs a
    /// descriptor until `client_login_timeout`.
    pub tcp_defer_accept: bool,
    /// Whether clients use TLS. Not on unix sockets.
    pub client_tls_sslmode: SslMode,
    /// Private key that clients are shown the certificate of; none when absent, as for all files here.
    pub client_tls_key_file: Option<String>,
    /// Certificate that clients are shown, with those that lead to its authority.
    pub client_tls_cert_file: Option<String>,
    /// Authorities whose client certificates are accepted.
    pub client_tls_ca_file: Option<String>,
    /// TLS versions for clients.
    pub client_tls_protocols: String,
    /// Cipher suites of TLS 1.2 for clients, by their OpenSSL names.
    pub client_tls_ciphers: String,
    /// Cipher suites of TLS 1.3 for clients.
    pub client_tls13_ciphers: Option<String>,
    /// Curves for the key exchange with clients.
    pub client_tls_ecdhcurve: String,
    /// Finite-field key exchange with clients, which there is none of.
    pub client_tls_dheparams: String,
    /// Whether PostgreSQL is reached with TLS. Not on unix sockets.
    pub server_tls_sslmode: SslMode,
    /// Authorities whose server certificates are accepted; the system's when absent.
    pub server_tls_ca_file: Option<String>,
    /// Private key of the certificate that PostgreSQL is shown.
    pub server_tls_key_file: Option<String>,
    /// Certificate that PostgreSQL is shown when it asks.
    pub server_tls_cert_file: Option<String>,
    /// TLS versions towards PostgreSQL.
    pub server_tls_protocols: String,
    /// Cipher suites of TLS 1.2 towards PostgreSQL, by their OpenSSL names.
    pub server_tls_ciphers: String,
    /// Cipher suites of TLS 1.3 towards PostgreSQL.
    pub server_tls13_ciphers: Option<String>,
    /// Log each login.
    pub log_connections: bool,
    /// Log each disconnection.
    pub log_disconnections: bool,
    /// Least severe level that is logged: error, warn, info, debug.
    pub log_level: String,
    /// Users who may do everything on the console.
    pub admin_users: Vec<String>,
    /// Users who may look at what the console shows.
    pub stats_users: Vec<String>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Where `/metrics`, `/livez` and `/readyz` are answered, `host:port`; nowhere when empty.
    pub metrics_listen: String,
    /// Under which names `/metrics` has its figures.
    pub metrics_names: MetricsNames,
    /// What is found out when first asked for.
    #[serde(skip)]
    pub derived: Cell,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listen_addr: vec!["127.0.0.1".to_owned()],
            listen_port: 6432,
            unix_socket_dir: None,
            unix_socket_mode: 0o777,
            workers: 1,
            auth_type: AuthType::Md5,
            users: Vec::new(),
            auth_user: None,
            auth_query: AUTH_QUERY.to_owned(),
            auth_dbname: None,
            databases: Vec::new(),
            pool_mode: PoolMode::Session,
            max_client_conn: 100,
            default_pool_size: 20,
            max_prepared_statements: 200,
            query_wait_timeout: Duration::from_secs(120),
            server_lifetime: Duration::from_secs(3600),
            server_idle_timeout: Duration::from_secs(600),
            autodb_idle_timeout: Duration::from_secs(3600),
            server_connect_timeout: Duration::from_secs(15),
            server_login_retry: Duration::from_secs(15),
            client_login_timeout: Duration::from_secs(60),
            cancel_wait_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(60),
            listen_backlog: 128,
            max_packet_size: 2_147_483_647,
            server_reset_query: "DISCARD ALL".to_owned(),
            stats_period: Duration::from_secs(60),
            log_stats: true,
            client_tls_sslmode: SslMode::Disable,
            client_tls_key_file: None,
            client_tls_cert_file: None,
            client_tls_ca_file: None,
            client_tls_protocols: "secure".to_owned(),
            client_tls_ciphers: "default".to_owned(),
            client_tls13_ciphers: None,
            client_tls_ecdhcurve: "auto".to_owned(),
            client_tls_dheparams: "auto".to_owned(),
            server_tls_sslmode: SslMode::Prefer,
            server_tls_ca_file: None,
            server_tls_key_file: None,
            server_tls_cert_file: None,
            server_tls_protocols: "secure".to_owned(),
            server_tls_ciphers: "default".to_owned(),
            server_tls13_ciphers: None,
            log_connections: true,
            log_disconnections: true,
            log_level: "info".to_owned(),
            admin_users: Vec::new(),
            stats_users: Vec::new(),
            log_format: LogFormat::Text,
            metrics_listen: String::new(),
            metrics_names: MetricsNames::Forebay,
            min_pool_size: 0,
            reserve_pool_size: 0,
            reserve_pool_timeout: Duration::from_secs(5),
            max_db_connections: 0,
            max_db_client_connections: 0,
            max_user_connections: 0,
            max_user_client_connections: 0,
            max_server_connections: ServerLimit::Off,
            control_user: None,
            control_dbname: "postgres".to_owned(),
            max_waiting: 0,
            max_pinned: None,
            query_timeout: Duration::ZERO,
            idle_transaction_timeout: Duration::ZERO,
            transaction_timeout: Duration::ZERO,
            client_idle_timeout: Duration::ZERO,
            server_reset_query_always: false,
            server_check_query: "<empty>".to_owned(),
            server_check_delay: Duration::from_secs(30),
            server_fast_close: false,
            server_round_robin: false,
            ignore_startup_parameters: Vec::new(),
            track_extra_parameters: vec!["IntervalStyle".to_owned()],
            application_name_add_host: false,
            disable_pqexec: false,
            log_pooler_errors: true,
            suspend_timeout: Duration::from_secs(10),
            tcp_keepalive: true,
            tcp_keepcnt: 0,
            tcp_keepidle: 0,
            tcp_keepintvl: 0,
            tcp_user_timeout: 0,
            tcp_defer_accept: true,
            derived: Cell::default(),
        }
    }
}

impl Configuration {
    /// Read a configuration from its JSON text.
    ///
    /// # Errors
    /// [`StartError::Configuration`] names the field and the rule it breaks.
    pub fn from_json(text: &str) -> Result<Self, StartError> {
        let configuration: Self = serde_json::from_str(text)
            .map_err(|error| StartError::Configuration { message: error.to_string() })?;
        configuration.check()?;
        Ok(configuration)
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        let problem = if self.databases.is_empty() {
            "databases is empty: at least one database must be named"
        } else if self.workers == 0 {
            "workers is 0: at least 1 is needed"
        } else if self.default_pool_size == 0 {
            "default_pool_size is 0: no query could ever run"
        } else if self.databases.iter().any(|database| database.pool_size == Some(0)) {
            "pool_size of a database is 0: no query could ever run"
        } else if self.max_client_conn == 0 {
            "max_client_conn is 0: no client could ever connect"
        } else if self.max_packet_size < 16_384 {
            "max_packet_size is below 16384 bytes"
        } else if self.auth_queries().any(|query| query.contains('\0')) {
            "auth_query has a zero byte, which no SQL has"
        } else if self.listen_addr.is_empty() && self.unix_socket_dir.is_none() {
            "listen_addr is empty and unix_socket_dir is not set: nobody could connect"
        } else if self.max_server_connections == ServerLimit::Auto && self.control_user.is_none() {
            "max_server_connections is auto: control_user must name the role that looks at PostgreSQL"
        } else {
            return Ok(());
        };
        Err(StartError::Configuration { message: problem.to_owned() })
    }

    fn auth_queries(&self) -> impl Iterator<Item = &str> {
        let own = self.databases.iter().filter_map(|database| database.auth_query.as_deref());
        own.chain([&*self.auth_query])
    }

    /// The database a client's name for it stands for.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases
            .iter()
            .find(|database| database.name == name)
            .or_else(|| self.databases.iter().find(|database| database.name == "*"))
    }

    /// Whether a client's name for a database stands for something only because of `*`.
    pub fn is_automatic(&self, name: &str) -> bool {
        !self.databases.iter().any(|database| database.name == name)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
