//! Measures what one client does, with two looks at the clock for a transaction of one query.
//!
//! A pipeline is measured by its replies: the time since the last ones is shared among those that come together.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{Counts, PoolStats, histogram, nanoseconds};

/// How a client came by a server.
#[derive(Debug, Clone, Copy, Default)]
pub struct Grant {
    /// When it was given, if whoever gave it had looked at the clock.
    pub at: Option<Instant>,
    /// How long the client waited for it.
    pub waited: Duration,
}

/// What one client has done. It counts as one of its pool's clients for as long as this lives.
#[derive(Debug)]
pub struct Meter {
    stats: Arc<PoolStats>,
    /// When the client logged in.
    began: Instant,
    /// When the client was given the server it has not used yet.
    granted: Option<Instant>,
    /// How long it waited for that, until it is added to the pool's figures.
    waited: Option<Duration>,
    /// Bytes not yet added to the pool's.
    received: u64,
    sent: u64,
    /// When PostgreSQL was last given something to do, while it does it.
    query_began: Option<Instant>,
    /// When the open transaction began.
    transaction_began: Option<Instant>,
    /// Transactions ended.
    transactions: u64,
}

/// How a server stands after what it has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// It owes more replies.
    pub is_busy: bool,
    /// A transaction is open.
    pub is_in_transaction: bool,
}

/// Bytes after which what has moved is added to the pool's figures in the middle of a query.
const MOVED_LIMIT: u64 = 1024 * 1024;

impl Meter {
    /// A client has logged in.
    pub fn new(stats: Arc<PoolStats>) -> Self {
        stats.logins.count();
        stats.clients.fetch_add(1, Ordering::Relaxed);
        Self {
            stats,
            began: Instant::now(),
            granted: None,
            waited: None,
            received: 0,
            sent: 0,
            query_began: None,
            transaction_began: None,
            transactions: 0,
        }
    }

    /// The client belongs to another pool from now on.
    pub fn follow(&mut self, stats: &Arc<PoolStats>) {
        self.leave();
        self.stats = Arc::clone(stats);
        self.stats.clients.fetch_add(1, Ordering::Relaxed);
    }

    /// Leave the pool nothing to be added to its figures.
    fn leave(&mut self) {
        self.add_assignment();
        self.add_moved(1);
        self.stats.clients.fetch_sub(1, Ordering::Relaxed);
    }

    /// Transactions the client has ended.
    pub fn transactions(&self) -> u64 {
        self.transactions
    }

    /// Time since the client logged in.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Bytes have come from the client.
    pub fn received(&mut self, count: usize) {
        self.received += count as u64;
        self.add_moved(MOVED_LIMIT);
    }

    /// Bytes have come from PostgreSQL.
    pub fn sent(&mut self, count: usize) {
        self.sent += count as u64;
        self.add_moved(MOVED_LIMIT);
    }

    /// Add what waits for the next answer, where none may come.
    fn add_assignment(&mut self) {
        if let Some(waited) = self.waited.take() {
            self.stats.assigned(waited);
        }
    }

    fn add_moved(&mut self, limit: u64) {
        if self.received.max(self.sent) >= limit {
            self.stats.moved(std::mem::take(&mut self.received), std::mem::take(&mut self.sent));
        }
    }

    /// The client has been given a server.
    pub fn linked(&mut self, grant: Grant) {
        self.add_assignment();
        self.waited = Some(grant.waited);
        self.granted = grant.at;
        self.query_began = None;
        self.transaction_began = None;
    }

    /// PostgreSQL has something to do.
    pub fn begin(&mut self) {
        if self.query_began.is_none() {
            let now = self.granted.take().unwrap_or_else(Instant::now);
            self.query_began = Some(now);
            self.transaction_began.get_or_insert(now);
        }
    }

