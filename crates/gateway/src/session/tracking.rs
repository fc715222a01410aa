//! What a client has done to its session, as far as that is known, and what ties it to its server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::scan::{Found, Marks, Pieces};
use crate::parameters::{self, Parameters};
use crate::pins::{Pin, Pins, Place, Reason, Reasons};
use crate::report::Refusal;

/// Numbers clients; 0 is nobody.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What is to be asked of PostgreSQL once it is idle.
#[derive(Debug, Default)]
pub struct Pending {
    /// What has been found in the texts sent since it was last asked.
    pub found: Found,
    /// Ties that are known without asking.
    pub sure: Reasons,
    /// The first statement that may tie the client, without its literals.
    pub statement: Option<Box<str>>,
    /// How often asking has failed.
    pub failures: u8,
}

/// What is followed of a client.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
#[derive(Debug)]
pub struct Tracking {
    /// Its pool's pinned clients.
    pins: Arc<Pins>,
    /// Tells it from every other client.
    pub(super) number: u64,
    /// Whether its statements are looked through: not in session mode.
    pub(super) is_on: bool,
    /// Whether the client keeps its server whether it is tied or not.
    pub(super) stays: bool,
    /// Whether the client may keep its server.
    pub(super) may_pin: bool,
    /// What is to be asked.
    pub(super) pending: Option<Box<Pending>>,
    /// A question is under way, whose answer will not know what the client has sent since.
    pub(super) is_asked: bool,
    /// What ties it to its server.
    pin: Option<Arc<Pin>>,
    /// Taken while something may tie it.
    place: Option<Place>,
    /// What an EXECUTE may do: what has been found in texts with a PREPARE.
    prepared: Option<Box<Found>>,
    /// What has been found in the unnamed statement.
    pub(super) unnamed: Found,
    /// The beginning of that, if it may tie the client.
    pub(super) unnamed_shown: Box<str>,
    /// Whether what it creates is temporary by itself.
    pub(super) path: Path,
    /// Settings that a statement under way takes back to what they were at startup.
    pub(super) resets: Resets,
    /// What has been found in the message that waits for a server.
    pub(super) scanned: Option<Found>,
    /// A text that comes in pieces.
    pub(super) long: Option<Box<Long>>,
    /// What PostgreSQL reads a statement with may not be what the client's settings say, until it is idle and all is
    /// answered.
    pub(super) reads_differently: bool,
}

/// Whether `search_path` has what is created be temporary, found out again when settings have changed.
#[derive(Debug, Default)]
pub(super) struct Path {
    settings: Arc<Parameters>,
    reported: Arc<Parameters>,
    is_temporary: bool,
}

impl Path {
    pub(super) fn is_temporary(
        &mut self,
        settings: &Arc<Parameters>,
        reported: &Arc<Parameters>,
    ) -> bool {
        if !Arc::ptr_eq(settings, &self.settings) || !Arc::ptr_eq(reported, &self.reported) {
            let names = |parameters: &Parameters| {
                let path = parameters.get("search_path").unwrap_or_default();
                path.windows(7).any(|part| part.eq_ignore_ascii_case(b"pg_temp"))
            };
            self.is_temporary = names(settings) || names(reported);
            self.settings = Arc::clone(settings);
            self.reported = Arc::clone(reported);
        }
        self.is_temporary
    }
}

/// Settings that are taken back to what they were at startup.
#[derive(Debug, Default)]
pub(super) struct Resets {
    names: Vec<Box<str>>,
    is_all: bool,
}

impl Resets {
    /// Those that a text takes back.
    pub(super) fn note(&mut self, found: &Found) {
        self.names.extend(found.resets.iter().cloned());
        self.is_all |= found.resets_all;
    }

