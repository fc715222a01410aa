//! The gateway itself: SHOW STATE, VERSION, MEM.

use super::Table;
use crate::clients::{Entry, Facts};
use crate::console::rows::{integer, row, text};
use crate::pool::Pool;
use crate::server::{Identity, Server};

/// The PgBouncer whose console this is, as tools look for it, and what it really is.
const VERSION_TEXT: &str = concat!("PgBouncer 1.25.2 (Forebay ", env!("CARGO_PKG_VERSION"), ")");

/// `SHOW VERSION`
pub const VERSION: Table =
    Table { columns: &[text("version")], fill: |_, rows| rows.push(row![VERSION_TEXT]) };

/// `SHOW STATE`
pub const STATE: Table = Table {
    columns: &[text("key"), text("value")],
    fill: |view, rows| {
        let is_paused = view.context.is_all_paused();
        for (key, holds) in [("active", !is_paused), ("paused", is_paused), ("suspended", false)] {
            rows.push(row![key, if holds { "yes" } else { "no" }]);
        }
    },
};

/// `SHOW MEM`: the parts whose number grows with use. Nothing is kept back for later, so nothing is free.
pub const MEM: Table = Table {
    columns: &[
        text("name"),
        integer("size"),
        integer("used"),
        integer("free"),
        integer("memtotal"),
    ],
    fill: |view, rows| {
        let pools = view.pools();
        let servers = pools.iter().map(|(_, servers)| servers.len()).sum();
        let session = &view.context.common.session;
        for (name, size, used) in [
            ("client_cache", size_of::<Entry>() + size_of::<Facts>(), view.clients().len()),
            ("server_cache", size_of::<Server>() + size_of::<Identity>(), servers),
            ("pool_cache", size_of::<Pool>(), pools.len()),
            ("server_prepared_statement_cache", size_of::<usize>(), session.statements.len()),
        ] {
            rows.push(row![name, size, used, 0_u64, size * used]);
        }
    },
};
