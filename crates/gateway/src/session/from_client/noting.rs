//! Takes note of statements that may change their session, and refuses those that may not.

use pgwire::backend::Status;
use pgwire::cursor::Cursor;
use pgwire::{frontend, frontend::BindNames};

use super::{Expect, Message, Session, Step};
use crate::pins::summary;
use crate::report::Refusal;
use crate::session::listening::{CHANNELS, Form};
use crate::session::scan::{Found, Marks, Pieces, may_create, scan};
use crate::session::text::{DROPS_ALL, Text};
use crate::session::tracking::Long;
use crate::session::{ClientState, Replay, WHOLE_LIMIT};
use crate::statements::Statement;

/// A text that PostgreSQL cannot read, and says so in its log.
const REFUSED: &[u8] = b"\"refused by the pooler: max_pinned\"";

/// Functions of PostgreSQL's own that change a session, by OID, which a FunctionCall may call: `setseed`, `set_config`,
/// those that draw from sequences, `currval` and `lastval`, those of advisory locks.
const SETSEED: u32 = 1599;
const SET_CONFIG: u32 = 2078;
const DRAWS: [u32; 3] = [1574, 1576, 1765];
const LAST_NUMBERS: [u32; 2] = [1575, 2559];
const LOCKS: std::ops::RangeInclusive<u32> = 2880..=2892;
/// `pg_backup_start` and `pg_replication_origin_session_setup`.
const BACKEND: [u32; 2] = [2172, 6006];
/// Those that make replication slots, and the one that drops them.
const SLOTS: [u32; 8] = [3779, 3780, 3786, 4220, 4221, 4222, 4223, 4224];

impl Session<'_, '_, '_, '_> {
    /// Whether a message is held back because the client's settings are not known to be in force yet.
    pub(super) fn awaits_replay(&mut self, tag: u8) -> bool {
        match self.server.replay {
            Replay::UnderWay { .. } | Replay::Calming { .. } => tag != frontend::TERMINATE,
            Replay::Acknowledged | Replay::Done => {
                self.server.replay = Replay::Done;
                false
            }
        }
    }

    /// Take note of a simple Query's text; `false` when it has to wait for replies.
    pub(super) fn note_query(&mut self, text: &[u8]) -> Result<bool, Box<Refusal>> {
        let mut found = self.client.tracking.scanned.take().unwrap_or_else(|| scan(text));
        if !self.make_way(found.marks, Form::Simple) {
            self.client.tracking.scanned = Some(found);
            return Ok(false);
        }
        self.note_creation(&mut found, text);
        if !found.marks.is_empty() {
            self.server.may_drop_all |= found.marks.has(DROPS_ALL);
            self.clean_numbers(&found);
            self.note(&found, &|| summary(text))?;
        }
        self.server.drawn.ask(text);
        Ok(true)
    }

    fn note(&mut self, found: &Found, shown: &dyn Fn() -> Box<str>) -> Result<(), Box<Refusal>> {
        self.client.tracking.reads_differently |= found.marks.has(Marks::READING);
        if !found.is_of_interest() {
            return Ok(());
        }
        if found.marks.has(Marks::SEQUENCE)
            && !found.marks.has(Marks::DRAWS)
            && self.server.status == Status::Idle
            && self.client.tracking.may_pin
        {
            self.client.tracking.note_sequence(shown)?;
        }
        let may_refuse = self.server.status != Status::Failed;
        self.client.tracking.note(found, shown, may_refuse)?;
        if !found.resets.is_empty() || found.resets_all {
            self.client.tracking.resets.note(found);
        }
        Ok(())
    }

    /// Take note that a text may make something temporary without saying so.
    fn note_creation(&mut self, found: &mut Found, text: &[u8]) {
        let (settings, reported) = (&self.client.settings, &self.server.reported);
        if self.client.tracking.path.is_temporary(settings, reported) && may_create(text) {
            found.marks |= Marks::TEMPORARY;
        }
    }

    /// Have PostgreSQL forget the numbers of sequences that may be another client's, before a statement that asks
    /// for one.
    pub(super) fn clean_numbers(&mut self, found: &Found) {
        if !found.marks.has(Marks::SEQUENCE) || !self.client.tracking.is_on {
            return;
        }
        self.client.tracking.pins().note_sequences();
        if self.server.drawn.is_in_doubt()
            && !self.server.unsynced
            && !self.server.copy_in
            && self.server.status != Status::Failed
        {
            let (client, server) = (&*self.client, &mut *self.server);
            self.to_server.insert(|out| server.forget_numbers(client, out));
        }
    }

    /// Take note of the text of the unnamed statement, for when it is bound; `false` when it has to wait for replies.
    pub(super) fn note_unnamed(&mut self, text: &Text) -> bool {
        if !self.make_way_early(text.found.marks, Form::Extended) {
            self.client.tracking.scanned = Some(text.found.clone());
            return false;
        }
        let tracking = &mut self.client.tracking;
        if (text.found.marks | tracking.unnamed.marks).is_empty()
            && !tracking.path.is_temporary(&self.client.settings, &self.server.reported)
        {
            self.server.drawn.ask(text.text());
            return true;
        }
        self.note_unnamed_of_interest(text);
        true
    }

