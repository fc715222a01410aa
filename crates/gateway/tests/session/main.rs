//! The session core, driven by hand against a model of PostgreSQL.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking, in its helpers too"
)]

#[path = "../support/messages.rs"]
mod messages;
#[path = "../support/replies.rs"]
mod replies;

mod chunks;
mod command;
mod differential;
mod errors;
mod listening_rows;
mod pipelined;
mod pooler;
mod postgres;
mod run;
mod script;
mod states;
mod table;
mod transaction;
mod writer;
