//! What somebody who leaves must not leave behind.

use gateway::Gateway;
use pgwire::startup;
use serde_json::json;

use crate::client::{Client, Login};
use crate::running::{app, connect, connect_directly, count, start, wait_until};

#[test]
fn a_login_that_vanishes_in_line_is_forgotten() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let mut holder = connect(&gateway);
    holder.query("BEGIN");
    let mut leaver = Client::open(&gateway.addresses()[0]);
    let mut out = Vec::new();
    // A setting nobody has asked for yet must be tried on a server.
    let parameters = [("user", "app"), ("database", "app"), ("statement_timeout", "98765")];
    let bytes = parameters.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    startup::put_startup(&mut out, startup::VERSION_3_0, bytes);
    leaver.send(&out);
    wait_until("the login waits", || count(&gateway, "/clients_waiting") == 1);
    assert_eq!(count(&gateway, "/clients"), 2);
    drop(leaver);
    wait_until("it is forgotten", || count(&gateway, "/clients") == 1);
    holder.query("COMMIT");
    assert_eq!(connect(&gateway).value("SHOW statement_timeout"), "0");
}

#[test]
fn reset_all_as_the_reset_query_leaves_the_next_client_the_servers_own_settings() {
    let gateway = start(&json!({
        "pool_mode": "session",
        "default_pool_size": 1,
        "server_reset_query": "RESET ALL",
    }));
    let address = &gateway.addresses()[0];
    let usual = connect_directly().value("SHOW TimeZone");
    let login = Login { settings: vec![("TimeZone", "Asia/Tokyo")], ..app() };
    let mut first = Client::log_in(address, &login).unwrap();
    let process = first.value("SELECT pg_backend_pid()");
    first.query("SET statement_timeout = 12345");
    drop(first);
    let mut next = connect(&gateway);
    assert_eq!(next.value("SELECT pg_backend_pid()"), process, "the same server");
    assert_eq!(next.value("SHOW statement_timeout"), "0");
    assert_eq!(next.value("SHOW TimeZone"), usual);
    drop(next);
    let mut again = Client::log_in(address, &login).unwrap();
    assert_eq!(again.value("SHOW TimeZone"), "Asia/Tokyo", "applied again after the reset");
}

#[test]
fn a_gateway_that_ends_leaves_the_socket_of_its_successor_alone() {
    let folder = std::env::temp_dir().join(format!("forebay-successor-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let by_unix_socket = || start(&json!({"listen_addr": [], "unix_socket_dir": folder}));
    let log_in = |gateway: &Gateway| Client::log_in(&gateway.addresses()[0], &app());
    let old = by_unix_socket();
    std::fs::remove_file(&old.addresses()[0]).unwrap();
    let successor = by_unix_socket();
    assert_eq!(old.addresses(), successor.addresses());
    drop(old);
    assert_eq!(log_in(&successor).unwrap().value("SELECT 1"), "1");
    drop(successor);
    std::fs::remove_dir(&folder).expect("nothing is left in it");
}
