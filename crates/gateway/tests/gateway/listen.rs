//! LISTEN and NOTIFY by clients that share servers: what is delivered, in what order, and what ends it.

use pgwire::backend;
use serde_json::json;

use crate::client::Client;
use crate::messages::{bind, execute, parse, query, sync};
use crate::replies::lines;
use crate::running::{connect, connect_directly, start, wait_until};

/// The next notification, as `channel: payload`.
fn heard(client: &mut Client) -> String {
    loop {
        let reply = client.reply().expect("a notification");
        if reply.tag == backend::NOTIFICATION_RESPONSE {
            let mut parts = reply.body[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy);
            return format!("{}: {}", parts.next().unwrap(), parts.next().unwrap());
        }
        assert_eq!(reply.tag, backend::PARAMETER_STATUS, "{reply}");
    }
}

/// Everything that has been heard so far: what comes before one's own notification.
fn heard_so_far(client: &mut Client) -> Vec<String> {
    client.query("LISTEN the_end");
    client.query("NOTIFY the_end");
    let mut all = Vec::new();
    loop {
        let one = heard(client);
        if one == "the_end: " {
            client.query("UNLISTEN the_end");
            return all;
        }
        all.push(one);
    }
}

#[test]
fn a_client_without_a_server_hears_what_is_notified() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut one, mut two, mut notifier) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    assert_eq!(one.query("LISTEN a"), ["CommandComplete LISTEN", "ReadyForQuery I"]);
    two.query("LISTEN \"B c\"");
    two.query("LISTEN a");
    for text in ["NOTIFY a, '1'", "NOTIFY \"B c\", '2'", "SELECT pg_notify('a', '3')"] {
        notifier.query(text);
    }
    assert_eq!([heard(&mut one), heard(&mut one)], ["a: 1", "a: 3"]);
    assert_eq!([heard(&mut two), heard(&mut two), heard(&mut two)], ["a: 1", "B c: 2", "a: 3"]);
    let listening = "SELECT count(*) FROM pg_listening_channels()";
    assert_eq!(notifier.value(listening), "0", "the pool's server listens on nothing");
}
