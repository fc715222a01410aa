//! Another configuration while clients work.

use std::sync::atomic::{AtomicBool, Ordering};

use gateway::{Configuration, Gateway};
use serde_json::{Value, json};

use crate::client::Client;
use crate::messages::query;
use crate::running::{
    app, connect, connect_directly, count, database, reload, servers, start, wait_until,
};

/// Make a database of that name, which stays until the server ends.
fn create_database(name: &str) {
    connect_directly().query(&format!("CREATE DATABASE {name}"));
}

/// The usual database, led elsewhere.
fn led_to(name: &str) -> Value {
    database(&json!({"dbname": name}))
}

/// Log in as the usual user at a database of another name.
fn connect_to(gateway: &Gateway, name: &str) -> Result<Client, crate::replies::Reply> {
    Client::log_in(&gateway.addresses()[0], &crate::client::Login { database: name, ..app() })
}

#[test]
fn a_reload_under_load_breaks_no_transaction() {
    const CLIENTS: usize = 12;
    const ROUNDS: usize = 25;
    create_database("under_load");
    let gateway = start(&json!({"workers": 2, "default_pool_size": 4}));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = connect(&gateway);
                    for round in 0..ROUNDS {
                        assert_eq!(
                            client.query("BEGIN"),
                            ["CommandComplete BEGIN", "ReadyForQuery T"]
                        );
                        let whole = "SELECT pg_backend_pid() || current_database()";
                        let before = client.value(whole);
                        assert_eq!(client.value(whole), before, "round {round}");
                        assert_eq!(
                            client.query("COMMIT"),
                            ["CommandComplete COMMIT", "ReadyForQuery I"]
                        );
                    }
                })
            })
            .collect();
        let administrator = scope.spawn(|| {
            let variants = [
                json!({"default_pool_size": 1}),
                json!({"databases": [led_to("under_load")]}),
                json!({"default_pool_size": 6, "max_prepared_statements": 3}),
            ];
            for settings in variants.iter().cycle() {
                let before = count(&gateway, "/pools/0/transactions");
                reload(&gateway, settings);
                let is_over = || is_over.load(Ordering::Relaxed);
                wait_until("work goes on", || {
                    is_over() || count(&gateway, "/pools/0/transactions") > before + 5
                });
                if is_over() {
                    return;
                }
            }
        });
        // Kept for later, so that the administrator ends whatever has happened to them.
        let results: Vec<_> =
            clients.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        administrator.join().unwrap();
        assert!(results.iter().all(Result::is_ok), "the output says what they met");
    });
    assert_eq!(count(&gateway, "/panics"), 0);
}

#[test]
fn a_changed_target_moves_clients_between_transactions() {
    create_database("moved_to");
    let gateway = start(&json!({}));
    let (mut idle, mut busy) = (connect(&gateway), connect(&gateway));
    assert_eq!(idle.value("SELECT current_database()"), "postgres");
    busy.query("BEGIN");
    assert_eq!(busy.value("SELECT current_database()"), "postgres");

    let reloaded = reload(&gateway, &json!({"databases": [led_to("moved_to")]}));
    assert_eq!(reloaded.changed, ["databases"]);
    assert_eq!(idle.value("SELECT current_database()"), "moved_to");
    assert_eq!(busy.value("SELECT current_database()"), "postgres", "its transaction goes on");
    busy.query("COMMIT");
    assert_eq!(busy.value("SELECT current_database()"), "moved_to");
}

#[test]
fn a_session_keeps_its_server_until_it_ends() {
    create_database("session_moved_to");
    let gateway = start(&json!({"pool_mode": "session"}));
    let mut client = connect(&gateway);
    assert_eq!(client.value("SELECT current_database()"), "postgres");
    reload(&gateway, &json!({"pool_mode": "session", "databases": [led_to("session_moved_to")]}));
    assert_eq!(client.value("SELECT current_database()"), "postgres");
    drop(client);
    assert_eq!(connect(&gateway).value("SELECT current_database()"), "session_moved_to");
}

