//! Looks up, with `auth_query`, who wants to come in and is not listed with a password.
//!
//! The query runs on a server of `auth_user`'s pool, with the settings that a session begins with: whatever the
//! client asked for is not in force, since it has not shown who it is. Nobody is kept that has not logged in, so
//! that names made up cost no memory.

use std::sync::Arc;
use std::time::Duration;

use pgwire::backend::{self, Fields};
use pgwire::{frame, frontend};

use super::{Door, Failure, Identified, Request};
use crate::auth::Secret;
use crate::cancel;
use crate::cleanup;
use crate::configuration::Configuration;
use crate::console;
use crate::deadline::within;
use crate::gateway::{Common, Context};
use crate::pool::{Lease, Pool};
use crate::report::Refusal;
use crate::server::Server;
use crate::session::output::Output;
use crate::session::{ClientState, SessionError, Shared, from_client};

/// Longest that the query may run.
const LIMIT: Duration = Duration::from_secs(10);

/// Largest message of its answer, in bytes.
const MESSAGE_LIMIT: u32 = 1024 * 1024;

/// Classes of SQLSTATE whose messages name what is in the way, and no value that a row holds.
const TELLING: [&str; 9] = ["08", "25", "28", "3D", "3F", "42", "53", "55", "57"];

/// What is asked, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Question {
    database: String,
    user: String,
    query: String,
}

impl Question {
    /// What to ask about a client of that database; `None` where nothing is looked up.
    fn about(database: &str, configuration: &Configuration) -> Option<Self> {
        let (own, place) = if database == console::DATABASE {
            // Without a database of its own there is none to look in.
            (None, configuration.auth_dbname.as_deref()?)
        } else {
            let own = configuration.database(database)?;
            let place = own.auth_dbname.as_deref().or(configuration.auth_dbname.as_deref());
            (Some(own), place.unwrap_or(database))
        };
        let user =
            own.and_then(|own| own.auth_user.as_ref()).or(configuration.auth_user.as_ref())?;
        let query =
            own.and_then(|own| own.auth_query.as_ref()).unwrap_or(&configuration.auth_query);
        Some(Self { database: place.to_owned(), user: user.clone(), query: query.clone() })
    }

    /// The messages that ask it about `name`.
    fn messages(&self, name: &str) -> Vec<u8> {
        let mut out = Vec::new();
        // No types: PostgreSQL finds the parameter's.
        frontend::put_parse(&mut out, b"", &[self.query.as_bytes(), &[0; 3]].concat());
        frame::put(&mut out, frontend::BIND, |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 1]);
            out.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&[0; 2]);
        });
        frontend::put_execute(&mut out, b"");
        frontend::put_sync(&mut out);
        out
    }
}

/// A user, as far as PostgreSQL says: there is none, or one with a password or without.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Nobody,
    User(Option<Secret>),
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    /// The query, or the place to run it, is not as it should be: for the log, not for whoever knocks.
    Configuration(String),
    /// The server is lost.
    Server(String),
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        Self::Server(error.to_string())
    }
}

