//! A model of PostgreSQL: bytes of a client in, bytes of a server out, no sockets.
//!
//! Only what a pooler can tell apart is there: which messages are answered with what, what an error skips, what
//! a transaction's end undoes. The tests of the gateway hold it against a real server.

use pgwire::backend::{self, Status};
use pgwire::frontend::{self, BindNames, Parse, Target};
use pgwire::{cursor, frame};

use crate::command::{Command, Stage};
use crate::messages;
use crate::run::{check, run};
use crate::transaction::{
    Failure, Portal, Progress, Session, Settings, Statement, failure, no_statement,
};
use crate::writer::Writer;

/// A setting that PostgreSQL does not tell of.
const UNREPORTED: &str = "work_mem";

/// One session of a server.
#[derive(Debug)]
pub(crate) struct Postgres {
    pub(crate) session: Session,
    /// What has come in, a line for each message.
    pub(crate) seen: Vec<String>,
    received: Vec<u8>,
    writer: Writer,
    skipping: bool,
    copying: Option<Copying>,
    /// Settings as the client was last told them.
    told: Settings,
}

#[derive(Debug)]
struct Copying {
    portal: Option<String>,
    lines: usize,
}

impl Postgres {
    /// A session that has just begun with these settings.
    pub(crate) fn new(defaults: &Settings) -> Self {
        let mut all = defaults.clone();
        all.insert(UNREPORTED.to_owned(), "4MB".to_owned());
        Self {
            session: Session::new(&all),
            seen: Vec::new(),
            received: Vec::new(),
            writer: Writer::default(),
            skipping: false,
            copying: None,
            told: defaults.clone(),
        }
    }

