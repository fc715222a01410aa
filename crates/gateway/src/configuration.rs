//! The finished configuration, as the control plane hands it over in JSON.
//!
//! Names, meanings and defaults are PgBouncer's. Nothing is looked up here: files, environment and nearest
//! names are the control plane's business.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::auth::Secret;
use crate::error::StartError;

/// When a server goes back to its pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    /// When the client disconnects.
    Session,
    /// When the transaction ends.
    Transaction,
}

impl PoolMode {
    const ALL: [Self; 2] = [Self::Session, Self::Transaction];

    /// The mode whose `as u8` this is.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Session)
    }
}

/// How clients prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum AuthType {
    /// The user must be listed; no password is asked.
    #[serde(rename = "trust")]
    Trust,
    /// The password crosses the wire as it is.
    #[serde(rename = "plain")]
    Plain,
    /// MD5 challenge; SCRAM for users whose stored secret is a SCRAM verifier.
    #[serde(rename = "md5")]
    Md5,
    /// SCRAM-SHA-256.
    #[serde(rename = "scram-sha-256")]
    Scram,
}

/// A user that may come in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name clients give.
    pub name: String,
    /// The password, its MD5 form, or its SCRAM verifier.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// A database that clients may name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The name clients give; `*` for any other.
    pub name: String,
    /// Host name, address, or the directory of a unix socket.
    pub host: String,
    /// Port, also part of the unix socket's name.
    #[serde(default = "default_server_port")]
    pub port: u16,
    /// The name PostgreSQL knows it by; the client's name for it when absent.
    #[serde(default)]
    pub dbname: Option<String>,
    /// The user every client becomes.
    #[serde(default)]
    pub user: Option<String>,
    /// That user's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Overrides `default_pool_size`.
    #[serde(default)]
    pub pool_size: Option<usize>,
    /// Overrides `pool_mode`.
    #[serde(default)]
    pub pool_mode: Option<PoolMode>,
}

fn default_server_port() -> u16 {
    5432
}

/// Everything the data plane needs to know.
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
    /// Log each login.
    pub log_connections: bool,
    /// Log each disconnection.
    pub log_disconnections: bool,
    /// Least severe level that is logged: error, warn, info, debug.
    pub log_level: String,
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
            log_connections: true,
            log_disconnections: true,
            log_level: "info".to_owned(),
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
        } else if self.listen_addr.is_empty() && self.unix_socket_dir.is_none() {
            "listen_addr is empty and unix_socket_dir is not set: nobody could connect"
        } else {
            return Ok(());
        };
        Err(StartError::Configuration { message: problem.to_owned() })
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

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let value = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(value)
        .map_err(|_| serde::de::Error::custom(format!("{value} is not a duration in seconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_and_defaults_are_pgbouncers() {
        let text = r#"{"databases":[{"name":"*","host":"127.0.0.1"}],"query_wait_timeout":0.5}"#;
        let configuration = Configuration::from_json(text).unwrap();
        assert_eq!(configuration.query_wait_timeout, Duration::from_millis(500));
        assert_eq!(configuration.max_client_conn, 100);
        assert_eq!(configuration.databases[0].port, 5432);
    }

    #[test]
    fn unknown_fields_and_bad_values_are_refused_by_name() {
        for (text, word) in [
            (r#"{"databases":[{"name":"*","host":"h"}],"pool_sise":1}"#, "pool_sise"),
            (r#"{"databases":[]}"#, "databases is empty"),
            (r#"{"databases":[{"name":"*","host":"h"}],"workers":0}"#, "workers"),
            (r#"{"databases":[{"name":"*","host":"h"}],"server_lifetime":-1}"#, "-1"),
        ] {
            let error = Configuration::from_json(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