#[test]
fn another_mode_holds_from_the_next_transaction_and_leaves_nothing_behind() {
    let gateway = start(&json!({"pool_mode": "session", "default_pool_size": 1}));
    let (mut first, mut second) = (connect(&gateway), connect(&gateway));
    first.query("SET search_path TO nowhere");
    first.query("CREATE TEMPORARY TABLE left_behind ()");
    assert_eq!(reload(&gateway, &json!({"default_pool_size": 1})).changed, ["pool_mode"]);
    second.send(&query("SELECT to_regclass('left_behind') IS NULL"));
    first.query("SELECT 1");
    let found = second.until_ready(1);
    assert!(found.iter().any(|reply| reply.to_string() == "DataRow t"), "{found:?}");

    // A client has its answer before its server is released, and one released in session mode is kept.
    wait_until("the server is at rest", || count(&gateway, "/pools/0/server_idle") == 1);
    reload(&gateway, &json!({"pool_mode": "session", "default_pool_size": 1}));
    second.query("CREATE TEMPORARY TABLE left_behind ()");
    assert_eq!(count(&gateway, "/pools/0/server_active"), 1, "held for the session");
    reload(&gateway, &json!({"default_pool_size": 1}));
    drop(second);
    assert_eq!(first.value("SELECT to_regclass('left_behind') IS NULL"), "t");
}

#[test]
fn clients_of_a_removed_database_are_told_when_they_are_idle() {
    let other = database(&json!({"name": "other"}));
    let gateway = start(&json!({"databases": [database(&json!({})), other]}));
    let mut idle = connect(&gateway);
    let mut busy = connect(&gateway);
    busy.query("BEGIN");

    reload(&gateway, &json!({"databases": [other]}));
    let told = idle.reply().unwrap();
    assert_eq!(told.sqlstate(), "57P01");
    assert!(told.to_string().contains("database removed"), "{told}");
    assert!(idle.reply().is_none(), "closed");
    let refused = connect_to(&gateway, "app").unwrap_err();
    assert_eq!(refused.sqlstate(), "3D000");

    assert_eq!(busy.value("SELECT 1"), "1", "a transaction goes on");
    busy.query("COMMIT");
    assert_eq!(busy.reply().unwrap().sqlstate(), "57P01");
    wait_until("its pool has gone", || count(&gateway, "/pools/0/size") == 0);
    assert_eq!(connect_to(&gateway, "other").unwrap().value("SELECT 1"), "1");
}

#[test]
fn a_client_in_line_for_a_removed_database_is_told_at_once() {
    let other = database(&json!({"name": "other"}));
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
    holder.query("BEGIN");
    waiter.send(&query("SELECT 1"));
    wait_until("it waits", || count(&gateway, "/clients_waiting") == 1);
    reload(&gateway, &json!({"databases": [other]}));
    assert_eq!(waiter.reply().unwrap().sqlstate(), "57P01");
}

#[test]
fn a_forced_user_that_changes_brings_every_client_to_the_new_pool() {
    connect_directly().query("CREATE ROLE someone LOGIN SUPERUSER PASSWORD 'theirs'");
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
    holder.query("BEGIN");
    waiter.send(&query("SELECT current_user"));
    wait_until("it waits", || count(&gateway, "/clients_waiting") == 1);
    let someone = database(&json!({"user": "someone", "password": "theirs"}));
    reload(&gateway, &json!({"databases": [someone]}));
    let replies = waiter.until_ready(1);
    assert!(replies.iter().any(|reply| reply.to_string() == "DataRow someone"), "{replies:?}");
    assert_eq!(holder.value("SELECT current_user"), "postgres");
    holder.query("COMMIT");
    assert_eq!(holder.value("SELECT current_user"), "someone");
    wait_until("the old pool has gone", || count(&gateway, "/pools/1/size") == 0);
}

#[test]
fn a_smaller_pool_closes_servers_as_they_come_back_and_a_larger_one_opens_more() {
    let gateway = start(&json!({"default_pool_size": 3}));
    let mut clients: Vec<Client> = (0..4).map(|_| connect(&gateway)).collect();
    for client in &mut clients[..3] {
        client.query("BEGIN");
    }
    reload(&gateway, &json!({"default_pool_size": 1}));
    assert_eq!(count(&gateway, "/pools/0/server_active"), 3, "none is torn from its client");
    for client in &mut clients[..3] {
        client.query("COMMIT");
    }
    wait_until("one is left", || servers(&gateway) == 1);
    clients[0].query("BEGIN");
    clients[1].send(&query("SELECT 1"));
    wait_until("one waits", || count(&gateway, "/clients_waiting") == 1);
    reload(&gateway, &json!({"default_pool_size": 2}));
    clients[1].until_ready(1);
}

