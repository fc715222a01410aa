//! The data plane between clients and a real PostgreSQL, driven without Python.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking, in its helpers too"
)]

#[path = "../session/command.rs"]
mod command;
#[path = "../support/messages.rs"]
mod messages;
#[path = "../session/postgres.rs"]
mod postgres;
#[path = "../support/replies.rs"]
mod replies;
#[path = "../session/run.rs"]
mod run;
#[path = "../session/script.rs"]
mod script;
#[path = "../session/transaction.rs"]
mod transaction;
#[path = "../session/writer.rs"]
mod writer;

mod budget;
mod cancel;
mod client;
mod console;
mod control;
mod differential;
mod ending;
mod large;
mod leaving;
mod lending;
mod limits;
mod listen;
mod listen_differential;
mod login;
mod lookup;
mod opening;
mod panic;
mod pool;
mod reload;
mod reload_limits;
mod running;
mod server;
mod statement_mode;
mod steady;
mod timeouts;
