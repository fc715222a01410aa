//! Who listens for clients that hold no server: SHOW LISTENERS, which PgBouncer does not have.

use std::sync::atomic::Ordering;

use super::Table;
use crate::console::rows::{bigint, integer, row, text};

/// `SHOW LISTENERS`
pub const LISTENERS: Table = Table {
    columns: &[
        text("database"),
        text("encoding"),
        text("state"),
        integer("remote_pid"),
        integer("channels"),
        integer("clients"),
        bigint("received"),
        bigint("delivered"),
    ],
    fill: |view, rows| {
        for listener in view.context.listeners.all() {
            let seen = listener.seen();
            rows.push(row![
                listener.key.database.as_str(),
                listener.key.encoding.as_str(),
                seen.state.name(),
                u64::from(listener.process.load(Ordering::Relaxed)),
                seen.channels,
                listener.clients.load(Ordering::Relaxed),
                listener.received.load(Ordering::Relaxed),
                listener.delivered.load(Ordering::Relaxed),
            ]);
        }
    },
};
