//! What an administrator can do to pools and clients.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gateway::control::{Outcome, Shutdown};
use gateway::gateway::Phase;
use serde_json::json;

use crate::client::{Client, PATIENCE};
use crate::messages::query;
use crate::running::{app, connect, connect_directly, count, database, reload, start, wait_until};

/// The message of a refusal.
fn message(outcome: Outcome) -> String {
    outcome.expect_err("it is refused").message
}

/// Server processes of a database, seen by PostgreSQL.
fn backends(database: &str) -> String {
    connect_directly()
        .value(&format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"))
}

/// Wait for what a command waits for.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, future).await })
        .expect("it ends in time")
}

#[test]
fn pause_and_resume_under_load_break_nothing() {
    connect_directly().query("CREATE DATABASE paused_one");
    let led = database(&json!({"dbname": "paused_one"}));
    let gateway = start(&json!({"workers": 2, "default_pool_size": 4, "databases": [led]}));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = connect(&gateway);
                    let mut rounds = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        client.query("BEGIN");
                        assert_eq!(client.value("SELECT 1"), "1");
                        assert_eq!(client.query("COMMIT")[0], "CommandComplete COMMIT");
                        rounds += 1;
                    }
                    rounds
                })
            })
            .collect();
        for database in [None, Some("app"), None, Some("app")] {
            let before = count(&gateway, "/pools/0/transactions");
            assert!(gateway.pause(database, Some(PATIENCE)).unwrap());
            // Nothing is left there: PostgreSQL could be restarted.
            wait_until("no backend is left", || backends("paused_one") == "0");
            wait_until("all wait", || count(&gateway, "/clients_waiting") == 10);
            gateway.resume(database).unwrap();
            wait_until("work goes on", || count(&gateway, "/pools/0/transactions") > before + 20);
        }
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            assert!(client.join().unwrap() > 0);
        }
    });
    assert_eq!(count(&gateway, "/panics"), 0);
}

#[test]
fn a_pause_waits_for_transactions_and_no_longer_than_it_is_told() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    client.query("BEGIN");
    assert!(!gateway.pause(None, Some(Duration::ZERO)).unwrap());
    assert_eq!(message(gateway.context().begin_pause(None)), "already suspended/paused");
    assert_eq!(message(gateway.context().begin_pause(Some("app"))), "already suspended/paused");
    assert_eq!(message(gateway.context().kill(None)), "already suspended/paused");
    assert_eq!(client.value("SELECT 1"), "1");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait_for(gateway.context().wait_paused(None)));
        client.query("COMMIT");
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(count(&gateway, "/pools/0/server_idle"), 0);
    // A login needs no server where one has been seen before.
    let mut newcomer = connect(&gateway);
    newcomer.send(&query("SELECT 2"));
    wait_until("it waits", || count(&gateway, "/clients_waiting") == 1);
    gateway.resume(None).unwrap();
    newcomer.until_ready(1);
    assert_eq!(message(gateway.resume(None)), "pooler is not paused/suspended");
}

#[test]
fn a_pause_that_is_resumed_before_its_end_says_so() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    client.query("BEGIN");
    gateway.context().begin_pause(Some("app")).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait_for(gateway.context().wait_paused(Some("app"))));
        gateway.resume(Some("app")).unwrap();
        assert_eq!(message(waiting.join().unwrap()), "PAUSE was ended by RESUME");
    });
    client.query("COMMIT");
    assert_eq!(client.value("SELECT 1"), "1");
}

