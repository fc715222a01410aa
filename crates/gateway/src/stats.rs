//! What a pool has done: PgBouncer's figures, histograms, errors.
//!
//! Each worker adds to a shard of its own, at the end of a query; whoever reads adds the shards up. What a session
//! counts until then is in [`Counts`], which lives in its server's state.
//!
//! # Invariant
//! No figure ever falls.

pub mod counter;
pub mod gateway;
pub mod histogram;
pub mod json;
pub mod ledger;
pub mod meter;
pub mod sqlstate;

use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::worker;
use counter::{Counter, Writer};
use histogram::{Histogram, Reading};
use sqlstate::{Class, Errors};

/// What a session has counted since it was last asked.
#[derive(Debug, Default)]
pub struct Counts {
    /// Queries answered: ReadyForQuery messages.
    pub queries: u64,
    /// Transactions ended.
    pub transactions: u64,
    /// Named statements that the client prepared.
    pub client_parses: u64,
    /// Named statements that the pooler prepared on a server.
    pub server_parses: u64,
    /// Uses of a named statement.
    pub binds: u64,
    /// Errors that PostgreSQL sent to the client.
    pub errors: Vec<(Class, u64)>,
}

impl Counts {
    /// Count an error that PostgreSQL sent.
    pub fn error(&mut self, sqlstate: &[u8]) {
        let class = Class::of(sqlstate);
        match self.errors.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count += 1,
            None => self.errors.push((class, 1)),
        }
    }
}

/// The figures of PgBouncer's SHOW STATS_TOTALS, under its names. Times are in microseconds.
///
/// As averages, counts and bytes are per second, `xact_time` is per transaction, `query_time` per query and
/// `wait_time` per server assignment, as in SHOW STATS_AVERAGES.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Times a client was given a server.
    pub server_assignment_count: u64,
    /// Transactions.
    pub xact_count: u64,
    /// Queries: the answers that end with ReadyForQuery.
    pub query_count: u64,
    /// Bytes received from clients.
    pub received: u64,
    /// Bytes received from PostgreSQL, nearly all of which are sent to clients.
    pub sent: u64,
    /// Time inside transactions, idle or not.
    pub xact_time: u64,
    /// Time PostgreSQL was at work on a client's behalf.
    pub query_time: u64,
    /// Time that clients with a server have waited for it.
    pub wait_time: u64,
    /// Named statements that clients prepared.
    pub client_parse_count: u64,
    /// Named statements that the pooler prepared.
    pub server_parse_count: u64,
    /// Uses of named statements.
    pub bind_count: u64,
    /// Clients that logged in; not in SHOW STATS up to PgBouncer 1.25.
    pub client_login_count: u64,
}

impl Totals {
    fn merge(self, other: &Self, merge: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            server_assignment_count: merge(
                self.server_assignment_count,
                other.server_assignment_count,
            ),
            xact_count: merge(self.xact_count, other.xact_count),
            query_count: merge(self.query_count, other.query_count),
            received: merge(self.received, other.received),
            sent: merge(self.sent, other.sent),
            xact_time: merge(self.xact_time, other.xact_time),
            query_time: merge(self.query_time, other.query_time),
            wait_time: merge(self.wait_time, other.wait_time),
            client_parse_count: merge(self.client_parse_count, other.client_parse_count),
            server_parse_count: merge(self.server_parse_count, other.server_parse_count),
            bind_count: merge(self.bind_count, other.bind_count),
            client_login_count: merge(self.client_login_count, other.client_login_count),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        self.merge(other, u64::saturating_add)
    }

    /// What has been added since `older`.
    #[must_use]
    pub fn since(self, older: &Self) -> Self {
        self.merge(older, u64::saturating_sub)
    }

    /// The averages of what was done in `elapsed`: zero for no time at all.
    #[must_use]
    pub fn averages(self, elapsed: Duration) -> Self {
        let microseconds = elapsed.as_micros();
        if microseconds == 0 {
            return Self::default();
        }
        let rate = |count: u64| {
            u64::try_from(u128::from(count) * 1_000_000 / microseconds).unwrap_or(u64::MAX)
        };
        let rates = self.merge(&Self::default(), |count, _| rate(count));
        Self {
            xact_time: self.xact_time.checked_div(self.xact_count).unwrap_or(0),
            query_time: self.query_time.checked_div(self.query_count).unwrap_or(0),
            wait_time: self.wait_time.checked_div(self.server_assignment_count).unwrap_or(0),
            ..rates
        }
    }
}

