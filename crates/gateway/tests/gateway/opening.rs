//! What a server goes through before a client gets it: settings, connect_query, and being there ahead of demand.

use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::running::{app, connect, count, database, reload, start, wait_until};

fn with_database(settings: &Value) -> gateway::Gateway {
    start(&json!({"databases": [database(settings)]}))
}

#[test]
fn servers_are_there_ahead_of_demand_and_stay() {
    let gateway = start(&json!({
        "databases": [database(&json!({"min_pool_size": 2}))],
        "server_idle_timeout": 0.1,
    }));
    wait_until("two servers", || count(&gateway, "/pools/0/server_idle") == 2);
    let mut clients = [connect(&gateway), connect(&gateway), connect(&gateway)];
    for client in &mut clients {
        client.query("BEGIN");
    }
    assert_eq!(count(&gateway, "/pools/0/server_active"), 3);
    for client in &mut clients {
        client.query("COMMIT");
    }
    wait_until("the third is closed", || count(&gateway, "/pools/0/server_idle") == 2);
}

#[test]
fn a_pool_without_a_fixed_user_is_filled_once_somebody_is_there() {
    let entry = database(&json!({"user": null, "password": null}));
    let users = json!([{"name": "postgres", "password": crate::server::PASSWORD}]);
    let gateway = start(&json!({
        "databases": [entry], "users": users, "min_pool_size": 2, "server_idle_timeout": 0.1,
    }));
    let login = Login { user: "postgres", ..app() };
    let client = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    wait_until("two servers", || count(&gateway, "/pools/0/server_idle") == 2);
    drop(client);
    wait_until("none", || count(&gateway, "/pools/0/server_idle") == 0);
}

#[test]
fn a_minimum_above_the_size_is_the_size() {
    let entry = database(&json!({"min_pool_size": 5, "pool_size": 1}));
    let gateway = start(&json!({"databases": [entry]}));
    wait_until("one server", || count(&gateway, "/pools/0/server_idle") == 1);
    let mut client = connect(&gateway);
    client.query("SELECT pg_sleep(0.4)");
    assert_eq!(count(&gateway, "/pools/0/server_connecting"), 0, "{}", gateway.statistics());
    drop(client);
    wait_until("one server", || count(&gateway, "/pools/0/server_idle") == 1);
}

#[test]
fn connect_query_runs_before_any_client() {
    let gateway = with_database(&json!({"connect_query": "SET work_mem = '7MB'; SELECT 1"}));
    let mut client = connect(&gateway);
    assert_eq!(client.value("SHOW work_mem"), "7MB");
    assert_eq!(client.query("SELECT 1").len(), 4, "what it returned is for nobody");
}

#[test]
fn an_error_in_connect_query_keeps_nobody_out() {
    let gateway = with_database(&json!({"connect_query": "SELECT 1/0"}));
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
}

#[test]
fn a_connect_query_that_leaves_a_transaction_open_is_told_of() {
    let gateway = with_database(&json!({"connect_query": "BEGIN"}));
    let refused = Client::log_in(&gateway.addresses()[0], &app()).unwrap_err().to_string();
    assert!(refused.contains("connect_query: it leaves a transaction open"), "{refused}");
}

#[test]
fn a_databases_settings_are_what_sessions_begin_with() {
    let gateway = with_database(&json!({
        "client_encoding": "LATIN1", "datestyle": "German", "timezone": "Asia/Tokyo",
        "application_name": "forced",
    }));
    let mut client = connect(&gateway);
    let shown = ["client_encoding", "datestyle", "timezone", "application_name"]
        .map(|name| client.value(&format!("SHOW {name}")));
    assert_eq!(shown, ["LATIN1", "German, DMY", "Asia/Tokyo", "forced"]);
    client.query("SET timezone = 'Europe/Paris'");
    client.query("RESET timezone");
    assert_eq!(client.value("SHOW timezone"), "Asia/Tokyo");
    let login = Login { settings: vec![("TimeZone", "Europe/Rome")], ..app() };
    let mut other = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    assert_eq!(other.value("SHOW timezone"), "Europe/Rome", "the client's own goes first");
    assert_eq!(client.value("SHOW timezone"), "Asia/Tokyo");
}

