//! LISTEN and NOTIFY by clients that share servers: what is delivered, in what order, and what ends it.

use pgwire::backend;
use serde_json::json;

use crate::cancel::cancel;
use crate::client::Client;
use crate::messages::{bind, execute, parse, query, sync};
use crate::running::{connect, connect_directly, count, start, wait_until};

/// The next notification, as `channel: payload`.
pub(crate) fn heard(client: &mut Client) -> String {
    loop {
        let reply = client.reply().expect("a notification");
        if reply.tag == backend::NOTIFICATION_RESPONSE {
            return spelt(&reply.body);
        }
        assert_eq!(reply.tag, backend::PARAMETER_STATUS, "{reply}");
    }
}

/// A notification, as `channel: payload`.
pub(crate) fn spelt(body: &[u8]) -> String {
    let mut parts = body[4..].split(|byte| *byte == 0).map(String::from_utf8_lossy);
    format!("{}: {}", parts.next().unwrap(), parts.next().unwrap())
}

#[test]
fn a_client_without_a_server_hears_what_is_notified() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut one, mut two, mut notifier) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    assert_eq!(one.query("LISTEN a1"), ["CommandComplete LISTEN", "ReadyForQuery I"]);
    two.query("LISTEN \"B c\"");
    two.query("LISTEN a1");
    for text in ["NOTIFY a1, '1'", "NOTIFY \"B c\", '2'", "SELECT pg_notify('a1', '3')"] {
        notifier.query(text);
    }
    assert_eq!([heard(&mut one), heard(&mut one)], ["a1: 1", "a1: 3"]);
    assert_eq!([heard(&mut two), heard(&mut two), heard(&mut two)], ["a1: 1", "B c: 2", "a1: 3"]);
    let listening = "SELECT count(*) FROM pg_listening_channels()";
    assert_eq!(notifier.value(listening), "0", "the pool's server listens on nothing");
}

#[test]
fn notifications_come_between_transactions_only() {
    let gateway = start(&json!({}));
    let (mut client, mut notifier) = (connect(&gateway), connect_directly());
    client.query("LISTEN between");
    client.query("BEGIN");
    notifier.query("NOTIFY between, 'during'");
    assert_eq!(client.value("SELECT 1"), "1");
    assert_eq!(client.value("SELECT 2"), "2", "nothing has come yet");
    let replies = client.query("COMMIT");
    assert_eq!(replies, ["CommandComplete COMMIT", "ReadyForQuery I"]);
    assert_eq!(heard(&mut client), "between: during");
}

#[test]
fn a_transaction_that_listens_hears_its_own_notification_before_it_is_over() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    for text in ["BEGIN", "LISTEN own", "NOTIFY own, '1'", "NOTIFY own, '2'"] {
        client.query(text);
    }
    client.send(&query("COMMIT"));
    let replies = client.until_ready(1);
    let told: Vec<u8> = replies.iter().map(|reply| reply.tag).collect();
    assert_eq!(told, b"CAAZ");
    assert_eq!(
        (spelt(&replies[1].body), spelt(&replies[2].body)),
        ("own: 1".into(), "own: 2".into())
    );
    client.query("NOTIFY own, '3'");
    assert_eq!(heard(&mut client), "own: 3");
}

#[test]
fn drivers_listen_in_the_extended_protocol_and_by_prepared_statements() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut client, mut other) = (connect(&gateway), connect(&gateway));
    client.send(&[parse("s", "LISTEN extended"), sync()].concat());
    client.until_ready(1);
    other.query("SELECT 1");
    for (name, text) in [("s", None), ("", Some("LISTEN unnamed"))] {
        let first = text.map(|text| parse(name, text)).unwrap_or_default();
        client.send(&[first, bind("", name), execute("", 0), sync()].concat());
        client.until_ready(1);
    }
    other.query("NOTIFY extended; NOTIFY unnamed");
    assert_eq!([heard(&mut client), heard(&mut client)], ["extended: ", "unnamed: "]);
}

