//! What the SHOW commands show, with PgBouncer's columns in PgBouncer's order.

mod budget;
mod listeners;
mod nothing;
mod pins;
mod pools;
mod settings;
mod sockets;
mod state;
mod stats;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::rows::{Column, Rows};
use crate::clients::Entry;
use crate::configuration::Configuration;
use crate::gateway::Context;
use crate::pool::{Pool, Seen};

pub use budget::BUDGET;
pub use listeners::LISTENERS;
pub use nothing::{DNS_HOSTS, DNS_ZONES, FDS, PEER_POOLS, PEERS};
pub use pins::PINS;
pub use pools::{DATABASES, LISTS, POOLS, USERS};
pub use settings::{CONFIG, is_changeable};
pub use sockets::{ACTIVE_SOCKETS, CLIENTS, SERVERS, SOCKETS};
pub use state::{MEM, STATE, VERSION};
pub use stats::{STATS, STATS_AVERAGES, STATS_TOTALS, TOTALS};

/// One table: its columns, and what fills it.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its columns.
    pub columns: &'static [Column],
    /// Adds the rows.
    pub fill: fn(&View<'_>, &mut Rows),
}

impl Table {
    /// The answer: columns and rows.
    pub fn messages(&self, context: &Context) -> Vec<u8> {
        let mut rows = Rows::new(self.columns);
        (self.fill)(&View::new(context), &mut rows);
        rows.into_messages()
    }
}

/// A gateway as a table sees it: everything it needs has been copied out of its lock.
#[derive(Debug)]
pub struct View<'a> {
    /// The gateway.
    pub context: &'a Context,
    /// Its configuration as of now.
    pub configuration: Arc<Configuration>,
    /// The gateway's clock, in milliseconds, and the time of day then.
    now: (u64, SystemTime),
}

impl<'a> View<'a> {
    fn new(context: &'a Context) -> Self {
        let common = &context.common;
        Self {
            context,
            configuration: Arc::clone(&common.configuration()),
            now: (common.clock.milliseconds(), SystemTime::now()),
        }
    }

    /// How long ago that was, in milliseconds of the gateway's clock.
    fn ago(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(self.now.0.saturating_sub(milliseconds))
    }

    /// The time of day of that moment of the gateway's clock.
    fn time_of(&self, milliseconds: u64) -> SystemTime {
        self.now.1.checked_sub(self.ago(milliseconds)).unwrap_or(self.now.1)
    }

    fn clients(&self) -> Vec<Arc<Entry>> {
        self.context.clients.all()
    }

    /// Every pool, with its servers.
    fn pools(&self) -> Vec<(Arc<Pool>, Vec<Seen>)> {
        let with_servers = |pool: Arc<Pool>| {
            let servers = pool.seen();
            (pool, servers)
        };
        self.context.pools().into_iter().map(with_servers).collect()
    }

    /// The configuration by its names, as JSON.
    fn settings(&self) -> Value {
        serde_json::to_value(&*self.configuration).unwrap_or_default()
    }

    /// Names of databases: those that are configured, and those that clients have asked for by `*`.
    fn database_names(&self) -> BTreeSet<String> {
        let listed = self.configuration.databases.iter().map(|database| &database.name);
        let listed = listed.filter(|name| name.as_str() != "*").cloned();
        let used = self.context.pools().into_iter().map(|pool| pool.database.clone());
        listed.chain(used).collect()
    }
}
