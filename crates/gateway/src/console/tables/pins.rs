//! Clients that keep their server beyond a transaction: SHOW PINS.

use super::Table;
use super::sockets::{client_pointer, server_pointer, time};
use crate::console::rows::{integer, row, text};

/// `SHOW PINS`
pub const PINS: Table = Table {
    columns: &[
        integer("id"),
        text("ptr"),
        text("link"),
        integer("remote_pid"),
        text("user"),
        text("database"),
        text("reason"),
        text("since"),
        text("statement"),
    ],
    fill: |view, rows| {
        for entry in view.clients() {
            let (Some(pin), Some(facts)) = (entry.pinned(), entry.facts.get()) else {
                continue;
            };
            let server = entry.holds().server;
            let (link, process) = server.map_or((String::new(), 0), |server| {
                (server_pointer(server.number), u64::from(server.process))
            });
            rows.push(row![
                u64::from(entry.id),
                client_pointer(entry.id),
                link,
                process,
                &*facts.user,
                &*facts.database,
                pin.reasons.names(),
                time(pin.since),
                &*pin.statement,
            ]);
        }
    },
};
