//! A client's place in line, and what it is told when its turn comes.
//!
//! It is made once for a client and used again: in a busy pool nearly every transaction waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Answer;

/// What becomes of a place.
///
/// | from | to | when |
/// |---|---|---|
/// | `Waiting` | `Told` | its turn has come, or it is refused |
/// | `Waiting`, `Told` | `Left` | the client waits no more |
/// | `Waiting` | `Over` | the line has ended |
/// | `Told` | `Over` | the client knows |
#[derive(Debug, Default)]
enum State {
    #[default]
    Waiting,
    Told(Answer),
    Left,
    Over,
}

#[derive(Debug, Default)]
struct Slot {
    state: State,
    waker: Option<Waker>,
}

/// A client's end of its place in line.
#[derive(Debug, Default)]
pub struct Turn(Arc<Mutex<Slot>>);

/// The line's end of a place.
#[derive(Debug)]
pub(super) struct Call(Option<Arc<Mutex<Slot>>>);

/// There is no line any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineEnded;

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turn {
    /// A place in line; `used` is one whose turn has come, if there is one.
    pub(super) fn line_up(used: Option<Self>) -> (Self, Call) {
        let mut turn = used.unwrap_or_default();
        match Arc::get_mut(&mut turn.0) {
            Some(slot) => {
                slot.get_mut().unwrap_or_else(PoisonError::into_inner).state = State::Waiting;
            }
            // Whoever told it last has not let go of it yet.
            None => turn = Self::default(),
        }
        let call = Call(Some(Arc::clone(&turn.0)));
        (turn, call)
    }

    /// What the client is told, once it is.
    pub fn poll(&mut self, cx: &Context<'_>) -> Poll<Result<Answer, LineEnded>> {
        let mut slot = lock(&self.0);
        match slot.state {
            State::Waiting => {
                if !slot.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    slot.waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
            _ => match std::mem::replace(&mut slot.state, State::Over) {
                State::Told(answer) => Poll::Ready(Ok(answer)),
                _ => Poll::Ready(Err(LineEnded)),
            },
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A server it holds goes back to its pool, which is not to find this locked.
        let untold = std::mem::replace(&mut lock(&self.0).state, State::Left);
        drop(untold);
    }
}

impl Call {
    /// Tell the client; returns the answer where it waits no more.
    pub(super) fn tell(mut self, answer: Answer) -> Result<(), Answer> {
        let Some(slot) = self.0.take() else {
            return Err(answer);
        };
        let mut slot = lock(&slot);
        if !matches!(slot.state, State::Waiting) {
            return Err(answer);
        }
        slot.state = State::Told(answer);
        if let Some(waker) = &slot.waker {
            waker.wake_by_ref();
        }
        Ok(())
    }

    /// Whether the client waits no more.
    pub(super) fn is_gone(&self) -> bool {
        self.0.as_ref().is_none_or(|slot| matches!(lock(slot).state, State::Left))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(slot) = self.0.take() else {
            return;
        };
        let mut slot = lock(&slot);
        if matches!(slot.state, State::Waiting) {
            slot.state = State::Over;
            if let Some(waker) = &slot.waker {
                waker.wake_by_ref();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::report::Refusal;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn refusal() -> Answer {
        Err(Box::new(Refusal::shutting_down()))
    }

    fn poll(turn: &mut Turn, count: &Arc<Count>) -> Poll<Result<Answer, LineEnded>> {
        turn.poll(&Context::from_waker(&Waker::from(Arc::clone(count))))
    }

    #[test]
    fn a_place_is_told_once_and_used_again() {
        let count = Arc::new(Count::default());
        let mut used = None;
        for wakes in 1..3 {
            let (mut turn, call) = Turn::line_up(used.take());
            assert!(poll(&mut turn, &count).is_pending());
            assert!(call.tell(refusal()).is_ok());
            assert_eq!(count.0.load(Ordering::Relaxed), wakes);
            assert!(matches!(poll(&mut turn, &count), Poll::Ready(Ok(Err(_)))));
            assert!(matches!(poll(&mut turn, &count), Poll::Ready(Err(LineEnded))));
            used = Some(turn);
        }
    }

    #[test]
    fn whoever_goes_is_not_told_and_whoever_waits_in_vain_is() {
        let count = Arc::new(Count::default());
        let (turn, call) = Turn::line_up(None);
        assert!(!call.is_gone());
        drop(turn);
        assert!(call.is_gone());
        assert!(call.tell(refusal()).is_err());

        let (mut turn, call) = Turn::line_up(None);
        assert!(poll(&mut turn, &count).is_pending());
        drop(call);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(matches!(poll(&mut turn, &count), Poll::Ready(Err(LineEnded))));
    }

    #[test]
    fn a_place_that_is_held_yet_is_not_used_again() {
        let (turn, call) = Turn::line_up(None);
        let (_turn, other) = Turn::line_up(Some(turn));
        assert!(call.is_gone(), "its client waits elsewhere now");
        assert!(other.tell(refusal()).is_ok());
    }
}
