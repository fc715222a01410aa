//! Clients that keep their server beyond a transaction: why, since when, and how many there may be.
//!
//! A pool has one [`Pins`]. A client takes a place there before it sends what may tie it to its server, and gives it
//! back once PostgreSQL has said that nothing ties it.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Most statement texts that are remembered as logged.
const LOGGED_LIMIT: usize = 10_000;

/// What ties a client to its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Session advisory locks.
    AdvisoryLock,
    /// Statements of SQL's PREPARE.
    PreparedStatement,
    /// Cursors WITH HOLD.
    Cursor,
    /// Temporary tables, views, sequences, functions or types.
    TemporaryObject,
    /// LOAD, which nothing takes back.
    Load,
    /// It has asked for the number that it last drew from a sequence.
    Sequence,
    /// It has seeded `random()`.
    Seed,
    /// Temporary replication slots.
    ReplicationSlot,
    /// What ends with PostgreSQL's process and with nothing else that is known: a backup, the origin of what is
    /// replicated, connections of `dblink`.
    Backend,
    /// A statement of which it could not be decided what it does to the session.
    Undecided,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::AdvisoryLock,
        Self::PreparedStatement,
        Self::Cursor,
        Self::TemporaryObject,
        Self::Load,
        Self::Sequence,
        Self::Seed,
        Self::ReplicationSlot,
        Self::Backend,
        Self::Undecided,
    ];

    /// Its name in tables and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::AdvisoryLock => "advisory_lock",
            Self::PreparedStatement => "prepared_statement",
            Self::Cursor => "cursor",
            Self::TemporaryObject => "temporary_object",
            Self::Load => "load",
            Self::Sequence => "sequence",
            Self::Seed => "seed",
            Self::ReplicationSlot => "replication_slot",
            Self::Backend => "backend",
            Self::Undecided => "undecided",
        }
    }

    /// A query whose one column says whether it holds now; `None` where PostgreSQL cannot say.
    pub fn question(self) -> Option<&'static str> {
        Some(match self {
            Self::AdvisoryLock => {
                "EXISTS(SELECT FROM pg_catalog.pg_locks WHERE locktype OPERATOR(pg_catalog.=) 'advisory' \
                 AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())"
            }
            Self::PreparedStatement => {
                "EXISTS(SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql)"
            }
            Self::Cursor => "EXISTS(SELECT FROM pg_catalog.pg_cursors WHERE is_holdable)",
            // Whatever is in a schema depends on it, and that is indexed.
            Self::TemporaryObject => {
                "EXISTS(SELECT FROM pg_catalog.pg_depend WHERE refclassid OPERATOR(pg_catalog.=) \
                 2615::pg_catalog.oid AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema())"
            }
            Self::ReplicationSlot => {
                "EXISTS(SELECT FROM pg_catalog.pg_replication_slots WHERE temporary \
                 AND active_pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid())"
            }
            Self::Load | Self::Sequence | Self::Seed | Self::Backend | Self::Undecided => {
                return None;
            }
        })
    }

    /// What takes it back when its client has left; `None` where nothing does.
    fn cure(self) -> Option<&'static str> {
        Some(match self {
            Self::AdvisoryLock => "SELECT pg_catalog.pg_advisory_unlock_all()",
            Self::PreparedStatement => "DEALLOCATE ALL",
            Self::Cursor => "CLOSE ALL",
            Self::TemporaryObject => "DISCARD TEMP",
            Self::Sequence => "DISCARD SEQUENCES",
            Self::Undecided => "DISCARD ALL",
            Self::Load | Self::Seed | Self::ReplicationSlot | Self::Backend => return None,
        })
    }
}

/// A set of [`Reason`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// Whether `reason` is among them.
    pub fn has(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u16) != 0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Add `reason`, or take it out.
    pub fn set(&mut self, reason: Reason, holds: bool) {
        if holds {
            self.0 |= 1 << reason as u16;
        } else {
            self.0 &= !(1 << reason as u16);
        }
    }

    /// These and those.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// In the order of [`Reason::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.has(*reason))
    }

    /// Names, with commas between them.
    pub fn names(self) -> String {
        self.iter().map(Reason::name).collect::<Vec<_>>().join(",")
    }

    /// The queries that take all of it back once the client has left; `None` where only closing the server does.
    pub fn cures(self) -> Option<Vec<&'static str>> {
        self.iter().map(Reason::cure).collect()
    }
}

/// Why a client keeps its server, as others see it.
#[derive(Debug)]
pub struct Pin {
    /// What ties it.
    pub reasons: Reasons,
    /// Since when.
    pub since: SystemTime,
    /// The statement it began with, without its literals.
    pub statement: Box<str>,
}

