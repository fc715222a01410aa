//! The console's table of commands, walked command by command as everybody who can come in.

use gateway::console::commands::{Action, COMMANDS, Command, Takes};
use gateway::console::{Access, DATABASE};
use pgwire::backend;
use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::messages::query;
use crate::replies::Reply;
use crate::running::{app, connect, start, wait_until};

/// Users for every right there is.
fn settings() -> Value {
    json!({
        "users": [{"name": "app"}, {"name": "boss"}, {"name": "viewer"}],
        "admin_users": ["boss"],
        "stats_users": ["viewer"],
    })
}

fn operator(gateway: &gateway::Gateway, user: &str) -> Result<Client, Reply> {
    let login = Login { user, password: "", database: DATABASE, settings: vec![] };
    Client::log_in(&gateway.addresses()[0], &login)
}

/// The command as an operator types it.
fn text(command: &Command, client: u32) -> String {
    let behind = match command.takes {
        Takes::Nothing | Takes::AnyDatabase => String::new(),
        Takes::Database => "app".to_owned(),
        Takes::Client => client.to_string(),
        Takes::Shutdown => "WAIT_FOR_CLIENTS".to_owned(),
        Takes::Setting => "query_wait_timeout = 7".to_owned(),
    };
    format!("{} {} {behind}", command.word, command.topic)
}

/// What must have been done for the command to have something to undo.
fn prepare(command: &Command, operator: &mut Client) {
    if command.word == "RESUME" {
        assert_eq!(operator.query("pause")[0], "CommandComplete PAUSE");
    }
}

#[test]
fn every_command_answers_everybody_as_its_row_says() {
    for command in COMMANDS {
        for (user, access) in [("boss", Access::Admin), ("viewer", Access::Stats)] {
            let gateway = start(&settings());
            let mut client = connect(&gateway);
            client.query("select 1");
            let mut operator = operator(&gateway, user).unwrap();
            if access >= command.access {
                prepare(command, &mut operator);
            }
            let text = text(command, client.key.0);
            operator.send(&query(&text));
            let replies = operator.until_ready(1);
            let (first, last) = (&replies[0], &replies[replies.len() - 2]);
            if access < command.access {
                assert_eq!(first.field(b'M'), "admin access needed", "{text} as {user}");
                assert_eq!(replies.len(), 2, "{text} as {user} does nothing: {replies:?}");
                assert_eq!(client.value("select 1"), "1");
                continue;
            }
            match (command.action, command.word) {
                (Action::Show(table), _) => {
                    assert_eq!(first.tag, backend::ROW_DESCRIPTION, "{text}");
                    for row in replies.iter().filter(|reply| reply.tag == backend::DATA_ROW) {
                        assert_eq!(row.columns().len(), table.columns.len(), "{text}: {row}");
                    }
                }
                (Action::Help, _) => assert_eq!(first.tag, backend::NOTICE_RESPONSE),
                // Nobody was named who could read files, and nobody takes sockets over.
                (_, "RELOAD") => assert_eq!(first.sqlstate(), "F0000"),
                (_, "SET") => assert_eq!(first.field(b'M'), "SET failed"),
                (_, "SUSPEND") => assert_eq!(first.sqlstate(), "0A000"),
                (Action::Do(_), word) => {
                    assert_eq!(first.to_string(), format!("CommandComplete {word}"));
                }
            }
            if !matches!(command.word, "RELOAD" | "SET" | "SUSPEND") {
                assert_eq!(last.to_string(), format!("CommandComplete {}", command.word));
            }
        }
    }
}

#[test]
fn nobody_else_comes_in() {
    let gateway = start(&settings());
    let refused = operator(&gateway, "app").unwrap_err();
    assert_eq!(refused.field(b'V'), "FATAL");
    assert!(refused.field(b'M').starts_with("not allowed"), "{refused}");
    let unknown = operator(&gateway, "nobody").unwrap_err();
    assert_eq!(unknown.sqlstate(), "28P01");
}

#[test]
fn an_operator_comes_in_where_no_client_does() {
    let gateway = start(&json!({
        "users": [{"name": "app"}, {"name": "boss"}],
        "admin_users": ["boss"],
        "max_client_conn": 1,
    }));
    let _client = connect(&gateway);
    assert!(Client::log_in(&gateway.addresses()[0], &app()).is_err());
    let mut operator = operator(&gateway, "boss").unwrap();
    let clients = operator.query("show clients");
    assert_eq!(clients.len(), 5, "two rows between the columns and the end: {clients:?}");
}

#[test]
fn a_drain_does_not_wait_for_operators() {
    let gateway = start(&settings());
    let mut operator = operator(&gateway, "boss").unwrap();
    let mut client = connect(&gateway);
    client.query("begin");
    gateway.drain();
    wait_until("the drain is seen", || operator.query("show version").len() == 4);
    client.send(&query("commit"));
    assert!(gateway.join(Some(crate::client::PATIENCE)));
    assert!(operator.reply().is_none(), "closed");
}
