//! The admin console: what PgBouncer's `pgbouncer` database is, served without a server.
//!
//! - [`parse`]: what has been typed.
//! - [`commands`]: every command, who may run it, what it returns: one table.
//! - [`tables`]: what the SHOW commands show.
//! - [`session`]: one operator's connection.
//! - [`refusal`]: what an operator is told when something is refused.
//!
//! # Invariant
//! No lock of a pool or of the list of clients is held while an operator is written to, and no server is taken.

pub mod commands;
pub mod deeds;
pub mod parse;
pub mod refusal;
pub mod rows;
pub mod session;
pub mod tables;

use crate::configuration::Configuration;

/// The database that stands for the console.
pub const DATABASE: &str = "pgbouncer";

/// The user that is let in without a password over a unix socket, from a process of the gateway's own account.
pub const OWN_USER: &str = "pgbouncer";

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Look: `stats_users`.
    Stats,
    /// Everything: `admin_users`.
    Admin,
}

impl Access {
    /// What `user` may do as the configuration has it; `None` for nothing.
    pub fn of(user: &str, configuration: &Configuration) -> Option<Self> {
        let lists = |names: &[String]| names.iter().any(|name| name == user);
        if lists(&configuration.admin_users) {
            Some(Self::Admin)
        } else if lists(&configuration.stats_users) {
            Some(Self::Stats)
        } else {
            None
        }
    }
}
