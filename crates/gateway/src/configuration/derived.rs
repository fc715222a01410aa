//! What a configuration says of one user, found without looking through all of them.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use super::{Configuration, Database, User};

/// What is found out when first asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Derived {
    /// Where each user is.
    users: HashMap<String, usize>,
    /// Whether any client has a time limit.
    has_time_limits: bool,
    /// Whether any user has one that is not everybody's.
    has_users_own_limits: bool,
}

/// Holds it. Of no account where configurations are compared: it says nothing that they do not.
#[derive(Debug, Clone, Default)]
pub struct Cell(OnceLock<Derived>);

impl PartialEq for Cell {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cell {}

impl Derived {
    fn new(configuration: &Configuration) -> Self {
        let limits = |user: &User| {
            [
                user.query_timeout,
                user.idle_transaction_timeout,
                user.transaction_timeout,
                user.client_idle_timeout,
            ]
        };
        let of_everybody = [
            configuration.query_timeout,
            configuration.idle_transaction_timeout,
            configuration.transaction_timeout,
            configuration.client_idle_timeout,
        ];
        let mut of_users = configuration.users.iter().flat_map(limits);
        let has_users_own_limits = of_users.any(|limit| !limit.is_zero());
        let names = configuration.users.iter().map(|user| user.name.clone());
        Self {
            users: names.zip(0..).collect(),
            has_time_limits: has_users_own_limits
                || of_everybody.iter().any(|limit| !limit.is_zero()),
            has_users_own_limits,
        }
    }
}

impl Configuration {
    fn derived(&self) -> &Derived {
        self.derived.0.get_or_init(|| Derived::new(self))
    }

    /// What is said of the user of that name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.derived().users.get(name).and_then(|index| self.users.get(*index))
    }

    /// Whether any client has a time limit.
    pub fn has_time_limits(&self) -> bool {
        self.derived().has_time_limits
    }

    /// Whether any user has a time limit that is not everybody's.
    pub fn has_users_own_limits(&self) -> bool {
        self.derived().has_users_own_limits
    }

    /// Most clients of a database; 0 for no limit.
    pub fn max_db_client_connections(&self, database: &Database) -> usize {
        or(database.max_db_client_connections, self.max_db_client_connections)
    }

    /// Most clients of a user; 0 for no limit.
    pub fn max_user_client_connections(&self, user: &str) -> usize {
        let own = self.user(user).map(|user| user.max_user_client_connections);
        or(own.unwrap_or(0), self.max_user_client_connections)
    }
}

impl Database {
    /// Settings that every session begins with.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let settings = [
            ("application_name", &self.application_name),
            ("client_encoding", &self.client_encoding),
            ("datestyle", &self.datestyle),
            ("timezone", &self.timezone),
        ];
        let given = settings.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        given.collect()
    }
}

/// A limit that overrides another unless it is 0.
pub(crate) fn or(own: usize, general: usize) -> usize {
    if own == 0 { general } else { own }
}

/// A duration that overrides another unless it is zero.
pub(crate) fn or_duration(own: Duration, general: Duration) -> Duration {
    if own.is_zero() { general } else { own }
}
