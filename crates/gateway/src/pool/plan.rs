//! What a pool takes from the configuration: derived when it is made, and again on every reload.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Rules;
use crate::auth::users::Users;
use crate::auth::{Secret, StoredPassword};
use crate::configuration::{Configuration, Database, PoolMode};
use crate::connect::Credential;
use crate::report::Refusal;
use crate::server::Address;
use crate::tls::ServerSettings;

/// PostgreSQL's limit on how long a session may rest.
const REST: &str = "idle_session_timeout";

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
    /// Whether its servers are the pooler's, and are not to end for their rest, rather than one client's each. It may
    /// change, and then holds for those that are opened from then on.
    outlives_clients: AtomicBool,
    /// PostgreSQL, or what stands before it, does not know the limit on a session's rest.
    knows_no_rest: AtomicBool,
    /// What the credential was made from, to tell a changed one.
    stored: Option<Secret>,
    /// How it is encrypted, to tell a changed one. Unix sockets are not.
    tls: Option<ServerSettings>,
}

impl Target {
    /// How the control connection logs in there; `None` without a `control_user`.
    pub fn of_control(
        configuration: &Configuration,
        users: &Users,
        address: &Address,
    ) -> Option<Self> {
        let user = configuration.control_user.as_ref()?;
        let role = users.listed(user);
        let stored = role.and_then(|role| role.password()).cloned();
        let parsed = stored.as_ref().map(|stored| StoredPassword::parse(stored.expose()));
        let learnt = role.map(|role| role.learnt.clone()).unwrap_or_default();
        let name = format!("{}1+0 of 1, not looking yet", crate::budget::NAME);
        Some(Self {
            address: address.clone(),
            database: configuration.control_dbname.clone(),
            user: user.clone(),
            credential: Credential::new(parsed.as_ref(), learnt),
            settings: vec![("application_name", name), ("search_path", "pg_catalog".to_owned())],
            connect_query: String::new(),
            outlives_clients: AtomicBool::new(true),
            knows_no_rest: AtomicBool::new(false),
            stored,
            tls: None,
        })
    }

    /// The names and values that a login begins with.
    pub fn startup(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = [("user", &*self.user), ("database", &*self.database)];
        let settings = self.settings.iter().map(|(name, value)| (*name, &**value));
        names.into_iter().chain(settings).chain(self.takes_rest_off().then_some((REST, "0")))
    }

    /// Whether a login asks for a rest without a limit. A role's, a database's or the server's own would end servers
    /// that wait for a client; asked for at the beginning, it is what RESET goes back to as well.
    fn takes_rest_off(&self) -> bool {
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        is_set(&self.outlives_clients) && !is_set(&self.knows_no_rest)
    }

    /// Go on as `other`, which leads to the same place, for what is no reason to open every server anew.
    pub(super) fn follow(&self, other: &Self) {
        let outlives_clients = other.outlives_clients.load(Ordering::Relaxed);
        self.outlives_clients.store(outlives_clients, Ordering::Relaxed);
    }

    /// Whether a login should be tried again, without what it was refused for: PostgreSQL 13 has no such setting, and
    /// another pooler may let only some through.
    pub fn learns_from(&self, refusal: &Refusal) -> bool {
        self.takes_rest_off() && refusal.message.contains(REST) && {
            self.knows_no_rest.store(true, Ordering::Relaxed);
            true
        }
    }

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
        // A password that a database names on its own is nobody's, and no login shows its keys. Beside a user it is
        // that user's: `auth_user` has another.
        let is_own = database.user.as_deref().is_none_or(|forced| forced == user);
        let own = database.password.as_ref().filter(|_| is_own);
        let role = if own.is_none() { users.of(name, user) } else { None };
        let stored = own.or_else(|| role.as_ref()?.password()).cloned();
        let parsed = stored.as_ref().map(|stored| StoredPassword::parse(stored.expose()));
        let learnt = role.map(|role| role.learnt.clone()).unwrap_or_default();
        let address = Address::new(&database.host, database.port);
        let tls = address.host().map(|_| ServerSettings::new(configuration));
        let rules = Rules::new(configuration, database, user);
        let target = Target {
            address,
            database: database.dbname.clone().unwrap_or_else(|| name.to_owned()),
            user: user.to_owned(),
            credential: Credential::new(parsed.as_ref(), learnt),
            settings: database.settings(),
            connect_query: database.connect_query.clone().unwrap_or_default(),
            outlives_clients: AtomicBool::new(rules.mode != PoolMode::Session),
            knows_no_rest: AtomicBool::new(false),
            stored,
            tls,
        };
        Self { target: Arc::new(target), rules: Arc::new(rules) }
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
        let rests = |plan: &Plan| plan.target.startup().any(|(name, _)| name == REST);
        let after = plan(r#", "pool_size": 3, "pool_mode": "statement""#);
        assert!(before.leads_where(&after));
        assert_eq!((rests(&before), rests(&after)), (false, true));
        before.target.follow(&after.target);
        assert!(rests(&before));
        for changed in ["dbname", "password", "connect_query", "timezone", "application_name"] {
            let after = plan(&format!(r#", "{changed}": "x""#));
            assert!(!before.leads_where(&after), "{changed}");
        }
    }
}
