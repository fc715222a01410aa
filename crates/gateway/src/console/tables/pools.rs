//! What there is: SHOW POOLS, DATABASES, USERS, LISTS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::Value;

use super::{Table, View, sockets};
use crate::clients::Entry;
use crate::configuration::PoolMode;
use crate::console::DATABASE;
use crate::console::rows::{Cell, integer, row, text};

/// `SHOW POOLS`
pub const POOLS: Table = Table {
    columns: &[
        text("database"),
        text("user"),
        integer("cl_active"),
        integer("cl_waiting"),
        integer("cl_active_cancel_req"),
        integer("cl_waiting_cancel_req"),
        integer("sv_active"),
        integer("sv_active_cancel"),
        integer("sv_being_canceled"),
        integer("sv_idle"),
        integer("sv_used"),
        integer("sv_tested"),
        integer("sv_login"),
        integer("maxwait"),
        integer("maxwait_us"),
        text("pool_mode"),
        text("load_balance_hosts"),
    ],
    fill: |view, rows| {
        let crowds = crowds(view);
        let none = Vec::new();
        for (pool, servers) in view.pools() {
            let crowd = crowds.get(&(pool.database.clone(), pool.user.clone())).unwrap_or(&none);
            let active = crowd.iter().filter(|entry| entry.waits_since().is_none()).count();
            let census = pool.census();
            let longest = census.longest_wait;
            let count = |state| servers.iter().filter(|seen| sockets::state(seen) == state).count();
            let cancels: usize =
                servers.iter().map(|seen| seen.server.cancels.load(Ordering::Relaxed)).sum();
            rows.push(row![
                pool.database.as_str(),
                pool.user.as_str(),
                active,
                census.waiting,
                cancels,
                0_u64,
                count("active"),
                cancels,
                count("being_canceled"),
                count("idle"),
                0_u64,
                count("tested"),
                census.connecting,
                longest.as_secs(),
                u64::from(longest.subsec_micros()),
                mode(pool.mode()),
                Cell::Null,
            ]);
        }
        let operators = of_database(&crowds, DATABASE);
        let mut own = row![DATABASE, DATABASE, operators].to_vec();
        own.extend((0..12).map(|_| Cell::from(0_u64)));
        own.extend_from_slice(row!["statement", Cell::Null]);
        rows.push(&own);
    },
};

/// `SHOW DATABASES`
pub const DATABASES: Table = Table {
    columns: &[
        text("name"),
        text("host"),
        integer("port"),
        text("database"),
        text("force_user"),
        integer("pool_size"),
        integer("min_pool_size"),
        integer("reserve_pool_size"),
        integer("server_lifetime"),
        text("pool_mode"),
        text("load_balance_hosts"),
        integer("max_connections"),
        integer("current_connections"),
        integer("max_client_connections"),
        integer("current_client_connections"),
        integer("paused"),
        integer("disabled"),
    ],
    fill: |view, rows| {
        let general = view.settings();
        let pools = view.pools();
        let crowds = crowds(view);
        for name in view.database_names() {
            let Some(database) = view.configuration.database(&name) else {
                continue;
            };
            let settings = Settings::new(database, &general);
            let own = pools.iter().filter(|(pool, _)| pool.database == name);
            let servers: usize = own.map(|(_, servers)| servers.len()).sum();
            let default = settings.general("default_pool_size");
            rows.push(row![
                name.as_str(),
                database.host.as_str(),
                u64::from(database.port),
                database.dbname.as_deref().unwrap_or(&name),
                database.user.as_deref(),
                settings.own("pool_size").unwrap_or(default),
                settings.number("min_pool_size"),
                settings.number("reserve_pool_size"),
                settings.limit("server_lifetime"),
                database.pool_mode.map(mode),
                Cell::Null,
                settings.limit("max_db_connections"),
                servers,
                settings.limit("max_db_client_connections"),
                of_database(&crowds, &name),
                view.context.is_paused(&name),
                view.context.is_disabled(&name),
            ]);
        }
        let operators = of_database(&crowds, DATABASE);
        rows.push(row![
            DATABASE,
            Cell::Null,
            u64::from(view.configuration.listen_port),
            DATABASE,
            DATABASE,
            2_u64,
            0_u64,
            0_u64,
            view.configuration.server_lifetime.as_secs(),
            "statement",
            Cell::Null,
            0_u64,
            0_u64,
            0_u64,
            operators,
            false,
            false,
        ]);
    },
};