/// The pinned clients of one pool.
#[derive(Debug, Default)]
pub struct Pins {
    /// Most of them; 0 for any number.
    limit: AtomicUsize,
    taken: AtomicUsize,
    /// Whether a client has ever asked for the last number of a sequence, so that servers are cleaned of those.
    asks_for_sequences: AtomicBool,
    now: [AtomicUsize; Reason::ALL.len()],
    total: [AtomicU64; Reason::ALL.len()],
    logged: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

/// A place among the pinned clients of a pool, given back when dropped.
#[derive(Debug)]
pub struct Place(Arc<Pins>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pins {
    /// At most `limit` from now on; 0 for any number.
    pub fn limit_to(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Most pinned clients; 0 for any number.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Places taken.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// A place, if one is free.
    pub fn take(self: &Arc<Self>) -> Option<Place> {
        let limit = self.limit();
        let more = |taken| (limit == 0 || taken < limit).then_some(taken + 1);
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.ok().map(|_| Place(Arc::clone(self)))
    }

    /// A place beyond the limit, for what has been sent already.
    pub fn force(self: &Arc<Self>) -> Place {
        self.taken.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(self))
    }

    /// Note that what ties a client has changed.
    pub fn changed(&self, before: Reasons, after: Reasons) {
        for reason in Reason::ALL {
            let (now, total) = (self.now.get(reason as usize), self.total.get(reason as usize));
            let (Some(now), Some(total)) = (now, total) else {
                continue;
            };
            match (before.has(reason), after.has(reason)) {
                (false, true) => {
                    now.fetch_add(1, Ordering::Relaxed);
                    total.fetch_add(1, Ordering::Relaxed);
                }
                (true, false) => {
                    now.fetch_sub(1, Ordering::Relaxed);
                }
                _ => {}
            }
        }
    }

    /// Clients pinned for each reason now, and how many ever were.
    pub fn counts(&self) -> impl Iterator<Item = (Reason, usize, u64)> {
        let counts = self.now.iter().zip(&self.total);
        Reason::ALL.into_iter().zip(counts).map(|(reason, (now, total))| {
            (reason, now.load(Ordering::Relaxed), total.load(Ordering::Relaxed))
        })
    }

    /// Note that a client asks for the last number of a sequence.
    pub fn note_sequences(&self) {
        if !self.asks_for_sequences() {
            self.asks_for_sequences.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a client ever has.
    pub fn asks_for_sequences(&self) -> bool {
        self.asks_for_sequences.load(Ordering::Relaxed)
    }

    /// Whether a statement with this text has not been logged yet; it is taken to be logged from now on.
    pub fn is_new(&self, statement: &str) -> bool {
        let hash = self.hasher.hash_one(statement);
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        logged.len() < LOGGED_LIMIT && logged.insert(hash)
    }
}

/// Most bytes of a statement that are shown.
const SHOWN: usize = 128;

/// The beginning of a statement without literals, which may be secrets, on one line.
pub fn summary(text: &[u8]) -> Box<str> {
    let text = String::from_utf8_lossy(text.get(..text.len().min(SHOWN * 8)).unwrap_or(text));
    let mut shown = String::new();
    let mut characters = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        if shown.len() >= SHOWN {
            break;
        }
        let in_word = before.is_alphanumeric() || before == '_';
        match character {
            '\'' => {
                shown.push('?');
                let mut escaped = false;
                for inner in characters.by_ref() {
                    if inner == '\'' && !escaped {
                        break;
                    }
                    escaped = inner == '\\' && !escaped;
                }
            }
            '$' if !in_word && !characters.peek().is_some_and(char::is_ascii_digit) => {
                // A dollar quote: whatever is in it is not shown.
                shown.push('?');
                break;
            }
            digit if digit.is_ascii_digit() && !in_word && before != '$' => {
                shown.push('?');
                while characters.next_if(|next| next.is_alphanumeric() || *next == '.').is_some() {}
            }
            space if space.is_whitespace() => {
                if !shown.ends_with(' ') && !shown.is_empty() {
                    shown.push(' ');
                }
            }
            other => shown.push(other),
        }
        before = character;
    }
    let mut end = shown.len().min(SHOWN);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    shown.truncate(end);
    shown.trim_end().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_places_are_taken_than_there_are() {
        let pins = Arc::new(Pins::default());
        pins.limit_to(2);
        let places: Vec<_> = (0..3).map(|_| pins.take()).collect();
        assert_eq!(places.iter().filter(|place| place.is_some()).count(), 2);
        drop(places);
        assert!(pins.take().is_some());
        pins.limit_to(0);
        assert_eq!((0..50).filter_map(|_| pins.take()).collect::<Vec<_>>().len(), 50);
    }

    #[test]
    fn what_is_shown_of_a_statement_holds_no_literal() {
        for (text, shown) in [
            ("SELECT  pg_advisory_lock(42,\n'x''y') ", "SELECT pg_advisory_lock(?, ??)"),
            (
                "prepare p1 as select $1, E'a\\'b', 1.5e3, t2.a",
                "prepare p1 as select $1, E?, ?, t2.a",
            ),
            ("do $$ secret $$", "do ?"),
            ("select 'open", "select ?"),
        ] {
            assert_eq!(&*summary(text.as_bytes()), shown, "{text}");
        }
        assert!(summary("é".repeat(500).as_bytes()).len() <= SHOWN);
    }

    #[test]
    fn what_only_closing_takes_back_has_no_cure() {
        let mut reasons = Reasons::default();
        reasons.set(Reason::Cursor, true);
        reasons.set(Reason::Undecided, true);
        assert_eq!(reasons.cures().unwrap(), ["CLOSE ALL", "DISCARD ALL"]);
        assert_eq!(reasons.names(), "cursor,undecided");
        reasons.set(Reason::Load, true);
        assert!(reasons.cures().is_none());
    }
}