    #[cold]
    fn note_unnamed_of_interest(&mut self, text: &Text) {
        let mut found = text.found.clone();
        let text = text.text();
        self.note_creation(&mut found, text);
        self.clean_numbers(&found);
        self.server.drawn.ask(text);
        if found.is_of_interest() {
            self.client.tracking.unnamed_shown = summary(text);
        }
        let unnamed = &mut self.client.tracking.unnamed;
        *unnamed = if self.server.expected.iter().all(Expect::is_hidden) {
            found
        } else {
            // An error before it may have it skipped.
            found.instead_of(unnamed)
        };
    }

    /// Take note of what a Bind of the unnamed statement may do.
    pub(super) fn note_bound_unnamed(&mut self, message: &Message<'_>) -> Option<Step> {
        self.client.tracking.scanned = None;
        if !self.client.tracking.is_on || self.client.tracking.unnamed.marks.is_empty() {
            return None;
        }
        if !self.make_way(self.client.tracking.unnamed.marks, Form::Extended) {
            return Some(Step::Hold);
        }
        let found = std::mem::take(&mut self.client.tracking.unnamed);
        let shown = self.client.tracking.unnamed_shown.clone();
        let step = self.note_binding(message, &found, &|| shown.clone());
        self.client.tracking.unnamed = found;
        step
    }

    /// Take note of what a Bind of `statement` may do.
    #[inline]
    pub(super) fn note_bound(
        &mut self,
        message: &Message<'_>,
        statement: &Statement,
    ) -> Option<Step> {
        self.client.tracking.scanned = None;
        let is_on = self.client.tracking.is_on;
        let marks = statement.found.marks;
        if is_on && !marks.is_empty() && !self.make_way(marks, Form::Extended) {
            return Some(Step::Hold);
        }
        self.server.drawn.bind();
        if !is_on {
            return None;
        }
        let (settings, reported) = (&self.client.settings, &self.server.reported);
        if self.client.tracking.path.is_temporary(settings, reported) {
            return self.note_bound_creation(message, statement);
        }
        if marks.is_empty() {
            return None;
        }
        self.clean_numbers(&statement.found);
        self.note_binding(message, &statement.found, &|| summary(statement.text()))
    }

    /// Take note of a Bind of `statement`, of which nothing is to be noted by itself.
    #[cold]
    fn note_bound_creation(
        &mut self,
        message: &Message<'_>,
        statement: &Statement,
    ) -> Option<Step> {
        let mut found = statement.found.clone();
        self.note_creation(&mut found, statement.text());
        self.note_binding(message, &found, &|| summary(statement.text()))
    }

    /// Take note of a Bind of a statement that SQL's PREPARE may have made: it does what an EXECUTE does.
    pub(super) fn note_bound_by_sql(&mut self, message: &Message<'_>) -> Option<Step> {
        self.client.tracking.scanned = None;
        self.server.drawn.bind();
        if !self.client.tracking.has_prepared() {
            return None;
        }
        let mut found = Found::default();
        found.marks |= Marks::EXECUTE;
        self.note_binding(message, &found, &|| "(a statement of PREPARE)".into())
    }

    fn note_binding(
        &mut self,
        message: &Message<'_>,
        found: &Found,
        shown: &dyn Fn() -> Box<str>,
    ) -> Option<Step> {
        let mut named;
        let mut found = found;
        if !found.parameters.is_empty() {
            if !message.is_whole() && message.header.size <= WHOLE_LIMIT {
                return Some(Step::Wait);
            }
            named = found.clone();
            for parameter in &found.parameters {
                match parameter_value(message, *parameter) {
                    // The name NULL sets nothing.
                    Some([]) => {}
                    Some(name) => named.ask(&name.to_ascii_lowercase()),
                    None => named.marks |= Marks::UNDECIDED,
                }
            }
            found = &named;
        }
        match self.note(found, shown) {
            Ok(()) => None,
            Err(refusal) => Some(self.refuse_bind(message, refusal)),
        }
    }

    /// Send something that fails in place of a Query, so that a transaction is aborted as by an error of
    /// PostgreSQL's own.
    pub(super) fn refuse_query(&mut self, message: &Message<'_>, refusal: Box<Refusal>) -> Step {
        self.to_server.insert(|out| frontend::put_query(out, REFUSED));
        self.server.unnamed_is_clients = true;
        self.server.unsynced = false;
        self.server.expect(Expect::RefusedQuery(refusal));
        Step::Used(message.header.size)
    }

    fn refuse_bind(&mut self, message: &Message<'_>, refusal: Box<Refusal>) -> Step {
        self.to_server.insert(|out| {
            frontend::put_parse(out, b"", &[REFUSED, b"\0\0\0"].concat());
        });
        self.server.unnamed_is_clients = false;
        self.server.expect(Expect::RefusedParse(refusal));
        self.server.unsynced = true;
        self.client.pass = super::Pass::drop(message.header.size - message.bytes.len());
        Step::Used(message.bytes.len())
    }