    /// PostgreSQL has answered `counts`. Returns when, if any of it was a query.
    pub fn answered(&mut self, counts: &Counts, standing: Standing) -> Option<Instant> {
        if counts.queries == 0 {
            return None;
        }
        let now = Instant::now();
        let since = |began: Option<Instant>| {
            nanoseconds(began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began)))
        };
        let query = since(self.query_began);
        let is_one = self.transaction_began == self.query_began;
        let transaction = if is_one { query } else { since(self.transaction_began) };
        let (received, sent) = (std::mem::take(&mut self.received), std::mem::take(&mut self.sent));
        let waited = self.waited.take();
        self.stats.add(|shard, writer| {
            if let Some(waited) = waited {
                PoolStats::add_assignment(shard, waited, writer);
            }
            PoolStats::add_counts(shard, counts, writer);
            shard.received.add(received, writer);
            shard.sent.add(sent, writer);
            if (counts.queries, counts.transactions) == (1, 1) && query == transaction {
                // The usual case: looked up once.
                let range = histogram::range(query);
                shard.query_times.observe_in(range, query, 1, writer);
                shard.transaction_times.observe_in(range, query, 1, writer);
            } else {
                shard.query_times.observe(query, counts.queries, writer);
                shard.transaction_times.observe(transaction, counts.transactions, writer);
            }
        });
        for (class, count) in &counts.errors {
            self.stats.server_errors.add(*class, *count);
        }
        self.transactions += counts.transactions;
        self.query_began = standing.is_busy.then_some(now);
        if counts.transactions > 0 {
            let goes_on = standing.is_busy || standing.is_in_transaction;
            self.transaction_began = goes_on.then_some(now);
        }
        Some(now)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Standing = Standing { is_busy: false, is_in_transaction: false };
    const OPEN: Standing = Standing { is_busy: false, is_in_transaction: true };
    const BUSY: Standing = Standing { is_busy: true, is_in_transaction: false };

    fn meter(began: u64) -> (Arc<PoolStats>, Meter) {
        let stats = Arc::new(PoolStats::new(1));
        let mut meter = Meter::new(Arc::clone(&stats));
        let at = Instant::now().checked_sub(Duration::from_millis(began));
        meter.linked(Grant { at, waited: Duration::ZERO });
        meter.begin();
        (stats, meter)
    }

    fn counts(queries: u64, transactions: u64) -> Counts {
        Counts { queries, transactions, ..Counts::default() }
    }

    #[test]
    fn time_between_queries_belongs_to_the_transaction_alone() {
        let (stats, mut meter) = meter(1000);
        meter.answered(&counts(1, 0), OPEN);
        assert_eq!(meter.query_began, None);
        assert!(stats.totals().query_time >= 1_000_000);
        assert_eq!(stats.totals().xact_time, 0);
        meter.begin();
        meter.answered(&counts(1, 1), IDLE);
        let totals = stats.totals();
        assert!(totals.xact_time >= totals.query_time);
        assert_eq!((totals.query_count, totals.xact_count, meter.transactions()), (2, 1, 1));
        assert_eq!(stats.readings().queries.count(), 2);
        assert_eq!(stats.readings().transactions.count(), 1);
        assert_eq!(meter.transaction_began, None);
    }

    #[test]
    fn a_pipeline_is_busy_once() {
        let (stats, mut meter) = meter(900);
        let began = meter.query_began;
        meter.begin();
        assert_eq!(meter.query_began, began, "what was under way began earlier");
        meter.answered(&counts(3, 3), BUSY);
        meter.answered(&counts(1, 1), IDLE);
        let (totals, readings) = (stats.totals(), stats.readings());
        assert_eq!(readings.queries.count(), 4);
        assert_eq!(readings.transactions.count(), 4);
        assert!(totals.query_time >= 900_000, "{totals:?}");
        assert_eq!(totals.query_time, totals.xact_time);
    }

    #[test]
    fn bytes_of_an_unfinished_query_are_not_lost() {
        let (stats, mut meter) = meter(0);
        meter.received(10);
        meter.sent(usize::try_from(MOVED_LIMIT).unwrap());
        assert_eq!((stats.totals().received, stats.totals().sent), (10, MOVED_LIMIT));
        meter.received(5);
        assert!(meter.answered(&Counts::default(), BUSY).is_none());
        assert_eq!(stats.clients.load(Ordering::Relaxed), 1);
        drop(meter);
        assert_eq!(stats.totals().received, 15);
        assert_eq!(stats.clients.load(Ordering::Relaxed), 0);
        assert_eq!(stats.totals().client_login_count, 1);
    }

    #[test]
    fn a_client_that_changes_pool_is_counted_in_one_of_them() {
        let (left, mut meter) = meter(0);
        meter.received(7);
        let joined = Arc::new(PoolStats::new(1));
        meter.follow(&joined);
        meter.received(5);
        assert_eq!([&left, &joined].map(|stats| stats.clients.load(Ordering::Relaxed)), [0, 1]);
        drop(meter);
        assert_eq!(joined.clients.load(Ordering::Relaxed), 0);
        assert_eq!([&left, &joined].map(|stats| stats.totals().received), [7, 5]);
        assert_eq!(left.totals().server_assignment_count, 1);
    }
}
