//! What a pool takes from the configuration: derived when it is made, and again on every reload.

use std::sync::Arc;

use super::Rules;
use crate::auth::users::Users;
use crate::auth::{Secret, StoredPassword};
use crate::configuration::{Configuration, Database};
use crate::connect::Credential;
use crate::server::Address;
use crate::tls::ServerSettings;

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
    /// Settings that every session begins with.
    pub settings: Vec<(&'static str, String)>,
    /// Run on a new server before any client gets it; empty for none.
    pub connect_query: String,
    /// What the credential was made from, to tell a changed one.
    stored: Option<Secret>,
    /// How it is encrypted, to tell a changed one. Unix sockets are not.
    tls: Option<ServerSettings>,
}

impl Target {
    fn is_same_as(&self, other: &Self) -> bool {
        self.address == other.address
            && self.database == other.database
            && self.user == other.user
            && self.settings == other.settings
            && self.connect_query == other.connect_query
            && self.stored == other.stored
            && self.tls == other.tls
    }
}

/// What the configuration says about one pool.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How to log in to PostgreSQL.
    pub target: Arc<Target>,
    /// How servers are lent, and how many there may be.
    pub rules: Arc<Rules>,
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
        // Of the user whose verifier it is: one that a database names on its own is nobody's.
        let own = users.get(user).filter(|_| database.password.is_none());
        let learnt = own.map(|user| user.learnt.clone()).unwrap_or_default();
        let address = Address::new(&database.host, database.port);
        let tls = address.host().map(|_| ServerSettings::new(configuration));
        let target = Target {
            address,
            database: database.dbname.clone().unwrap_or_else(|| name.to_owned()),
            user: user.to_owned(),
            credential: Credential::new(parsed.as_ref(), learnt),
            settings: database.settings(),
            connect_query: database.connect_query.clone().unwrap_or_default(),
            stored,
            tls,
        };
        Self {
            target: Arc::new(target),
            rules: Arc::new(Rules::new(configuration, database, user)),
        }
    }

    /// Whether both log in in the same way to the same place.
    pub fn leads_where(&self, other: &Self) -> bool {
        self.target.is_same_as(&other.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(fields: &str) -> Plan {
        let text = format!(r#"{{"databases": [{{"name": "d", "host": "h"{fields}}}]}}"#);
        let configuration = Configuration::from_json(&text).unwrap();
        let users = Users::new(&configuration.users).unwrap();
        Plan::derive(&configuration, &users, &configuration.databases[0], "d", "u")
    }

    #[test]
    fn whatever_a_session_begins_with_is_part_of_where_a_pool_leads() {
        let before = plan("");
        assert!(before.leads_where(&plan(r#", "pool_size": 3, "pool_mode": "statement""#)));
        for changed in ["dbname", "password", "connect_query", "timezone", "application_name"] {
            let after = plan(&format!(r#", "{changed}": "x""#));
            assert!(!before.leads_where(&after), "{changed}");
        }
    }
}