/// Totals, and the averages since the period before the present one began, as PgBouncer has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Since the gateway started.
    pub totals: Totals,
    /// Since the beginning of the last whole period.
    pub averages: Totals,
}

/// What one worker has added.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    assignments: Counter,
    transactions: Counter,
    queries: Counter,
    received: Counter,
    sent: Counter,
    client_parses: Counter,
    server_parses: Counter,
    binds: Counter,
    /// Waits of clients that were given a server, in nanoseconds.
    waited: Counter,
    /// Waits of all clients, also of those that gave up.
    waits: Histogram,
    query_times: Histogram,
    transaction_times: Histogram,
}

/// What the histograms of a pool say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readings {
    /// Waits for a server, also those that were given up; zero for a server had at once.
    pub waits: Reading,
    /// Time PostgreSQL took for a query.
    pub queries: Reading,
    /// Length of transactions.
    pub transactions: Reading,
}

/// What one pool has done.
#[derive(Debug)]
pub struct PoolStats {
    /// One for each worker, and the last for every other thread.
    shards: Box<[Shard]>,
    /// Totals at the last two ends of a period, the older first.
    marks: Mutex<(Totals, Totals)>,
    /// Clients that have logged in.
    pub logins: Counter,
    /// Clients that are logged in.
    pub clients: AtomicUsize,
    /// Clients that waited too long for a server.
    pub wait_timeouts: Counter,
    /// Connections to PostgreSQL that were made.
    pub connects: Counter,
    /// Connections to PostgreSQL that could not be made.
    pub connect_failures: Counter,
    /// Connections to PostgreSQL that were closed.
    pub closes: Counter,
    /// Errors that PostgreSQL sent to clients.
    pub server_errors: Errors,
    /// Errors that the pooler itself told clients of the pool.
    pub pooler_errors: Errors,
}

impl PoolStats {
    /// Nothing done yet, for so many workers.
    pub fn new(workers: usize) -> Self {
        Self {
            shards: (0..=workers).map(|_| Shard::default()).collect(),
            marks: Mutex::default(),
            logins: Counter::default(),
            clients: AtomicUsize::new(0),
            wait_timeouts: Counter::default(),
            connects: Counter::default(),
            connect_failures: Counter::default(),
            closes: Counter::default(),
            server_errors: Errors::default(),
            pooler_errors: Errors::default(),
        }
    }

    /// Add to the shard of the thread this is called on.
    fn add(&self, add: impl FnOnce(&Shard, Writer)) {
        let others = self.shards.len() - 1;
        let worker = worker::current();
        let (index, writer) =
            if worker < others { (worker, Writer::Owner) } else { (others, Writer::Anyone) };
        if let Some(shard) = self.shards.get(index) {
            add(shard, writer);
        }
    }

    /// A client has been given a server after waiting this long.
    pub fn assigned(&self, waited: Duration) {
        self.add(|shard, writer| Self::add_assignment(shard, waited, writer));
    }

    fn add_assignment(shard: &Shard, waited: Duration, writer: Writer) {
        shard.assignments.add(1, writer);
        if waited.is_zero() {
            return shard.waits.observe_in(0, 0, 1, writer);
        }
        let waited = nanoseconds(waited);
        shard.waited.add(waited, writer);
        shard.waits.observe(waited, 1, writer);
    }

    /// A client has given up, or been refused, after waiting this long.
    pub fn waited_in_vain(&self, waited: Duration) {
        self.wait_timeouts.count();
        self.add(|shard, writer| shard.waits.observe(nanoseconds(waited), 1, writer));
    }

    /// Bytes that came in outside of any query.
    pub fn moved(&self, received: u64, sent: u64) {
        self.add(|shard, writer| {
            shard.received.add(received, writer);
            shard.sent.add(sent, writer);
        });
    }

    /// What a session has counted, without times.
    pub fn counted(&self, counts: &Counts) {
        self.add(|shard, writer| Self::add_counts(shard, counts, writer));
        for (class, count) in &counts.errors {
            self.server_errors.add(*class, *count);
        }
    }

