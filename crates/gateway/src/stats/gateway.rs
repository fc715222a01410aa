//! What the gateway as a whole has done: logins, refusals, cancels; and the figures of each database.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::counter::{Counter, Writer};
use super::ledger::Extract;
use super::{Figures, PoolStats, Totals};
use crate::gateway::Context;
use crate::report::Refusal;

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A wrong password, an unknown user, or a user who may not.
    Authentication,
    /// No database of that name.
    Database,
    /// A limit on connections, or no server in time.
    Limit,
    /// The client took too long.
    Timeout,
    /// The client broke the protocol, or asked for what is not there.
    Protocol,
    /// PostgreSQL could not be had.
    Server,
    /// The gateway is shutting down.
    Shutdown,
}

impl Reason {
    /// Every reason, and its name in the figures.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Authentication, "authentication"),
        (Self::Database, "database"),
        (Self::Limit, "limit"),
        (Self::Timeout, "timeout"),
        (Self::Protocol, "protocol"),
        (Self::Server, "server"),
        (Self::Shutdown, "shutdown"),
    ];

    /// The reason behind a refusal.
    pub fn of(refusal: &Refusal) -> Self {
        // Of those with this SQLSTATE only this one is about time.
        if refusal.message.starts_with("client_login_timeout") {
            return Self::Timeout;
        }
        if refusal.message.starts_with("server login failed") {
            return Self::Server;
        }
        match refusal.sqlstate.as_str() {
            "28000" | "28P01" => Self::Authentication,
            "3D000" => Self::Database,
            "57P01" => Self::Shutdown,
            state if state.starts_with("53") => Self::Limit,
            _ => Self::Protocol,
        }
    }
}

/// What became of cancel requests.
#[derive(Debug, Default)]
pub struct Cancels {
    /// Passed on to PostgreSQL.
    pub forwarded: Counter,
    /// For a client that waited for a server, or was idle: dealt with here.
    pub answered: Counter,
    /// For nobody here, or with a wrong key.
    pub ignored: Counter,
    /// PostgreSQL did not take it.
    pub failed: Counter,
}

/// Configurations handed over, the first included.
#[derive(Debug)]
pub struct Reloads {
    is_last_good: AtomicBool,
    /// Milliseconds since 1970.
    last_good: AtomicU64,
}

impl Default for Reloads {
    fn default() -> Self {
        let reloads = Self { is_last_good: AtomicBool::new(true), last_good: AtomicU64::new(0) };
        reloads.note(true);
        reloads
    }
}

impl Reloads {
    /// A configuration has been handed over, and put in force or refused.
    pub fn note(&self, is_good: bool) {
        self.is_last_good.store(is_good, Ordering::Relaxed);
        if is_good {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            self.last_good.store(now, Ordering::Relaxed);
        }
    }

    /// Whether the last one is in force.
    pub fn is_last_good(&self) -> bool {
        self.is_last_good.load(Ordering::Relaxed)
    }

    /// When the one in force was handed over, since 1970.
    pub fn last_good(&self) -> Duration {
        Duration::from_millis(self.last_good.load(Ordering::Relaxed))
    }
}

/// What the gateway as a whole has done.
#[derive(Debug)]
pub struct GatewayStats {
    refused: [Counter; Reason::ALL.len()],
    /// Cancel requests.
    pub cancels: Cancels,
    /// Configurations handed over.
    pub reloads: Reloads,
    period: Mutex<Period>,
}

/// When the last two periods of averages began, the older first.
#[derive(Debug, Clone, Copy)]
struct Period {
    older: Instant,
    newer: Instant,
}

impl Default for GatewayStats {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            refused: std::array::from_fn(|_| Counter::default()),
            cancels: Cancels::default(),
            reloads: Reloads::default(),
            period: Mutex::new(Period { older: now, newer: now }),
        }
    }
}

impl GatewayStats {
    /// A login has been refused.
    pub fn refused(&self, reason: Reason) {
        let at = Reason::ALL.iter().position(|(known, _)| *known == reason);
        if let Some(counter) = at.and_then(|at| self.refused.get(at)) {
            counter.add(1, Writer::Anyone);
        }
    }

    /// Logins refused, by the name of the reason.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Reason::ALL.iter().zip(&self.refused).map(|((_, name), counter)| (*name, counter.get()))
    }

    /// How long the averages of now reach back.
    pub fn reach(&self) -> Duration {
        self.period.lock().unwrap_or_else(PoisonError::into_inner).older.elapsed()
    }

    /// A period is over if it has lasted `length`. Returns the averages of all pools together in it.
    pub fn end_period(&self, length: Duration, context: &Context) -> Option<Totals> {
        let elapsed = {
            let mut period = self.period.lock().unwrap_or_else(PoisonError::into_inner);
            let elapsed = period.newer.elapsed();
            if length.is_zero() || elapsed < length {
                return None;
            }
            *period = Period { older: period.newer, newer: Instant::now() };
            elapsed
        };
        let extract = context.extract();
        let done = extract.accounts.iter().map(|(_, stats)| stats.end_period());
        Some(done.fold(Totals::default(), |sum, part| sum.plus(&part)).averages(elapsed))
    }

    /// The figures of one pool.
    pub fn pool(&self, stats: &PoolStats) -> Figures {
        Figures { totals: stats.totals(), averages: stats.recent().averages(self.reach()) }
    }

    /// The figures of each database, in order of name.
    pub fn databases(&self, extract: &Extract) -> BTreeMap<String, Figures> {
        let mut sums: BTreeMap<String, (Totals, Totals)> = BTreeMap::new();
        for (database, stats) in &extract.accounts {
            let sum = sums.entry(database.clone()).or_default();
            *sum = (sum.0.plus(&stats.totals()), sum.1.plus(&stats.recent()));
        }
        let reach = self.reach();
        let figures = |(totals, recent): (Totals, Totals)| Figures {
            totals,
            averages: recent.averages(reach),
        };
        sums.into_iter().map(|(database, sum)| (database, figures(sum))).collect()
    }

    /// The figures of all pools together, for SHOW TOTALS.
    pub fn all(&self, extract: &Extract) -> Figures {
        let recent = extract.accounts.iter().map(|(_, stats)| stats.recent());
        let recent = recent.fold(Totals::default(), |sum, part| sum.plus(&part));
        Figures { totals: extract.totals(), averages: recent.averages(self.reach()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_their_reasons() {
        let stats = GatewayStats::default();
        for (refusal, reason) in [
            (Refusal::authentication_failed("u"), "authentication"),
            (Refusal::no_user(), "authentication"),
            (Refusal::no_such_database("d"), "database"),
            (Refusal::too_many_clients(1), "limit"),
            (Refusal::login_timeout(Duration::from_secs(1)), "timeout"),
            (Refusal::login_protocol("x"), "protocol"),
            (Refusal::unsupported_startup("replication", ""), "protocol"),
            (Refusal::server_unreachable("a", "b"), "server"),
            (Refusal::server_protocol("a", "b"), "server"),
            (Refusal::server_refused("28P01", "x"), "server"),
            (Refusal::shutting_down(), "shutdown"),
        ] {
            let before: Vec<_> = stats.refusals().collect();
            stats.refused(Reason::of(&refusal));
            let changed: Vec<_> = stats
                .refusals()
                .zip(before)
                .filter(|(now, before)| now != before)
                .map(|((name, _), _)| name)
                .collect();
            assert_eq!(changed, [reason], "{refusal:?}");
        }
    }
}
