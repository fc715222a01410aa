//! Runs the commands that the model of PostgreSQL knows.

use pgwire::backend::{self, Status};

use crate::command::{Command, Lock, Stage};
use crate::transaction::{Failure, Session, failure};
use crate::writer::Writer;

/// Run `command`; a query from row `start` on, and for at most `limit` rows unless that is 0.
///
/// Returns how many rows of the query have been returned by now; `None` for what is no query.
pub(crate) fn run(
    session: &mut Session,
    writer: &mut Writer,
    command: &Command,
    start: usize,
    limit: usize,
) -> Result<Option<usize>, Failure> {
    check(command, Stage::Run)?;
    let is_question = matches!(command, Command::Inquire(..) | Command::Hears);
    let is_question = is_question || matches!(command, Command::SetConfig(_));
    let is_hit = session.cancels > 0 && is_question;
    if is_hit || (session.cancels_unlisten && *command == Command::Unlisten(None)) {
        session.cancels -= usize::from(is_hit);
        session.cancels_unlisten &= is_hit;
        return Err(failure("57014", "canceling statement due to user request"));
    }
    if let Some(rows) = query_rows(session, command) {
        let start = start.min(rows.len());
        let end = if limit == 0 { rows.len() } else { rows.len().min(start + limit) };
        writer.rows(&rows[start..end]);
        if limit > 0 && end - start == limit {
            writer.put(backend::PORTAL_SUSPENDED, b"");
        } else if matches!(command, Command::Show(_)) {
            writer.complete("SHOW");
        } else {
            writer.complete(&format!("SELECT {}", end - start));
        }
        return Ok(Some(end));
    }
    match command {
        Command::Inquire(names, reasons, asks_sources) => {
            let value = |name: &String| session.settings.get(name).cloned().unwrap_or_default();
            let is_made =
                |name: &&String| session.settings.get(*name) != session.defaults.get(*name);
            let mut columns: Vec<String> = names.iter().map(value).collect();
            let made: Vec<&str> =
                session.settings.keys().filter(is_made).map(String::as_str).collect();
            let ties = session.ties.reasons();
            let holds = |reason| if ties.contains(reason) { "t" } else { "f" };
            columns.extend(reasons.iter().map(|reason| holds(reason).to_owned()));
            columns.extend(asks_sources.then(|| made.join(",")));
            writer.row(&columns);
            writer.complete("SELECT 1");
        }
        Command::SetConfig(pairs) => {
            session.settings.extend(pairs.iter().cloned());
            let values: Vec<String> = pairs.iter().map(|(_, value)| value.clone()).collect();
            writer.rows(&values);
            writer.complete("SELECT 1");
        }
        Command::Set(name, value) => {
            let default = session.defaults.get(name).cloned().unwrap_or_default();
            let (tag, value) = value.clone().map_or(("RESET", default), |value| ("SET", value));
            // A limit on time is none of the model's.
            if session.defaults.contains_key(name) {
                session.settings.insert(name.clone(), value);
            }
            writer.complete(tag);
        }
        Command::Begin => {
            if session.status == Status::Idle {
                session.status = Status::Transaction;
            } else {
                writer.warning(&failure("25001", "there is already a transaction in progress"));
            }
            writer.complete("BEGIN");
        }
        Command::Commit | Command::Rollback => {
            let (tag, warning) = session.end_block(*command == Command::Commit);
            if let Some(warning) = warning {
                writer.warning(&warning);
            }
            writer.complete(tag);
        }
        Command::Deallocate(name) => writer.complete(session.deallocate(name.as_deref())?),
        Command::DiscardAll => {
            session.discard()?;
            writer.complete("DISCARD ALL");
        }
        Command::DiscardSequences => writer.complete("DISCARD SEQUENCES"),
        Command::Listen(channel) => {
            session.listening.insert(channel.clone());
            writer.complete("LISTEN");
        }
        Command::Unlisten(channel) => {
            session.listening.retain(|other| channel.as_ref().is_some_and(|left| left != other));
            writer.complete("UNLISTEN");
        }
        Command::Prelude(number, channels) => {
            if session.prelude != *number {
                session.prelude.clone_from(number);
                session.listening.extend(channels.iter().cloned());
            }
            writer.complete("DO");
        }
        Command::Lock(lock) => {
            let locks = &mut session.ties.locks;
            *locks = match lock {
                Lock::Take => *locks + 1,
                Lock::Release => locks.saturating_sub(1),
                Lock::ReleaseAll => 0,
            };
            writer.rows(&[String::new()]);
            writer.complete("SELECT 1");
        }
        Command::Prepare(true) if session.ties.is_prepared => {
            return Err(failure("42P05", "prepared statement \"q\" already exists"));
        }
        Command::Prepare(false) if !session.ties.is_prepared => {
            return Err(failure("26000", "prepared statement \"q\" does not exist"));
        }
        Command::Prepare(is_prepared) => {
            session.ties.is_prepared = *is_prepared;
            writer.complete(if *is_prepared { "PREPARE" } else { "DEALLOCATE" });
        }
        Command::Temporary(true) if session.ties.is_temporary => {
            return Err(failure("42P07", "relation \"t\" already exists"));
        }
        Command::Temporary(false) if !session.ties.is_temporary => {
            return Err(failure("42P01", "table \"t\" does not exist"));
        }
        Command::Temporary(is_temporary) => {
            session.ties.is_temporary = *is_temporary;
            writer.complete(if *is_temporary { "CREATE TABLE" } else { "DROP TABLE" });
        }
        Command::CopyOut => {
            writer.copy_response(backend::COPY_OUT_RESPONSE);
            writer.put(backend::COPY_DATA, b"1\n");
            writer.put(backend::COPY_DONE, b"");
            writer.complete("COPY 1");
        }
        // An empty text and COPY from the client are the caller's business; the rest was dealt with above.
        _ => {}
    }
    Ok(None)
}

/// The rows of a query without side effects.
fn query_rows(session: &Session, command: &Command) -> Option<Vec<String>> {
    match command {
        Command::Rows(rows) => Some(rows.clone()),
        Command::Hears => {
            let channels = session.listening.iter().map(|channel| format!("c{channel}"));
            Some([format!("s{}", session.prelude)].into_iter().chain(channels).collect())
        }
        Command::Versioned => Some(vec![session.schema.to_string()]),
        Command::Show(name) => Some(vec![session.settings.get(name).cloned().unwrap_or_default()]),
        _ => None,
    }
}

/// The failure that `command` has at `stage`, if it has one there.
pub(crate) fn check(command: &Command, stage: Stage) -> Result<(), Failure> {
    match command.failure(stage) {
        Some((sqlstate, message)) => Err(failure(sqlstate, message)),
        None => Ok(()),
    }
}