#[test]
fn a_databases_servers_have_a_life_of_their_own() {
    let gateway = start(&json!({
        "databases": [database(&json!({"server_lifetime": 0.2}))], "server_lifetime": 3600,
    }));
    let mut client = connect(&gateway);
    let first = client.value("SELECT pg_backend_pid()");
    wait_until("another server", || client.value("SELECT pg_backend_pid()") != first);
}

#[test]
fn ignored_startup_parameters_are_dropped_and_those_that_are_carried_are_not() {
    let settings = json!({
        "ignore_startup_parameters": "extra_float_digits, no.such, timezone,IntervalStyle",
    });
    let gateway = start(&settings);
    let settings = vec![
        ("extra_float_digits", "3"),
        ("no.such", "thing"),
        ("TimeZone", "Asia/Tokyo"),
        ("IntervalStyle", "iso_8601"),
    ];
    let login = Login { settings, ..app() };
    let mut client = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    assert_eq!(client.value("SHOW extra_float_digits"), "1");
    assert_eq!(client.value("SELECT current_setting('no.such', true) IS NULL"), "t");
    assert_eq!(client.value("SHOW timezone"), "Asia/Tokyo");
    assert_eq!(client.value("SHOW intervalstyle"), "iso_8601", "track_extra_parameters names it");

    let gateway = start(&json!({"ignore_startup_parameters": ["options"]}));
    for options in ["-c work_mem=7MB -c timezone=Asia/Tokyo", "-x nonsense"] {
        let login = Login { settings: vec![("options", options)], ..app() };
        let mut client = Client::log_in(&gateway.addresses()[0], &login).unwrap();
        assert_eq!(client.value("SHOW work_mem"), "4MB");
        let zone = if options.contains("Tokyo") { "Asia/Tokyo" } else { "Etc/UTC" };
        assert_eq!(client.value("SHOW timezone"), zone);
    }
}

#[test]
fn an_application_name_says_where_its_client_is() {
    let gateway = start(&json!({"application_name_add_host": true}));
    for (given, expected) in [(Some("reports"), "reports - 127.0.0.1:"), (None, "app - 127.0.0.1:")]
    {
        let settings = given.map(|name| ("application_name", name)).into_iter().collect();
        let mut client =
            Client::log_in(&gateway.addresses()[0], &Login { settings, ..app() }).unwrap();
        let shown = client.value("SHOW application_name");
        assert!(shown.starts_with(expected), "{shown}");
    }
}

#[test]
fn a_reload_changes_the_limits_of_pools_and_clients_that_are_there() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut idle, mut holder) = (connect(&gateway), connect(&gateway));
    holder.query("BEGIN");
    reload(&gateway, &json!({"default_pool_size": 3, "min_pool_size": 3}));
    wait_until("two more", || count(&gateway, "/pools/0/server_idle") == 2);
    reload(&gateway, &json!({"default_pool_size": 1}));
    wait_until("none beyond the size", || count(&gateway, "/pools/0/server_idle") == 0);
    assert_eq!(holder.value("SELECT 1"), "1");
    reload(&gateway, &json!({"client_idle_timeout": 0.2, "pool_mode": "statement"}));
    let told = idle.reply().unwrap().to_string();
    assert!(told.contains("client_idle_timeout"), "{told}");
    assert_eq!(holder.query("COMMIT")[0], "CommandComplete COMMIT");
}

#[test]
fn server_fast_close_ends_idle_sessions_whose_server_is_to_be_closed_and_no_others() {
    let gateway = start(&json!({"pool_mode": "session", "server_fast_close": true}));
    let (mut idle, mut busy) = (connect(&gateway), connect(&gateway));
    idle.query("SELECT 1");
    busy.query("BEGIN");
    gateway.context().reconnect(None).expect("there is a pool");
    let told = idle.reply().unwrap().to_string();
    assert_eq!(told, "FATAL 08P01: database configuration changed");
    assert_eq!(busy.value("SELECT 1"), "1");
    assert_eq!(busy.query("COMMIT")[0], "CommandComplete COMMIT");
    assert!(busy.reply().unwrap().to_string().contains("database configuration changed"));
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
}
