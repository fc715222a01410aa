//! Notes what a client does for the time limits, which the janitor watches.

use super::{Lease, Relay};
use crate::activity::{Ended, Stage};
use crate::report::Refusal;

impl Relay {
    /// What the client is doing, as far as time limits are concerned.
    fn stage(&mut self) -> Stage {
        match self.lease.as_mut().and_then(Lease::server) {
            None if self.line.is_some() => Stage::InLine,
            None => Stage::Resting,
            Some(server) if server.state.is_busy() => Stage::Asking,
            Some(server) if server.state.is_idle() => Stage::Holding,
            Some(_) => Stage::InTransaction,
        }
    }

    /// Note that what the client has sent was dealt with; `is_new` when it came just now.
    pub(super) fn note_request(&mut self, is_new: bool) {
        let (stage, now) = (self.stage(), self.context.common.clock.milliseconds());
        let activity = &self.registration.entry.activity;
        if is_new { activity.asked(stage, now) } else { activity.enter(stage, now) }
    }

    pub(super) fn note_answer(&mut self, ended: Ended) {
        let (stage, now) = (self.stage(), self.context.common.clock.milliseconds());
        self.registration.entry.activity.answered(stage, ended, now);
    }

    /// What the client is told if it has passed a time limit.
    pub(super) fn overdue(&mut self) -> Option<Refusal> {
        let common = &self.context.common;
        let now = common.clock.milliseconds();
        self.registration.entry.judge(&common.configuration(), now)
    }
}
