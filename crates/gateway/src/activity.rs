//! When a client was last heard and answered, and which time limit it has passed.
//!
//! A client's task writes what it does here, in its own cache line and with the janitor's clock, which no system
//! call reads. The janitor looks at it only when there is a time limit at all; the task that is woken judges for
//! itself, so that what has happened in between counts.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::configuration::Configuration;
use crate::configuration::derived::or_duration;
use crate::janitor::ROUND;
use crate::report::Refusal;
use crate::stats::Counts;

/// What a client is doing, as far as time limits are concerned.
///
/// | from | to | by |
/// |---|---|---|
/// | Resting, InLine | Asking | a server, with a request to it |
/// | Asking | InTransaction | an answer that leaves a transaction open |
/// | InTransaction | Asking | the next request |
/// | Asking, InTransaction | Resting | the end of the transaction |
/// | Resting | InLine | a request while no server is free |
/// | Resting | Holding | the end of a transaction in session mode, and back by the next request |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has no server and asks for nothing.
    Resting = 0,
    /// It waits for a server; the pool watches over that.
    InLine = 1,
    /// It waits for an answer.
    Asking = 2,
    /// Its transaction waits for it.
    InTransaction = 3,
    /// It keeps a server outside of any transaction, in session mode.
    Holding = 4,
}

impl Stage {
    fn runs(self) -> bool {
        matches!(self, Self::Asking | Self::InTransaction)
    }
}

/// The limits of one client; zero means none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    query: Duration,
    idle_transaction: Duration,
    transaction: Duration,
    client_idle: Duration,
}

impl Limits {
    /// The limits of a client of that name, whose pool logs in as `pool_user`.
    pub fn new(configuration: &Configuration, client_user: &str, pool_user: &str) -> Self {
        // No name is looked up where no user has a limit: the janitor asks for every client.
        let has_own = configuration.has_users_own_limits();
        let listed = |name| if has_own { configuration.user(name) } else { None };
        let (of_pool, of_client) = (listed(pool_user), listed(client_user));
        let own = |own: Option<Duration>, general| or_duration(own.unwrap_or_default(), general);
        Self {
            query: own(of_pool.map(|user| user.query_timeout), configuration.query_timeout),
            idle_transaction: own(
                of_pool.map(|user| user.idle_transaction_timeout),
                configuration.idle_transaction_timeout,
            ),
            transaction: own(
                of_pool.map(|user| user.transaction_timeout),
                configuration.transaction_timeout,
            ),
            client_idle: own(
                of_client.map(|user| user.client_idle_timeout),
                configuration.client_idle_timeout,
            ),
        }
    }

    /// Longest that what a client has begun may go on once it is gone; zero means no limit.
    pub fn unattended(&self) -> Duration {
        let limits = [self.query, self.transaction].into_iter();
        limits.filter(|limit| !limit.is_zero()).min().unwrap_or_default()
    }
}

/// What one client does, for its task to write and the janitor to read.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Activity {
    /// When the client last sent something, or its turn came.
    asked: AtomicU64,
    /// When it was last sent something.
    answered: AtomicU64,
    /// When its transaction began.
    began: AtomicU64,
    stage: AtomicU8,
    /// The janitor thinks that a limit has been passed.
    is_late: AtomicBool,
    /// The name its pool logs in with, which a reload may change.
    pool_user: Mutex<String>,
}

impl Activity {
    /// The client has logged in.
    pub fn begin(&self, now: u64) {
        self.asked.store(now, Ordering::Relaxed);
        self.answered.store(now, Ordering::Relaxed);
    }