#[test]
fn what_a_session_forgets_is_not_delivered() {
    let gateway = start(&json!({"default_pool_size": 1}));
    let (mut client, mut other) = (connect(&gateway), connect(&gateway));
    // asyncpg's reset, DISCARD ALL, and the plain word.
    let reset = "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;";
    for forget in [reset, "DISCARD ALL", "UNLISTEN *", "UNLISTEN forgotten"] {
        client.query("LISTEN forgotten");
        client.query(forget);
        other.query("NOTIFY forgotten, 'in vain'");
        client.query("LISTEN kept");
        other.query("NOTIFY forgotten, 'in vain'; NOTIFY kept, 'heard'");
        assert_eq!(heard(&mut client), "kept: heard", "{forget}");
        client.query("UNLISTEN *");
    }
    drop(client);
    wait_until("nobody listens", || count(&gateway, "/listeners/channels") == 0);
}

#[test]
fn an_unnamed_portal_outlives_what_goes_before_an_unlisten() {
    let gateway = start(&json!({}));
    let mut client = connect(&gateway);
    let mut rows = |messages: &[Vec<u8>]| {
        client.send(&messages.concat());
        let replies = client.until_ready(1);
        let rows = replies.iter().filter(|reply| reply.tag == backend::DATA_ROW).count();
        (rows, replies.iter().find(|reply| reply.tag == backend::ERROR_RESPONSE).cloned())
    };
    let series = "SELECT generate_series(1,3)";
    rows(&[query("LISTEN away")]);
    rows(&[query("BEGIN")]);
    assert_eq!(rows(&[parse("", series), bind("", ""), execute("", 1), sync()]), (1, None));
    rows(&[parse("u", "UNLISTEN away"), sync()]);
    rows(&[bind("p", "u"), execute("p", 0), sync()]);
    assert_eq!(rows(&[execute("", 0), sync()]), (2, None));
    rows(&[query("COMMIT")]);
    wait_until("nobody listens", || count(&gateway, "/listeners/channels") == 0);
}

#[test]
fn a_listener_that_is_lost_takes_its_clients_with_it() {
    let gateway = start(&json!({}));
    let (mut client, mut busy, mut other) =
        (connect(&gateway), connect(&gateway), connect(&gateway));
    client.query("LISTEN lost");
    busy.query("LISTEN lost");
    busy.query("BEGIN");
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE application_name = 'forebay listener' AND query LIKE '%lost%'";
    assert_eq!(connect_directly().value(kill), "t");
    let reply = client.reply().unwrap();
    assert_eq!((reply.field(b'S'), reply.sqlstate()), ("FATAL".into(), "57P01".into()));
    assert!(reply.field(b'H').contains("LISTEN again"), "{}", reply.field(b'H'));
    assert!(client.reply().is_none(), "closed");
    assert_eq!(busy.value("SELECT 1"), "1", "its transaction goes on");
    assert_eq!(busy.query("COMMIT")[0], "CommandComplete COMMIT");
    assert_eq!(busy.reply().unwrap().sqlstate(), "57P01");
    assert_eq!(other.value("SELECT 1"), "1", "others are not concerned");
    other.query("LISTEN lost");
    other.query("NOTIFY lost, 'again'");
    assert_eq!(heard(&mut other), "lost: again");
}

#[test]
fn a_listener_that_nobody_needs_is_closed_after_a_rest() {
    let gateway = start(&json!({"server_idle_timeout": 0.5}));
    let mut client = connect(&gateway);
    client.query("LISTEN resting");
    assert_eq!(count(&gateway, "/listeners/open"), 1);
    client.query("UNLISTEN resting");
    wait_until("it is closed", || count(&gateway, "/listeners/open") == 0);
    client.query("LISTEN resting");
    client.query("NOTIFY resting");
    assert_eq!(heard(&mut client), "resting: ");
}

#[test]
fn a_listener_counts_against_the_budget() {
    let gateway = start(&json!({"max_db_connections": 1}));
    let mut client = connect(&gateway);
    client.send(&query("LISTEN budget"));
    let last = std::iter::from_fn(|| client.reply()).last().unwrap();
    assert_eq!(last.sqlstate(), "53300", "its own server holds the only place");
    assert!(last.field(b'H').contains("max_db_connections"), "{}", last.field(b'H'));

    let gateway = start(&json!({"max_db_connections": 2, "default_pool_size": 2}));
    let (mut one, mut two) = (connect(&gateway), connect(&gateway));
    one.query("BEGIN");
    two.query("SELECT 1");
    one.query("COMMIT");
    one.query("LISTEN budget");
    wait_until("it is at rest", || count(&gateway, "/pools/0/server_active") == 0);
    assert_eq!(count(&gateway, "/pools/0/server_idle"), 1, "the other has made room");
    two.query("NOTIFY budget");
    assert_eq!(heard(&mut one), "budget: ");
}