#[test]
fn users_come_and_go_and_change_their_passwords() {
    let settings = |users: Value| json!({"auth_type": "scram-sha-256", "users": users});
    let app_user = json!({"name": "app", "password": app().password});
    let gateway = start(&settings(json!([app_user])));
    let newcomer = crate::client::Login { user: "newcomer", password: "new", ..app() };
    let try_newcomer = || Client::log_in(&gateway.addresses()[0], &newcomer);
    assert_eq!(try_newcomer().unwrap_err().sqlstate(), "28P01");
    let new_user = json!({"name": "newcomer", "password": "new"});
    let reloaded = reload(&gateway, &settings(json!([app_user, new_user])));
    assert_eq!(reloaded.changed, ["users"]);
    let mut there = try_newcomer().unwrap();
    reload(&gateway, &settings(json!([app_user, {"name": "newcomer", "password": "newer"}])));
    assert_eq!(try_newcomer().unwrap_err().sqlstate(), "28P01");
    assert_eq!(there.value("SELECT 1"), "1", "who is in stays in");
}

#[test]
fn what_needs_a_restart_is_named_and_keeps_its_value() {
    let gateway = start(&json!({}));
    let settings = json!({"workers": 7, "listen_backlog": 9, "max_client_conn": 1});
    let reloaded = reload(&gateway, &settings);
    assert_eq!(reloaded.changed, ["max_client_conn"]);
    assert_eq!(reloaded.needs_restart, ["listen_backlog", "workers"]);
    assert_eq!(gateway.context().common.configuration().workers, 1);
    // Still not there, so still named.
    assert_eq!(reload(&gateway, &settings).needs_restart, ["listen_backlog", "workers"]);
    let _first = connect(&gateway);
    assert_eq!(connect_to(&gateway, "app").unwrap_err().sqlstate(), "53300");
}

#[test]
fn a_bad_configuration_changes_nothing() {
    let gateway = start(&json!({}));
    let before = gateway.context().common.configuration().clone();
    let bad = Configuration { databases: Vec::new(), ..Configuration::default() };
    let error = gateway.reload(bad).unwrap_err().to_string();
    assert!(error.contains("databases is empty"), "{error}");
    assert_eq!(*before, **gateway.context().common.configuration());
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
}

#[test]
fn a_lower_limit_of_prepared_statements_and_none_at_all_keep_those_there_are() {
    use crate::messages::{bind, execute, parse, sync};
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    let mut run = |name: &str, prepares: bool| {
        let mut bytes = Vec::new();
        if prepares {
            bytes.extend(parse(name, "SELECT 1"));
        }
        bytes.extend([bind("", name), execute("", 0), sync()].concat());
        client.send(&bytes);
        let replies = client.until_ready(1);
        assert!(replies.iter().any(|reply| reply.to_string() == "DataRow 1"), "{replies:?}");
    };
    run("kept", true);
    for limit in [1, 0, 200] {
        reload(&gateway, &json!({"max_prepared_statements": limit}));
        run("kept", false);
        run("", true);
        run(&format!("made_at_{limit}"), true);
    }
}

#[test]
fn pools_of_an_automatic_database_go_when_nobody_uses_them() {
    let automatic = database(&json!({"name": "*"}));
    let settings = json!({
        "databases": [automatic],
        "autodb_idle_timeout": 0.3,
        "server_idle_timeout": 0.3,
    });
    let gateway = start(&settings);
    let mut client = connect_to(&gateway, "anything").unwrap();
    client.query("SELECT 1");
    wait_until("its server has gone", || count(&gateway, "/pools/0/server_idle") == 0);
    assert_eq!(client.value("SELECT 1"), "1", "a client keeps it");
    drop(client);
    wait_until("it has gone", || count(&gateway, "/pools/0/size") == 0);
    assert_eq!(connect_to(&gateway, "anything").unwrap().value("SELECT 1"), "1");
}
