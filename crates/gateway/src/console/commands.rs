//! Every command of the console: what it takes, who may run it, what it returns. One table; everything else
//! (SHOW HELP, the checks, the documentation's test) follows from it.

use std::sync::Arc;

use pgwire::backend::{self, Report};

use super::parse::{Parsed, parse};
use super::rows::{Rows, row, text};
use super::tables::{self, Table};
use super::{Access, deeds, refusal};
use crate::gateway::Context;
use crate::report::Refusal;

/// What may stand behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A database, or nothing for all of them.
    AnyDatabase,
    /// A database.
    Database,
    /// The number of a client.
    Client,
    /// What a shutdown waits for.
    Shutdown,
    /// A setting and its value.
    Setting,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// A table is shown.
    Show(Table),
    /// The commands are listed.
    Help,
    /// Something is changed or waited for.
    Do(deeds::Deed),
}

/// One command.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its first word, in upper case; also what a client is told when it is done.
    pub word: &'static str,
    /// The word behind SHOW, in upper case; empty for other commands.
    pub topic: &'static str,
    /// What may stand behind it.
    pub takes: Takes,
    /// Who may run it.
    pub access: Access,
    /// What it does and returns.
    pub action: Action,
}

const fn show(topic: &'static str, table: Table) -> Command {
    let action = Action::Show(table);
    Command { word: "SHOW", topic, takes: Takes::Nothing, access: Access::Stats, action }
}

const fn deed(word: &'static str, takes: Takes, deed: deeds::Deed) -> Command {
    Command { word, topic: "", takes, access: Access::Admin, action: Action::Do(deed) }
}

/// Every command.
pub const COMMANDS: &[Command] = &[
    Command { action: Action::Help, ..show("HELP", tables::VERSION) },
    show("CONFIG", tables::CONFIG),
    show("DATABASES", tables::DATABASES),
    show("POOLS", tables::POOLS),
    show("CLIENTS", tables::CLIENTS),
    show("SERVERS", tables::SERVERS),
    show("USERS", tables::USERS),
    show("VERSION", tables::VERSION),
    show("PEERS", tables::PEERS),
    show("PEER_POOLS", tables::PEER_POOLS),
    Command { access: Access::Admin, ..show("FDS", tables::FDS) },
    show("SOCKETS", tables::SOCKETS),
    show("ACTIVE_SOCKETS", tables::ACTIVE_SOCKETS),
    show("LISTS", tables::LISTS),
    show("MEM", tables::MEM),
    show("STATE", tables::STATE),
    show("LISTENERS", tables::LISTENERS),
    show("DNS_HOSTS", tables::DNS_HOSTS),
    show("DNS_ZONES", tables::DNS_ZONES),
    show("STATS", tables::STATS),
    show("STATS_TOTALS", tables::STATS_TOTALS),
    show("STATS_AVERAGES", tables::STATS_AVERAGES),
    show("TOTALS", tables::TOTALS),
    show("BUDGET", tables::BUDGET),
    show("PINS", tables::PINS),
    deed("SET", Takes::Setting, deeds::Deed::Set),
    deed("RELOAD", Takes::Nothing, deeds::Deed::Reload),
    deed("PAUSE", Takes::AnyDatabase, deeds::Deed::Pause),
    deed("RESUME", Takes::AnyDatabase, deeds::Deed::Resume),
    deed("DISABLE", Takes::Database, deeds::Deed::Disable),
    deed("ENABLE", Takes::Database, deeds::Deed::Enable),
    deed("RECONNECT", Takes::AnyDatabase, deeds::Deed::Reconnect),
    deed("KILL", Takes::AnyDatabase, deeds::Deed::Kill),
    deed("KILL_CLIENT", Takes::Client, deeds::Deed::KillClient),
    deed("SUSPEND", Takes::Nothing, deeds::Deed::Suspend),
    deed("SHUTDOWN", Takes::Shutdown, deeds::Deed::Shutdown),
    deed("WAIT_CLOSE", Takes::AnyDatabase, deeds::Deed::WaitClose),
];

/// Settings of a session that drivers ask for and set unasked; they are the same for everybody here.
pub const SESSION_SETTINGS: [(&str, &str); 5] = [
    ("client_encoding", "UTF-8"),
    ("default_transaction_isolation", "read committed"),
    ("standard_conforming_strings", "on"),
    ("datestyle", "ISO"),
    ("timezone", "GMT"),
];

/// Run what `user` has typed, and return the messages that answer it, without ReadyForQuery.
///
/// # Cancel safety
/// A command that has begun may go on when this is dropped.
pub async fn run(context: &Arc<Context>, access: Access, user: &str, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    if let Err(refusal) = answer(context, access, user, text, &mut out).await {
        let (sqlstate, detail) = (&refusal.sqlstate, &refusal.detail);
        tracing::info!(user, sqlstate, detail, "console: {}", refusal.message);
        out.clear();
        refusal.put(&mut out);
    }
    out
}

