//! Time limits: who is told what, what becomes of the server, and who is left alone.

use pgwire::backend;
use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::messages::query;
use crate::running::{app, connect, connect_directly, count, start, start_warm, wait_until};
use crate::steady::on_a_steady_machine;

/// What a client is told next that is about to be sent away.
fn farewell(client: &mut Client) -> String {
    let told = std::iter::from_fn(|| client.reply()).last().expect("a word before the end");
    told.to_string()
}

fn assert_told(client: &mut Client, beginning: &str) {
    let told = farewell(client);
    assert!(told.starts_with(&format!("FATAL 08P01: {beginning}")), "{told}");
}

#[test]
fn a_query_that_runs_too_long_is_stopped_and_an_idle_transaction_is_not() {
    on_a_steady_machine(|| {
        let gateway = start_warm(2, &json!({"query_timeout": 0.3}));
        let (mut patient, mut hasty) = (connect(&gateway), connect(&gateway));
        patient.query("BEGIN");
        hasty.send(&query("SELECT pg_sleep(600) AS stopped_by_query_timeout"));
        assert_told(&mut hasty, "query timeout: the query ran for longer than 0.3 s");
        let mut observer = connect_directly();
        let running = "SELECT count(*) FROM pg_stat_activity \
                       WHERE state = 'active' AND query LIKE '%AS stopped_by_query_timeout'";
        wait_until("PostgreSQL has stopped it", || observer.value(running) == "0");
        assert_eq!(patient.value("SELECT 1"), "1", "its transaction is older than that");
        patient.query("COMMIT");
    });
}

#[test]
fn a_query_that_waits_in_line_for_longer_than_it_may_run_is_refused() {
    on_a_steady_machine(|| {
        let gateway = start_warm(1, &json!({"query_timeout": 0.3, "default_pool_size": 1}));
        let (mut holder, mut waiter) = (connect(&gateway), connect(&gateway));
        holder.query("BEGIN");
        waiter.send(&query("SELECT 1"));
        assert_told(&mut waiter, "query_timeout: the query waited for longer than 0.3 s");
        holder.query("COMMIT");
    });
}

#[test]
fn a_transaction_that_waits_for_its_client_is_ended() {
    on_a_steady_machine(|| {
        let settings = json!({"idle_transaction_timeout": 0.3, "default_pool_size": 1});
        let gateway = start(&settings);
        let (mut idle, mut sleeper) = (connect(&gateway), connect(&gateway));
        idle.query("BEGIN");
        let lock = "SELECT pg_advisory_lock(0, 1234567)";
        idle.query(lock);
        assert_told(
            &mut idle,
            "idle transaction timeout: the transaction was idle for longer than 0.3 s",
        );
        assert_eq!(sleeper.query(lock)[2], "CommandComplete SELECT 1", "its lock is free");
        assert_eq!(
            sleeper.query("SELECT pg_sleep(0.8)")[2],
            "CommandComplete SELECT 1",
            "a query is not idle"
        );
        sleeper.query("SELECT pg_advisory_unlock_all()");
    });
}

#[test]
fn a_transaction_that_takes_too_long_is_ended_however_busy_it_is() {
    on_a_steady_machine(|| {
        let gateway = start(&json!({"transaction_timeout": 0.3, "query_timeout": 5}));
        let mut client = connect(&gateway);
        // Each is a transaction of its own.
        let mut observer = connect_directly();
        let began = observer.value("SELECT clock_timestamp()");
        let is_later =
            format!("SELECT clock_timestamp() > '{began}'::timestamptz + interval '0.6 s'");
        while client.value(&is_later) == "f" {}
        client.query("BEGIN");
        let told = loop {
            client.send(&query("SELECT 1"));
            let replies: Vec<_> = std::iter::from_fn(|| client.reply())
                .take_while(|reply| reply.tag != backend::READY_FOR_QUERY)
                .collect();
            let last = replies.last().expect("an answer").to_string();
            if last != "CommandComplete SELECT 1" {
                break last;
            }
        };
        assert!(
            told.contains("transaction timeout: the transaction took longer than 0.3 s"),
            "{told}"
        );
        assert_eq!(connect(&gateway).value("SELECT 1"), "1");
    });
}

#[test]
fn an_idle_client_is_sent_away_and_one_that_holds_a_server_is_not() {
    on_a_steady_machine(|| {
        let gateway = start(&json!({"client_idle_timeout": 0.3}));
        let (mut idle, mut busy) = (connect(&gateway), connect(&gateway));
        idle.query("SELECT 1");
        busy.query("BEGIN");
        assert_told(&mut idle, "client_idle_timeout: idle for longer than 0.3 s");
        assert_eq!(busy.value("SELECT 1"), "1");
        busy.query("COMMIT");
        assert_told(&mut busy, "client_idle_timeout");
        wait_until("both are forgotten", || count(&gateway, "/clients") == 0);
    });
}

#[test]
fn a_users_own_limits_go_before_everybodys() {
    on_a_steady_machine(|| {
        let own = |name: &str, limits: Value| {
            let mut user = json!({"name": name});
            user.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
            user
        };
        // Limits on queries are those of the user that the pool logs in as; idleness is the client's own.
        let users = json!([
            own("postgres", json!({"query_timeout": 0.3, "client_idle_timeout": 0.1})),
            own("app", json!({"query_timeout": 0.1, "client_idle_timeout": 100})),
            own("hasty", json!({"client_idle_timeout": 0.3})),
        ]);
        let settings = json!({"users": users, "query_timeout": 100, "client_idle_timeout": 0});
        let gateway = start_warm(2, &settings);
        let (mut client, mut patient) = (connect(&gateway), connect(&gateway));
        client.send(&query("SELECT pg_sleep(600)"));
        assert_told(&mut client, "query timeout: the query ran for longer than 0.3 s");
        let address = &gateway.addresses()[0];
        let mut hasty = Client::log_in(address, &Login { user: "hasty", ..app() }).unwrap();
        assert_told(&mut hasty, "client_idle_timeout: idle for longer than 0.3 s");
        assert_eq!(patient.value("SELECT 1"), "1");
    });
}

#[test]
fn no_limit_ends_nothing() {
    let gateway = start(&json!({"default_pool_size": 2}));
    let (mut idle, mut open, mut busy) = (connect(&gateway), connect(&gateway), connect(&gateway));
    open.query("BEGIN");
    assert_eq!(busy.query("SELECT pg_sleep(0.5)")[2], "CommandComplete SELECT 1");
    assert_eq!(idle.value("SELECT 1"), "1");
    assert_eq!(open.value("SELECT 1"), "1");
}

#[test]
fn a_query_whose_client_has_gone_is_stopped_at_the_same_limit() {
    on_a_steady_machine(|| {
        let gateway = start_warm(1, &json!({"query_timeout": 0.5, "default_pool_size": 1}));
        let mut leaver = connect(&gateway);
        leaver.send(&query("SELECT pg_sleep(600) AS left_to_itself"));
        let mut observer = connect_directly();
        let running = "SELECT count(*) FROM pg_stat_activity \
                       WHERE state = 'active' AND query LIKE '%AS left_to_itself'";
        wait_until("the query runs", || observer.value(running) == "1");
        drop(leaver);
        wait_until("PostgreSQL has stopped it", || observer.value(running) == "0");
        assert_eq!(connect(&gateway).value("SELECT 1"), "1", "its place is free");
    });
}
