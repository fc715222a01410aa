//! What the model of PostgreSQL keeps beside its messages: statements, portals, settings, the transaction.

use std::collections::{BTreeMap, BTreeSet};

use gateway::pins::Reason;
use pgwire::backend::Status;

use crate::command::Command;

/// Settings by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// An ErrorResponse to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) sqlstate: &'static str,
    pub(crate) message: String,
    pub(crate) routine: &'static str,
}

/// Makes a [`Failure`].
pub(crate) fn failure(sqlstate: &'static str, message: impl Into<String>) -> Failure {
    Failure { sqlstate, message: message.into(), routine: "" }
}

/// A prepared statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) command: Command,
    /// How the table was when it was prepared.
    pub(crate) schema: u32,
}

/// How far a portal has been run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// This many rows have been returned.
    Ready(usize),
    /// It was not a query, and has been run.
    Done,
    /// The transaction it belongs to has failed.
    Failed,
}

/// A portal.
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    pub(crate) command: Command,
    pub(crate) progress: Progress,
}

/// A session's state, as far as transactions reach.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) statements: BTreeMap<String, Statement>,
    pub(crate) portals: BTreeMap<String, Portal>,
    pub(crate) status: Status,
    pub(crate) settings: Settings,
    /// Settings of a new session.
    pub(crate) defaults: Settings,
    /// Settings as they were when the transaction under way began.
    before: Option<Settings>,
    /// Something has been run in the implicit transaction under way.
    pub(crate) has_run: bool,
    /// How the table `versioned` is now; changing it makes statements on it stale.
    pub(crate) schema: u32,
    /// Channels; what becomes of the transaction makes no difference here.
    pub(crate) listening: BTreeSet<String>,
    /// The last prelude that has been run.
    pub(crate) prelude: String,
    /// What ties it to its client.
    pub(crate) ties: Ties,
    /// How many questions of the pooler's a cancel or a time limit is yet to meet.
    pub(crate) cancels: usize,
    /// Whether it is yet to meet an UNLISTEN of everything.
    pub(crate) cancels_unlisten: bool,
    /// Temporary tables as they were when the transaction under way began.
    temporary_before: Option<bool>,
}

/// What a session has that no other is to find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ties {
    /// How many advisory locks it holds: no rollback gives one back.
    pub(crate) locks: usize,
    /// Whether SQL's PREPARE has made the one statement there is.
    pub(crate) is_prepared: bool,
    /// Whether it has the one temporary table there is.
    pub(crate) is_temporary: bool,
}

impl Ties {
    /// The names of the reasons that these are.
    pub(crate) fn reasons(self) -> Vec<Reason> {
        let all = [
            (self.locks > 0, Reason::AdvisoryLock),
            (self.is_prepared, Reason::PreparedStatement),
            (self.is_temporary, Reason::TemporaryObject),
        ];
        all.into_iter().filter(|(is_there, _)| *is_there).map(|(_, reason)| reason).collect()
    }
}

impl Session {
    pub(crate) fn new(defaults: &Settings) -> Self {
        Self {
            statements: BTreeMap::new(),
            portals: BTreeMap::new(),
            status: Status::Idle,
            settings: defaults.clone(),
            defaults: defaults.clone(),
            before: None,
            has_run: false,
            schema: 0,
            listening: BTreeSet::new(),
            prelude: String::new(),
            ties: Ties::default(),
            cancels: 0,
            cancels_unlisten: false,
            temporary_before: None,
        }
    }

    /// Be in a transaction, an implicit one if no block is open.
    pub(crate) fn begin(&mut self) {
        if self.before.is_none() {
            self.before = Some(self.settings.clone());
            self.temporary_before = Some(self.ties.is_temporary);
        }
    }

    /// End whatever transaction there is, keeping what it did.
    pub(crate) fn commit(&mut self) {
        self.before = None;
        self.has_run = false;
        self.portals.clear();
        self.status = Status::Idle;
    }

    /// End the implicit transaction; a block stays open.
    pub(crate) fn end_implicit(&mut self) {
        if self.status == Status::Idle {
            self.commit();
        }
    }

    /// Undo what the transaction did, and leave a block failed.
    pub(crate) fn abort(&mut self) {
        self.undo();
        if self.status == Status::Idle {
            self.commit();
            return;
        }
        self.status = Status::Failed;
        for portal in self.portals.values_mut() {
            if portal.progress != Progress::Done {
                portal.progress = Progress::Failed;
            }
        }
    }

    fn undo(&mut self) {
        if let Some(before) = &self.before {
            self.settings.clone_from(before);
        }
        if let Some(before) = self.temporary_before {
            self.ties.is_temporary = before;
        }
    }

    /// COMMIT or ROLLBACK; returns the command tag and the warning there may be.
    pub(crate) fn end_block(&mut self, is_commit: bool) -> (&'static str, Option<Failure>) {
        let warning = (self.status == Status::Idle)
            .then(|| failure("25P01", "there is no transaction in progress"));
        let is_kept = is_commit && self.status != Status::Failed;
        if !is_kept {
            self.undo();
        }
        self.commit();
        (if is_kept { "COMMIT" } else { "ROLLBACK" }, warning)
    }

    /// DISCARD ALL.
    pub(crate) fn discard(&mut self) -> Result<(), Failure> {
        if self.status != Status::Idle {
            return Err(failure("25001", "DISCARD ALL cannot run inside a transaction block"));
        }
        if self.has_run {
            return Err(failure("25001", "DISCARD ALL cannot be executed within a pipeline"));
        }
        self.statements.clear();
        self.settings.clone_from(&self.defaults);
        self.ties = Ties::default();
        self.listening.clear();
        self.prelude.clear();
        self.commit();
        Ok(())
    }

    /// DEALLOCATE.
    pub(crate) fn deallocate(&mut self, name: Option<&str>) -> Result<&'static str, Failure> {
        let Some(name) = name else {
            self.statements.retain(|name, _| name.is_empty());
            self.ties.is_prepared = false;
            return Ok("DEALLOCATE ALL");
        };
        match self.statements.remove(name) {
            Some(_) => Ok("DEALLOCATE"),
            None => Err(no_statement(name)),
        }
    }

    /// What a failed block says to all but its end.
    pub(crate) fn refuse_if_failed(&self) -> Result<(), Failure> {
        if self.status != Status::Failed {
            return Ok(());
        }
        Err(failure(
            "25P02",
            "current transaction is aborted, commands ignored until end of transaction block",
        ))
    }
}

/// What a name that is not there is told.
pub(crate) fn no_statement(name: &str) -> Failure {
    if name.is_empty() {
        return failure("26000", "unnamed prepared statement does not exist");
    }
    failure("26000", format!("prepared statement \"{name}\" does not exist"))
}