    /// Take note of a call by the function's OID.
    pub(super) fn note_call(&mut self, message: &Message<'_>) {
        if !self.client.tracking.is_on {
            return;
        }
        let mut found = Found::default();
        match Cursor::new(message.body()).u32("function") {
            Ok(oid) if LOCKS.contains(&oid) => found.marks |= Marks::LOCK,
            Ok(SET_CONFIG) => found.marks |= Marks::UNDECIDED,
            Ok(SETSEED) => found.marks |= Marks::SEED,
            Ok(oid) if SLOTS.contains(&oid) => found.marks |= Marks::SLOT,
            Ok(oid) if BACKEND.contains(&oid) => found.marks |= Marks::BACKEND,
            Ok(oid) if DRAWS.contains(&oid) => return self.server.drawn.bind(),
            Ok(oid) if LAST_NUMBERS.contains(&oid) => {
                found.marks |= Marks::SEQUENCE;
                return self.clean_numbers(&found);
            }
            // Any other may draw a number.
            _ => return self.server.drawn.bind(),
        }
        // Refusing it would take an answer that no other message has.
        let noted = self.client.tracking.note(&found, &|| "(function call)".into(), false);
        debug_assert!(noted.is_ok());
    }

    /// A text begins that comes in pieces.
    pub(super) fn begin_long(&mut self, message: &Message<'_>, is_parse: bool) {
        if !self.client.tracking.is_on {
            return;
        }
        // A Parse begins with the statement's name, which is empty.
        let head = message.body().get(usize::from(is_parse)..).unwrap_or(&[]);
        self.client.tracking.long = Some(Box::new(Long {
            pieces: Pieces::default(),
            is_parse,
            head: head.get(..head.len().min(1024)).unwrap_or(&[]).into(),
        }));
        let (settings, reported) = (&self.client.settings, &self.server.reported);
        if self.client.tracking.path.is_temporary(settings, reported)
            && let Some(long) = &mut self.client.tracking.long
        {
            long.pieces.found.marks |= Marks::TEMPORARY;
        }
        self.client.look_at_long(head, false);
        self.server.drawn.bind();
    }
}

impl ClientState {
    /// Look through the statement that needs a server, so that the right one can be asked for.
    pub(in crate::session) fn look_ahead(&mut self, message: &Message<'_>) {
        let body = message.body();
        self.tracking.scanned = match message.header.tag {
            frontend::PARSE if body.first() == Some(&0) => match self.same_text(body) {
                Some(text) if text.found.marks.is_empty() => None,
                Some(text) => Some(text.found.clone()),
                None => frontend::Parse::parse(body).ok().map(|parse| scan(parse.text)),
            },
            frontend::BIND => {
                let names = BindNames::parse(body);
                let named = names.and_then(|names| self.statements.get(names.statement));
                named
                    .filter(|named| named.statement.found.marks.has(Marks::SEQUENCE))
                    .map(|named| named.statement.found.clone())
            }
            _ => None,
        };
    }

    /// Look at another piece of a long text; what was found counts once all of it has been sent.
    pub(super) fn read_long(&mut self, piece: &[u8]) {
        let is_last = self.pass == super::Pass::Nothing;
        self.look_at_long(piece, is_last);
        if !is_last {
            return;
        }
        let Some(long) = self.tracking.long.take() else {
            return;
        };
        if long.is_parse {
            self.tracking.unnamed = long.pieces.found.instead_of(&self.tracking.unnamed);
            self.tracking.unnamed_shown = summary(&long.head);
            return;
        }
        // Its beginning is on its way: it can no longer be refused.
        let shown = || summary(&long.head);
        let found = &long.pieces.found;
        let noted = self.tracking.note(found, &shown, false);
        debug_assert!(noted.is_ok());
        self.tracking.resets.note(found);
        self.is_to_be_heard |= found.marks.has(CHANNELS);
    }

    fn look_at_long(&mut self, piece: &[u8], is_last: bool) {
        if let Some(long) = &mut self.tracking.long {
            long.pieces.add(piece, is_last);
        }
    }
}

/// The value of a Bind's parameter, counted from 0; empty for NULL, and `None` where it cannot be read.
fn parameter_value<'a>(message: &Message<'a>, number: u16) -> Option<&'a [u8]> {
    let body = message.body();
    let names = BindNames::parse(body)?;
    let mut cursor = Cursor::new(body.get(names.length..)?);
    let formats = cursor.u16("format count").ok()?;
    cursor.bytes(usize::from(formats) * 2, "formats").ok()?;
    if number >= cursor.u16("parameter count").ok()? {
        return None;
    }
    let mut value = &[][..];
    for _ in 0..=number {
        let length = cursor.u32("length").ok()?;
        value =
            if length == u32::MAX { &[] } else { cursor.bytes(length as usize, "value").ok()? };
    }
    Some(value)
}