async fn answer(
    context: &Arc<Context>,
    access: Access,
    user: &str,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), Box<Refusal>> {
    let invalid = || Box::new(refusal::invalid_command(text));
    let parsed = parse(text).ok_or_else(invalid)?;
    if answer_driver(&parsed, out) {
        return Ok(());
    }
    let command = find(&parsed).ok_or_else(invalid)?;
    let arguments = arguments(command, parsed).ok_or_else(invalid)?;
    if access < command.access {
        return Err(Box::new(refusal::admin_needed()));
    }
    match command.action {
        Action::Show(table) => {
            // Off the worker, whose other clients would wait for thousands of rows to be written.
            let context = Arc::clone(context);
            let made = tokio::task::spawn_blocking(move || table.messages(&context)).await;
            out.extend(made.map_err(|_| Box::new(Refusal::shutting_down()))?);
        }
        Action::Help => put_notice(out, "Console usage", &usage()),
        Action::Do(deed) => {
            tracing::info!(user, command = command.word, "console command");
            let done = deeds::run(context, deed, &arguments).await?;
            let tag = done.unwrap_or_else(|| command.word.to_owned());
            backend::put_command_complete(out, tag.as_bytes());
            return Ok(());
        }
    }
    backend::put_command_complete(out, command.word.as_bytes());
    Ok(())
}

/// The command that is meant, without a look at what stands behind it.
fn find(parsed: &Parsed) -> Option<&'static Command> {
    let (word, topic) = match parsed {
        Parsed::Set { .. } => ("set", ""),
        // As in PgBouncer, for clients that can send nothing else.
        Parsed::Command { word, argument } if word == "show" || word == "select" => {
            ("show", argument.as_deref()?)
        }
        Parsed::Command { word, .. } => (word.as_str(), ""),
    };
    COMMANDS.iter().find(|command| {
        command.word.eq_ignore_ascii_case(word) && command.topic.eq_ignore_ascii_case(topic)
    })
}

/// What stands behind `command`; `None` when that makes no command.
fn arguments(command: &Command, parsed: Parsed) -> Option<deeds::Arguments> {
    match parsed {
        Parsed::Set { key, value } => Some(deeds::Arguments { first: Some(key), value }),
        Parsed::Command { .. } if command.takes == Takes::Setting => None,
        Parsed::Command { argument, .. } => {
            let is_right = match (command.takes, argument.as_deref()) {
                (Takes::Nothing, Some(_)) => !command.topic.is_empty(),
                (Takes::Shutdown, Some(mode)) => deeds::shutdown_mode(mode).is_some(),
                _ => true,
            };
            is_right.then(|| deeds::Arguments { first: argument, value: String::new() })
        }
    }
}

/// Answer what drivers ask unasked; whether it was that.
fn answer_driver(parsed: &Parsed, out: &mut Vec<u8>) -> bool {
    let find = |name: &str| {
        SESSION_SETTINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
    };
    match parsed {
        Parsed::Set { key, .. } if find(key).is_some() => {
            put_notice(out, "SET ignored", "");
            backend::put_command_complete(out, b"SET");
            true
        }
        Parsed::Command { word, argument: Some(name) } if word == "show" || word == "select" => {
            let Some((name, value)) = find(name) else {
                return false;
            };
            let mut rows = Rows::new(&[text(name)]);
            rows.push(row![value]);
            out.extend(rows.into_messages());
            backend::put_command_complete(out, b"SHOW");
            true
        }
        _ => false,
    }
}

fn put_notice(out: &mut Vec<u8>, message: &str, detail: &str) {
    let report = Report { severity: "NOTICE", sqlstate: "00000", message, detail, hint: "" };
    backend::put_notice(out, &report);
}

/// What SHOW HELP says: the commands, one a line.
fn usage() -> String {
    let shows = COMMANDS.iter().filter(|command| command.word == "SHOW");
    let topics: Vec<&str> = shows.map(|command| command.topic).collect();
    let mut lines: Vec<String> =
        topics.chunks(6).map(|topics| format!("SHOW {}", topics.join("|"))).collect();
    for command in COMMANDS.iter().filter(|command| command.word != "SHOW") {
        let behind = match command.takes {
            Takes::Nothing => "",
            Takes::AnyDatabase => " [<db>]",
            Takes::Database => " <db>",
            Takes::Client => " <client_id>",
            Takes::Shutdown => " [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]",
            Takes::Setting => " key = value",
        };
        lines.push(format!("{}{behind}", command.word));
    }
    lines.iter().fold(String::new(), |text, line| text + "\n\t" + line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let parsed = parse(text)?;
        let command = find(&parsed)?;
        arguments(command, parsed)?;
        Some(format!("{} {}", command.word, command.topic).trim_end().to_owned())
    }

    #[test]
    fn every_command_is_found_by_its_name() {
        for command in COMMANDS {
            let name = format!("{} {}", command.word, command.topic);
            let text = if command.takes == Takes::Setting { "set a = b" } else { name.trim_end() };
            assert_eq!(found(text).as_deref(), Some(name.trim_end()));
            assert_eq!(found(&text.to_lowercase()).as_deref(), Some(name.trim_end()));
        }
    }

    #[test]
    fn what_takes_nothing_takes_nothing() {
        for text in ["reload now", "suspend x", "shutdown bogus", "show", "set a", "bogus"] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found("select version").as_deref(), Some("SHOW VERSION"));
        assert_eq!(found("shutdown wait_for_clients").as_deref(), Some("SHUTDOWN"));
    }

    #[test]
    fn help_names_every_command() {
        let usage = usage();
        for command in COMMANDS {
            assert!(usage.contains(command.word) && usage.contains(command.topic));
        }
    }
}
