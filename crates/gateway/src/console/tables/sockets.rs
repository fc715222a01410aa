//! Every connection: SHOW CLIENTS, SERVERS, SOCKETS, ACTIVE_SOCKETS.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Table, View};
use crate::clients::Entry;
use crate::console::rows::{Cell, Column, Rows, integer, row, text};
use crate::endpoint::{Endpoint, Peer};
use crate::log::civil;
use crate::pool::{Pool, Seen};

const ALL: [Column; 28] = [
    text("type"),
    text("user"),
    text("database"),
    text("replication"),
    text("state"),
    text("addr"),
    integer("port"),
    text("local_addr"),
    integer("local_port"),
    text("connect_time"),
    text("request_time"),
    integer("wait"),
    integer("wait_us"),
    integer("close_needed"),
    text("ptr"),
    text("link"),
    integer("remote_pid"),
    text("tls"),
    text("application_name"),
    integer("prepared_statements"),
    integer("id"),
    integer("recv_pos"),
    integer("pkt_pos"),
    integer("pkt_remain"),
    integer("send_pos"),
    integer("send_remain"),
    integer("pkt_avail"),
    integer("send_avail"),
];

/// How many of the columns SHOW CLIENTS and SHOW SERVERS have; the others are about buffers.
const USUAL: usize = 21;

/// The columns without those about buffers.
const fn usual() -> [Column; USUAL] {
    let mut columns = [text(""); USUAL];
    let (mut at, mut rest) = (0, ALL.as_slice());
    while let (true, [first, others @ ..]) = (at < USUAL, rest) {
        #[expect(clippy::indexing_slicing, reason = "checked when it is compiled")]
        {
            columns[at] = *first;
        }
        (at, rest) = (at + 1, others);
    }
    columns
}

/// `SHOW CLIENTS`
pub const CLIENTS: Table = Table {
    columns: &usual(),
    fill: |view, rows| {
        for client in view.clients().iter().filter_map(|entry| client(view, entry)) {
            rows.push(&client.cells(view, false));
        }
    },
};

/// `SHOW SERVERS`
pub const SERVERS: Table = Table {
    columns: &usual(),
    fill: |view, rows| {
        for server in servers(view) {
            rows.push(&server.cells(view, false));
        }
    },
};

/// `SHOW SOCKETS`
pub const SOCKETS: Table = Table { columns: &ALL, fill: |view, rows| sockets(view, rows, false) };

/// `SHOW ACTIVE_SOCKETS`
pub const ACTIVE_SOCKETS: Table =
    Table { columns: &ALL, fill: |view, rows| sockets(view, rows, true) };

fn sockets(view: &View<'_>, rows: &mut Rows, only_active: bool) {
    let clients = view.clients();
    let clients = clients.iter().filter_map(|entry| client(view, entry));
    for mut socket in clients.chain(servers(view)) {
        if only_active && socket.state != "active" && socket.state != "waiting" {
            continue;
        }
        let state =
            if socket.kind == "C" && socket.state == "idle" { "active" } else { socket.state };
        let prefix = if socket.kind == "C" { "cl" } else { "sv" };
        let prefixed = format!("{prefix}_{state}");
        socket.state = "";
        let mut cells = socket.cells(view, true);
        if let Some(cell) = cells.get_mut(4) {
            *cell = prefixed.into();
        }
        rows.push(&cells);
    }
}

/// One row.
struct Socket {
    kind: &'static str,
    user: String,
    database: String,
    state: &'static str,
    ends: (Endpoint, Endpoint),
    connected: SystemTime,
    asked_at: u64,
    waited: Duration,
    close_needed: bool,
    pointer: String,
    link: String,
    process: u32,
    application: String,
    statements: u32,
    id: u64,
}

impl Socket {
    fn cells(&self, view: &View<'_>, with_buffers: bool) -> Vec<Cell> {
        let port = u64::from(view.configuration.listen_port);
        let (addr, addr_port) = address(&self.ends.0, port);
        let (local, local_port) = address(&self.ends.1, port);
        let mut cells = row![
            self.kind,
            self.user.as_str(),
            self.database.as_str(),
            "none",
            self.state,
            addr,
            addr_port,
            local,
            local_port,
            time(self.connected),
            time(view.time_of(self.asked_at)),
            self.waited.as_secs(),
            u64::from(self.waited.subsec_micros()),
            self.close_needed,
            self.pointer.as_str(),
            self.link.as_str(),
            u64::from(self.process),
            "",
            self.application.as_str(),
            u64::from(self.statements),
            self.id,
        ]
        .to_vec();
        if with_buffers {
            // Nothing stays in a buffer between two wake-ups but what a slow reader has not taken.
            cells.extend((0..ALL.len() - USUAL).map(|_| Cell::from(0_u64)));
        }
        cells
    }
}

