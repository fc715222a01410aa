//! Limits on connections to one PostgreSQL: given as a number, found out by looking at it, or PostgreSQL's own.

use std::sync::atomic::{AtomicBool, Ordering};

use gateway::Gateway;
use gateway::console::DATABASE;
use pgwire::backend;
use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::limits::{log_in, nobody_starves, refused, role};
use crate::messages::query;
use crate::running::{
    app, connect, connect_directly, count, database, reload, servers, start, wait_until,
};

/// Tells threads to end, however this one does.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A role that may look at PostgreSQL.
fn looker(name: &str) -> Value {
    let entry = role(name);
    connect_directly().query(&format!("GRANT pg_monitor TO {name}"));
    entry
}

/// Settings for a gateway that looks at PostgreSQL as that role, with these on top.
fn auto(looker: &Value, settings: &Value) -> Value {
    let mut all = json!({
        "max_server_connections": "auto",
        "control_user": looker["name"],
        "users": [{"name": "app"}, looker],
        "stats_users": ["app"],
    });
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    all
}

/// What SHOW BUDGET says, by line: the number, or the note where there is none.
fn shown(gateway: &Gateway) -> std::collections::BTreeMap<String, String> {
    let login = Login { password: "", database: DATABASE, ..app() };
    let mut console = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    console.send(&query("SHOW BUDGET"));
    let replies = console.until_ready(1).into_iter();
    let rows = replies.filter(|reply| reply.tag == backend::DATA_ROW).map(|reply| reply.columns());
    rows.map(|mut row| {
        let value = if row[2].is_empty() { row.remove(3) } else { row.remove(2) };
        (row.remove(1), value)
    })
    .collect()
}

fn number(gateway: &Gateway, line: &str) -> usize {
    shown(gateway).get(line).and_then(|value| value.parse().ok()).unwrap_or(0)
}

#[test]
fn a_number_is_honoured_across_pools_and_nobody_starves() {
    let entries = json!([database(&json!({})), database(&json!({"name": "second"}))]);
    let settings = json!({"databases": entries, "max_server_connections": 2, "workers": 2});
    let gateway = start(&settings);
    nobody_starves(&gateway, ("app", "app"), ("app", "second"));
    // One at rest makes room.
    let mut holder = log_in(&gateway, "app", "app");
    holder.query("BEGIN");
    for name in ["app", "second", "app"] {
        assert_eq!(log_in(&gateway, "app", name).value("SELECT 1"), "1");
        assert!(servers(&gateway) <= 2, "{}", gateway.statistics());
    }
}

#[test]
fn auto_leaves_to_others_what_is_theirs_and_says_how_it_came_to_that() {
    let gateway = start(&auto(&looker("look_alone"), &json!({})));
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
    let lines = shown(&gateway);
    let value = |line: &str| lines[line].parse::<usize>().unwrap();
    assert_eq!((value("max_connections"), value("- reserved"), value("- buffer")), (100, 3, 5));
    assert_eq!(value("= to share"), 100 - 3 - 5 - value("- foreign"));
    assert_eq!((value("/ gateways"), value("others")), (1, 0));
    assert_eq!(value("= share"), value("= to share"));
    assert!(value("held") >= 2, "the control connection and a server");

    let mut observer = connect_directly();
    let theirs = "SELECT application_name FROM pg_stat_activity WHERE usename = 'look_alone'";
    let name = observer.value(theirs);
    let expected = format!(", process {}", std::process::id());
    assert!(name.starts_with("forebay budget: ") && name.ends_with(&expected), "{name}");
    // What others take is theirs within a few looks, and comes back.
    let before = number(&gateway, "- foreign");
    let guests: Vec<_> = (0..20).map(|_| connect_directly()).collect();
    // Other tests run beside this one: their connections come and go.
    wait_until("they are seen", || number(&gateway, "- foreign") + 5 >= before.min(60) + 20);
    wait_until("the cap follows", || {
        let lines = shown(&gateway);
        lines["= cap"].parse::<usize>().unwrap()
            <= lines["= share"].parse::<usize>().unwrap().max(2)
    });
    drop(guests);
}

