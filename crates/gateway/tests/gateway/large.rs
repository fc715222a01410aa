//! Messages larger than any buffer, and more of them than anybody should send at once.

use gateway::Gateway;
use pgwire::frontend;
use serde_json::json;

use crate::client::Client;
use crate::messages::{bind, execute, parse, query, sync};
use crate::running::{app, connect, start};

/// More than the buffers of a socket hold.
const LARGE: usize = 24 * 1024 * 1024;

fn connect_by_unix_socket(gateway: &Gateway) -> Client {
    let unix = gateway.addresses().iter().find(|address| address.starts_with('/'));
    Client::log_in(unix.unwrap(), &app()).unwrap()
}

#[test]
fn a_large_text_goes_there_and_a_large_row_comes_back_over_every_socket() {
    let gateway = start(&json!({"unix_socket_dir": std::env::temp_dir(), "default_pool_size": 1}));
    for mut client in [connect(&gateway), connect_by_unix_socket(&gateway)] {
        let text = "y".repeat(LARGE);
        assert_eq!(client.value(&format!("SELECT length('{text}')")), LARGE.to_string());
        // Not read while it comes, so that the gateway has to wait for the socket.
        client.send(&query(&format!("SELECT repeat('z', {LARGE})")));
        let mut other = connect(&gateway);
        let replies = client.until_ready(1);
        assert!(replies.iter().any(|reply| reply.body.len() > LARGE), "the row is whole");
        assert_eq!(other.value("SELECT 1"), "1", "the server is fit for the next client");
    }
}

#[test]
fn a_large_named_statement_is_prepared_from_the_pieces_it_comes_in() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let mut client = connect(&gateway);
    let text = format!("SELECT length('{}')", "x".repeat(LARGE));
    let mut out = parse("large", &text);
    out.extend([bind("", "large"), execute("", 0), sync()].concat());
    for piece in out.chunks(1_000_003) {
        client.send(piece);
    }
    let replies = client.until_ready(1);
    let row = replies.iter().find(|reply| reply.tag == pgwire::backend::DATA_ROW).unwrap();
    assert!(row.to_string().ends_with(&LARGE.to_string()), "{row}");
}

#[test]
fn a_pipeline_longer_than_is_remembered_is_answered_to_its_end() {
    const SYNCS: usize = 130_000;
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    let mut out = Vec::new();
    for _ in 0..SYNCS {
        frontend::put_sync(&mut out);
    }
    client.send(&out);
    assert_eq!(client.until_ready(SYNCS).len(), SYNCS);
    assert_eq!(client.value("SELECT 1"), "1");
}
