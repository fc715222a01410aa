//! TLS without PostgreSQL: what files are refused, and what a session does with awkward sockets.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test program fails by panicking, in its helpers too"
)]

mod authority;
mod files;
mod names;
mod session;
