//! LISTEN for clients that hold no server: one connection a database listens for all of them.
//!
//! A client's LISTEN runs on the server it holds, as any statement does, so that PostgreSQL decides what it comes to.
//! What is listened on in the end ([`crate::session::listening`]) is then taken over by the *shared listener* of the
//! client's database, before the client is told that its transaction is over.
//!
//! | step | who | why |
//! |---|---|---|
//! | the transaction commits | the client's server | from here on nothing may be missed |
//! | `LISTEN` | the shared listener | from here on both hear everything |
//! | a mark is notified on a channel that nobody else knows | the client's server | both hear it at the same place in PostgreSQL's one order |
//! | what came before the mark is passed on | the client's server | |
//! | what comes behind it is passed on | the shared listener | so nothing comes twice, and nothing is missed |
//! | `UNLISTEN *` | the client's server | it is the next client's |
//!
//! A shared listener is opened when it is first needed, with the credentials of the pool that needs it, counts
//! against the pool's budgets, and rests for `server_idle_timeout` before it is closed. There is one for each
//! encoding that clients speak, because PostgreSQL converts what it sends and the pooler does not.
//!
//! # Invariants
//! - A shared listener that is lost takes its clients with it (57P01): a new one could not say what was notified
//!   in between.
//! - Its lock is never held while a pool's is taken.

mod channels;
mod connection;
mod ears;
mod mailbox;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde::Serialize;
use tokio::sync::{Notify, oneshot};

use crate::auth::AuthenticationError;
use crate::auth::random::secure_random;
use crate::clients::When;
use crate::gateway::Common;
use crate::pool::Pool;
use crate::report::Refusal;
use crate::worker;
use channels::Channels;
use mailbox::{Mailbox, Notification};

pub use channels::{Answer, put_command, put_mark};
pub use ears::Ears;
pub use mailbox::{LIMIT as MAILBOX_LIMIT, Overfull};

/// Whom a shared listener is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The database's name as clients know it.
    pub database: String,
    /// The encoding that they speak.
    pub encoding: String,
}

/// Where a shared listener is in its life. It only ever goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is not logged in yet, or waits for a place in a budget.
    Opening,
    /// It listens.
    Open,
    /// It is gone; who needs one asks for another.
    Closed,
}

impl State {
    /// Its name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// One shared listener, as clients and tables see it.
#[derive(Debug)]
pub struct SharedListener {
    /// Whom it is for.
    pub key: Key,
    inner: Mutex<Inner>,
    /// Tells its task that something else is wanted.
    changed: Notify,
    /// PostgreSQL's process; 0 before it is logged in.
    pub process: AtomicU32,
    /// How many clients have listened by it and still may.
    pub clients: AtomicUsize,
    /// Notifications that PostgreSQL has sent it.
    pub received: AtomicU64,
    /// Notifications that it has put into clients' mailboxes.
    pub delivered: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    state: State,
    channels: Channels,
}

/// What a shared listener looks like from outside.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Where it is in its life.
    pub state: State,
    /// How many channels are wanted.
    pub channels: usize,
}

impl SharedListener {
    fn new(key: Key) -> Self {
        Self {
            key,
            inner: Mutex::new(Inner { state: State::Opening, channels: Channels::default() }),
            changed: Notify::new(),
            process: AtomicU32::new(0),
            clients: AtomicUsize::new(0),
            received: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it looks like now.
    pub fn seen(&self) -> Seen {
        let inner = self.lock();
        Seen { state: inner.state, channels: inner.channels.len() }
    }

    /// Have these delivered to `mailbox`; `None` when it is closed.
    fn subscribe(
        &self,
        mailbox: &Arc<Mailbox>,
        channels: &[Box<[u8]>],
    ) -> Option<oneshot::Receiver<Answer>> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut inner = self.lock();
            if inner.state == State::Closed {
                return None;
            }
            inner.channels.subscribe(mailbox, channels.to_vec(), sender);
        }
        self.changed.notify_one();
        Some(receiver)
    }

    fn unsubscribe<'a>(&self, client: u32, channels: impl Iterator<Item = &'a Box<[u8]>>) {
        self.lock().channels.unsubscribe(client, channels);
        self.changed.notify_one();
    }

    /// A notification has come.
    fn hear(&self, marker: &[u8], channel: &[u8], payload: &[u8], message: &[u8]) {
        let mut inner = self.lock();
        if channel == marker {
            let mark = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
            return inner.channels.marked(mark.unwrap_or(0));
        }
        let notification = Notification { channel: channel.into(), message: message.into() };
        let count = inner.channels.deliver(&Arc::new(notification));
        drop(inner);
        self.received.fetch_add(1, Ordering::Relaxed);
        self.delivered.fetch_add(count, Ordering::Relaxed);
    }

    /// Be of no more use to anybody, if nobody needs it now; says whether.
    fn close_if_unused(&self) -> bool {
        let mut inner = self.lock();
        if inner.channels.is_empty() {
            inner.state = State::Closed;
        }
        inner.state == State::Closed
    }

    /// Be of no more use to anybody: whoever waits for it or listens by it is told so. Returns how many listened.
    fn lose(&self, refusal: &Refusal) -> usize {
        let mut inner = self.lock();
        inner.state = State::Closed;
        inner.channels.end(refusal, |mailbox| {
            // What a client has under way is not touched: notifications come between transactions only.
            mailbox.entry.send_away(When::Idle, refusal.clone());
        })
    }
}