#[test]
fn a_paused_database_leaves_others_alone_and_waits_at_most_query_wait_timeout() {
    let other = database(&json!({"name": "other"}));
    let databases = json!([database(&json!({})), other]);
    let gateway = start(&json!({"databases": databases}));
    let mut client = connect(&gateway);
    client.query("SELECT 1");
    assert!(gateway.pause(Some("app"), Some(PATIENCE)).unwrap());
    let login = crate::client::Login { database: "other", ..app() };
    let mut neighbour = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    assert_eq!(neighbour.value("SELECT 1"), "1");
    reload(&gateway, &json!({"databases": databases, "query_wait_timeout": 0.2}));
    client.send(&query("SELECT 1"));
    let refused = client.reply().unwrap();
    reload(&gateway, &json!({"databases": databases}));
    assert!(refused.to_string().contains("query_wait_timeout"), "{refused}");
    assert_eq!(message(gateway.resume(Some("other"))), "database other is not paused");
    assert_eq!(message(gateway.resume(Some("none"))), "no such database: none");
    assert_eq!(message(gateway.context().begin_pause(Some("none"))), "no such database: none");
    assert_eq!(
        message(gateway.context().begin_pause(Some("pgbouncer"))),
        "cannot pause admin db: pgbouncer"
    );
    gateway.resume(Some("app")).unwrap();
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
}

#[test]
fn reconnect_replaces_each_server_once_it_is_released() {
    let gateway = start(&json!({"default_pool_size": 2}));
    let (mut busy, mut idle) = (connect(&gateway), connect(&gateway));
    busy.query("BEGIN");
    let process = "SELECT pg_backend_pid()";
    let (of_busy, of_idle) = (busy.value(process), idle.value(process));
    assert_ne!(of_busy, of_idle);
    gateway.context().reconnect(Some("app")).unwrap();
    assert_ne!(idle.value(process), of_idle);
    assert_eq!(busy.value(process), of_busy, "its transaction goes on");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait_for(gateway.context().wait_close(None)));
        busy.query("COMMIT");
        waiting.join().unwrap().unwrap();
    });
    assert_ne!(busy.value(process), of_busy);
    wait_for(gateway.context().wait_close(Some("app"))).unwrap();
    assert_eq!(message(gateway.context().reconnect(Some("none"))), "no such database: none");
}

#[test]
fn kill_drops_clients_and_servers_and_lets_nobody_work_until_resume() {
    let running =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%killed_by_a' || '_test'";
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut busy, mut idle, mut waiter) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    busy.query("BEGIN");
    busy.send(&query("SELECT pg_sleep(600) AS killed_by_a_test"));
    waiter.send(&query("SELECT 1"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    wait_until("its query runs", || connect_directly().value(running) == "1");
    gateway.context().kill(Some("app")).unwrap();
    for client in [&mut busy, &mut idle, &mut waiter] {
        let told = client.reply().unwrap();
        assert_eq!(told.sqlstate(), "57P01");
        assert!(told.to_string().contains("database removed"), "{told}");
        assert!(client.reply().is_none(), "closed");
    }
    wait_until("no server is left", || count(&gateway, "/pools/0/server_active") == 0);
    wait_until("its query has ended", || connect_directly().value(running) == "0");
    let mut newcomer = connect(&gateway);
    newcomer.send(&query("SELECT 1"));
    wait_until("it waits", || count(&gateway, "/clients_waiting") == 1);
    assert_eq!(message(gateway.resume(None)), "pooler is not paused/suspended");
    gateway.resume(Some("app")).unwrap();
    newcomer.until_ready(1);
}

#[test]
fn disable_refuses_new_clients_only() {
    let gateway = start(&json!({}));
    let mut there = connect(&gateway);
    gateway.context().disable("app").unwrap();
    let refused = Client::log_in(&gateway.addresses()[0], &app()).unwrap_err();
    assert!(refused.to_string().contains("database \"app\" is disabled"), "{refused}");
    assert_eq!(there.value("SELECT 1"), "1");
    gateway.context().enable("app").unwrap();
    connect(&gateway);
    for name in ["none", "pgbouncer"] {
        let outcomes = [gateway.context().disable(name), gateway.context().enable(name)];
        for outcome in outcomes {
            let said = message(outcome);
            assert!(
                said == "no such database: none" || said == "cannot disable admin db: pgbouncer",
                "{said}"
            );
        }
    }
}

#[test]
fn kill_client_drops_one_whatever_it_does() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut busy, mut waiter, mut bystander) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    busy.query("BEGIN");
    waiter.send(&query("SELECT 1"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    for client in [&mut waiter, &mut busy] {
        gateway.context().kill_client(client.key.0).unwrap();
        let told = client.reply().unwrap();
        assert!(told.to_string().contains("admin forced disconnect"), "{told}");
        assert!(client.reply().is_none(), "closed");
    }
    assert_eq!(bystander.value("SELECT 1"), "1");
    wait_until("they have gone", || count(&gateway, "/clients") == 1);
    assert_eq!(message(gateway.context().kill_client(busy.key.0)), "client not found");
}

#[test]
fn kill_client_reaches_one_that_waits_to_log_in() {
    let gateway = start(&json!({}));
    gateway.context().begin_pause(None).unwrap();
    let context = gateway.context();
    std::thread::scope(|scope| {
        // No server has been seen yet, so the login needs one.
        let login = scope.spawn(|| Client::log_in(&gateway.addresses()[0], &app()));
        wait_until("it waits", || count(&gateway, "/clients_waiting") == 1);
        let ids: Vec<u32> = context.clients.all().iter().map(|entry| entry.id).collect();
        context.kill_client(ids[0]).unwrap();
        let told = login.join().unwrap().unwrap_err();
        assert!(told.to_string().contains("admin forced disconnect"), "{told}");
    });
}

#[test]
fn shutdown_that_waits_for_clients_serves_them_to_their_end() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    gateway.context().shutdown(Shutdown::WaitForClients);
    assert_eq!(gateway.context().common.phase(), Phase::Closing);
    assert_eq!(message(gateway.resume(None)), "pooler is shutting down");
    assert_eq!(client.value("SELECT 1"), "1");
    assert!(!gateway.join(Some(Duration::ZERO)));
    drop(client);
    assert!(gateway.join(Some(PATIENCE)));
}