#[test]
fn gateways_share_evenly_and_the_rest_is_for_the_one_that_is_left() {
    let looker = looker("look_together");
    let first = start(&auto(&looker, &json!({})));
    connect(&first).query("SELECT 1");
    wait_until("it is alone", || number(&first, "/ gateways") == 1);
    let second = start(&auto(&looker, &json!({})));
    assert_eq!(connect(&second).value("SELECT 1"), "1");
    for gateway in [&first, &second] {
        wait_until("they know each other", || number(gateway, "/ gateways") == 2);
    }
    wait_until("neither claims what the other needs", || {
        let caps = [&first, &second].map(|gateway| number(gateway, "= cap"));
        let shared = number(&first, "= to share").max(number(&second, "= to share"));
        // Other tests take and give back connections all the time.
        caps.iter().sum::<usize>() <= shared + 5 && caps.iter().all(|cap| *cap >= 2)
    });
    drop(second);
    wait_until("it is alone again", || {
        number(&first, "/ gateways") == 1 && number(&first, "= cap") > number(&first, "= share") / 2
    });
}

#[test]
fn a_role_that_sees_too_little_or_cannot_log_in_is_named_to_clients() {
    let blind = role("look_blind");
    let gateway = start(&auto(&blind, &json!({})));
    let told = refused(&gateway, "app", "app");
    let expected = "FATAL 42501: server login failed: control_user \"look_blind\" does not see what \
                    other sessions hold";
    assert_eq!(told, expected);
    // Once it may, nobody has to be told.
    connect_directly().query("GRANT pg_read_all_stats TO look_blind");
    wait_until("it is let in", || {
        Client::log_in(&gateway.addresses()[0], &app())
            .is_ok_and(|mut client| client.value("SELECT 1") == "1")
    });
    assert!(!shown(&gateway).contains_key("control connection"), "what was wrong is right again");

    let wrong = json!({"name": "look_blind", "password": "not its password"});
    let gateway = start(&auto(&wrong, &json!({})));
    let told = refused(&gateway, "app", "app");
    assert!(told.starts_with("FATAL 08004: server login failed: "), "{told}");
    assert_eq!(servers(&gateway), 0, "none was opened unlooked");
    assert!(shown(&gateway)["control connection"].contains("password authentication failed"));
}

#[test]
fn a_roles_own_limit_is_shared_and_no_client_meets_it() {
    let limited = role("look_limited");
    connect_directly().query("ALTER ROLE look_limited CONNECTION LIMIT 3");
    let anybody = database(&json!({"user": null, "password": null}));
    let looker = looker("look_at_limits");
    let settings = json!({"users": [limited, looker], "databases": [anybody]});
    let gateway = start(&auto(&looker, &settings));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut client = log_in(&gateway, "look_limited", "app");
                while !is_over.load(Ordering::Relaxed) {
                    let replies = client.query("SELECT pg_sleep(0.001)");
                    assert_eq!(replies.last().unwrap(), "ReadyForQuery I");
                }
            });
        }
        let _guard = Raised(&is_over);
        wait_until("all three are in use", || servers(&gateway) == 3);
        wait_until("there are some looks", || {
            assert!(servers(&gateway) <= 3);
            count(&gateway, "/pools/0/queries") >= 500
        });
    });
}

