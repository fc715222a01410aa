//! What every pool has done, also those that are gone: one that comes back goes on counting where it stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{PoolStats, Totals};
use crate::pins::Pins;

/// Most pools that are gone and whose figures are kept apart. Clients can name as many databases as they like where
/// there is an automatic one.
const GONE_LIMIT: usize = 1000;

/// The database's name as clients know it, and the user's as PostgreSQL does.
type Key = (String, String);

/// What the pools of one database and user have done.
#[derive(Debug, Clone)]
pub struct Account {
    /// What they have done.
    pub stats: Arc<PoolStats>,
    /// How often their clients have kept servers.
    pub pins: Arc<Pins>,
}

/// The account of every pool.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<Key, Account>,
    /// Of those that are not kept apart any more.
    rest: Totals,
}

/// What a ledger says at one time.
#[derive(Debug)]
pub struct Extract {
    /// The database's name, and what a user's pools have done there.
    pub accounts: Vec<(String, Arc<PoolStats>)>,
    /// What has been done besides.
    pub rest: Totals,
}

impl Ledger {
    /// The account of a pool, which has had none before or goes on with it.
    pub fn account(&mut self, key: &Key, workers: usize) -> Account {
        if let Some(account) = self.accounts.get(key) {
            return account.clone();
        }
        let account =
            Account { stats: Arc::new(PoolStats::new(workers)), pins: Arc::new(Pins::default()) };
        self.accounts.insert(key.clone(), account.clone());
        account
    }

    /// Put together what too many pools that are gone have done. Nothing is added to those any more.
    pub fn settle(&mut self, pools: usize) {
        let mut surplus = self.accounts.len().saturating_sub(pools + GONE_LIMIT);
        if surplus == 0 {
            return;
        }
        let rest = &mut self.rest;
        self.accounts.retain(|_, account| {
            // Whoever reads or counts holds another.
            if surplus == 0 || Arc::strong_count(&account.stats) > 1 {
                return true;
            }
            *rest = rest.plus(&account.stats.totals());
            surplus -= 1;
            false
        });
    }

    /// What it says now.
    pub fn extract(&self) -> Extract {
        let account = |((database, _), account): (&Key, &Account)| {
            (database.clone(), Arc::clone(&account.stats))
        };
        Extract { accounts: self.accounts.iter().map(account).collect(), rest: self.rest }
    }
}

impl Extract {
    /// Everything that has been done.
    pub fn totals(&self) -> Totals {
        self.accounts.iter().fold(self.rest, |sum, (_, stats)| sum.plus(&stats.totals()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Counts;

    fn key(number: usize) -> Key {
        (format!("d{number}"), "u".to_owned())
    }

    #[test]
    fn a_pool_goes_on_counting_and_nothing_that_was_done_is_lost() {
        let mut ledger = Ledger::default();
        let query = Counts { queries: 1, ..Counts::default() };
        let count = GONE_LIMIT + 20;
        for number in 0..count {
            ledger.account(&key(number), 1).stats.counted(&query);
        }
        let used = ledger.account(&key(0), 1);
        used.stats.counted(&query);
        ledger.settle(5);
        assert_eq!(ledger.accounts.len(), GONE_LIMIT + 5);
        let extract = ledger.extract();
        assert_eq!(extract.rest.query_count, 15);
        assert_eq!(extract.totals().query_count, u64::try_from(count).unwrap() + 1);
        assert!(Arc::ptr_eq(&used.stats, &ledger.account(&key(0), 1).stats), "it is in use");
        assert_eq!(ledger.account(&key(1), 1).stats.totals().query_count, 0, "begun again");
    }
}
