//! Who comes in, by which proof, and what the others are told.

use gateway::auth::md5::md5_password;
use gateway::auth::scram::ScramVerifier;
use serde_json::json;

use crate::client::{Client, Login};
use crate::running::{app, connect, start};

const SELECTED: [&str; 4] =
    ["RowDescription", "DataRow 1", "CommandComplete SELECT 1", "ReadyForQuery I"];

#[test]
fn every_way_to_log_in_lets_the_right_password_in_and_no_other() {
    let plain = app().password.to_owned();
    let md5 = md5_password("app", plain.as_bytes()).stored_form().expose().to_owned();
    let scram = ScramVerifier::derive(plain.as_bytes(), b"some salt", 4096).stored_form();
    let scram = scram.expose().to_owned();
    for (auth_type, stored) in [
        ("plain", &plain),
        ("plain", &md5),
        ("plain", &scram),
        ("md5", &plain),
        ("md5", &md5),
        ("md5", &scram),
        ("scram-sha-256", &plain),
        ("scram-sha-256", &scram),
    ] {
        let users = json!([{"name": "app", "password": stored}]);
        let gateway = start(&json!({"auth_type": auth_type, "users": users}));
        assert_eq!(connect(&gateway).query("SELECT 1"), SELECTED, "{auth_type}");
        for login in [Login { password: "wrong", ..app() }, Login { user: "nobody", ..app() }] {
            let refused = Client::log_in(&gateway.addresses()[0], &login).unwrap_err();
            assert_eq!(refused.sqlstate(), "28P01", "{auth_type}: {refused}");
        }
    }
}

#[test]
fn trust_asks_for_no_password_but_for_a_known_name() {
    let gateway = start(&json!({"auth_type": "trust"}));
    let login = Login { password: "wrong", ..app() };
    let mut client = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    assert_eq!(client.query("SELECT 1"), SELECTED);
    let login = Login { user: "nobody", ..app() };
    let refused = Client::log_in(&gateway.addresses()[0], &login).unwrap_err();
    assert_eq!(refused.sqlstate(), "28P01");
}

#[test]
fn a_database_that_is_not_configured_is_refused() {
    let gateway = start(&json!({}));
    let login = Login { database: "elsewhere", ..app() };
    let refused = Client::log_in(&gateway.addresses()[0], &login).unwrap_err();
    assert_eq!(refused.to_string(), "FATAL 3D000: no such database: elsewhere");
}

#[test]
fn more_clients_than_max_client_conn_are_refused_until_one_leaves() {
    let gateway = start(&json!({"max_client_conn": 2}));
    let clients = [connect(&gateway), connect(&gateway)];
    let refused = Client::log_in(&gateway.addresses()[0], &app()).unwrap_err();
    assert_eq!(refused.sqlstate(), "53300");
    drop(clients);
    crate::running::wait_until("the clients are forgotten", || {
        crate::running::count(&gateway, "/clients") == 0
    });
    assert_eq!(connect(&gateway).query("SELECT 1"), SELECTED);
}

#[test]
fn a_unix_socket_leads_to_the_same_pool() {
    let folder = std::env::temp_dir();
    let gateway = start(&json!({"unix_socket_dir": folder}));
    let [tcp, unix] = gateway.addresses() else {
        panic!("two addresses were asked for");
    };
    let mut clients = [tcp, unix].map(|address| Client::log_in(address, &app()).unwrap());
    let [one, other] = clients.each_mut().map(|client| client.value("SELECT pg_backend_pid()"));
    assert_eq!(one, other);
    let path = std::path::PathBuf::from(unix);
    drop(gateway);
    assert!(!path.exists(), "the socket is removed");
}

#[test]
fn settings_of_the_startup_packet_follow_their_client() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let login = |zone| Login { settings: vec![("TimeZone", zone)], ..app() };
    let address = &gateway.addresses()[0];
    let mut clients = ["Asia/Tokyo", "Europe/Paris"]
        .map(|zone| (zone, Client::log_in(address, &login(zone)).unwrap()));
    for _ in 0..2 {
        for (zone, client) in &mut clients {
            assert_eq!(client.value("SHOW TimeZone"), *zone);
        }
    }
    let refused = Client::log_in(address, &login("Nowhere/Land")).unwrap_err();
    assert_eq!(refused.sqlstate(), "22023", "{refused}");
}