#[test]
fn a_reload_brings_another_limit_and_clients_go_on() {
    let looker = looker("look_later");
    let users = json!([{"name": "app"}, looker]);
    let off = json!({"users": users, "stats_users": ["app"]});
    let gateway = start(&off);
    let mut clients: Vec<_> = (0..6).map(|_| connect(&gateway)).collect();
    for client in &mut clients {
        client.query("BEGIN");
    }
    assert_eq!(servers(&gateway), 6);
    let changed = reload(&gateway, &auto(&looker, &json!({})));
    assert_eq!(changed.changed, ["control_user", "max_server_connections"]);
    wait_until("it looks", || number(&gateway, "/ gateways") == 1);
    for client in &mut clients {
        assert_eq!(client.query("COMMIT")[0], "CommandComplete COMMIT");
        assert_eq!(client.value("SELECT 1"), "1");
    }
    let mut two = off.clone();
    two["max_server_connections"] = json!(2);
    reload(&gateway, &two);
    wait_until("those at rest are closed", || servers(&gateway) == 2);
    assert_eq!(number(&gateway, "= cap"), 2);
    for client in &mut clients {
        assert_eq!(client.value("SELECT 1"), "1");
    }
    reload(&gateway, &off);
    for client in &mut clients {
        client.query("BEGIN");
    }
    assert_eq!(servers(&gateway), 6);
    let watchers = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'look_later'";
    let mut observer = connect_directly();
    wait_until("nobody looks any more", || observer.value(watchers) == "0");
}

#[test]
fn a_control_connection_that_is_lost_is_made_again_and_clients_go_on() {
    let gateway = start(&auto(&looker("look_again"), &json!({})));
    let mut client = connect(&gateway);
    client.query("BEGIN");
    let mut observer = connect_directly();
    let watcher = "SELECT coalesce(min(pid), 0) FROM pg_stat_activity WHERE usename = 'look_again'";
    let first = observer.value(watcher);
    observer.query(&format!("SELECT pg_terminate_backend({first})"));
    wait_until("there is another", || {
        let now = observer.value(watcher);
        now != first && now != "0"
    });
    assert_eq!(client.query("COMMIT")[0], "CommandComplete COMMIT");
    wait_until("it may grow again", || number(&gateway, "= cap") > 5);
    let mut clients: Vec<_> = (0..5).map(|_| connect(&gateway)).collect();
    for client in &mut clients {
        assert_eq!(client.query("BEGIN")[0], "CommandComplete BEGIN");
    }
}

#[test]
fn a_paused_gateway_holds_no_connection_at_all() {
    let gateway = start(&auto(&looker("look_away"), &json!({})));
    connect(&gateway).query("SELECT 1");
    let watchers = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'look_away'";
    let mut observer = connect_directly();
    assert_eq!(observer.value(watchers), "1");
    gateway.pause(None, None).unwrap();
    wait_until("it is gone", || observer.value(watchers) == "0");
    gateway.resume(None).unwrap();
    assert_eq!(connect(&gateway).value("SELECT 1"), "1");
    assert_eq!(observer.value(watchers), "1");
}

#[test]
fn a_pool_whose_database_and_user_are_both_used_up_by_busy_pools_is_served() {
    let users = json!([role("both_one"), role("both_two")]);
    let anybody = |name: &str| {
        database(&json!({"name": name, "user": null, "password": null, "max_db_connections": 2}))
    };
    let settings = json!({
        "databases": [anybody("app"), anybody("second")], "users": users,
        "max_user_connections": 2, "workers": 2,
    });
    let gateway = start(&settings);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The database of the one, and the user of the other, are what the third needs.
        for (user, database) in [("both_one", "app"), ("both_two", "second")] {
            for _ in 0..6 {
                let (is_over, gateway) = (&is_over, &gateway);
                scope.spawn(move || {
                    let mut client = log_in(gateway, user, database);
                    while !is_over.load(Ordering::Relaxed) {
                        client.query("SELECT pg_sleep(0.002)");
                    }
                });
            }
        }
        let _guard = Raised(&is_over);
        wait_until("both are used up", || servers(&gateway) == 4);
        for _ in 0..5 {
            let mut client = log_in(&gateway, "both_two", "app");
            assert_eq!(client.value("SELECT 1"), "1");
            assert!(servers(&gateway) <= 4, "{}", gateway.statistics());
        }
    });
}
