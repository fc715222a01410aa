//! The few SQL texts that the model of PostgreSQL understands. Every one means the same to the real server.

use gateway::pins::Reason;

/// Where in its life a statement fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its grammar, before anything else is looked at.
    Grammar,
    /// Its names and types.
    Analysis,
    /// Its plan, made by Bind.
    Planning,
    /// Its run.
    Run,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// An empty text.
    Empty,
    /// Returns these rows of one column.
    Rows(Vec<String>),
    /// Returns a setting.
    Show(String),
    /// Changes a setting; `None` back to what it was at startup.
    Set(String, Option<String>),
    /// Changes settings and returns them, as the pooler does.
    SetConfig(Vec<(String, String)>),
    /// Returns settings in one row, whether ties of these kinds are there, and the names of the settings that the session
    /// has made, as the pooler asks.
    Inquire(Vec<String>, Vec<Reason>, bool),
    /// Listens on a channel.
    Listen(String),
    /// Listens on a channel no more; `None` on none.
    Unlisten(Option<String>),
    /// Returns what is listened on, behind the number of the last prelude, as the pooler asks.
    Hears,
    /// Listens on these, if the prelude of that number has not been run.
    Prelude(String, Vec<String>),
    /// Its columns change when somebody alters the table.
    Versioned,
    /// Opens a transaction block.
    Begin,
    /// Ends a transaction block well.
    Commit,
    /// Ends a transaction block badly.
    Rollback,
    /// Forgets a prepared statement; `None` all of them.
    Deallocate(Option<String>),
    /// Forgets everything.
    DiscardAll,
    /// Forgets what has been drawn from sequences.
    DiscardSequences,
    /// Reads COPY data.
    CopyIn,
    /// Sends COPY data.
    CopyOut,
    /// Takes or gives back an advisory lock.
    Lock(Lock),
    /// SQL's PREPARE of the one statement there is, or its DEALLOCATE.
    Prepare(bool),
    /// Makes the one temporary table there is, or drops it.
    Temporary(bool),
    /// Fails with this SQLSTATE and message.
    Fails(Stage, &'static str, &'static str),
}

/// What becomes of advisory locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// One more.
    Take,
    /// One less.
    Release,
    /// None.
    ReleaseAll,
}

impl Command {
    /// The statement's meaning.
    pub(crate) fn read(text: &str) -> Self {
        let rows = |rows: &[&str]| Self::Rows(rows.iter().map(ToString::to_string).collect());
        match text {
            "" => Self::Empty,
            "SELECT 1" => rows(&["1"]),
            "SELECT 2" => rows(&["2"]),
            "SELECT generate_series(1,3)" => rows(&["1", "2", "3"]),
            "SELECT * FROM versioned" => Self::Versioned,
            "SELECT pg_advisory_lock(1)" => Self::Lock(Lock::Take),
            "SELECT pg_advisory_unlock(1)" => Self::Lock(Lock::Release),
            "SELECT pg_advisory_unlock_all()" => Self::Lock(Lock::ReleaseAll),
            "PREPARE q AS SELECT 1" => Self::Prepare(true),
            "DEALLOCATE q" => Self::Prepare(false),
            "CREATE TEMP TABLE t ()" => Self::Temporary(true),
            "DROP TABLE pg_temp.t" => Self::Temporary(false),
            "BEGIN" => Self::Begin,
            "COMMIT" => Self::Commit,
            "ROLLBACK" => Self::Rollback,
            "DEALLOCATE ALL" => Self::Deallocate(None),
            "DISCARD ALL" => Self::DiscardAll,
            "SET statement_timeout = 0" => Self::Set("statement_timeout".to_owned(), None),
            "DISCARD SEQUENCES" => Self::DiscardSequences,
            "COPY numbers FROM STDIN" => Self::CopyIn,
            "COPY (SELECT 1) TO STDOUT" => Self::CopyOut,
            "SELECT nope" => {
                Self::Fails(Stage::Analysis, "42703", "column \"nope\" does not exist")
            }
            "SELECT 1/0" => Self::Fails(Stage::Planning, "22012", "division by zero"),
            // A volatile divisor is not folded into the plan.
            "SELECT 1/(0*random())::int" => Self::Fails(Stage::Run, "22012", "division by zero"),
            _ => Self::read_longer(text),
        }
    }

    fn read_longer(text: &str) -> Self {
        if let Some(channel) = text.strip_prefix("LISTEN ") {
            return Self::Listen(channel.replace('"', ""));
        }
        if let Some(channel) = text.strip_prefix("UNLISTEN ") {
            return Self::Unlisten((channel != "*").then(|| channel.to_owned()));
        }
        if text.starts_with("SELECT pg_catalog.concat('s',") {
            return Self::Hears;
        }
        if text.starts_with("SELECT pg_catalog.pg_notify(") {
            return Self::Rows(vec![String::new()]);
        }
        if text.starts_with("DO LANGUAGE plpgsql ") {
            let quoted = |mark: char| text.split(mark).skip(1).step_by(2).map(str::to_owned);
            let number = quoted('\'').nth(1).unwrap_or_default();
            return Self::Prelude(number, quoted('"').collect());
        }
        if text.starts_with("SELECT pg_catalog.current_setting(")
            || text.starts_with("SELECT EXISTS(")
        {
            let calls = text.split("pg_catalog.current_setting(").skip(1);
            let names = calls.filter_map(|call| call.split('\'').nth(1)).map(str::to_owned);
            let asked = |reason: &Reason| reason.question().is_some_and(|part| text.contains(part));
            let reasons = Reason::ALL.into_iter().filter(asked).collect();
            return Self::Inquire(names.collect(), reasons, text.contains("array_to_string"));
        }
        if let Some(calls) = text.strip_prefix("SELECT pg_catalog.set_config(") {
            // 'name', E'value',false),pg_catalog.set_config('name', …
            let quoted: Vec<&str> = calls.split('\'').skip(1).step_by(2).collect();
            let pairs = quoted.chunks_exact(2);
            return Self::SetConfig(
                pairs.map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect(),
            );
        }
        if let Some(name) = text.strip_prefix("DEALLOCATE ") {
            return Self::Deallocate(Some(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("SHOW ") {
            return Self::Show(name.to_owned());
        }
        if let Some(name) = text.strip_prefix("RESET ") {
            return Self::Set(name.replace('"', ""), None);
        }
        if let Some((name, value)) =
            text.strip_prefix("SET ").and_then(|rest| rest.split_once(" TO "))
        {
            return Self::Set(name.to_owned(), Some(value.trim_matches('\'').to_owned()));
        }
        Self::Fails(Stage::Grammar, "42601", "syntax error at or near \"SELEC\"")
    }

    /// Whether it returns rows, as Describe says.
    pub(crate) fn returns_rows(&self) -> bool {
        match self {
            Self::Rows(_)
            | Self::Show(_)
            | Self::SetConfig(_)
            | Self::Inquire(..)
            | Self::Lock(_)
            | Self::Hears
            | Self::Versioned => true,
            Self::Fails(stage, ..) => matches!(stage, Stage::Planning | Stage::Run),
            _ => false,
        }
    }

    /// Whether a failed transaction block still runs it.
    pub(crate) fn ends_a_block(&self) -> bool {
        matches!(self, Self::Commit | Self::Rollback)
    }

    /// The error it has at `stage`.
    pub(crate) fn failure(&self, stage: Stage) -> Option<(&'static str, String)> {
        match self {
            Self::Fails(at, sqlstate, message) if *at == stage => {
                Some((sqlstate, (*message).to_owned()))
            }
            _ => None,
        }
    }
}
