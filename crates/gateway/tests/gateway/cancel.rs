//! A cancel request stops the query it is meant for, wherever that is, and no other.

use gateway::Gateway;
use pgwire::startup;
use serde_json::json;

use crate::client::Client;
use crate::messages::query;
use crate::replies::lines;
use crate::running::{connect, connect_directly, count, start, wait_until};

const CANCELLED: [&str; 2] =
    ["ERROR 57014: canceling statement due to user request", "ReadyForQuery I"];

/// Send a cancel request and wait until it has been dealt with.
pub(crate) fn cancel(gateway: &Gateway, process: u32, key: &[u8]) {
    let mut client = Client::open(&gateway.addresses()[0]);
    let mut out = Vec::new();
    startup::put_cancel(&mut out, process, key);
    client.send(&out);
    assert!(client.reply().is_none(), "a cancel request is not answered");
}

#[test]
fn a_running_query_is_cancelled_by_the_right_key_only() {
    let gateway = start(&json!({"workers": 2}));
    let mut client = connect(&gateway);
    let (process, key) = client.key.clone();
    client.send(&query("SELECT pg_sleep(600) AS cancelled_by_a_test"));
    let mut observer = connect_directly();
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE state = 'active' AND query LIKE '%AS cancelled_by_a_test'";
    wait_until("the query runs", || observer.value(running) == "1");

    let mut wrong = key.clone();
    wrong[0] ^= 1;
    cancel(&gateway, process, &wrong);
    cancel(&gateway, process ^ 0x4000_0000, &key);
    assert_eq!(observer.value(running), "1", "a wrong key stops nothing");

    cancel(&gateway, process, &key);
    let replies = client.until_ready(1);
    assert_eq!(lines(&replies)[1..], CANCELLED, "behind the RowDescription");
    assert_eq!(client.value("SELECT 1"), "1");
}

#[test]
fn a_query_in_line_is_cancelled_without_a_server() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
    holder.query("BEGIN");
    waiter.send(&query("SELECT 1"));
    wait_until("the client is in line", || count(&gateway, "/clients_waiting") == 1);
    let (process, key) = waiter.key.clone();
    cancel(&gateway, process, &key);
    assert_eq!(lines(&waiter.until_ready(1)), CANCELLED);
    assert_eq!(holder.value("SELECT 1"), "1", "the holder's query is not the one that was meant");
    holder.query("COMMIT");
    assert_eq!(waiter.value("SELECT 1"), "1");
}

#[test]
fn a_cancel_without_a_query_stops_nothing() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut idle, mut other) = (connect(&gateway), connect(&gateway));
    let (process, key) = idle.key.clone();
    cancel(&gateway, process, &key);
    assert_eq!(idle.value("SELECT 1"), "1");
    assert_eq!(other.value("SELECT 1"), "1");
}
