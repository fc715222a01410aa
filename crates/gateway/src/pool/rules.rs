//! What a pool derives from the configuration, in one place.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use crate::configuration::derived::{or, or_duration};
use crate::configuration::{Configuration, Database, PoolMode, User};

/// The rules of one pool. A user's own go before a database's, and those before everybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// When servers come back.
    pub mode: PoolMode,
    /// Most servers.
    pub size: usize,
    /// Servers to have ready; never more than `size`.
    pub min_size: usize,
    /// Most servers beyond `size`, for clients that have waited long.
    pub reserve_size: usize,
    /// How long that is; zero for never.
    pub reserve_timeout: Duration,
    /// Most servers of the pool's database; 0 for no limit.
    pub max_db_connections: usize,
    /// Most servers of the pool's user; 0 for no limit.
    pub max_user_connections: usize,
    /// Age at which a server is closed when next released; zero keeps it for ever.
    pub server_lifetime: Duration,
    /// The server that has been at rest longest is lent, not the one used last.
    pub takes_oldest: bool,
    /// Servers are checked however short their rest was.
    pub checks_always: bool,
    /// Most clients in line; 0 for no limit.
    pub max_waiting: usize,
    /// Most clients that may keep a server beyond a transaction; 0 for no limit.
    pub max_pinned: usize,
    /// Run when a server is released, before the next client gets it; empty for none.
    pub reset_query: String,
    /// Every client logs in to PostgreSQL as one user, so that servers can be had ready for nobody in particular.
    pub has_fixed_user: bool,
}

impl Rules {
    /// The rules of the pool that logs in to `database` as `own_name`.
    pub fn new(configuration: &Configuration, database: &Database, own_name: &str) -> Self {
        let user = configuration.user(own_name);
        let of_user = |number: fn(&User) -> Option<usize>| user.and_then(number);
        let size = of_user(|user| user.pool_size)
            .or(database.pool_size)
            .unwrap_or(configuration.default_pool_size);
        let mode = user
            .and_then(|user| user.pool_mode)
            .or(database.pool_mode)
            .unwrap_or(configuration.pool_mode);
        let resets = mode == PoolMode::Session || configuration.server_reset_query_always;
        let checks = !configuration.server_check_query.is_empty();
        Self {
            mode,
            size,
            min_size: database.min_pool_size.unwrap_or(configuration.min_pool_size).min(size),
            reserve_size: of_user(|user| user.reserve_pool_size)
                .or(database.reserve_pool_size)
                .unwrap_or(configuration.reserve_pool_size),
            reserve_timeout: configuration.reserve_pool_timeout,
            max_db_connections: or(database.max_db_connections, configuration.max_db_connections),
            max_user_connections: or(
                user.map_or(0, |user| user.max_user_connections),
                configuration.max_user_connections,
            ),
            server_lifetime: or_duration(database.server_lifetime, configuration.server_lifetime),
            takes_oldest: configuration.server_round_robin,
            checks_always: checks && configuration.server_check_delay.is_zero(),
            max_waiting: configuration.max_waiting,
            // One server is left for everybody else, where there is another.
            max_pinned: configuration.max_pinned.unwrap_or(size.saturating_sub(1).max(1)),
            reset_query: if resets {
                configuration.server_reset_query.clone()
            } else {
                String::new()
            },
            has_fixed_user: database.user.as_deref() == Some(own_name),
        }
    }

    /// Most servers, the reserve included.
    pub fn most(&self) -> usize {
        self.size + self.reserve_size
    }

    /// Most servers, given how many clients have waited long enough for the reserve.
    pub fn size_for(&self, long_waiting: usize) -> usize {
        self.size + self.reserve_size.min(long_waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str, user: &str) -> Rules {
        let configuration = Configuration::from_json(text).unwrap();
        Rules::new(&configuration, &configuration.databases[0], user)
    }

    #[test]
    fn a_users_rules_go_before_a_databases_and_those_before_everybodys() {
        let text = r#"{
            "pool_mode": "transaction", "default_pool_size": 9, "reserve_pool_size": 1,
            "min_pool_size": 50, "max_db_connections": 90, "max_user_connections": 80,
            "server_lifetime": 70, "server_reset_query": "RESET ALL",
            "databases": [{"name": "d", "host": "h", "pool_size": 8, "reserve_pool_size": 2,
                "pool_mode": "session", "max_db_connections": 40, "server_lifetime": 30}],
            "users": [{"name": "u", "pool_size": 7, "reserve_pool_size": 3, "pool_mode": "statement",
                "max_user_connections": 20}, {"name": "v", "max_user_connections": null,
                "query_timeout": null}]
        }"#;
        let own = rules(text, "u");
        assert_eq!((own.size, own.reserve_size, own.mode), (7, 3, PoolMode::Statement));
        assert_eq!((own.max_db_connections, own.max_user_connections), (40, 20));
        assert_eq!((own.min_size, own.server_lifetime), (7, Duration::from_secs(30)));
        assert_eq!(own.reset_query, "", "only session mode resets");
        for user in ["v", "nobody"] {
            let of_database = rules(text, user);
            assert_eq!((of_database.size, of_database.reserve_size), (8, 2));
            assert_eq!(of_database.mode, PoolMode::Session);
            assert_eq!(of_database.max_user_connections, 80);
            assert_eq!(of_database.reset_query, "RESET ALL");
        }
        let text = r#"{"default_pool_size": 9, "databases": [{"name": "d", "host": "h"}],
            "server_reset_query_always": true, "pool_mode": "statement"}"#;
        let of_all = rules(text, "u");
        assert_eq!((of_all.size, of_all.reserve_size, of_all.min_size), (9, 0, 0));
        assert_eq!(of_all.reset_query, "DISCARD ALL");
    }

    #[test]
    fn the_reserve_is_for_those_who_wait_long() {
        let text = r#"{"default_pool_size": 4, "reserve_pool_size": 2,
            "databases": [{"name": "d", "host": "h"}]}"#;
        let rules = rules(text, "u");
        assert_eq!([0, 1, 2, 3].map(|waiting| rules.size_for(waiting)), [4, 5, 6, 6]);
    }
}

/// The rules that every transaction asks for, to be read without following a pointer.
#[derive(Debug)]
pub struct Usual {
    mode: AtomicU8,
    resets: AtomicBool,
}

impl Usual {
    /// As `rules` have it.
    pub fn new(rules: &Rules) -> Self {
        let resets = AtomicBool::new(!rules.reset_query.is_empty());
        Self { mode: AtomicU8::new(rules.mode as u8), resets }
    }

    /// Go by `rules` from now on.
    pub fn follow(&self, rules: &Rules) {
        self.mode.store(rules.mode as u8, Ordering::Relaxed);
        self.resets.store(!rules.reset_query.is_empty(), Ordering::Relaxed);
    }

    /// When servers come back.
    pub fn mode(&self) -> PoolMode {
        PoolMode::from_number(self.mode.load(Ordering::Relaxed))
    }

    /// Whether servers are reset when they are released.
    pub fn resets(&self) -> bool {
        self.resets.load(Ordering::Relaxed)
    }
}