impl Door<'_> {
    /// Who the client says it is: the user that is listed with a password, else what `auth_query` finds.
    pub(super) async fn identify(
        &mut self,
        context: &Context,
        request: &Request,
    ) -> Result<Identified, Failure> {
        let (users, name) = (context.users(), &request.user);
        let listed = users.listed(name).cloned();
        if users.is_settled(name) {
            return Ok(Identified { user: listed, is_looked_up: false });
        }
        let configuration = Arc::clone(&context.common.configuration());
        let Some(question) = Question::about(&request.database, &configuration) else {
            return Ok(Identified { user: listed, is_looked_up: false });
        };
        let failed = |what: &str| {
            let (database, user) = (&*question.database, &*question.user);
            tracing::error!(database, user, "auth_query failed: {what}");
            Failure::from(Refusal::lookup_failed())
        };
        if question.database == console::DATABASE {
            return Err(failed("cannot use the reserved \"pgbouncer\" database as an auth_dbname"));
        }
        if context.is_disabled(&question.database) {
            return Err(Refusal::auth_database_disabled(&question.database).into());
        }
        let Some(pool) = context.pool_of(&question.database, &question.user) else {
            let what =
                format!("authentication database \"{}\" is not configured", question.database);
            return Err(failed(&what));
        };
        let lease = self.checkout(&pool).await?;
        let number = users.number();
        let task =
            look_up(lease, pool, Arc::clone(&context.common), question.clone(), name.clone());
        // On its own, so that a client that leaves does not cost the server.
        let user = match tokio::spawn(task).await {
            Ok(Ok(Answer::Nobody)) => listed,
            Ok(Ok(Answer::User(password))) => {
                Some(users.recognise(&request.database, name, password.as_ref(), number))
            }
            Ok(Err(Trouble::Configuration(what))) => return Err(failed(&what)),
            Ok(Err(Trouble::Server(what))) => return Err(Refusal::server_lost(&what).into()),
            Err(_) => return Err(failed("it was given up")),
        };
        Ok(Identified { user, is_looked_up: true })
    }
}

/// Ask on that server, and give it back.
async fn look_up(
    mut lease: Lease,
    pool: Arc<Pool>,
    common: Arc<Common>,
    question: Question,
    name: String,
) -> Result<Answer, Trouble> {
    let Some(server) = lease.server() else {
        return Err(Trouble::Server("there is no server".to_owned()));
    };
    let identity = Arc::clone(&server.identity);
    let mut nobody = ClientState::nobody(server.state.reported());
    let messages = question.messages(&name);
    let asked = ask(server, &mut nobody, &pool, &common.session, &messages);
    match within(&common, LIMIT, asked).await {
        Ok(Ok(answer)) => {
            cleanup::begin(lease, nobody, &pool, &common);
            read(&answer, &name)
        }
        Ok(Err(trouble)) => {
            lease.discard("lost while auth_query ran");
            Err(trouble)
        }
        Err(_) => {
            cancel::stop(identity, &common);
            let reason = format!("auth_query took longer than {} s", LIMIT.as_secs());
            lease.discard(&reason);
            Err(Trouble::Configuration(reason))
        }
    }
}

