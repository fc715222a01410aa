//! Limits on servers and clients: of a pool, of a database, of a user, and of a line.

use std::sync::atomic::{AtomicBool, Ordering};

use gateway::Gateway;
use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::messages::{bind, execute, parse, query, sync};
use crate::replies::lines;
use crate::running::{
    app, connect, connect_directly, count, database, servers, start, start_warm, wait_until,
};
use crate::steady::on_a_steady_machine;

const BACKEND: &str = "SELECT pg_backend_pid()";

/// Make a role that may log in to PostgreSQL as itself.
pub(crate) fn role(name: &str) -> Value {
    let password = "the secret of a role";
    let mut owner = connect_directly();
    owner.query(&format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"));
    json!({"name": name, "password": password})
}

/// Log in as this user, who is let in by trust, to this database.
pub(crate) fn log_in(gateway: &Gateway, user: &str, database: &str) -> Client {
    let login = Login { user, database, ..app() };
    Client::log_in(&gateway.addresses()[0], &login).unwrap()
}

pub(crate) fn refused(gateway: &Gateway, user: &str, database: &str) -> String {
    let login = Login { user, database, ..app() };
    Client::log_in(&gateway.addresses()[0], &login).unwrap_err().to_string()
}

#[test]
fn a_pools_size_is_its_users_or_its_databases_or_everybodys() {
    let of_database = database(&json!({"pool_size": 2}));
    let users = |size: Value| {
        json!([{"name": "app"}, if size.is_null() { json!({"name": "x"}) } else {
            json!({"name": "postgres", "pool_size": size})
        }])
    };
    for (entry, own, expected) in [
        (&of_database, json!(null), 2),
        (&of_database, json!(3), 3),
        (&database(&json!({})), json!(null), 1),
    ] {
        let gateway =
            start(&json!({"databases": [entry], "users": users(own), "default_pool_size": 1}));
        let mut clients: Vec<_> = (0..=expected).map(|_| connect(&gateway)).collect();
        for client in &mut clients {
            client.send(&query("BEGIN"));
        }
        wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
        assert_eq!(count(&gateway, "/pools/0/size"), expected);
        wait_until("the others do not", || servers(&gateway) == expected);
    }
}

#[test]
fn a_client_that_has_waited_long_gets_a_server_from_the_reserve() {
    on_a_steady_machine(|| {
        let entry = database(&json!({"reserve_pool_size": 1}));
        let settings = json!({
            "databases": [entry], "default_pool_size": 1, "reserve_pool_timeout": 0.2,
        });
        let gateway = start(&settings);
        let mut clients = [connect(&gateway), connect(&gateway), connect(&gateway)];
        clients[0].query("BEGIN");
        assert_eq!(clients[1].query("BEGIN")[0], "CommandComplete BEGIN");
        assert_eq!(servers(&gateway), 2);
        clients[2].send(&query("SELECT 1"));
        wait_until("the third waits", || count(&gateway, "/clients_waiting") == 1);
        clients[0].query("COMMIT");
        clients[2].until_ready(1);
        assert_eq!(servers(&gateway), 2);

        // Zero never uses it.
        let settings = json!({
            "reserve_pool_size": 1, "default_pool_size": 1, "reserve_pool_timeout": 0,
            "query_wait_timeout": 0.4,
        });
        let gateway = start_warm(1, &settings);
        let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
        holder.query("BEGIN");
        waiter.send(&query("SELECT 1"));
        assert!(waiter.reply().unwrap().to_string().contains("query_wait_timeout"));
    });
}

#[test]
fn a_full_database_closes_the_server_that_rested_longest_for_another_pool() {
    let users = json!([role("evict_a"), role("evict_b"), role("evict_c")]);
    let anybody = database(&json!({"user": null, "password": null}));
    let gateway = start(&json!({"databases": [anybody], "users": users, "max_db_connections": 2}));
    let [mut a, mut b, mut c] =
        ["evict_a", "evict_b", "evict_c"].map(|user| log_in(&gateway, user, "app"));
    // The logins themselves have used servers, and of two that came to rest in one tick of the clock either may go:
    // have a's and b's there.
    let (mut first, mut second) = (String::new(), String::new());
    wait_until("a and b have the two", || {
        let before = (first.clone(), second.clone());
        (first, second) = (a.value(BACKEND), b.value(BACKEND));
        before == (first.clone(), second.clone()) && servers(&gateway) == 2
    });
    c.query("SELECT 1");
    assert_eq!(servers(&gateway), 2, "{}", gateway.statistics());
    let mut observer = connect_directly();
    let is_there = |pid: &str| format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    wait_until("one of the two is gone", || {
        let gone = [&first, &second].map(|pid| observer.value(&is_there(pid)) == "0");
        gone.contains(&true)
    });
    // Nobody is shut out by it.
    for client in [&mut a, &mut b, &mut c] {
        assert_eq!(client.value("SELECT 1"), "1");
        assert!(servers(&gateway) <= 2);
    }
}

/// Clients of `busy` keep every server that the limit allows in use, and one of `other` is served all the same.
pub(crate) fn nobody_starves(gateway: &Gateway, busy: (&str, &str), other: (&str, &str)) {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut started = Vec::new();
        for _ in 0..6 {
            let (sender, receiver) = std::sync::mpsc::channel();
            started.push(receiver);
            let is_over = &is_over;
            scope.spawn(move || {
                let mut client = log_in(gateway, busy.0, busy.1);
                while !is_over.load(Ordering::Relaxed) {
                    client.query("SELECT pg_sleep(0.002)");
                    let _ = sender.send(());
                }
            });
        }
        for receiver in started {
            receiver.recv().unwrap();
        }
        for _ in 0..3 {
            // Its login needs a server too.
            let mut client = log_in(gateway, other.0, other.1);
            assert_eq!(client.value("SELECT 1"), "1");
            assert!(servers(gateway) <= 2, "{}", gateway.statistics());
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(count(gateway, "/panics"), 0);
}

#[test]
fn a_busy_user_does_not_starve_another_of_the_same_database() {
    for (workers, limit) in [(1, 1), (1, 2), (2, 1)] {
        let names = ["busy", "other"].map(|name| format!("{name}_{workers}_{limit}"));
        let users = json!([role(&names[0]), role(&names[1])]);
        let anybody =
            database(&json!({"user": null, "password": null, "max_db_connections": limit}));
        let gateway = start(&json!({
            "databases": [anybody], "users": users, "max_db_connections": 100, "workers": workers,
        }));
        nobody_starves(&gateway, (&names[0], "app"), (&names[1], "app"));
    }
}

#[test]
fn a_busy_database_does_not_starve_another_of_the_same_user() {
    let entries = json!([database(&json!({})), database(&json!({"name": "second"}))]);
    let users = json!([{"name": "app"}, {"name": "postgres", "max_user_connections": 2}]);
    let gateway = start(&json!({"databases": entries, "users": users, "workers": 2}));
    nobody_starves(&gateway, ("app", "app"), ("app", "second"));
}

#[test]
fn a_databases_clients_are_limited() {
    let entries = json!([
        database(&json!({"max_db_client_connections": 2})),
        database(&json!({"name": "second"})),
    ]);
    let users = json!([{"name": "app"}, {"name": "other"}]);
    let gateway =
        start(&json!({"databases": entries, "users": users, "max_db_client_connections": 1}));
    let first = log_in(&gateway, "app", "app");
    let mut second = log_in(&gateway, "other", "app");
    let told = refused(&gateway, "app", "app");
    let expected = "FATAL 53300: client connections exceeded (max_db_client_connections): \
                    database \"app\" has 2";
    assert_eq!(told, expected);
    let elsewhere = log_in(&gateway, "app", "second");
    assert!(refused(&gateway, "app", "second").contains("max_db_client_connections"));
    assert_eq!(second.value("SELECT 1"), "1");
    drop((first, elsewhere));
    wait_until("they are forgotten", || count(&gateway, "/clients") == 1);
    assert_eq!(log_in(&gateway, "app", "app").value("SELECT 1"), "1");
}

#[test]
fn a_users_clients_are_limited() {
    let entries = json!([database(&json!({})), database(&json!({"name": "second"}))]);
    let users = json!([{"name": "app", "max_user_client_connections": 2}, {"name": "other"}]);
    let gateway =
        start(&json!({"databases": entries, "users": users, "max_user_client_connections": 1}));
    let first = log_in(&gateway, "app", "app");
    let mut second = log_in(&gateway, "app", "second");
    let told = refused(&gateway, "app", "app");
    let expected = "FATAL 53300: client connections exceeded (max_user_client_connections): \
                    user \"app\" has 2";
    assert_eq!(told, expected);
    let _other = log_in(&gateway, "other", "app");
    assert!(refused(&gateway, "other", "app").contains("max_user_client_connections"));
    assert_eq!(second.value("SELECT 1"), "1");
    drop(first);
    wait_until("it is forgotten", || count(&gateway, "/clients") == 2);
    assert_eq!(log_in(&gateway, "app", "app").value("SELECT 1"), "1");
}

#[test]
fn a_client_that_finds_the_line_full_is_told_at_once_and_may_ask_again() {
    const REFUSED: [&str; 2] = [
        "ERROR 53300: max_waiting: 1 clients wait for a server of pool app/postgres already",
        "ReadyForQuery I",
    ];
    let gateway = start(&json!({"default_pool_size": 1, "max_waiting": 1}));
    let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
    let mut late = connect(&gateway);
    holder.query("BEGIN");
    waiter.send(&query("SELECT 'waited'"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    assert_eq!(late.query("SELECT 1"), REFUSED);
    late.send(&[parse("", "SELECT 1"), bind("", ""), execute("", 0), sync()].concat());
    assert_eq!(lines(&late.until_ready(1)), REFUSED);
    // Each of several is refused for itself.
    late.send(&[query("SELECT 1"), query("SELECT 2")].concat());
    assert_eq!(lines(&late.until_ready(2)), [REFUSED, REFUSED].concat());
    holder.query("COMMIT");
    assert_eq!(waiter.until_ready(1)[1].to_string(), "DataRow waited");
    assert_eq!(late.value("SELECT 1"), "1");
    // A place that was given up is free again.
    holder.query("BEGIN");
    waiter.send(&query("SELECT 1"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    drop(waiter);
    wait_until("it is forgotten", || count(&gateway, "/clients") == 2);
    late.send(&query("SELECT 1"));
    holder.query("COMMIT");
    assert_eq!(late.until_ready(1)[1].to_string(), "DataRow 1");
}
