//! A client in line for a server: its place, and what it sends meanwhile.

use std::task::{Context as TaskContext, Poll};

use super::Relay;
use crate::ending::Ending;
use crate::report::Refusal;
use crate::stats::sqlstate::Class;
use crate::stream::with_buffer;

/// Most bytes taken from a client while it waits for a server.
const LINE_LIMIT: usize = 64 * 1024;

impl Relay {
    /// Wait in line; meanwhile take what the client sends, to learn when it goes.
    pub(super) fn poll_line(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        let Some(turn) = &mut self.line else {
            return Ok(false);
        };
        match turn.poll(cx) {
            Poll::Ready(Ok(Ok(lease))) => {
                self.last_line = self.line.take();
                self.link(lease);
                self.client_bytes(cx, &[])?;
                return Ok(true);
            }
            Poll::Ready(Ok(Err(refusal))) => return Err(Ending::Refused(refusal)),
            Poll::Ready(Err(_)) if self.pool.is_retired() => {
                self.line = None;
                self.client_bytes(cx, &[])?;
                return Ok(true);
            }
            Poll::Ready(Err(_)) => return Err(Refusal::shutting_down().into()),
            Poll::Pending => {}
        }
        if self.registration.entry.leaves_line() {
            self.line = None;
            self.pool.stats.pooler_errors.add(Class::of(b"57014"), 1);
            let mut carry = std::mem::take(&mut self.client.carry);
            let used =
                self.client.refuse(&carry, &Refusal::cancelled_in_line(), &mut self.to_client);
            carry.drain(..used);
            self.client.carry = carry;
            self.client_bytes(cx, &[])?;
            return Ok(true);
        }
        if self.client.carry.len() >= LINE_LIMIT {
            return Ok(false);
        }
        with_buffer(|buffer| match self.stream.poll_read_alone(cx, buffer) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(0)) => Err(Ending::Client),
            Poll::Ready(Ok(count)) => {
                self.meter.received(count);
                self.client.carry.extend_from_slice(buffer.get(..count).unwrap_or(&[]));
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Ending::Socket(error)),
        })
    }
}