/// What all shared listeners of a gateway have done and do.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Totals {
    /// How many there are.
    pub open: usize,
    /// How many channels they are to listen on.
    pub channels: usize,
    /// How many clients listen by them.
    pub clients: usize,
    /// Notifications that PostgreSQL has sent.
    pub received: u64,
    /// Notifications that have been put into clients' mailboxes.
    pub delivered: u64,
    /// How many have been lost with clients on them.
    pub lost: u64,
}

/// Every shared listener of a gateway.
#[derive(Debug, Default)]
pub struct SharedListeners {
    open: Mutex<BTreeMap<Key, Arc<SharedListener>>>,
    /// The channel for marks.
    marker: OnceLock<Box<[u8]>>,
    /// Notifications received by shared listeners that are gone.
    pub received: AtomicU64,
    /// Notifications delivered by shared listeners that are gone.
    pub delivered: AtomicU64,
    /// How many have been lost with clients on them.
    pub lost: AtomicU64,
}

impl SharedListeners {
    /// None yet.
    ///
    /// # Errors
    /// There is no randomness for a channel that nobody can guess.
    pub fn new() -> Result<Self, AuthenticationError> {
        let mut name = "forebay_mark_".to_owned();
        for byte in secure_random::<16>()? {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        Ok(Self { marker: OnceLock::from(Box::from(name.as_bytes())), ..Self::default() })
    }

    /// The channel for marks.
    pub fn marker(&self) -> &[u8] {
        self.marker.get().map_or(b"forebay_mark", |name| name)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<SharedListener>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What all of them have done and do.
    pub fn totals(&self) -> Totals {
        let (all, received, delivered) = {
            let open = self.lock();
            let all: Vec<_> = open.values().cloned().collect();
            let gone = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
            (all, gone(&self.received), gone(&self.delivered))
        };
        let sum = |gone: u64, figure: fn(&SharedListener) -> &AtomicU64| {
            let here = all.iter().map(|listener| figure(listener).load(Ordering::Relaxed));
            gone + here.sum::<u64>()
        };
        Totals {
            open: all.len(),
            channels: all.iter().map(|listener| listener.seen().channels).sum(),
            clients: all.iter().map(|listener| listener.clients.load(Ordering::Relaxed)).sum(),
            received: sum(received, |listener| &listener.received),
            delivered: sum(delivered, |listener| &listener.delivered),
            lost: self.lost.load(Ordering::Relaxed),
        }
    }

    /// Every shared listener there is, in order of database.
    pub fn all(&self) -> Vec<Arc<SharedListener>> {
        self.lock().values().cloned().collect()
    }

    /// Have these delivered to `mailbox` by the shared listener for `encoding` of the pool's database, which is
    /// opened if need be. Must be called on a worker.
    fn subscribe(
        self: &Arc<Self>,
        common: &Arc<Common>,
        pool: &Arc<Pool>,
        encoding: &str,
        mailbox: &Arc<Mailbox>,
        channels: &[Box<[u8]>],
    ) -> (Arc<SharedListener>, oneshot::Receiver<Answer>) {
        let key = Key { database: pool.database.clone(), encoding: encoding.to_owned() };
        loop {
            let listener = self.get_or_open(common, pool, &key);
            if let Some(answer) = listener.subscribe(mailbox, channels) {
                return (listener, answer);
            }
            self.forget(&listener);
        }
    }

    fn get_or_open(
        self: &Arc<Self>,
        common: &Arc<Common>,
        pool: &Arc<Pool>,
        key: &Key,
    ) -> Arc<SharedListener> {
        let mut open = self.lock();
        if let Some(listener) = open.get(key) {
            return Arc::clone(listener);
        }
        let listener = Arc::new(SharedListener::new(key.clone()));
        open.insert(key.clone(), Arc::clone(&listener));
        drop(open);
        let task = connection::run(
            Arc::clone(self),
            Arc::clone(&listener),
            Arc::clone(pool),
            Arc::clone(common),
        );
        match common.runtime(worker::current()) {
            Some(runtime) => drop(runtime.spawn(task)),
            // Its guard tells those who wait.
            None => drop(task),
        }
        listener
    }

    /// Let the next client that needs one have another.
    fn forget(&self, listener: &Arc<SharedListener>) {
        let mut open = self.lock();
        let is_there = open.get(&listener.key).is_some_and(|other| Arc::ptr_eq(other, listener));
        if is_there {
            // Under the lock, as they are read: each counts once.
            self.received.fetch_add(listener.received.load(Ordering::Relaxed), Ordering::Relaxed);
            self.delivered.fetch_add(listener.delivered.load(Ordering::Relaxed), Ordering::Relaxed);
            open.remove(&listener.key);
        }
    }
}
