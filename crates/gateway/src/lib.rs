//! The data plane: listeners, authentication, sessions and pools, as a library that runs without Python.
//!
//! One pool, one budget: every listener hands its clients to the same set of [`pool`]s. Protocol code
//! ([`session`]) takes bytes in and gives bytes out and never waits; waiting code ([`relay`]) moves bytes
//! and never parses.
//!
//! # Layout
//! - [`configuration`]: the finished configuration, as the control plane hands it over.
//! - [`gateway`]: the whole: start, drain, stop, join.
//! - [`worker`]: one thread with its own runtime; [`listener`]: sockets that clients come in by.
//! - [`login`]: a client's first packets; [`auth`]: the cryptography and who may come in.
//! - [`sockets`]: TCP options.
//! - [`client`]: one client from its first byte to its last; [`relay`]: moves bytes between one client and the server it holds.
//! - [`session`]: what those bytes mean; no sockets.
//! - [`pool`]: servers at rest and clients in line; [`server`]: one server connection; [`connect`]: making
//!   one; [`janitor`]: what time brings about; [`deadline`]: time limits for the workers' tasks.
//! - `batch`: writing what a batch came to; `ending`: why a client's task ends.
//! - [`budget`]: how many connections a PostgreSQL has to give.
//! - [`cleanup`]: a server whose client left in the middle of something.
//! - [`console`]: the admin console.
//! - [`pools`]: every pool there is; [`reload`]: exchanging the configuration; [`control`]: an administrator's
//!   commands.
//! - [`clients`]: who is connected, for cancel, drain and console; [`cancel`]: cancel requests; [`activity`]: who
//!   has passed which time limit.
//! - [`endpoint`]: the two ends of a connection; [`sockets`]: their options.
//! - [`parameters`]: settings a session has; [`statements`]: prepared statements by text.
//! - [`reloader`]: asks for a new configuration, for the console.
//! - [`tls`]: certificates and rules for TLS; the sessions themselves are [`stream`]s.
//! - [`report`]: what clients are told when something is refused.
//! - [`shared_listener`]: LISTEN for clients that hold no server.
//! - [`stats`]: what has been done: counts, times, errors; [`metrics`]: the door to ask for that by HTTP.

#![forbid(unsafe_code)]

pub mod activity;
pub mod auth;
mod batch;
pub mod budget;
pub mod cancel;
pub mod cleanup;
pub mod client;
pub mod clients;
pub mod configuration;
pub mod connect;
pub mod console;
pub mod control;
pub mod deadline;
mod ending;
pub mod endpoint;
pub mod error;
pub mod gateway;
pub mod janitor;
pub mod listener;
pub mod log;
pub mod login;
pub mod metrics;
pub mod parameters;
pub mod pins;
pub mod pool;
pub mod pools;
pub mod relay;
pub mod reload;
pub mod reloader;
pub mod report;
pub mod server;
pub mod session;
pub mod shared_listener;
pub mod sockets;
pub mod statements;
pub mod stats;
pub mod stream;
pub mod tls;
pub mod worker;

pub use configuration::Configuration;
pub use error::StartError;
pub use gateway::Gateway;
pub use reload::Reloaded;
