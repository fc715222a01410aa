//! Who is connected: what a cancel request, a drain and the console need to find a client by.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::SystemTime;

use crate::activity::Activity;
use crate::auth::AuthenticationError;
use crate::auth::random::secure_random;
use crate::configuration::Configuration;
use crate::endpoint::Endpoint;
use crate::gateway::{Clock, Context};
use crate::parameters::Parameters;
use crate::pins::Pin;
use crate::pool::Pool;
use crate::pool::budget::Place;
use crate::report::Refusal;
use crate::server::{Identity, next_number};
use crate::stream::Stream;

/// What is known of a client once it has logged in, and does not change.
#[derive(Debug)]
pub struct Facts {
    /// The database it has asked for.
    pub database: Box<str>,
    /// Who it has logged in as.
    pub user: Box<str>,
    /// Its end of the connection.
    pub peer: Endpoint,
    /// The gateway's end.
    pub local: Endpoint,
    /// When it logged in.
    pub since: SystemTime,
}

impl Facts {
    /// Of a client that has just logged in over `stream`.
    pub fn new(database: &str, user: &str, stream: &Stream) -> Self {
        let (peer, local) = stream.ends();
        let since = SystemTime::now();
        Self { database: database.into(), user: user.into(), peer, local, since }
    }
}

/// What a client has at the moment.
#[derive(Debug, Default, Clone)]
pub struct Hold {
    /// The server it holds.
    pub server: Option<Arc<Identity>>,
    /// Parameters as it had been told them when it last gave a server back.
    pub told: Arc<Parameters>,
}

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
///
/// What every transaction touches stands first and begins with a cache line, so that it takes two of them.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Entry {
    /// What it does, as far as time limits are concerned.
    pub activity: Activity,
    /// When it lined up for a server, in milliseconds of the gateway's clock plus one; 0 when it is not in line.
    lined_up: AtomicU64,
    /// How many named statements it holds.
    pub statements: AtomicU32,
    /// The process id it was told.
    pub id: u32,
    /// It waits for a server, and its query has been cancelled.
    pub is_cancelled: AtomicBool,
    /// When it is to be sent away, as `When as u8`; 0 for not at all.
    leaves: AtomicU8,
    holds: Mutex<Hold>,
    /// Wakes its task.
    pub waker: OnceLock<Waker>,
    /// The cancel key it was told.
    pub key: Box<[u8]>,
    /// Set when it has logged in.
    pub facts: OnceLock<Box<Facts>>,
    /// Whose session it is in, once it has proved that it may.
    pub seat: OnceLock<Seat>,
    /// What it is told when it is sent away.
    farewell: Mutex<Option<Box<Refusal>>>,
    /// Why it keeps its server, if it does.
    pin: Mutex<Option<Arc<Pin>>>,
}

impl Entry {
    /// Note that the client holds a server now.
    pub fn link(&self, server: &Arc<Identity>, clock: &Clock) {
        self.is_cancelled.store(false, Ordering::Relaxed);
        self.lined_up.store(0, Ordering::Relaxed);
        server.holder.store(self.id, Ordering::Relaxed);
        server.lent_at.store(clock.milliseconds(), Ordering::Relaxed);
        self.hold().server = Some(Arc::clone(server));
    }

    /// Note that it holds none, and what it has been `told` of parameters. No cancel for this client begins
    /// on that server afterwards.
    pub fn unlink(&self, told: &Arc<Parameters>) {
        let mut hold = self.hold();
        if let Some(server) = hold.server.take() {
            server.holder.store(0, Ordering::Relaxed);
        }
        if !Arc::ptr_eq(&hold.told, told) {
            hold.told = Arc::clone(told);
        }
    }

    fn hold(&self) -> MutexGuard<'_, Hold> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Note that a client has logged in and been `told` these parameters.
    pub fn describe(&self, facts: Facts, told: &Arc<Parameters>, clock: &Clock) {
        self.activity.begin(clock.milliseconds());
        self.hold().told = Arc::clone(told);
        // Set once, here.
        let _ = self.facts.set(Box::new(facts));
    }

    /// What it has at the moment.
    pub fn holds(&self) -> Hold {
        self.hold().clone()
    }

