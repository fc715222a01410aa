//! What there is: SHOW POOLS, DATABASES, USERS, LISTS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
        let settings = view.settings();
        let pools = view.pools();
        let crowds = crowds(view);
        for name in view.database_names() {
            let Some(database) = view.configuration.database(&name) else {
                continue;
            };
            let entry = serde_json::to_value(database).unwrap_or_default();
            let own = pools.iter().filter(|(pool, _)| pool.database == name);
            let servers: usize = own.map(|(_, servers)| servers.len()).sum();
            let pool_size = number(&[&entry["pool_size"], &settings["default_pool_size"]]);
            rows.push(row![
                name.as_str(),
                database.host.as_str(),
                u64::from(database.port),
                database.dbname.as_deref().unwrap_or(&name),
                database.user.as_deref(),
                pool_size,
                number(&[&entry["min_pool_size"], &settings["min_pool_size"]]),
                number(&[&entry["reserve_pool_size"], &settings["reserve_pool_size"]]),
                number(&[&entry["server_lifetime"], &settings["server_lifetime"]]),
                database.pool_mode.map(mode),
                Cell::Null,
                number(&[&entry["max_db_connections"], &settings["max_db_connections"]]),
                servers,
                number(&[
                    &entry["max_db_client_connections"],
                    &settings["max_db_client_connections"],
                ]),
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
        let settings = view.settings();
        let pools = view.pools();
        let clients = view.clients();
        for user in &view.configuration.users {
            let entry = serde_json::to_value(user).unwrap_or_default();
            let own = pools.iter().filter(|(pool, _)| pool.user == user.name);
            let is_own = |client: &&Arc<Entry>| {
                client.facts.get().is_some_and(|facts| *facts.user == *user.name)
            };
            let text = |name: &str| entry[name].as_u64().map_or(String::new(), |n| n.to_string());
            rows.push(row![
                user.name.as_str(),
                text("pool_size"),
                text("reserve_pool_size"),
                entry["pool_mode"].as_str(),
                number(&[&entry["max_user_connections"], &settings["max_user_connections"]]),
                own.map(|(_, servers)| servers.len()).sum::<usize>(),
                number(&[
                    &entry["max_user_client_connections"],
                    &settings["max_user_client_connections"],
                ]),
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

fn mode(mode: PoolMode) -> &'static str {
    match mode {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
    }
}

/// The first of these that is set, in whole seconds if it is a duration; 0 when none is.
fn number(values: &[&Value]) -> u64 {
    let whole = |value: &&&Value| value.as_u64().or_else(|| value["secs"].as_u64());
    values.iter().find_map(|value| whole(&value)).unwrap_or(0)
}