    /// Whether `name` is one.
    pub(super) fn has(&self, name: &str) -> bool {
        // RESET ALL leaves alone as whom the session acts.
        (self.is_all && !parameters::is_identity(name))
            || self.names.iter().any(|reset| reset.eq_ignore_ascii_case(name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.is_all
    }
}

/// A text that comes in pieces.
#[derive(Debug)]
pub(super) struct Long {
    pub(super) pieces: Pieces,
    /// Whether it is a Parse, so that it counts when it is bound.
    pub(super) is_parse: bool,
    /// How the text begins.
    pub(super) head: Box<[u8]>,
}

impl Default for Tracking {
    fn default() -> Self {
        Self {
            pins: Arc::default(),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            is_on: false,
            stays: false,
            may_pin: true,
            pending: None,
            is_asked: false,
            pin: None,
            place: None,
            prepared: None,
            unnamed: Found::default(),
            unnamed_shown: Box::default(),
            path: Path::default(),
            resets: Resets::default(),
            scanned: None,
            long: None,
            reads_differently: false,
        }
    }
}

impl Drop for Tracking {
    fn drop(&mut self) {
        self.pins.changed(self.reasons(), Reasons::default());
    }
}

impl Tracking {
    /// Belong to the pool with these `pins` from now on. Never while a server is held.
    pub fn join(&mut self, pins: &Arc<Pins>) {
        self.pins = Arc::clone(pins);
    }

    /// Look through statements from now on, or do not.
    pub fn turn(&mut self, is_on: bool) {
        self.is_on = is_on;
        self.stays = false;
    }

    /// The client keeps its server from now on.
    pub fn stay(&mut self) {
        self.stays = true;
    }

    /// Whether a client may keep its server: not where every transaction ends with a reset.
    pub fn allow_pins(&mut self, may_pin: bool) {
        self.may_pin = may_pin;
    }

    /// Its pool's pinned clients.
    pub fn pins(&self) -> &Arc<Pins> {
        &self.pins
    }

    /// What ties the client to its server.
    pub fn pin(&self) -> Option<&Arc<Pin>> {
        self.pin.as_ref()
    }

    /// The kinds of ties.
    pub fn reasons(&self) -> Reasons {
        self.pin.as_ref().map(|pin| pin.reasons).unwrap_or_default()
    }

    /// Whether the server may not be as its client found it.
    pub fn leaves_traces(&self) -> bool {
        self.pin.is_some() || self.pending.is_some()
    }

    /// Whether the message that waits for a server is about a sequence's last number, so that the server should be
    /// the one that the client used last.
    pub fn wants_same_server(&self) -> bool {
        self.scanned.as_ref().is_some_and(|found| found.marks.has(Marks::SEQUENCE))
    }

    /// Take note of a statement that is about to be sent.
    ///
    /// # Errors
    /// It may tie the client to its server, and too many are tied already.
    pub(super) fn note(
        &mut self,
        found: &Found,
        shown: &dyn Fn() -> Box<str>,
        may_refuse: bool,
    ) -> Result<(), Box<Refusal>> {
        let marks = found.marks;
        self.reads_differently |= marks.has(Marks::READING | Marks::UNDECIDED | Marks::RESET_ALL);
        let mut asked = found.clone();
        if marks.has(Marks::EXECUTE)
            && let Some(prepared) = &self.prepared
        {
            asked.merge(prepared);
        }
        if marks.has(Marks::LOAD) && marks.has(Marks::BLOCK) {
            asked.marks |= Marks::UNDECIDED;
        }
        for (mark, reason) in [
            (Marks::UNLOCK, Reason::AdvisoryLock),
            (Marks::DEALLOCATE, Reason::PreparedStatement),
            (Marks::CLOSE, Reason::Cursor),
            (Marks::DROP, Reason::TemporaryObject),
            (Marks::UNSLOT, Reason::ReplicationSlot),
        ] {
            let is_moot = !self.reasons().has(reason) && self.pending.is_none() && !self.is_asked;
            if is_moot {
                asked.marks = asked.marks & !mark;
            }
        }
        // Channels are another's business, and tie nobody: see `listening`.
        let others = Marks::LISTEN | Marks::UNLISTEN;
        asked.marks = asked.marks & !(Marks::ASIDE | Marks::EXECUTE | others);
        if !self.may_pin {
            asked.marks = asked.marks & (Marks::SETTINGS | Marks::RESET_ALL);
        }
        if asked.marks.is_empty() {
            return Ok(());
        }
        if asked.marks.has(Marks::MAY_PIN) && self.place.is_none() {
            self.place = match self.pins.take() {
                None if may_refuse => return Err(Box::new(self.refusal(&asked))),
                None => Some(self.pins.force()),
                place => place,
            };
        }
        if marks.has(Marks::PREPARE) {
            let mut inside = asked.clone();
            inside.marks = inside.marks & !Marks::PREPARE;
            if inside.is_of_interest() {
                self.prepared.get_or_insert_default().merge(&inside);
            }
        }
        let pending = self.pending.get_or_insert_default();
        pending.found.merge(&asked);
        if asked.marks.has(Marks::MAY_PIN) && pending.statement.is_none() {
            pending.statement = Some(shown());
        }
        Ok(())
    }

    /// Take note that a statement ties the client that asks for a sequence's last number.
    ///
    /// # Errors
    /// As [`Self::note`].
    pub(super) fn note_sequence(
        &mut self,
        shown: &dyn Fn() -> Box<str>,
    ) -> Result<(), Box<Refusal>> {
        if self.reasons().has(Reason::Sequence) {
            return Ok(());
        }
        if self.place.is_none() {
            self.place = self.pins.take();
            if self.place.is_none() {
                let mut found = Found::default();
                found.marks |= Marks::SEQUENCE;
                return Err(Box::new(self.refusal(&found)));
            }
        }
        let pending = self.pending.get_or_insert_default();
        pending.sure.set(Reason::Sequence, true);
        pending.statement.get_or_insert_with(shown);
        Ok(())
    }

    fn refusal(&self, found: &Found) -> Refusal {
        let mut reasons = Reasons::default();
        for (mark, reason) in MARKED {
            reasons.set(reason, found.marks.has(mark));
        }
        Refusal::max_pinned(self.pins.limit(), &reasons.names())
    }

    /// Note what PostgreSQL has done: LOAD cannot be undone.
    pub(super) fn loaded(&mut self) {
        if self.may_pin {
            let pending = self.pending.get_or_insert_default();
            pending.sure.set(Reason::Load, true);
        }
    }

    /// Whether SQL's PREPARE has made statements that change the session.
    pub(super) fn has_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    /// Note that PostgreSQL is idle, and whether all is answered.
    pub(super) fn rests(&mut self, is_all_answered: bool) {
        self.reads_differently &= !is_all_answered || self.pending.is_some();
    }

    /// Note that DISCARD SEQUENCES has run.
    pub(super) fn forgets_numbers(&mut self) {
        let mut reasons = self.reasons();
        reasons.set(Reason::Sequence, false);
        self.tie(reasons, None);
    }

    /// Note that there was no number to be told.
    pub(super) fn has_no_number(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.sure.set(Reason::Sequence, false);
        }
    }

    /// Note that `client_encoding` has changed, in which values are read: those that look different in another are
    /// to be asked for again.
    pub(super) fn spells_differently(&mut self, settings: &Parameters) {
        if !self.is_on {
            return;
        }
        for (name, _) in settings.iter().filter(|(_, value)| !value.is_ascii()) {
            self.pending.get_or_insert_default().found.ask(name.as_bytes());
        }
    }

    /// Note that DISCARD ALL has run: it takes back all but what nothing takes back.
    pub(super) fn discarded(&mut self) {
        let mut reasons = self.reasons();
        for reason in [Reason::Sequence, Reason::Undecided] {
            reasons.set(reason, false);
        }
        self.tie(reasons, None);
    }

    /// The client is tied by `reasons` and nothing else from now on.
    pub(super) fn tie(&mut self, reasons: Reasons, statement: Option<Box<str>>) {
        let before = self.reasons();
        self.pins.changed(before, reasons);
        if reasons.is_empty() {
            self.pin = None;
            if self.pending.is_none() && !self.is_asked {
                self.place = None;
                self.prepared = None;
            }
        } else if before != reasons {
            if self.place.is_none() {
                self.place = Some(self.pins.force());
            }
            let (since, statement) = match &self.pin {
                Some(pin) => (pin.since, pin.statement.clone()),
                None => (SystemTime::now(), statement.unwrap_or_default()),
            };
            self.pin = Some(Arc::new(Pin { reasons, since, statement }));
        }
    }
}

/// Which reason each mark may be.
pub(super) const MARKED: [(Marks, Reason); 10] = [
    (Marks::LOCK, Reason::AdvisoryLock),
    (Marks::PREPARE, Reason::PreparedStatement),
    (Marks::CURSOR, Reason::Cursor),
    (Marks::TEMPORARY, Reason::TemporaryObject),
    (Marks::LOAD, Reason::Load),
    (Marks::SEQUENCE, Reason::Sequence),
    (Marks::SEED, Reason::Seed),
    (Marks::SLOT, Reason::ReplicationSlot),
    (Marks::BACKEND, Reason::Backend),
    (Marks::UNDECIDED, Reason::Undecided),
];