    /// Note why it keeps its server, if it does.
    pub fn pin(&self, pin: Option<&Arc<Pin>>) {
        *self.pin.lock().unwrap_or_else(PoisonError::into_inner) = pin.cloned();
    }

    /// Why it keeps its server, if it does.
    pub fn pinned(&self) -> Option<Arc<Pin>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Note how many named statements it holds.
    pub fn holds_statements(&self, count: usize) {
        self.statements.store(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// Note that it waits for a server from now on; a cancel that came before means nothing any more.
    pub fn line_up(&self, clock: &Clock) {
        self.is_cancelled.store(false, Ordering::Relaxed);
        self.lined_up.store(clock.milliseconds().saturating_add(1), Ordering::Relaxed);
    }

    /// Whether its query was cancelled while it waited; it does not wait any more then.
    pub fn leaves_line(&self) -> bool {
        let is_cancelled = self.is_cancelled.load(Ordering::Relaxed)
            && self.is_cancelled.swap(false, Ordering::AcqRel);
        if is_cancelled {
            self.lined_up.store(0, Ordering::Relaxed);
        }
        is_cancelled
    }

    /// Whether it has passed a time limit, as the janitor sees it; notes it for its task to judge.
    fn is_late(&self, configuration: &Configuration, now: u64) -> bool {
        let is_late = self.judge(configuration, now).is_some();
        if is_late {
            self.activity.note_late();
        }
        is_late
    }

    /// What it is told if it has passed a time limit.
    pub fn judge(&self, configuration: &Configuration, now: u64) -> Option<Refusal> {
        // Its times count from its login on, which ends with its facts.
        self.facts.get()?;
        self.activity.judge(configuration, &self.seat.get()?.user, now)
    }

    /// Since when it waits for a server, in milliseconds of the gateway's clock.
    pub fn waits_since(&self) -> Option<u64> {
        self.lined_up.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The server the client holds, with a cancel noted as under way to it.
    pub fn begin_cancel(&self) -> Option<Arc<Identity>> {
        // Under the lock, so that the server cannot be released in between and be lent on.
        let hold = self.hold();
        let server = hold.server.as_ref().map(Arc::clone)?;
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
    /// Sockets open, logged in or not.
    pub sockets: AtomicUsize,
    /// How many of those are operators on the console.
    pub operators: AtomicUsize,
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
            let id = u32::try_from(next_number() & 0x7fff_ffff).unwrap_or(0);
            if id != 0 && !entries.contains_key(&id) {
                break id;
            }
        };
        let entry = Arc::new(Entry {
            id,
            key,
            holds: Mutex::default(),
            is_cancelled: AtomicBool::new(false),
            waker: OnceLock::new(),
            facts: OnceLock::new(),
            lined_up: AtomicU64::new(0),
            statements: AtomicU32::new(0),
            activity: Activity::default(),
            seat: OnceLock::new(),
            leaves: AtomicU8::new(0),
            farewell: Mutex::new(None),
            pin: Mutex::new(None),
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

    /// Everybody for whom `is_meant` holds, in no order.
    fn find(&self, is_meant: impl Fn(&Entry) -> bool) -> Vec<Arc<Entry>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().filter(|entry| is_meant(entry)).cloned().collect()
    }

    /// Everybody, in order of arrival as far as the numbers go.
    pub fn all(&self) -> Vec<Arc<Entry>> {
        let mut all = self.find(|_| true);
        all.sort_by_key(|entry| entry.id);
        all
    }

    /// Sockets that a shutdown waits for: an operator may watch it to its end.
    pub fn without_operators(&self) -> usize {
        let operators = self.operators.load(Ordering::Relaxed);
        self.sockets.load(Ordering::Relaxed).saturating_sub(operators)
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
        // Ten times a second, and hardly anybody is late: the others are not to be copied.
        for entry in self.find(|entry| entry.is_late(configuration, now)) {
            entry.wake();
        }
    }

    /// Have every client's task look around.
    pub fn wake_all(&self) {
        for entry in self.find(|_| true) {
            entry.wake();
        }
    }

    /// Have those clients sent away for whose seat `farewell` has something to say.
    pub fn send_away(&self, when: When, farewell: impl Fn(&Seat) -> Option<Refusal>) {
        for entry in self.find(|entry| entry.seat.get().is_some()) {
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
