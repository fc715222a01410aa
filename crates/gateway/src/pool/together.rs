//! The pools of one database and user as one: that which clients get, and those that retire.

use std::sync::Arc;

use super::{Census, Pool};
use crate::pins::Pins;
use crate::stats::PoolStats;

/// The pools of one database and user at one time.
#[derive(Debug)]
pub struct Together {
    /// The database's name as clients know it.
    pub database: String,
    /// The user's name as clients know it.
    pub user: String,
    /// Most servers of the pool that clients get.
    pub size: usize,
    /// What is in all of them.
    pub census: Census,
    /// What they have done, and pools before them.
    pub stats: Arc<PoolStats>,
    /// Their clients that keep their servers.
    pub pins: Arc<Pins>,
}

impl Together {
    /// Put pools together; the first of a name is the one that clients get.
    pub fn of(pools: &[Arc<Pool>]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for pool in pools {
            let census = pool.census();
            match found.last_mut() {
                Some(last) if last.database == pool.database && last.user == pool.user => {
                    last.census = last.census.and(&census);
                }
                _ => found.push(Self {
                    database: pool.database.clone(),
                    user: pool.user.clone(),
                    size: pool.size(),
                    census,
                    stats: Arc::clone(&pool.stats),
                    pins: Arc::clone(&pool.pins),
                }),
            }
        }
        found
    }
}

impl Census {
    fn and(self, other: &Self) -> Self {
        Self {
            active: self.active + other.active,
            idle: self.idle + other.idle,
            connecting: self.connecting + other.connecting,
            waiting: self.waiting + other.waiting,
            longest_wait: self.longest_wait.max(other.longest_wait),
        }
    }
}