    /// Whether it waits for a new command outside any transaction.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.session.status == Status::Idle
            && !self.skipping
            && self.copying.is_none()
            && self.received.is_empty()
    }

    /// Read what a client sends and return what it is answered.
    pub(crate) fn take(&mut self, input: &[u8]) -> Vec<u8> {
        self.received.extend_from_slice(input);
        let received = std::mem::take(&mut self.received);
        let mut rest = received.as_slice();
        while let Some((tag, body, after)) =
            frame::split(rest, u32::MAX).expect("the client keeps to the protocol")
        {
            self.seen.push(messages::line(tag, body));
            self.message(tag, body);
            rest = after;
        }
        self.received = rest.to_vec();
        std::mem::take(&mut self.writer.bytes)
    }

    fn message(&mut self, tag: u8, body: &[u8]) {
        if self.copying.is_some() {
            return self.copy_message(tag, body);
        }
        if self.skipping && tag != frontend::SYNC {
            return;
        }
        match tag {
            frontend::SYNC => {
                self.skipping = false;
                self.session.end_implicit();
                self.ready();
            }
            // What follows a failed COPY is ignored, and nothing is ever held back.
            frontend::FLUSH | frontend::COPY_DATA | frontend::COPY_DONE | frontend::COPY_FAIL => {}
            frontend::QUERY => self.query(text(frontend::query(body).expect("a Query"))),
            frontend::FUNCTION_CALL => {
                self.session.begin();
                match self.session.refuse_if_failed() {
                    Ok(()) => self.writer.put(backend::FUNCTION_CALL_RESPONSE, &[0xff; 4]),
                    Err(failure) => self.fail(&failure),
                }
                self.session.end_implicit();
                self.ready();
            }
            _ => {
                if let Err(failure) = self.extended(tag, body) {
                    self.fail(&failure);
                    self.skipping = true;
                }
            }
        }
    }

    fn extended(&mut self, tag: u8, body: &[u8]) -> Result<(), Failure> {
        match tag {
            frontend::PARSE => {
                let parse = Parse::parse(body).expect("a Parse");
                self.session.begin();
                self.parse(text(parse.name), text(parse.text))
            }
            frontend::BIND => {
                let names = BindNames::parse(body).expect("a Bind");
                self.session.begin();
                self.bind(text(names.portal), text(names.statement))
            }
            frontend::DESCRIBE => {
                self.session.begin();
                self.describe(Target::parse(body).expect("a Describe"))
            }
            frontend::EXECUTE => {
                let mut cursor = cursor::Cursor::new(body);
                let portal = cursor.string("portal").expect("a portal's name");
                let limit = cursor.u32("rows").expect("a row limit");
                self.session.begin();
                self.execute(text(portal), limit as usize)
            }
            frontend::CLOSE => {
                match Target::parse(body).expect("a Close") {
                    Target::Statement(name) => drop(self.session.statements.remove(text(name))),
                    Target::Portal(name) => drop(self.session.portals.remove(text(name))),
                }
                self.writer.put(backend::CLOSE_COMPLETE, b"");
                Ok(())
            }
            other => panic!("a message {:?} is not in the model", char::from(other)),
        }
    }

    fn parse(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        if name.is_empty() {
            self.session.statements.remove("");
        }
        let command = Command::read(text);
        check(&command, Stage::Grammar)?;
        if command != Command::Empty && !command.ends_a_block() {
            self.session.refuse_if_failed()?;
        }
        check(&command, Stage::Analysis)?;
        if !name.is_empty() && self.session.statements.contains_key(name) {
            let message = format!("prepared statement \"{name}\" already exists");
            return Err(failure("42P05", message));
        }
        let statement = Statement { command, schema: self.session.schema };
        self.session.statements.insert(name.to_owned(), statement);
        self.writer.put(backend::PARSE_COMPLETE, b"");
        Ok(())
    }

    fn bind(&mut self, portal: &str, name: &str) -> Result<(), Failure> {
        let statement = self.session.statements.get(name).ok_or_else(|| no_statement(name))?;
        let Statement { command, schema } = statement.clone();
        if !command.ends_a_block() {
            self.session.refuse_if_failed()?;
        }
        if !portal.is_empty() && self.session.portals.contains_key(portal) {
            return Err(failure("42P03", format!("cursor \"{portal}\" already exists")));
        }
        // The portal is there, empty, before the statement is planned.
        let unplanned = Portal { command: Command::Empty, progress: Progress::Ready(0) };
        self.session.portals.insert(portal.to_owned(), unplanned);
        if command == Command::Versioned && schema != self.session.schema {
            let stale = failure("0A000", "cached plan must not change result type");
            return Err(Failure { routine: "RevalidateCachedQuery", ..stale });
        }
        check(&command, Stage::Planning)?;
        let planned = Portal { command, progress: Progress::Ready(0) };
        self.session.portals.insert(portal.to_owned(), planned);
        self.writer.put(backend::BIND_COMPLETE, b"");
        Ok(())
    }

    fn describe(&mut self, target: Target<'_>) -> Result<(), Failure> {
        let command = match target {
            Target::Statement(name) => {
                let found = self.session.statements.get(text(name));
                found.ok_or_else(|| no_statement(text(name)))?.command.clone()
            }
            Target::Portal(name) => self.portal(text(name))?.command.clone(),
        };
        if command.returns_rows() {
            self.session.refuse_if_failed()?;
        }
        if matches!(target, Target::Statement(_)) {
            self.writer.put(backend::PARAMETER_DESCRIPTION, &[0, 0]);
        }
        if command.returns_rows() {
            self.writer.row_description();
        } else {
            self.writer.put(backend::NO_DATA, b"");
        }
        Ok(())
    }

    fn portal(&self, name: &str) -> Result<&Portal, Failure> {
        let found = self.session.portals.get(name);
        found.ok_or_else(|| failure("34000", format!("portal \"{name}\" does not exist")))
    }

    fn execute(&mut self, name: &str, limit: usize) -> Result<(), Failure> {
        let Portal { command, progress } = self.portal(name)?.clone();
        if command == Command::Empty {
            self.writer.put(backend::EMPTY_QUERY_RESPONSE, b"");
            return Ok(());
        }
        if !command.ends_a_block() {
            self.session.refuse_if_failed()?;
        }
        let Progress::Ready(start) = progress else {
            return Err(failure("55000", format!("portal \"{name}\" cannot be run")));
        };
        if command == Command::CopyIn {
            self.writer.copy_response(backend::COPY_IN_RESPONSE);
            self.copying = Some(Copying { portal: Some(name.to_owned()), lines: 0 });
            return Ok(());
        }
        self.advance(name, Progress::Done);
        let returned = run(&mut self.session, &mut self.writer, &command, start, limit)?;
        if let Some(returned) = returned {
            self.advance(name, Progress::Ready(returned));
        }
        if command.ends_a_block() || command == Command::DiscardAll {
            self.session.end_implicit();
            return Ok(());
        }
        self.session.has_run = true;
        Ok(())
    }

    fn advance(&mut self, portal: &str, progress: Progress) {
        if let Some(found) = self.session.portals.get_mut(portal) {
            found.progress = progress;
        }
    }

    fn query(&mut self, text: &str) {
        self.session.begin();
        self.session.statements.remove("");
        if let Err(failure) = self.simple(text) {
            self.fail(&failure);
        }
        if self.copying.is_none() {
            self.session.end_implicit();
            self.ready();
        }
    }

    fn simple(&mut self, text: &str) -> Result<(), Failure> {
        // A DO has semicolons of its own.
        let end = if text.starts_with("DO ") { '\0' } else { ';' };
        let texts = text.split(end).map(str::trim).filter(|part| !part.is_empty());
        let commands: Vec<Command> = texts.map(Command::read).collect();
        for command in &commands {
            check(command, Stage::Grammar)?;
        }
        if commands.is_empty() {
            self.writer.put(backend::EMPTY_QUERY_RESPONSE, b"");
        }
        for command in commands {
            if !command.ends_a_block() {
                self.session.refuse_if_failed()?;
            }
            check(&command, Stage::Analysis)?;
            check(&command, Stage::Planning)?;
            // Every query of a simple Query runs in the unnamed portal, which is dropped after it.
            self.session.portals.remove("");
            if command == Command::CopyIn {
                self.writer.copy_response(backend::COPY_IN_RESPONSE);
                self.copying = Some(Copying { portal: None, lines: 0 });
                return Ok(());
            }
            if command.returns_rows() {
                self.writer.row_description();
            }
            run(&mut self.session, &mut self.writer, &command, 0, 0)?;
        }
        Ok(())
    }

    fn copy_message(&mut self, tag: u8, body: &[u8]) {
        let Some(copying) = &mut self.copying else {
            return;
        };
        let failure = match tag {
            frontend::FLUSH | frontend::SYNC => return,
            frontend::COPY_DATA if !body.starts_with(b"bad") => {
                copying.lines += 1;
                return;
            }
            frontend::COPY_DATA => {
                Some(failure("22P02", "invalid input syntax for type integer: \"bad\""))
            }
            frontend::COPY_DONE => None,
            frontend::COPY_FAIL => {
                let reason = text(body.strip_suffix(b"\0").unwrap_or(body));
                Some(failure("57014", format!("COPY from stdin failed: {reason}")))
            }
            other => panic!("{:?} ends the connection during COPY", char::from(other)),
        };
        let Copying { portal, lines } = self.copying.take().expect("COPY is under way");
        match &failure {
            Some(failure) => self.fail(failure),
            None => self.writer.complete(&format!("COPY {lines}")),
        }
        match portal {
            None => {
                self.session.end_implicit();
                self.ready();
            }
            Some(_) if failure.is_some() => self.skipping = true,
            Some(portal) => {
                self.advance(&portal, Progress::Done);
                self.session.has_run = true;
            }
        }
    }

    fn ready(&mut self) {
        for (name, value) in &self.session.settings {
            if name != UNREPORTED && self.told.get(name) != Some(value) {
                backend::put_parameter_status(
                    &mut self.writer.bytes,
                    name.as_bytes(),
                    value.as_bytes(),
                );
            }
        }
        self.told.clone_from(&self.session.settings);
        backend::put_ready_for_query(&mut self.writer.bytes, self.session.status);
    }

    fn fail(&mut self, failure: &Failure) {
        self.writer.error(failure);
        self.session.abort();
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("names and texts are UTF-8")
}
