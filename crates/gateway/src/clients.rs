//! Who is connected: what a cancel request and a drain need to find a client by.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};

use crate::activity::Activity;
use crate::auth::AuthenticationError;
use crate::auth::random::secure_random;
use crate::configuration::Configuration;
use crate::gateway::Context;
use crate::pool::Pool;
use crate::pool::budget::Place;
use crate::report::Refusal;
use crate::server::Identity;

/// When a client is sent away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// As soon as nothing of its is under way.
    Idle = 1,
    /// Whatever is under way.
    AtOnce = 2,
}

/// Whose session a client is in.
#[derive(Debug)]
pub struct Seat {
    /// The database's name as the client gave it.
    pub database: Box<str>,
    /// The user's name as the client gave it.
    pub user: Box<str>,
}

/// A connected client, as others see it.
#[derive(Debug)]
pub struct Entry {
    /// The process id it was told.
    pub id: u32,
    /// The cancel key it was told.
    pub key: Box<[u8]>,
    /// The server it holds.
    holds: Mutex<Option<Arc<Identity>>>,
    /// It waits for a server, and its query has been cancelled.
    pub is_cancelled: AtomicBool,
    /// Wakes its task.
    pub waker: OnceLock<Waker>,
    /// What it does, as far as time limits are concerned.
    pub activity: Activity,
    /// Whose session it is in, once it has proved that it may.
    pub seat: OnceLock<Seat>,
    /// When it is to be sent away, as `When as u8`; 0 for not at all.
    leaves: AtomicU8,
    /// What it is told then.
    farewell: Mutex<Option<Box<Refusal>>>,
}

impl Entry {
    /// Note that the client holds a server now.
    pub fn link(&self, server: &Arc<Identity>) {
        self.is_cancelled.store(false, Ordering::Relaxed);
        *self.holds.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(server));
    }

    /// Note that it holds none. No cancel for this client begins on that server afterwards.
    pub fn unlink(&self) {
        *self.holds.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The server the client holds, with a cancel noted as under way to it.
    pub fn begin_cancel(&self) -> Option<Arc<Identity>> {
        // Under the lock, so that the server cannot be released in between and be lent on.
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let server = holds.as_ref().map(Arc::clone)?;
        server.cancels.fetch_add(1, Ordering::AcqRel);
        Some(server)
    }

    /// Have the client sent away. A sooner time replaces a later one, and never the other way round.
    pub fn send_away(&self, when: When, refusal: Refusal) {
        {
            let mut farewell = self.farewell.lock().unwrap_or_else(PoisonError::into_inner);
            if self.leaves.load(Ordering::Relaxed) >= when as u8 {
                return;
            }
            *farewell = Some(Box::new(refusal));
            self.leaves.store(when as u8, Ordering::Release);
        }
        self.wake();
    }

    /// When the client is to be sent away, if it is.
    pub fn leaves(&self) -> Option<When> {
        match self.leaves.load(Ordering::Acquire) {
            0 => None,
            1 => Some(When::Idle),
            _ => Some(When::AtOnce),
        }
    }

    /// What the client is told when it is sent away.
    pub fn farewell(&self) -> Option<Box<Refusal>> {
        self.farewell.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ready when the client is to be sent away, for one that is not idle yet because it is not in yet.
    pub fn poll_leaves(&self, cx: &TaskContext<'_>) -> Poll<Box<Refusal>> {
        self.be_woken_by(cx);
        match self.leaves().and_then(|_| self.farewell()) {
            Some(refusal) => Poll::Ready(refusal),
            None => Poll::Pending,
        }
    }

    /// Note the waker of the client's task. Every wake-up of a task uses the same one, so the first will do for ever.
    pub fn be_woken_by(&self, cx: &TaskContext<'_>) {
        if self.waker.get().is_none() {
            let _ = self.waker.set(cx.waker().clone());
        }
    }

    /// Have the client's task look around.
    pub fn wake(&self) {
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }
}

/// Everybody who is connected.
#[derive(Debug, Default)]
pub struct Clients {
    entries: Mutex<HashMap<u32, Arc<Entry>>>,
    next: AtomicU32,
    /// Sockets open, logged in or not.
    pub sockets: AtomicUsize,
}

impl Clients {
    /// Register a client that speaks protocol 3 with this minor version; `None` when `limit` are there.
    pub fn register(
        &self,
        minor: u16,
        limit: usize,
    ) -> Result<Option<Arc<Entry>>, AuthenticationError> {
        let key: Box<[u8]> =
            if minor >= 2 { secure_random::<32>()?.into() } else { secure_random::<4>()?.into() };
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= limit {
            return Ok(None);
        }
        let id = loop {
            // Positive as a signed integer, as process ids are; some drivers insist.
            let id = self.next.fetch_add(1, Ordering::Relaxed) & 0x7fff_ffff;
            if id != 0 && !entries.contains_key(&id) {
                break id;
            }
        };
        let entry = Arc::new(Entry {
            id,
            key,
            holds: Mutex::new(None),
            is_cancelled: AtomicBool::new(false),
            waker: OnceLock::new(),
            activity: Activity::default(),
            seat: OnceLock::new(),
            leaves: AtomicU8::new(0),
            farewell: Mutex::new(None),
        });
        entries.insert(id, Arc::clone(&entry));
        Ok(Some(entry))
    }

    /// Forget a client.
    pub fn remove(&self, entry: &Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&entry.id);
    }

    /// The client with that process id.
    pub fn get(&self, id: u32) -> Option<Arc<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// How many are registered.
    pub fn len(&self) -> usize {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Have the tasks of those look around that seem to have passed a time limit.
    pub fn wake_late(&self, configuration: &Configuration, now: u64) {
        for entry in self.all() {
            if entry.activity.is_late(configuration, now) {
                entry.wake();
            }
        }
    }

    /// Everybody.
    pub fn all(&self) -> Vec<Arc<Entry>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().cloned().collect()
    }

    /// Have every client's task look around.
    pub fn wake_all(&self) {
        for entry in self.all() {
            entry.wake();
        }
    }

    /// Have those clients sent away for whose seat `farewell` has something to say.
    pub fn send_away(&self, when: When, farewell: impl Fn(&Seat) -> Option<Refusal>) {
        for entry in self.all() {
            if let Some(refusal) = entry.seat.get().and_then(&farewell) {
                entry.send_away(when, refusal);
            }
        }
    }
}

/// Keeps a client registered for as long as this lives.
#[derive(Debug)]
pub struct Registration {
    context: Arc<Context>,
    /// The client as others see it.
    pub entry: Arc<Entry>,
    /// What it counts against wherever its queries go: the database and the user it has named.
    places: Vec<Place>,
    /// What it counts against in its pool.
    in_pool: Option<Place>,
}

impl Registration {
    /// Keep this client, which has been registered.
    pub fn new(context: &Arc<Context>, entry: Arc<Entry>) -> Self {
        Self { context: Arc::clone(context), entry, places: Vec::new(), in_pool: None }
    }

    /// Count the client in these places too, for as long as it is there.
    pub fn occupy(&mut self, places: Vec<Place>) {
        self.places.extend(places);
    }

    /// Count the client as one of this pool, and no longer as one of another.
    pub fn join(&mut self, pool: &Pool) {
        self.in_pool = Place::take(Arc::clone(&pool.clients), 0);
        self.entry.activity.follow(&pool.user);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.context.clients.remove(&self.entry);
    }
}
