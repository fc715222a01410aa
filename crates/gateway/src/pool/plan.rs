//! What a pool takes from the configuration: derived when it is made, and again on every reload.

use std::sync::Arc;

use crate::auth::users::Users;
use crate::auth::{Secret, StoredPassword};
use crate::configuration::{Configuration, Database, PoolMode};
use crate::connect::Credential;
use crate::server::Address;

/// How to log in to PostgreSQL.
#[derive(Debug)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// The database's name there.
    pub database: String,
    /// The user's name there.
    pub user: String,
    /// What the user proves itself with.
    pub credential: Credential,
    /// What the credential was made from, to tell a changed one.
    stored: Option<Secret>,
}

impl Target {
    fn is_same_as(&self, other: &Self) -> bool {
        self.address == other.address
            && self.database == other.database
            && self.user == other.user
            && self.stored == other.stored
    }
}

/// What the configuration says about one pool.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How to log in to PostgreSQL.
    pub target: Arc<Target>,
    /// When servers come back.
    pub mode: PoolMode,
    /// Most servers.
    pub size: usize,
}

impl Plan {
    /// The plan for the pool of `database`, which clients call `name`, and of the server's user `user`.
    pub fn derive(
        configuration: &Configuration,
        users: &Users,
        database: &Database,
        name: &str,
        user: &str,
    ) -> Self {
        let stored = match &database.password {
            Some(password) => Some(password.clone()),
            None => users.password(user).cloned(),
        };
        let parsed = stored.as_ref().map(|stored| StoredPassword::parse(stored.expose()));
        let target = Target {
            address: Address::new(&database.host, database.port),
            database: database.dbname.clone().unwrap_or_else(|| name.to_owned()),
            user: user.to_owned(),
            credential: Credential::new(parsed.as_ref()),
            stored,
        };
        Self {
            target: Arc::new(target),
            mode: database.pool_mode.unwrap_or(configuration.pool_mode),
            size: database.pool_size.unwrap_or(configuration.default_pool_size),
        }
    }

    /// Whether both log in in the same way to the same place.
    pub fn leads_where(&self, other: &Self) -> bool {
        self.target.is_same_as(&other.target)
    }
}