/// `SHOW USERS`
pub const USERS: Table = Table {
    columns: &[
        text("name"),
        text("pool_size"),
        text("reserve_pool_size"),
        text("pool_mode"),
        integer("max_user_connections"),
        integer("current_connections"),
        integer("max_user_client_connections"),
        integer("current_client_connections"),
    ],
    fill: |view, rows| {
        let general = view.settings();
        let pools = view.pools();
        let clients = view.clients();
        for user in &view.configuration.users {
            let settings = Settings::new(user, &general);
            let own = pools.iter().filter(|(pool, _)| pool.user == user.name);
            let is_own = |client: &&Arc<Entry>| {
                client.facts.get().is_some_and(|facts| *facts.user == *user.name)
            };
            let text = |name| settings.own(name).map_or(String::new(), |own| own.to_string());
            rows.push(row![
                user.name.as_str(),
                text("pool_size"),
                text("reserve_pool_size"),
                settings.own.get("pool_mode").and_then(Value::as_str),
                settings.limit("max_user_connections"),
                own.map(|(_, servers)| servers.len()).sum::<usize>(),
                settings.limit("max_user_client_connections"),
                clients.iter().filter(is_own).count(),
            ]);
        }
    },
};

/// `SHOW LISTS`
pub const LISTS: Table = Table {
    columns: &[text("list"), integer("items")],
    fill: |view, rows| {
        let clients = view.clients();
        let pools = view.pools();
        let logging_in = clients.iter().filter(|entry| entry.facts.get().is_none()).count();
        for (list, items) in [
            ("databases", view.database_names().len() + 1),
            ("users", view.configuration.users.len()),
            ("peers", 0),
            ("pools", pools.len() + 1),
            ("peer_pools", 0),
            ("free_clients", 0),
            ("used_clients", clients.len()),
            ("login_clients", logging_in),
            ("free_servers", 0),
            ("used_servers", pools.iter().map(|(_, servers)| servers.len()).sum()),
            ("dns_names", 0),
            ("dns_zones", 0),
            ("dns_queries", 0),
            ("dns_pending", 0),
        ] {
            rows.push(row![list, items]);
        }
    },
};

/// Clients by the pool they get their servers from: its database and user.
type Crowds = BTreeMap<(String, String), Vec<Arc<Entry>>>;

fn crowds(view: &View<'_>) -> Crowds {
    let mut crowds = Crowds::new();
    for entry in view.clients() {
        let Some(facts) = entry.facts.get() else {
            continue;
        };
        let forced = view.configuration.database(&facts.database).and_then(|database| {
            (*facts.database != *DATABASE).then_some(database.user.as_deref()).flatten()
        });
        let user = forced.unwrap_or(&facts.user);
        let user = if *facts.database == *DATABASE { DATABASE } else { user };
        crowds.entry((facts.database.to_string(), user.to_owned())).or_default().push(entry);
    }
    crowds
}

/// How many clients there are of a database.
fn of_database(crowds: &Crowds, name: &str) -> usize {
    crowds.iter().filter(|((database, _), _)| database == name).map(|(_, crowd)| crowd.len()).sum()
}

/// The mode by the name it has in the configuration.
fn mode(mode: PoolMode) -> Cell {
    let name = serde_json::to_value(mode).unwrap_or_default();
    name.as_str().into()
}

/// What an entry of its own says about a database or a user, and the general settings behind it, by name.
struct Settings<'a> {
    own: Value,
    general: &'a Value,
}

impl<'a> Settings<'a> {
    fn new(entry: &impl Serialize, general: &'a Value) -> Self {
        Self { own: serde_json::to_value(entry).unwrap_or_default(), general }
    }

    /// The entry's own number, if it has one.
    fn own(&self, name: &str) -> Option<u64> {
        self.own.get(name).and_then(whole)
    }

    fn general(&self, name: &str) -> u64 {
        self.general.get(name).and_then(whole).unwrap_or(0)
    }

    /// The entry's own number, or the general one.
    fn number(&self, name: &str) -> u64 {
        self.own(name).unwrap_or_else(|| self.general(name))
    }

    /// The same where the entry's own 0 means that it has none.
    fn limit(&self, name: &str) -> u64 {
        self.own(name).filter(|own| *own > 0).unwrap_or_else(|| self.general(name))
    }
}

/// A number as it is, or a duration in whole seconds.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.get("secs").and_then(Value::as_u64))
}
