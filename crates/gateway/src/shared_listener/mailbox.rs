//! What has been notified and not been delivered yet to one client.
//!
//! # Invariant
//! Bounded: a client that takes nothing for long is told so and closed, because to leave out a notification
//! without a word would be worse.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clients::Entry;

/// Most bytes of notifications that wait for one client: while it is in a transaction, or does not read.
pub const LIMIT: usize = 4 * 1024 * 1024;

/// What each costs besides its bytes, which the clients of a channel share.
const OVERHEAD: usize = 32;

/// One notification, as PostgreSQL sent it.
#[derive(Debug)]
pub(super) struct Notification {
    /// The channel, without its terminator.
    pub(super) channel: Box<[u8]>,
    /// The whole NotificationResponse.
    pub(super) message: Box<[u8]>,
}

/// More has been notified than may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overfull;

/// What waits for one client, and how to wake it.
#[derive(Debug)]
pub(super) struct Mailbox {
    /// The client.
    pub(super) entry: Arc<Entry>,
    /// There is something to be taken: an empty mailbox costs its client no lock.
    has_mail: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: VecDeque<Arc<Notification>>,
    bytes: usize,
    is_overfull: bool,
}

impl Mailbox {
    /// An empty one.
    pub(super) fn new(entry: &Arc<Entry>) -> Self {
        Self { entry: Arc::clone(entry), has_mail: AtomicBool::new(false), inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Put one in behind the others, and wake the client.
    pub(super) fn put(&self, notification: &Arc<Notification>) {
        {
            let mut inner = self.lock();
            if inner.is_overfull {
                return;
            }
            inner.bytes += notification.message.len() + OVERHEAD;
            if inner.bytes > LIMIT {
                inner.is_overfull = true;
                inner.waiting = VecDeque::new();
            } else {
                inner.waiting.push_back(Arc::clone(notification));
            }
            self.has_mail.store(true, Ordering::Release);
        }
        self.entry.wake();
    }

    /// Drop what is not `wanted` any more: it must not come if the channel is listened on again.
    pub(super) fn keep(&self, wanted: impl Fn(&[u8]) -> bool) {
        let mut inner = self.lock();
        inner.waiting.retain(|notification| wanted(&notification.channel));
        inner.bytes = inner.waiting.iter().map(|one| one.message.len() + OVERHEAD).sum();
    }

    /// Whether there is something to be taken.
    pub(super) fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Acquire)
    }

    /// Append the oldest to `out` until that holds `most` bytes; returns how many.
    ///
    /// # Errors
    /// Some have been dropped, so that nothing may be delivered any more.
    pub(super) fn take(&self, out: &mut Vec<u8>, most: usize) -> Result<u64, Overfull> {
        let mut inner = self.lock();
        if inner.is_overfull {
            return Err(Overfull);
        }
        let mut count = 0;
        while out.len() < most {
            let Some(notification) = inner.waiting.pop_front() else {
                break;
            };
            inner.bytes -= notification.message.len() + OVERHEAD;
            out.extend_from_slice(&notification.message);
            count += 1;
        }
        if inner.waiting.is_empty() {
            inner.waiting = VecDeque::new();
            self.has_mail.store(false, Ordering::Release);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Clients;

    fn mailbox() -> Mailbox {
        let clients = Clients::default();
        Mailbox::new(&clients.register(0, 1).unwrap().unwrap())
    }

    fn notification(channel: &[u8], size: usize) -> Arc<Notification> {
        let message = vec![b'A'; size].into();
        Arc::new(Notification { channel: channel.into(), message })
    }

    #[test]
    fn what_is_put_in_is_taken_once_and_in_order() {
        let mailbox = mailbox();
        assert!(!mailbox.has_mail());
        for (channel, size) in [(b"a", 1), (b"b", 2), (b"a", 3)] {
            mailbox.put(&notification(channel, size));
        }
        let mut out = Vec::new();
        assert_eq!(mailbox.take(&mut out, 1), Ok(1), "until the room is used up");
        assert!(mailbox.has_mail());
        mailbox.keep(|channel| channel == b"a");
        assert_eq!(mailbox.take(&mut out, 100), Ok(1));
        assert_eq!(out.len(), 1 + 3, "no longer wanted: left out");
        assert!(!mailbox.has_mail());
        assert_eq!(mailbox.take(&mut out, 100), Ok(0));
    }

    #[test]
    fn one_that_is_not_emptied_is_bounded() {
        let mailbox = mailbox();
        let large = notification(b"a", LIMIT / 4);
        for _ in 0..3 {
            mailbox.put(&large);
        }
        assert_eq!(mailbox.take(&mut Vec::new(), 1), Ok(1), "room again");
        for _ in 0..3 {
            mailbox.put(&large);
        }
        assert_eq!(mailbox.take(&mut Vec::new(), 1), Err(Overfull));
        assert_eq!(mailbox.lock().waiting.len(), 0);
        assert!(mailbox.has_mail(), "so that the client hears of it");
    }
}