/// The row of a client that has logged in.
fn client(view: &View<'_>, entry: &Arc<Entry>) -> Option<Socket> {
    let facts = entry.facts.get()?;
    let hold = entry.holds();
    let waits = entry.waits_since();
    let state = match (&hold.server, waits) {
        (_, Some(_)) => "waiting",
        (Some(_), None) => "active",
        (None, None) => "idle",
    };
    let process = match facts.peer {
        Endpoint::Unix(Peer { process, .. }) => process,
        _ => 0,
    };
    let application = hold.told.get("application_name").unwrap_or_default();
    Some(Socket {
        kind: "C",
        user: facts.user.to_string(),
        database: facts.database.to_string(),
        state,
        ends: (facts.peer, facts.local),
        connected: facts.since,
        asked_at: entry.activity.asked_at(),
        waited: waits.map_or(Duration::ZERO, |since| view.ago(since)),
        close_needed: false,
        pointer: client_pointer(entry.id),
        link: hold.server.map_or(String::new(), |server| server_pointer(server.number)),
        process,
        application: String::from_utf8_lossy(application).into_owned(),
        statements: entry.statements.load(Ordering::Relaxed),
        id: entry.id.into(),
    })
}

/// The rows of every server, pool by pool.
fn servers<'a>(view: &'a View<'_>) -> impl Iterator<Item = Socket> + use<'a> {
    view.pools().into_iter().flat_map(move |(pool, servers)| {
        servers.into_iter().map(move |seen| server(view, &pool, &seen)).collect::<Vec<_>>()
    })
}

fn server(view: &View<'_>, pool: &Pool, seen: &Seen) -> Socket {
    let server = &seen.server;
    let holder = server.holder.load(Ordering::Relaxed);
    let entry = (holder != 0).then(|| view.context.clients.get(holder)).flatten();
    let told = entry.map(|entry| entry.holds().told).unwrap_or_default();
    let application = told.get("application_name").unwrap_or_default();
    Socket {
        kind: "S",
        user: pool.user.clone(),
        database: pool.database.clone(),
        state: state(seen),
        ends: server.ends,
        connected: server.since,
        asked_at: server.lent_at.load(Ordering::Relaxed),
        waited: Duration::ZERO,
        close_needed: server.is_tainted.load(Ordering::Relaxed),
        pointer: server_pointer(server.number),
        link: if holder == 0 { String::new() } else { client_pointer(holder) },
        process: server.process,
        application: String::from_utf8_lossy(application).into_owned(),
        statements: server.statements.load(Ordering::Relaxed),
        id: server.number,
    }
}

/// What a server is doing, in PgBouncer's words: one that nobody holds and that does not rest is being cleaned.
pub(super) fn state(seen: &Seen) -> &'static str {
    if seen.is_idle {
        "idle"
    } else if seen.server.holder.load(Ordering::Relaxed) != 0 {
        "active"
    } else if seen.server.cancels.load(Ordering::Relaxed) > 0 {
        "being_canceled"
    } else {
        "tested"
    }
}

/// Address and port, where a unix socket has the word `unix` and the gateway's port, as in PgBouncer.
fn address(end: &Endpoint, port: u64) -> (String, u64) {
    match end {
        Endpoint::Tcp(address) => (address.ip().to_string(), address.port().into()),
        Endpoint::Unix(_) => ("unix".to_owned(), port),
        Endpoint::Unknown => (String::new(), 0),
    }
}

/// What stands for a client in the columns `ptr` and `link`; no address of memory is shown to anybody.
pub(super) fn client_pointer(id: u32) -> String {
    format!("0xc{id:08x}")
}

/// What stands for a server there.
pub(super) fn server_pointer(number: u64) -> String {
    format!("0x5{number:08x}")
}

/// `2026-01-31 12:34:56 UTC`
pub(super) fn time(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
