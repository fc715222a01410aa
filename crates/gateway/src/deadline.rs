//! Time limits for tasks of the workers, kept by the janitor.
//!
//! The workers' runtimes have no timers of their own: with one, every wait of a worker reads the clock and looks
//! for the next timer, which costs every transaction for the sake of a login now and then.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::gateway::Common;
use crate::janitor::ROUND;

/// A limit has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late;

/// When it ends, in milliseconds of the gateway's clock, and a number that tells it from others of the same time.
type Place = (u64, u64);

/// Tasks to be woken when their time is over.
#[derive(Debug, Default)]
pub struct Deadlines {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: BTreeMap<Place, Waker>,
    next: u64,
}

impl Deadlines {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wake the tasks whose time is over.
    pub fn expire(&self, now: u64) {
        let late = {
            let mut inner = self.lock();
            let later = inner.waiting.split_off(&(now.saturating_add(1), 0));
            std::mem::replace(&mut inner.waiting, later)
        };
        for waker in late.into_values() {
            waker.wake();
        }
    }

    fn add(&self, at: u64, waker: Waker) -> Place {
        let mut inner = self.lock();
        let place = (at, inner.next);
        inner.next += 1;
        inner.waiting.insert(place, waker);
        place
    }

    fn remove(&self, place: Place) {
        self.lock().waiting.remove(&place);
    }
}

/// Takes a task off the list when it is done or dropped.
struct Entry<'a> {
    deadlines: &'a Deadlines,
    place: Option<Place>,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.deadlines.remove(place);
        }
    }
}

/// Run `future` for at most `limit`, zero meaning for ever. The limit is met to within two of the janitor's
/// rounds, and never early.
///
/// # Errors
/// [`Late`] when the limit passed first; the future is dropped then.
pub async fn within<T>(
    common: &Common,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Result<T, Late> {
    if limit.is_zero() {
        return Ok(future.await);
    }
    let mut future = pin!(future);
    // The clock is up to a round behind.
    let limit = u64::try_from((limit + ROUND).as_millis()).unwrap_or(u64::MAX);
    let at = common.clock.milliseconds().saturating_add(limit);
    let mut entry = Entry { deadlines: &common.deadlines, place: None };
    std::future::poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        if common.clock.milliseconds() >= at {
            return Poll::Ready(Err(Late));
        }
        // Every poll of one task brings the same waker, so the first one will do.
        if entry.place.is_none() {
            entry.place = Some(common.deadlines.add(at, cx.waker().clone()));
        }
        Poll::Pending
    })
    .await
}
