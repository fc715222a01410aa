//! Who is connected: what a cancel request and a drain need to find a client by.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Waker;

use crate::activity::Activity;
use crate::auth::AuthenticationError;
use crate::auth::random::secure_random;
use crate::configuration::Configuration;
use crate::server::Identity;

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
        let late: Vec<Arc<Entry>> = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            let is_late = |entry: &&Arc<Entry>| entry.activity.is_late(configuration, now);
            entries.values().filter(is_late).cloned().collect()
        };
        for entry in late {
            entry.wake();
        }
    }

    /// Have every client's task look around.
    pub fn wake_all(&self) {
        let entries: Vec<Arc<Entry>> = {
            let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            entries.values().cloned().collect()
        };
        for entry in entries {
            entry.wake();
        }
    }
}
