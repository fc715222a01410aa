//! Statement mode: a server a statement, and no transaction blocks.

use serde_json::json;

use crate::messages::{bind, execute, parse, query, sync};
use crate::replies::lines;
use crate::running::{connect, count, database, start, wait_until};

const REFUSED: &str = "FATAL 08P01: transaction blocks not allowed in statement pooling mode";

fn extended(text: &str) -> Vec<u8> {
    [parse("", text), bind("", ""), execute("", 0), sync()].concat()
}

#[test]
fn a_server_is_released_after_every_statement() {
    let gateway = start(&json!({"pool_mode": "statement", "default_pool_size": 1}));
    let mut clients = [connect(&gateway), connect(&gateway)];
    for _ in 0..3 {
        for client in &mut clients {
            assert_eq!(client.value("SELECT 1"), "1");
            client.send(&extended("SELECT 2"));
            let replies = lines(&client.until_ready(1));
            assert_eq!(replies[2..], ["DataRow 2", "CommandComplete SELECT 1", "ReadyForQuery I"]);
        }
    }
    wait_until("no server is held", || count(&gateway, "/pools/0/server_active") == 0);
}

#[test]
fn several_statements_in_one_query_or_pipeline_are_as_good_as_one() {
    let gateway = start(&json!({"pool_mode": "statement", "default_pool_size": 1}));
    let mut client = connect(&gateway);
    let replies = client.query("BEGIN; SELECT 1; COMMIT");
    assert_eq!(replies.last().unwrap(), "ReadyForQuery I");
    assert_eq!(client.query("SELECT 1; SELECT 1/0").last().unwrap(), "ReadyForQuery I");
    client.send(&[extended("SELECT 1"), query("SELECT 2"), extended("SELECT 3")].concat());
    let replies = lines(&client.until_ready(3));
    let rows: Vec<_> = replies.iter().filter(|line| line.starts_with("DataRow")).collect();
    assert_eq!(rows, ["DataRow 1", "DataRow 2", "DataRow 3"]);
    let whole = [
        [parse("", "BEGIN"), bind("", ""), execute("", 0)].concat(),
        [parse("", "SELECT 1"), bind("", ""), execute("", 0)].concat(),
        extended("COMMIT"),
    ];
    client.send(&whole.concat());
    assert_eq!(lines(&client.until_ready(1)).last().unwrap(), "ReadyForQuery I");
}

#[test]
fn a_transaction_block_is_refused_and_leaves_nothing_open() {
    let gateway = start(&json!({"pool_mode": "statement", "default_pool_size": 1}));
    let mut other = connect(&gateway);
    for begin in [
        query("BEGIN"),
        extended("BEGIN"),
        query("SELECT 1; BEGIN"),
        [query("BEGIN"), query("SELECT 1"), query("COMMIT")].concat(),
        query("BEGIN; SELECT 1/0"),
    ] {
        let mut client = connect(&gateway);
        client.send(&begin);
        let told: Vec<_> = std::iter::from_fn(|| client.reply()).collect();
        let told = lines(&told);
        let last = told.last().unwrap();
        assert_eq!(last, REFUSED, "{told:?}");
        assert!(!told.iter().any(|line| line == "ReadyForQuery T"), "{told:?}");
        drop(client);
        assert_eq!(other.value("SELECT 1"), "1");
    }
}

#[test]
fn a_database_and_a_user_have_modes_of_their_own() {
    let statement = database(&json!({"pool_mode": "statement"}));
    let gateway = start(&json!({"databases": [statement.clone()]}));
    let mut client = connect(&gateway);
    client.send(&query("BEGIN"));
    assert!(
        lines(&std::iter::from_fn(|| client.reply()).collect::<Vec<_>>())
            .contains(&REFUSED.to_owned())
    );

    let users = json!([{"name": "app"}, {"name": "postgres", "pool_mode": "session"}]);
    let gateway = start(&json!({"databases": [statement], "users": users, "default_pool_size": 1}));
    let mut client = connect(&gateway);
    client.query("CREATE TEMPORARY TABLE of_a_session ()");
    assert_eq!(client.value("SELECT to_regclass('of_a_session') IS NULL"), "f");
    assert_eq!(count(&gateway, "/pools/0/server_active"), 1);
    drop(client);
    wait_until("the session is over", || count(&gateway, "/pools/0/server_idle") == 1);
    assert_eq!(connect(&gateway).value("SELECT to_regclass('of_a_session') IS NULL"), "t");
}
