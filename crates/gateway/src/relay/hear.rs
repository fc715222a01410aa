//! A client that listens: what it wants to hear, and what it is told.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use super::Relay;
use crate::ending::Ending;
use crate::pool::Lease;
use crate::report::Refusal;
use crate::shared_listener::{Ears, MAILBOX_LIMIT};

/// How many bytes of notifications are handed to the socket at once.
const MOUTHFUL: usize = 64 * 1024;

impl Relay {
    /// Follow what the client's session says it listens on.
    pub(super) fn attend(&mut self) {
        if let Some(channels) = self.client.take_wanted() {
            let entry = &self.registration.entry;
            let ears = self.ears.get_or_insert_with(|| Box::new(Ears::new(entry)));
            let encoding = self.client.reported().get("client_encoding").unwrap_or(b"UTF8");
            let encoding = String::from_utf8_lossy(encoding);
            let (listeners, common) = (&self.context.listeners, &self.context.common);
            self.wish = Some(ears.subscribe(listeners, common, &self.pool, &encoding, channels));
        }
        if let Some(kept) = self.client.take_kept()
            && let Some(ears) = &mut self.ears
        {
            ears.keep(&kept);
            if kept.is_empty() && self.wish.is_none() {
                self.ears = None;
            }
        }
    }

    /// Wait for the shared listener, and deliver what it has heard, between transactions; `false` when there was
    /// nothing to do.
    pub(super) fn hear(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        if let Some(wish) = &mut self.wish
            && let Poll::Ready(answer) = Pin::new(wish).poll(cx)
        {
            self.wish = None;
            let mark = match answer {
                Ok(Ok(mark)) => mark,
                Ok(Err(refusal)) => return Err(Ending::Refused(refusal)),
                Err(_) => return Err(Refusal::shutting_down().into()),
            };
            if let Some(server) = self.lease.as_mut().and_then(Lease::server) {
                let marker = self.context.listeners.marker();
                server.state.put_mark(marker, mark, &mut self.to_server);
            }
            return Ok(true);
        }
        let Some(ears) = self.ears.as_ref().filter(|ears| ears.has_mail()) else {
            return Ok(false);
        };
        let is_between =
            self.lease.as_mut().and_then(Lease::server).is_none_or(|server| server.state.is_idle());
        // A socket that takes nothing is not given more.
        let is_taking = self.to_client.len() < MOUTHFUL;
        if !is_between && is_taking {
            return Ok(false);
        }
        let room = if is_taking && is_between { MOUTHFUL } else { 0 };
        match ears.take(&mut self.to_client, room) {
            Ok(count) => Ok(count > 0),
            Err(_) => Err(Refusal::notifications_unread(MAILBOX_LIMIT).into()),
        }
    }
}
