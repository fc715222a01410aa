//! What a client that listens holds: its mailbox, its place with the shared listener, what it listens on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::mailbox::{Mailbox, Overfull};
use super::{Answer, SharedListener, SharedListeners};
use crate::clients::Entry;
use crate::gateway::Common;
use crate::pool::Pool;

/// What a client that listens holds. Dropping it leaves every channel.
#[derive(Debug)]
pub struct Ears {
    mailbox: Arc<Mailbox>,
    listener: Option<Arc<SharedListener>>,
    channels: BTreeSet<Box<[u8]>>,
}

impl Ears {
    /// Of a client that listens on nothing yet.
    pub fn new(entry: &Arc<Entry>) -> Self {
        Self { mailbox: Arc::new(Mailbox::new(entry)), listener: None, channels: BTreeSet::new() }
    }

    /// Listen on these too. The answer is the mark that has to be set, or why the client cannot go on. Must be
    /// called on a worker.
    pub fn subscribe(
        &mut self,
        listeners: &Arc<SharedListeners>,
        common: &Arc<Common>,
        pool: &Arc<Pool>,
        encoding: &str,
        channels: Vec<Box<[u8]>>,
    ) -> oneshot::Receiver<Answer> {
        // The one it has, whatever encoding the client speaks by now: notifications keep their order that way.
        let again = self.listener.as_ref().and_then(|it| it.subscribe(&self.mailbox, &channels));
        let answer = if let Some(answer) = again {
            answer
        } else {
            self.leave();
            let (listener, answer) =
                listeners.subscribe(common, pool, encoding, &self.mailbox, &channels);
            listener.clients.fetch_add(1, Ordering::Relaxed);
            self.listener = Some(listener);
            answer
        };
        self.channels.extend(channels);
        answer
    }

    /// Listen on nothing but these of what has been listened on.
    pub fn keep(&mut self, channels: &BTreeSet<Box<[u8]>>) {
        if let Some(listener) = &self.listener {
            let left = self.channels.difference(channels);
            listener.unsubscribe(self.mailbox.entry.id, left);
        }
        self.channels.retain(|channel| channels.contains(channel));
        self.mailbox.keep(|channel| channels.contains(channel));
        if self.channels.is_empty() {
            self.leave();
        }
    }

    /// Whether something waits to be delivered.
    pub fn has_mail(&self) -> bool {
        self.mailbox.has_mail()
    }

    /// Append what has come, until `out` holds `most` bytes.
    ///
    /// # Errors
    /// More has come than may wait.
    pub fn take(&self, out: &mut Vec<u8>, most: usize) -> Result<u64, Overfull> {
        self.mailbox.take(out, most)
    }

    fn leave(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.unsubscribe(self.mailbox.entry.id, self.channels.iter());
            listener.clients.fetch_sub(1, Ordering::Relaxed);
        }
        self.channels.clear();
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.leave();
    }
}
