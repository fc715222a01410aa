//! PostgreSQL protocol 3.0 and 3.2: bytes to messages and messages to bytes.
//!
//! No sockets and no state: every function looks at a slice and answers. Malformed or oversize input is a
//! [`WireError`]; input that is merely not all there yet is `Ok(None)`. Nothing in this crate panics.
//!
//! # Layout
//! - [`frame`]: the five-byte header that every message after startup begins with.
//! - [`startup`]: the first packet of a connection: startup, SSL, GSS and cancel requests.
//! - [`frontend`]: what a client sends: tags, views into messages, builders.
//! - [`backend`]: what a server sends: tags, views into messages, builders.
//! - [`cursor`]: reading integers and strings off a slice without panicking.
//! - [`error`]: what can be wrong with bytes.

#![forbid(unsafe_code)]

pub mod backend;
pub mod cursor;
pub mod error;
pub mod frame;
pub mod frontend;
pub mod startup;

pub use error::WireError;