#[test]
fn a_busy_pool_gives_a_place_up_for_a_listener() {
    let settings = json!({"max_db_connections": 2, "default_pool_size": 2, "workers": 1});
    let gateway = start(&settings);
    let [mut listener, mut first, mut second, mut third] = [(); 4].map(|()| connect(&gateway));
    first.query("BEGIN");
    listener.query("BEGIN");
    // They wait for as long as both servers are held.
    second.send(&query("SELECT 2"));
    third.send(&query("SELECT 3"));
    wait_until("both wait", || count(&gateway, "/pools/0/waiting") == 2);
    listener.query("LISTEN busy");
    listener.send(&query("COMMIT"));
    wait_until("it opens", || count(&gateway, "/listeners/open") == 1);
    first.query("COMMIT");
    assert_eq!(listener.until_ready(1).len(), 2, "before those in line");
    second.until_ready(1);
    third.until_ready(1);
    first.query("NOTIFY busy");
    assert_eq!(heard(&mut listener), "busy: ");
}

#[test]
fn a_client_that_takes_nothing_is_closed_with_a_reason() {
    let gateway = start(&json!({}));
    let (mut client, mut notifier) = (connect(&gateway), connect_directly());
    client.query("LISTEN flood");
    client.query("BEGIN");
    let flood = "SELECT count(pg_notify('flood', n || repeat('x', 7000))) \
                 FROM generate_series(1, 1000) n";
    notifier.query(flood);
    wait_until("all has come", || count(&gateway, "/listeners/received") == 1000);
    client.query("COMMIT");
    let reply = client.reply().unwrap();
    assert_eq!(reply.sqlstate(), "54000", "{reply}");
    assert!(client.reply().is_none(), "closed");
}

#[test]
fn a_session_listens_by_itself() {
    let gateway = start(&json!({"pool_mode": "session"}));
    let (mut client, mut notifier) = (connect(&gateway), connect_directly());
    client.query("LISTEN session_mode");
    assert_eq!(client.value("SELECT pg_listening_channels()"), "session_mode");
    notifier.query("NOTIFY session_mode");
    assert_eq!(heard(&mut client), "session_mode: ");
    assert_eq!(count(&gateway, "/listeners/open"), 0);
}

#[test]
fn a_client_that_vanishes_leaves_no_server_listening() {
    let gateway = start(&json!({"default_pool_size": 1}));
    for last in
        ["LISTEN vanished", "BEGIN; LISTEN vanished", "LISTEN vanished; SELECT pg_sleep(0.2)"]
    {
        let mut client = connect(&gateway);
        client.send(&query(last));
        drop(client);
        let mut next = connect(&gateway);
        assert_eq!(next.value("SELECT count(*) FROM pg_listening_channels()"), "0", "{last}");
    }
    wait_until("nobody listens", || count(&gateway, "/listeners/channels") == 0);
}

#[test]
fn each_client_is_told_in_its_own_encoding() {
    let gateway = start(&json!({}));
    let mut western = connect(&gateway);
    western.query("SET client_encoding = 'LATIN1'");
    let mut modern = connect(&gateway);
    western
        .send(&crate::messages::tagged(b'Q', |out| out.extend_from_slice(b"LISTEN \xe9t\xe9\0")));
    western.until_ready(1);
    modern.query("LISTEN été");
    modern.query("NOTIFY été, 'é'");
    assert_eq!(heard(&mut modern), "été: é");
    let reply = western.reply().unwrap();
    assert_eq!(reply.body[4..], *b"\xe9t\xe9\0\xe9\0");
}

#[test]
fn a_cancel_that_comes_late_breaks_nothing() {
    let gateway = start(&json!({"workers": 2}));
    let mut client = connect(&gateway);
    let (process, key) = client.key.clone();
    client.query("LISTEN always");
    for round in 0..60 {
        let text = if round % 2 == 0 { "LISTEN sometimes" } else { "UNLISTEN sometimes" };
        client.send(&query(text));
        cancel(&gateway, process, &key);
        let replies = client.until_ready(1);
        let is_expected = |tag| tag == backend::COMMAND_COMPLETE || tag == backend::ERROR_RESPONSE;
        assert!(is_expected(replies[0].tag), "{replies:?}");
        assert_eq!(replies.len(), 2, "{replies:?}");
    }
    client.query("NOTIFY always");
    assert_eq!(heard(&mut client), "always: ");
}