/// Send `messages` to a server with nothing that its clients have left, and the settings that its sessions begin with;
/// returns what it answers.
async fn ask(
    server: &mut Server,
    nobody: &mut ClientState,
    pool: &Pool,
    session: &Shared,
    messages: &[u8],
) -> Result<Vec<u8>, Trouble> {
    cleanup::begin_anew(server, pool, session).await?;
    let mut settings = Vec::new();
    server.state.link(nobody, &mut settings, &mut Vec::new());
    cleanup::exchange(server, nobody, session, &settings).await?;
    let (mut bytes, mut told, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    let mut output = Output::new(messages, &mut bytes);
    let state = Some(&mut server.state);
    let (used, _) = from_client::take(nobody, state, session, messages, &mut output, &mut told)?;
    output.gather();
    if used != messages.len() || !told.is_empty() {
        let what = "auth_query is no single statement that returns a row";
        return Err(Trouble::Configuration(what.to_owned()));
    }
    let heard = |piece: &[u8]| answer.extend_from_slice(piece);
    cleanup::exchange_with(server, nobody, session, &bytes, heard).await?;
    Ok(answer)
}

/// Read the answer about `name`.
fn read(mut messages: &[u8], name: &str) -> Result<Answer, Trouble> {
    let wrong = |what: &str| Trouble::Configuration(what.to_owned());
    let mut answer = Answer::Nobody;
    while let Ok(Some((tag, body, rest))) = frame::split(messages, MESSAGE_LIMIT) {
        match tag {
            backend::ERROR_RESPONSE => return Err(Trouble::Configuration(error(body))),
            backend::DATA_ROW if answer != Answer::Nobody => {
                return Err(wrong("it returned more than one row"));
            }
            backend::DATA_ROW => {
                let row = backend::data_row(body).map_err(|error| wrong(&error.to_string()))?;
                let [found, password] = row[..] else {
                    let columns = row.len();
                    return Err(wrong(&format!(
                        "expected 2 columns from auth_query, not {columns}"
                    )));
                };
                if found != Some(name.as_bytes()) {
                    return Err(wrong("its first column is not the name that it was asked about"));
                }
                let text = password.map(std::str::from_utf8).transpose();
                let text = text.map_err(|_| wrong("its second column is not UTF-8"))?;
                answer = Answer::User(text.map(Secret::from));
            }
            _ => {}
        }
        messages = rest;
    }
    Ok(answer)
}

/// What an ErrorResponse says that may be logged: a message can quote the value it is about.
fn error(body: &[u8]) -> String {
    let text = |code| String::from_utf8_lossy(Fields::new(body).get(code).unwrap_or_default());
    let sqlstate = text(b'C');
    if TELLING.iter().any(|class| sqlstate.starts_with(class)) {
        format!("{} (SQLSTATE {sqlstate})", text(b'M'))
    } else {
        format!("SQLSTATE {sqlstate}; PostgreSQL's log has its message, which may hold a password")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(rest: &str) -> Configuration {
        let text = format!(
            r#"{{"databases": [{{"name": "a", "host": "h"}},
                {{"name": "b", "host": "h", "auth_user": "own", "auth_query": "q", "auth_dbname": "c"}}]{rest}}}"#
        );
        Configuration::from_json(&text).unwrap()
    }

    #[test]
    fn a_databases_own_settings_go_first_and_the_console_has_none() {
        let place = |rest: &str, database: &str| {
            let question = Question::about(database, &configuration(rest))?;
            Some((question.database, question.user))
        };
        let is = |database: &str, user: &str| Some((database.to_owned(), user.to_owned()));
        assert_eq!(place("", "a"), None);
        assert_eq!(place("", "b"), is("c", "own"));
        let user = r#", "auth_user": "all""#;
        assert_eq!(place(user, "a"), is("a", "all"));
        assert_eq!(place(user, "unknown"), None);
        assert_eq!(place(user, "pgbouncer"), None);
        let both = r#", "auth_user": "all", "auth_dbname": "d""#;
        assert_eq!(place(both, "a"), is("d", "all"));
        assert_eq!(place(both, "b"), is("c", "own"));
        assert_eq!(place(both, "pgbouncer"), is("d", "all"));
    }

    fn row(values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut out = Vec::new();
        backend::put_data_row(&mut out, values.iter().copied());
        out
    }

    #[test]
    fn one_row_of_two_columns_is_an_answer_and_anything_else_is_said() {
        let found = |password: &str| Ok(Answer::User(Some(Secret::from(password))));
        let one = row(&[Some(b"app"), Some(b"secret")]);
        let none = row(&[Some(b"app"), None]);
        assert_eq!(read(b"", "app"), Ok(Answer::Nobody));
        assert_eq!(read(&one, "app"), found("secret"));
        assert_eq!(read(&none, "app"), Ok(Answer::User(None)));
        for (bytes, words) in [
            (one.repeat(2), "more than one row"),
            (row(&[Some(b"app")]), "expected 2 columns from auth_query, not 1"),
            (row(&[Some(b"App"), Some(b"x")]), "not the name"),
            (row(&[None, Some(b"x")]), "not the name"),
            (row(&[Some(b"app"), Some(b"\xff")]), "not UTF-8"),
            (frame_of(b'D', b"\0\x02\0"), "value length"),
            (frame_of(b'E', b"SERROR\0C42501\0Mpermission denied\0\0"), "permission denied"),
            (frame_of(b'E', b"SERROR\0C22P02\0Minvalid: \"md5x\"\0\0"), "SQLSTATE 22P02;"),
        ] {
            let Err(Trouble::Configuration(what)) = read(&bytes, "app") else {
                panic!("{words}");
            };
            assert!(what.contains(words) && !what.contains("md5x"), "{what}");
        }
    }

    fn frame_of(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        frame::put(&mut out, tag, |out| out.extend_from_slice(body));
        out
    }
}
