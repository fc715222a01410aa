//! Limits, modes and time limits that a reload changes, and places in a database's limit that RECONNECT gives back.

use gateway::Gateway;
use serde_json::json;

use crate::client::{Client, PATIENCE};
use crate::messages::query;
use crate::running::{connect, count, reload, start, start_warm, wait_until};
use crate::steady::on_a_steady_machine;

/// How many servers are busy in the only pool.
fn active(gateway: &Gateway) -> u64 {
    count(gateway, "/pools/0/server_active")
}

/// As many clients, each asking for a transaction.
fn begin(gateway: &Gateway, number: usize) -> Vec<Client> {
    let mut clients: Vec<_> = (0..number).map(|_| connect(gateway)).collect();
    for client in &mut clients {
        client.send(&query("BEGIN"));
    }
    clients
}

#[test]
fn limits_of_a_pool_and_a_database_follow_a_reload_both_ways() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let mut clients = begin(&gateway, 4);
    wait_until("three wait", || count(&gateway, "/clients_waiting") == 3);

    reload(&gateway, &json!({"default_pool_size": 9, "max_db_connections": 2}));
    wait_until("the database's limit counts now", || active(&gateway) == 2);
    assert_eq!(count(&gateway, "/clients_waiting"), 2);
    reload(&gateway, &json!({"default_pool_size": 9, "max_db_connections": 0}));
    wait_until("nobody waits", || active(&gateway) == 4);

    for client in &mut clients {
        client.until_ready(1);
    }
    clients.pop().unwrap().query("COMMIT");
    clients.pop().unwrap().query("COMMIT");
    wait_until("two rest", || count(&gateway, "/pools/0/server_idle") == 2);
    reload(&gateway, &json!({"default_pool_size": 9, "max_db_connections": 1}));
    assert_eq!(count(&gateway, "/pools/0/server_idle"), 0, "closed at once");
    assert_eq!(active(&gateway), 2, "a transaction goes on");
    clients.pop().unwrap().query("COMMIT");
    wait_until("one too many is closed as it comes back", || active(&gateway) == 1);
    assert_eq!(count(&gateway, "/pools/0/server_idle"), 0);
    clients.pop().unwrap().query("COMMIT");
    wait_until("the last is kept", || count(&gateway, "/pools/0/server_idle") == 1);
}

#[test]
fn a_time_limit_and_statement_mode_hold_for_clients_that_are_there() {
    on_a_steady_machine(|| {
        let gateway = start(&json!({}));
        let (mut slow, mut other) = (connect(&gateway), connect(&gateway));
        slow.send(&query("SELECT pg_sleep(60)"));
        wait_until("it runs", || active(&gateway) == 1);
        reload(&gateway, &json!({"query_timeout": 0.2}));
        let told = slow.reply().unwrap().to_string();
        assert!(told.contains("query timeout"), "{told}");

        assert_eq!(other.value("SELECT 1"), "1");
        reload(&gateway, &json!({"pool_mode": "statement"}));
        other.send(&query("BEGIN"));
        let told: Vec<_> =
            std::iter::from_fn(|| other.reply()).map(|told| told.to_string()).collect();
        let is_refused = told.iter().any(|told| told.contains("transaction blocks not allowed"));
        assert!(is_refused, "{told:?}");
        let mut later = connect(&gateway);
        assert_eq!(later.value("SELECT 1"), "1");

        reload(&gateway, &json!({"disable_pqexec": true}));
        later.send(&query("SELECT 1"));
        let told = later.reply().unwrap().to_string();
        assert!(told.contains("PQexec disallowed"), "{told}");
    });
}

#[test]
fn reconnect_at_a_full_limit_gives_every_place_back() {
    const LIMIT: u64 = 3;
    const ROUNDS: usize = 10;
    let gateway = start(&json!({"max_db_connections": LIMIT}));
    let reconnect = || gateway.context().reconnect(None).expect("there is a pool");
    let mut holders: Vec<_> = (0..LIMIT).map(|_| connect(&gateway)).collect();
    let mut waiter = connect(&gateway);
    for round in 0..ROUNDS {
        for holder in &mut holders {
            assert_eq!(holder.query("BEGIN")[0], "CommandComplete BEGIN", "round {round}");
        }
        assert_eq!(active(&gateway), LIMIT);
        waiter.send(&query("SELECT 1"));
        wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
        reconnect();
        for holder in &mut holders {
            holder.query("COMMIT");
            // A connection for the one that waits is on its way, and is given up.
            reconnect();
        }
        assert_eq!(waiter.until_ready(1).last().unwrap().to_string(), "ReadyForQuery I");
    }
    for holder in &mut holders {
        assert_eq!(holder.query("BEGIN")[0], "CommandComplete BEGIN", "the pool fills");
    }
    assert_eq!(active(&gateway), LIMIT);
    assert_eq!(count(&gateway, "/pools/0/server_connecting"), 0);
}

#[test]
fn a_paused_pool_keeps_no_minimum_and_has_it_again_afterwards() {
    on_a_steady_machine(|| {
        let gateway = start_warm(2, &json!({"query_wait_timeout": 0.4}));
        let mut waiter = connect(&gateway);
        assert!(gateway.pause(None, Some(PATIENCE)).unwrap());
        waiter.send(&query("SELECT 1"));
        // The janitor has gone round several times by then.
        assert!(waiter.reply().unwrap().to_string().contains("query_wait_timeout"));
        for kind in ["active", "idle", "connecting"] {
            assert_eq!(count(&gateway, &format!("/pools/0/server_{kind}")), 0, "{kind}");
        }
        gateway.resume(None).unwrap();
        wait_until("the minimum is there", || count(&gateway, "/pools/0/server_idle") == 2);
    });
}
