//! Drain and stop: who is told what, and when it is over.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::PATIENCE;
use crate::messages::query;
use crate::running::{connect, connect_directly, count, start, wait_until};

#[test]
fn a_drain_sends_idle_clients_away_and_lets_transactions_end() {
    let gateway = start(&json!({"workers": 2}));
    let (mut idle, mut busy) = (connect(&gateway), connect(&gateway));
    idle.query("SELECT 1");
    busy.query("BEGIN");
    gateway.drain();

    let farewell = idle.reply().unwrap();
    assert_eq!(farewell.sqlstate(), "57P01", "{farewell}");
    assert!(idle.reply().is_none(), "closed");
    let address = &gateway.addresses()[0];
    wait_until("nobody listens", || TcpStream::connect(address).is_err());

    assert_eq!(busy.value("SELECT 1"), "1", "the open transaction goes on");
    assert!(!gateway.join(Some(Duration::ZERO)));
    busy.send(&query("COMMIT"));
    assert_eq!(crate::replies::lines(&busy.until_ready(1))[0], "CommandComplete COMMIT");
    assert_eq!(busy.reply().unwrap().sqlstate(), "57P01");
    assert!(busy.reply().is_none(), "closed");
    assert!(gateway.join(Some(PATIENCE)));
    assert_eq!(count(&gateway, "/drained"), 2);
}

#[test]
fn a_drain_ends_at_its_limit() {
    let gateway = start(&json!({"shutdown_timeout": 0.3}));
    let mut busy = connect(&gateway);
    busy.query("BEGIN");
    gateway.drain();
    assert!(gateway.join(Some(PATIENCE)));
    while let Some(reply) = busy.reply() {
        assert_eq!(reply.sqlstate(), "57P01", "{reply}");
    }
}

#[test]
fn a_stop_waits_for_nobody() {
    let gateway = start(&json!({"workers": 3, "default_pool_size": 1}));
    let mut clients: Vec<_> = (0..3).map(|_| connect(&gateway)).collect();
    clients[0].send(&query("SELECT pg_sleep(600) AS stopped_by_a_test"));
    wait_until("the query runs", || count(&gateway, "/pools/0/server_active") == 1);
    clients[1].send(&query("SELECT 1"));
    wait_until("another waits", || count(&gateway, "/clients_waiting") == 1);
    let began = Instant::now();
    gateway.stop();
    assert!(gateway.join(Some(PATIENCE)));
    assert!(began.elapsed() < PATIENCE / 2, "took {:?}", began.elapsed());
    for client in &mut clients {
        while let Some(reply) = client.reply() {
            assert_eq!(reply.sqlstate(), "57P01", "{reply}");
        }
    }
}

#[test]
fn servers_at_rest_are_closed_when_the_gateway_ends() {
    let gateway = start(&json!({}));
    let process = connect(&gateway).value("SELECT pg_backend_pid()");
    gateway.drain();
    assert!(gateway.join(Some(PATIENCE)));
    let mut observer = connect_directly();
    let there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {process}");
    wait_until("the server's process has ended", || observer.value(&there) == "0");
}
