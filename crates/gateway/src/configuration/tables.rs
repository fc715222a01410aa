//! What is configured of one database and of one user.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PoolMode;
use super::values::{own_number, own_seconds};
use crate::auth::Secret;

/// A user that may come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name clients give.
    pub name: String,
    /// The password, its MD5 form, or its SCRAM verifier.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Overrides the database's `pool_mode`, in pools that log in to PostgreSQL as this user.
    #[serde(default)]
    pub pool_mode: Option<PoolMode>,
    /// Overrides the database's `pool_size`, in those pools.
    #[serde(default)]
    pub pool_size: Option<usize>,
    /// Overrides the database's `reserve_pool_size`, in those pools.
    #[serde(default)]
    pub reserve_pool_size: Option<usize>,
    /// Overrides `max_user_connections`; 0 does not.
    #[serde(default, deserialize_with = "own_number")]
    pub max_user_connections: usize,
    /// Overrides `max_user_client_connections`; 0 does not.
    #[serde(default, deserialize_with = "own_number")]
    pub max_user_client_connections: usize,
    /// Overrides `query_timeout` in those pools; zero does not.
    #[serde(default, deserialize_with = "own_seconds")]
    pub query_timeout: Duration,
    /// Overrides `idle_transaction_timeout` in those pools; zero does not.
    #[serde(default, deserialize_with = "own_seconds")]
    pub idle_transaction_timeout: Duration,
    /// Overrides `transaction_timeout` in those pools; zero does not.
    #[serde(default, deserialize_with = "own_seconds")]
    pub transaction_timeout: Duration,
    /// Overrides `client_idle_timeout`; zero does not.
    #[serde(default, deserialize_with = "own_seconds")]
    pub client_idle_timeout: Duration,
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
    /// Overrides the `auth_user` of all databases.
    #[serde(default)]
    pub auth_user: Option<String>,
    /// Overrides the `auth_query` of all databases.
    #[serde(default)]
    pub auth_query: Option<String>,
    /// Overrides the `auth_dbname` of all databases.
    #[serde(default)]
    pub auth_dbname: Option<String>,
    /// Overrides `default_pool_size`.
    #[serde(default)]
    pub pool_size: Option<usize>,
    /// Overrides `pool_mode`.
    #[serde(default)]
    pub pool_mode: Option<PoolMode>,
    /// Overrides `min_pool_size`.
    #[serde(default)]
    pub min_pool_size: Option<usize>,
    /// Overrides `reserve_pool_size`.
    #[serde(default)]
    pub reserve_pool_size: Option<usize>,
    /// Overrides `max_db_connections`; 0 does not.
    #[serde(default, deserialize_with = "own_number")]
    pub max_db_connections: usize,
    /// Overrides `max_db_client_connections`; 0 does not.
    #[serde(default, deserialize_with = "own_number")]
    pub max_db_client_connections: usize,
    /// Overrides `server_lifetime`; zero does not.
    #[serde(default, deserialize_with = "own_seconds")]
    pub server_lifetime: Duration,
    /// Run on every server connection before any client gets it; its errors are logged.
    #[serde(default)]
    pub connect_query: Option<String>,
    /// What sessions begin with, unless their client asks for another.
    #[serde(default)]
    pub client_encoding: Option<String>,
    /// What sessions begin with, unless their client asks for another.
    #[serde(default)]
    pub datestyle: Option<String>,
    /// What sessions begin with, unless their client asks for another.
    #[serde(default)]
    pub timezone: Option<String>,
    /// What sessions begin with, unless their client asks for another.
    #[serde(default)]
    pub application_name: Option<String>,
}

fn default_server_port() -> u16 {
    5432
}