#[test]
fn whom_a_shutdown_waits_for_may_be_let_go_on() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    let first = client.value("SELECT pg_backend_pid()");
    assert!(gateway.pause(None, None).unwrap());
    gateway.context().shutdown(Shutdown::WaitForClients);
    let asking = std::thread::spawn(move || {
        let last = client.value("SELECT pg_backend_pid()");
        (client, last)
    });
    wait_until("it waits", || count(&gateway, "/pools/0/waiting") == 1);
    assert_eq!(gateway.resume(None), Ok(()));
    let (client, last) = asking.join().unwrap();
    assert_ne!(first, last, "the pause has closed the server");
    assert_eq!(message(gateway.resume(None)), "pooler is shutting down");
    drop(client);
    assert!(gateway.join(Some(PATIENCE)));
}

#[test]
fn shutdown_that_waits_for_servers_lets_transactions_end() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut busy, mut idle, mut waiter) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    busy.query("BEGIN");
    waiter.send(&query("SELECT 1"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    gateway.context().shutdown(Shutdown::WaitForServers);
    idle.send(&query("SELECT 1"));
    for client in [&mut waiter, &mut idle] {
        let told = client.reply().unwrap();
        assert!(told.to_string().contains("server shutting down"), "{told}");
    }
    assert_eq!(busy.value("SELECT 1"), "1");
    assert_eq!(busy.query("COMMIT"), ["CommandComplete COMMIT", "ReadyForQuery I"]);
    assert!(gateway.join(Some(PATIENCE)));
}

#[test]
fn suspend_is_refused_by_name_and_shutdown_is_at_once() {
    let gateway = start(&json!({}));
    assert!(message(gateway.context().suspend()).contains("SUSPEND is not supported"));
    let _client = connect(&gateway);
    gateway.context().shutdown(Shutdown::Immediate);
    assert!(gateway.join(Some(PATIENCE)));
}