    /// When the client last sent something, in milliseconds of the gateway's clock.
    pub fn asked_at(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// The client's pool logs in as `pool_user` from now on.
    pub fn follow(&self, pool_user: &str) {
        pool_user.clone_into(&mut self.pool_user.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Resting,
            1 => Stage::InLine,
            2 => Stage::Asking,
            3 => Stage::InTransaction,
            _ => Stage::Holding,
        }
    }

    /// The client has sent something, and is at `stage` now.
    pub fn asked(&self, stage: Stage, now: u64) {
        self.asked.store(now, Ordering::Relaxed);
        self.enter(stage, now);
    }

    /// The client has been answered, and is at `stage` now; `ended` says what the answer ended.
    pub fn answered(&self, stage: Stage, ended: Ended, now: u64) {
        self.answered.store(now, Ordering::Relaxed);
        if ended != Ended::Nothing {
            // What is owed now was sent before, but runs only from here.
            self.asked.store(now, Ordering::Relaxed);
        }
        if ended == Ended::Transaction {
            self.began.store(now, Ordering::Relaxed);
        }
        self.enter(stage, now);
    }

    /// The client is at `stage` now.
    pub fn enter(&self, stage: Stage, now: u64) {
        if stage.runs() && !self.stage().runs() {
            self.asked.store(now, Ordering::Relaxed);
            self.began.store(now, Ordering::Relaxed);
        }
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Have the client's task judge for itself.
    pub fn note_late(&self) {
        self.is_late.store(true, Ordering::Release);
    }

    /// Whether the janitor has asked for a judgement since the last call.
    pub fn take_late(&self) -> bool {
        self.is_late.load(Ordering::Relaxed) && self.is_late.swap(false, Ordering::Acquire)
    }

    /// What the client, whose own name is `user`, is told if it has passed a limit.
    pub fn judge(&self, configuration: &Configuration, user: &str, now: u64) -> Option<Refusal> {
        let limits = {
            let pool_user = self.pool_user.lock().unwrap_or_else(PoisonError::into_inner);
            Limits::new(configuration, user, &pool_user)
        };
        self.passed(&limits, now)
    }

    fn passed(&self, limits: &Limits, now: u64) -> Option<Refusal> {
        // The clock is up to a round behind; nothing is to end early.
        let is_over = |limit: Duration, since: u64| {
            let limit_ms = u64::try_from((limit + ROUND).as_millis()).unwrap_or(u64::MAX);
            !limit.is_zero() && now.saturating_sub(since) >= limit_ms
        };
        let [asked, answered, began] =
            [&self.asked, &self.answered, &self.began].map(|time| time.load(Ordering::Relaxed));
        let stage = self.stage();
        if stage == Stage::Resting && is_over(limits.client_idle, asked.max(answered)) {
            return Some(Refusal::client_idle_timeout(limits.client_idle));
        }
        if stage == Stage::Asking && is_over(limits.query, asked) {
            return Some(Refusal::query_timeout(limits.query));
        }
        if stage == Stage::InTransaction && is_over(limits.idle_transaction, answered) {
            return Some(Refusal::idle_transaction_timeout(limits.idle_transaction));
        }
        if stage.runs() && is_over(limits.transaction, began) {
            return Some(Refusal::transaction_timeout(limits.transaction));
        }
        None
    }
}

/// What an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing yet.
    Nothing,
    /// A query.
    Query,
    /// A transaction.
    Transaction,
}

impl Ended {
    /// What was ended by the time these were counted.
    pub fn of(counts: &Counts) -> Self {
        if counts.transactions > 0 {
            Self::Transaction
        } else if counts.queries > 0 {
            Self::Query
        } else {
            Self::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(activity: &Activity, limits: Limits, now: u64) -> Option<String> {
        activity.passed(&limits, now).map(|refusal| refusal.message)
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn each_stage_has_its_limits() {
        let all = Limits {
            query: seconds(10),
            idle_transaction: seconds(20),
            transaction: seconds(30),
            client_idle: seconds(40),
        };
        for (stage, time, expected) in [
            (Stage::Asking, 10_099, None),
            (Stage::Asking, 10_100, Some("query timeout")),
            (Stage::InTransaction, 20_099, None),
            (Stage::InTransaction, 20_100, Some("idle transaction timeout")),
            (Stage::Resting, 40_099, None),
            (Stage::Resting, 40_100, Some("client_idle_timeout")),
            (Stage::InLine, 1_000_000, None),
            (Stage::Holding, 1_000_000, None),
        ] {
            let activity = Activity::default();
            activity.enter(stage, 0);
            let told = passed(&activity, all, time);
            assert_eq!(told.is_some(), expected.is_some(), "{stage:?} at {time}: {told:?}");
            if let (Some(told), Some(expected)) = (told, expected) {
                assert!(told.starts_with(expected), "{told}");
            }
            assert_eq!(passed(&activity, Limits::default(), 1_000_000), None);
        }
    }

    #[test]
    fn a_transaction_is_counted_from_its_first_query_and_a_query_from_its_turn() {
        let limits = Limits { transaction: seconds(30), query: seconds(10), ..Limits::default() };
        let activity = Activity::default();
        activity.enter(Stage::InLine, 0);
        activity.asked(Stage::Asking, 25_000);
        assert_eq!(passed(&activity, limits, 30_200), None, "time in line does not count");
        activity.answered(Stage::InTransaction, Ended::Query, 31_000);
        activity.asked(Stage::Asking, 50_000);
        assert!(passed(&activity, limits, 55_100).unwrap().starts_with("transaction timeout"));
        activity.answered(Stage::Asking, Ended::Transaction, 55_000);
        assert_eq!(passed(&activity, limits, 60_200), None, "a pipelined transaction begins anew");
        assert!(passed(&activity, limits, 65_100).unwrap().starts_with("query timeout"));
    }
}
