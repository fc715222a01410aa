//! Prepared statements by text: one server-side name for each distinct text and parameter types.
//!
//! A client's name for a statement never reaches a server; two clients that prepare the same text share one
//! statement on each server, prepared there when it is first needed.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pgwire::frontend;

use crate::auth::AuthenticationError;
use crate::auth::random::secure_random;
use crate::session::deallocate;
use crate::session::scan::{Found, scan};

/// Begins the settings that nobody else may be said to have.
const PRIVATE: &[u8] = b"\0";

/// Numbers those.
static NEXT_PRIVATE: AtomicU64 = AtomicU64::new(0);

/// Settings that are not known: a statement read under them is nobody else's.
pub fn private_context() -> Vec<u8> {
    let number = NEXT_PRIVATE.fetch_add(1, Ordering::Relaxed);
    [PRIVATE, &number.to_be_bytes()].concat()
}

/// A distinct (text, parameter types, settings it was read under).
#[derive(Debug)]
pub struct Statement {
    /// Unique in this process, never used again.
    pub id: u64,
    /// Its name on every server.
    pub name: Box<[u8]>,
    /// Text, terminator, count and OIDs as they follow the name in a Parse message.
    pub rest: Box<[u8]>,
    /// Whether it may drop every prepared statement when it runs.
    pub may_drop_all: bool,
    /// What it may do to its session when it runs.
    pub found: Found,
    /// `rest`, and the settings that its meaning depends on.
    content: Box<[u8]>,
}

impl Statement {
    /// Its text.
    pub fn text(&self) -> &[u8] {
        self.rest.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    /// Whether others rely on its having been read under other settings than `context`.
    pub fn is_foreign_to(&self, context: &[u8]) -> bool {
        let own = self.content.get(self.rest.len()..).unwrap_or_default();
        own != context && !own.starts_with(PRIVATE)
    }

    /// Append the Parse message that prepares this on a server.
    pub fn put_parse(&self, out: &mut Vec<u8>) {
        frontend::put_parse(out, &self.name, &self.rest);
    }
}

/// A statement looked up by what it is made of.
struct ByContent(Arc<Statement>);

impl Borrow<[u8]> for ByContent {
    fn borrow(&self) -> &[u8] {
        &self.0.content
    }
}

impl Hash for ByContent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.content.hash(state);
    }
}

impl PartialEq for ByContent {
    fn eq(&self, other: &Self) -> bool {
        self.0.content == other.0.content
    }
}

impl Eq for ByContent {}

#[derive(Default)]
struct Known {
    statements: HashSet<ByContent>,
    next: u64,
    /// Size at which statements that nobody holds any more are dropped.
    sweep_at: usize,
}

/// All statements that some client or server holds.
#[derive(Default)]
pub struct Statements {
    known: Mutex<Known>,
    /// Begins every name on a server.
    prefix: Option<String>,
}

impl Statements {
    const SMALLEST_SWEEP: usize = 1024;

    /// Statements whose names on servers nobody can guess, so that no client can use another's by its name.
    pub fn with_secret_names() -> Result<Self, AuthenticationError> {
        let secret = u64::from_be_bytes(secure_random::<8>()?);
        Ok(Self { prefix: Some(format!("forebay_{secret:016x}_")), ..Self::default() })
    }

    /// [`Self::intern_in`], for a session that has set nothing of its own.
    pub fn intern(&self, rest: &[u8]) -> Arc<Statement> {
        self.intern_in(rest, &[])
    }

    /// The statement with this text and types, read under the settings in `context`; `rest` is a Parse
    /// message's bytes after the name.
    pub fn intern_in(&self, rest: &[u8], context: &[u8]) -> Arc<Statement> {
        let joined;
        let content = if context.is_empty() {
            rest
        } else {
            joined = [rest, context].concat();
            &joined
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.statements.get(content) {
            return Arc::clone(&found.0);
        }
        if known.statements.len() >= known.sweep_at {
            known.statements.retain(|held| Arc::strong_count(&held.0) > 1);
            known.sweep_at = (known.statements.len() * 2).max(Self::SMALLEST_SWEEP);
        }
        known.next += 1;
        let prefix = self.prefix.as_deref().unwrap_or("forebay_");
        let text = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let statement = Arc::new(Statement {
            id: known.next,
            name: format!("{prefix}{}", known.next).into_bytes().into(),
            rest: rest.into(),
            may_drop_all: deallocate::may_drop_all(text),
            found: scan(text),
            content: content.into(),
        });
        known.statements.insert(ByContent(Arc::clone(&statement)));
        statement
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).statements.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What one server has prepared: bounded, least recently used out first.
#[derive(Debug, Default)]
pub struct Prepared {
    held: HashMap<u64, Held>,
    clock: u64,
}

#[derive(Debug)]
struct Held {
    statement: Arc<Statement>,
    used: u64,
    /// PostgreSQL will not run it again ("cached plan must not change result type").
    is_stale: bool,
}

/// Whether a server has a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be prepared first.
    Absent,
    /// It can be bound.
    Ready,
    /// It must be closed and prepared again.
    Stale,
}

impl Prepared {
    /// Whether `statement` is there; counts as a use.
    pub fn touch(&mut self, statement: &Statement) -> Presence {
        self.clock += 1;
        match self.held.get_mut(&statement.id) {
            None => Presence::Absent,
            Some(held) => {
                held.used = self.clock;
                if held.is_stale { Presence::Stale } else { Presence::Ready }
            }
        }
    }

