//! Which server is lent, in what state, and to whom it may say what.

use std::collections::BTreeSet;

use serde_json::json;

use crate::messages::{bind, copy_data, copy_done, execute, parse, query, sync};
use crate::replies::lines;
use crate::running::{connect, start};

const BACKEND: &str = "SELECT pg_backend_pid()";

#[test]
fn a_server_that_fails_its_check_is_closed() {
    let checks =
        |query: &str| start(&json!({"server_check_query": query, "server_check_delay": 0}));
    for (query, is_same) in
        [("<empty>", true), ("SELECT 1", true), ("", true), ("SELECT 1/0", false)]
    {
        let gateway = checks(query);
        let mut client = connect(&gateway);
        let processes: BTreeSet<_> = (0..3).map(|_| client.value(BACKEND)).collect();
        assert_eq!(processes.len() == 1, is_same, "{query}: {processes:?}");
    }
}

#[test]
fn a_server_that_has_rested_is_checked() {
    let settings = json!({"server_check_query": "SELECT 1/0", "server_check_delay": 0.3});
    let gateway = start(&settings);
    let (mut client, mut other) = (connect(&gateway), connect(&gateway));
    let first = client.value(BACKEND);
    assert_eq!(client.value(BACKEND), first, "it has not rested");
    other.query("BEGIN");
    let held = other.value(BACKEND);
    let second = client.value(BACKEND);
    // It rests while this goes on.
    other.query("SELECT pg_sleep(0.6)");
    assert_ne!(client.value(BACKEND), second);
    assert_eq!(other.value(BACKEND), held);
}

#[test]
fn a_reset_in_every_mode_leaves_nothing_from_one_transaction_to_the_next() {
    for mode in ["transaction", "statement"] {
        let settings = json!({
            "server_reset_query_always": true, "default_pool_size": 1, "pool_mode": mode,
        });
        let gateway = start(&settings);
        let mut client = connect(&gateway);
        for _ in 0..2 {
            client.query("CREATE TEMPORARY TABLE left_over ()");
            assert_eq!(client.value("SELECT to_regclass('left_over') IS NULL"), "t");
            client.query("SET timezone = 'Asia/Tokyo'");
            assert_eq!(client.value("SHOW timezone"), "Asia/Tokyo", "what is carried is carried");
            client.send(&[parse("named", "SELECT 1"), sync()].concat());
            client.until_ready(1);
            client.send(&[bind("", "named"), execute("", 0), sync()].concat());
            assert_eq!(lines(&client.until_ready(1))[1], "DataRow 1");
            client.query("DEALLOCATE named");
        }
        assert_eq!(connect(&gateway).value("SHOW timezone"), "Etc/UTC");
    }
}

#[test]
fn servers_are_lent_in_turn_or_the_same_again() {
    for (in_turn, expected) in [(true, 3), (false, 1)] {
        let gateway = start(&json!({"server_round_robin": in_turn}));
        let mut clients = [connect(&gateway), connect(&gateway), connect(&gateway)];
        for client in &mut clients {
            client.query("BEGIN");
        }
        for client in &mut clients {
            client.query("COMMIT");
        }
        let met: BTreeSet<_> = (0..6).map(|_| clients[0].value(BACKEND)).collect();
        assert_eq!(met.len(), expected, "{in_turn}: {met:?}");
    }
}

#[test]
fn simple_queries_can_be_disallowed() {
    let gateway = start(&json!({"disable_pqexec": true}));
    let (mut modern, mut old) = (connect(&gateway), connect(&gateway));
    old.send(&query("SELECT 1"));
    assert_eq!(old.reply().unwrap().to_string(), "FATAL 08P01: PQexec disallowed");
    assert!(old.reply().is_none(), "closed");
    modern.send(&[parse("", "SELECT 1"), bind("", ""), execute("", 0), sync()].concat());
    assert_eq!(lines(&modern.until_ready(1))[2], "DataRow 1");
}

#[test]
fn a_server_is_free_when_the_rest_of_a_failed_copy_has_been_sent() {
    for locks in ["", "SELECT pg_advisory_xact_lock(1);SELECT pg_advisory_unlock_all();"] {
        let gateway = start(&json!({"default_pool_size": 1, "query_wait_timeout": 20}));
        let mut client = connect(&gateway);
        client.send(&query(&format!("{locks}COPY numbers FROM STDIN")));
        while client.reply().unwrap().tag != pgwire::backend::COPY_IN_RESPONSE {}
        let data = copy_data("1\n");
        client.send(&[&copy_data("bad\n"), &data[..6]].concat());
        assert_eq!(lines(&client.until_ready(1)).last().unwrap(), "ReadyForQuery I");
        client.send(&[&data[6..], &copy_done()].concat());
        assert_eq!(connect(&gateway).value("SELECT 1"), "1");
        assert_eq!(client.value("SELECT 2"), "2", "what was sent too late is dropped");
    }
}

#[test]
fn a_number_drawn_in_one_text_with_begin_is_there_in_the_next() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut client, mut other) = (connect(&gateway), connect(&gateway));
    other.query("DROP SEQUENCE IF EXISTS drawn");
    other.query("CREATE SEQUENCE drawn START 41");
    other.query("SELECT nextval('drawn')");
    client.query("BEGIN;SELECT nextval('drawn')");
    assert_eq!(client.value("SELECT currval('drawn')"), "42");
    client.query("ROLLBACK");
    client.query("BEGIN;SELECT 1/0");
    assert_eq!(client.query("SELECT currval('drawn')")[0].get(..11), Some("ERROR 25P02"));
    client.query("ROLLBACK");
    other.query("DROP SEQUENCE drawn");
}