    fn add_counts(shard: &Shard, counts: &Counts, writer: Writer) {
        shard.queries.add(counts.queries, writer);
        shard.transactions.add(counts.transactions, writer);
        if counts.client_parses | counts.server_parses | counts.binds != 0 {
            shard.client_parses.add(counts.client_parses, writer);
            shard.server_parses.add(counts.server_parses, writer);
            shard.binds.add(counts.binds, writer);
        }
    }

    /// Everything since the gateway started.
    pub fn totals(&self) -> Totals {
        let readings = self.readings();
        let sum = |figure: fn(&Shard) -> &Counter| -> u64 {
            self.shards.iter().map(|shard| figure(shard).get()).sum()
        };
        Totals {
            server_assignment_count: sum(|shard| &shard.assignments),
            xact_count: sum(|shard| &shard.transactions),
            query_count: sum(|shard| &shard.queries),
            received: sum(|shard| &shard.received),
            sent: sum(|shard| &shard.sent),
            xact_time: readings.transactions.nanoseconds / 1000,
            query_time: readings.queries.nanoseconds / 1000,
            wait_time: sum(|shard| &shard.waited) / 1000,
            client_parse_count: sum(|shard| &shard.client_parses),
            server_parse_count: sum(|shard| &shard.server_parses),
            bind_count: sum(|shard| &shard.binds),
            client_login_count: self.logins.get(),
        }
    }

    /// The histograms.
    pub fn readings(&self) -> Readings {
        let mut readings = Readings::default();
        for shard in &self.shards {
            shard.waits.add_to(&mut readings.waits);
            shard.query_times.add_to(&mut readings.queries);
            shard.transaction_times.add_to(&mut readings.transactions);
        }
        readings
    }

    /// A period ends. Returns what was done in it.
    pub fn end_period(&self) -> Totals {
        let now = self.totals();
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        *marks = (marks.1, now);
        now.since(&marks.0)
    }

    /// What was done since the last whole period began.
    pub fn recent(&self) -> Totals {
        let older = self.marks.lock().unwrap_or_else(PoisonError::into_inner).0;
        self.totals().since(&older)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_per_second_and_times_per_piece() {
        let done = Totals {
            server_assignment_count: 4,
            xact_count: 10,
            query_count: 20,
            received: 3000,
            xact_time: 5000,
            query_time: 4000,
            wait_time: 400,
            ..Totals::default()
        };
        let averages = done.averages(Duration::from_secs(2));
        assert_eq!((averages.xact_count, averages.query_count, averages.received), (5, 10, 1500));
        assert_eq!((averages.xact_time, averages.query_time, averages.wait_time), (500, 200, 100));
        assert_eq!(done.averages(Duration::ZERO), Totals::default());
        assert_eq!(Totals::default().averages(Duration::from_secs(1)), Totals::default());
    }

    #[test]
    fn a_period_holds_what_was_done_in_it() {
        let stats = PoolStats::new(1);
        let query = Counts { queries: 1, transactions: 1, ..Counts::default() };
        stats.counted(&query);
        assert_eq!(stats.end_period().query_count, 1);
        stats.counted(&query);
        stats.counted(&query);
        assert_eq!(stats.recent().query_count, 3, "since the last whole period began");
        assert_eq!(stats.end_period().query_count, 2);
        assert_eq!(stats.recent().query_count, 2);
        assert_eq!(stats.totals().query_count, 3);
    }

    #[test]
    fn an_assignment_and_a_wait_in_vain_are_both_waits() {
        let stats = PoolStats::new(2);
        stats.assigned(Duration::from_micros(150));
        stats.waited_in_vain(Duration::from_secs(2));
        let (totals, readings) = (stats.totals(), stats.readings());
        assert_eq!((totals.server_assignment_count, totals.wait_time), (1, 150));
        assert_eq!(readings.waits.count(), 2);
        assert_eq!(readings.waits.nanoseconds, 2_000_150_000);
    }

    #[test]
    fn errors_are_counted_once() {
        let mut counts = Counts::default();
        counts.error(b"23505");
        counts.error(b"42P01");
        counts.error(b"23503");
        let stats = PoolStats::new(1);
        stats.counted(&counts);
        let occurred: Vec<_> = stats.server_errors.occurred().collect();
        assert_eq!(occurred, [("23", 2), ("42", 1)]);
    }
}