    /// Note that `statement` is being prepared; returns those to close so that at most `limit` remain: several where
    /// that has become smaller.
    pub fn insert(&mut self, statement: Arc<Statement>, limit: usize) -> Vec<Arc<Statement>> {
        let mut evicted = Vec::new();
        if self.held.len() >= limit && !self.held.contains_key(&statement.id) {
            let surplus = self.held.len() - limit.saturating_sub(1);
            let mut oldest: Vec<_> =
                self.held.values().map(|held| (held.used, held.statement.id)).collect();
            if surplus < oldest.len() {
                oldest.select_nth_unstable(surplus);
            }
            let gone = oldest.iter().take(surplus).filter_map(|(_, id)| self.held.remove(id));
            evicted.extend(gone.map(|held| held.statement));
        }
        self.clock += 1;
        self.held.insert(statement.id, Held { statement, used: self.clock, is_stale: false });
        evicted
    }

    /// Note that `statement` is not there after all.
    pub fn remove(&mut self, statement: &Statement) {
        self.held.remove(&statement.id);
    }

    /// Note that PostgreSQL refuses to run `statement` until it is prepared again.
    pub fn mark_stale(&mut self, statement: &Statement) {
        if let Some(held) = self.held.get_mut(&statement.id) {
            held.is_stale = true;
        }
    }

    /// Note that the server has dropped all of them.
    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_statement_and_unheld_ones_are_dropped() {
        let statements = Statements::default();
        let one = statements.intern(b"select 1\0\0\0");
        assert!(Arc::ptr_eq(&one, &statements.intern(b"select 1\0\0\0")));
        assert!(!Arc::ptr_eq(&one, &statements.intern(b"select 1\0\0\x01\0\0\0\x17")));
        for number in 0..3000 {
            statements.intern(format!("select {number}, 'x'\0\0\0").as_bytes());
        }
        assert!(statements.len() <= Statements::SMALLEST_SWEEP + 1);
        assert!(Arc::ptr_eq(&one, &statements.intern(b"select 1\0\0\0")));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let statements = Statements::default();
        let [a, b, c] = [b"a\0\0\0", b"b\0\0\0", b"c\0\0\0"].map(|rest| statements.intern(rest));
        let mut prepared = Prepared::default();
        assert!(prepared.insert(Arc::clone(&a), 2).is_empty());
        assert!(prepared.insert(Arc::clone(&b), 2).is_empty());
        assert_eq!(prepared.touch(&a), Presence::Ready);
        let evicted = prepared.insert(Arc::clone(&c), 2);
        assert_eq!(evicted.iter().map(|gone| gone.id).collect::<Vec<_>>(), [b.id]);
        assert_eq!(prepared.touch(&b), Presence::Absent);
        prepared.mark_stale(&a);
        assert_eq!(prepared.touch(&a), Presence::Stale);
        assert_eq!(prepared.len(), 2);
    }

    #[test]
    fn a_smaller_limit_is_kept_at_once() {
        let statements = Statements::default();
        let all = [b"a\0\0\0", b"b\0\0\0", b"c\0\0\0", b"d\0\0\0", b"e\0\0\0"];
        let [first, .., last] = &all.map(|rest| statements.intern(rest));
        let mut prepared = Prepared::default();
        for rest in &all[..4] {
            assert!(prepared.insert(statements.intern(*rest), 9).is_empty());
        }
        prepared.touch(first);
        let mut evicted: Vec<_> =
            prepared.insert(Arc::clone(last), 2).iter().map(|gone| gone.id).collect();
        evicted.sort_unstable();
        assert_eq!(evicted, [first.id + 1, first.id + 2, first.id + 3]);
        assert_eq!((prepared.touch(first), prepared.len()), (Presence::Ready, 2));
    }
}
