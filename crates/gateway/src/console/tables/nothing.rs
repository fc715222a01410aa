//! Tables of what PgBouncer has and this gateway has not: their columns are there, and no row.

use super::Table;
use crate::console::rows::{bigint, bytes, integer, text};

/// `SHOW PEERS`: there is no peering.
pub const PEERS: Table = Table {
    columns: &[integer("peer_id"), text("host"), integer("port"), integer("pool_size")],
    fill: |_, _| {},
};

/// `SHOW PEER_POOLS`: there is no peering.
pub const PEER_POOLS: Table = Table {
    columns: &[
        integer("peer_id"),
        integer("cl_active_cancel_req"),
        integer("cl_waiting_cancel_req"),
        integer("sv_active_cancel"),
        integer("sv_login"),
    ],
    fill: |_, _| {},
};

/// `SHOW DNS_HOSTS`: names are looked up at every connection, and not kept.
pub const DNS_HOSTS: Table =
    Table { columns: &[text("hostname"), bigint("ttl"), text("addrs")], fill: |_, _| {} };

/// `SHOW DNS_ZONES`: zones are not watched.
pub const DNS_ZONES: Table =
    Table { columns: &[text("zonename"), bigint("serial"), integer("count")], fill: |_, _| {} };

/// `SHOW FDS`: sockets are not handed to a successor, and cancel keys are shown to nobody.
pub const FDS: Table = Table {
    columns: &[
        integer("fd"),
        text("task"),
        text("user"),
        text("database"),
        text("addr"),
        integer("port"),
        bigint("cancel"),
        integer("link"),
        text("client_encoding"),
        text("std_strings"),
        text("datestyle"),
        text("timezone"),
        text("password"),
        bytes("scram_client_key"),
        bytes("scram_server_key"),
    ],
    fill: |_, _| {},
};
