//! One connection to PostgreSQL: its socket, its session state, and what a cancel needs to know of it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use pgwire::{backend, frame, frontend};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;

use crate::endpoint::Endpoint;
use crate::pool::shares::Places;
use crate::session::ServerState;
use crate::stats::meter::Grant;
use crate::stream::Stream;

/// Where a PostgreSQL server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host name or address, and port.
    Tcp(String, u16),
    /// Path of a unix socket.
    Unix(PathBuf),
}

impl Address {
    /// The address for a `host` setting: one that begins with `/` is a unix socket's directory.
    pub fn new(host: &str, port: u16) -> Self {
        if host.starts_with('/') {
            Self::Unix(PathBuf::from(host).join(format!(".s.PGSQL.{port}")))
        } else {
            Self::Tcp(host.to_owned(), port)
        }
    }

    /// The host that its certificate is checked against; none for a unix socket, which has no TLS.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp(host, _) => Some(host),
            Self::Unix(_) => None,
        }
    }

    /// Connect.
    pub async fn connect(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Stream::new(stream.into_std()?)
            }
            Self::Unix(path) => Stream::new(UnixStream::connect(path).await?.into_std()?),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(formatter, "{host}:{port}"),
            Self::Unix(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// What a cancel request for a server's query needs, shared with whoever sends one.
#[derive(Debug)]
pub struct Identity {
    /// Where the server listens.
    pub address: Address,
    /// Whether it is reached with TLS, and so are cancel requests to it.
    pub is_encrypted: bool,
    /// Its process id.
    pub process: u32,
    /// Its cancel key.
    pub key: Vec<u8>,
    /// Cancel requests under way to it. A server is not lent again while there are any: PostgreSQL signals
    /// a process, not a query, and the signal would hit the next client's.
    pub cancels: AtomicUsize,
    /// A cancel failed half way: its signal may come at any time, so the server is not lent again.
    pub is_tainted: AtomicBool,
    /// Told when a cancel has ended.
    pub settled: Notify,
    /// Tells it from every other server of this process.
    pub number: u64,
    /// PostgreSQL's end of the connection, and this one.
    pub ends: (Endpoint, Endpoint),
    /// When it logged in.
    pub since: SystemTime,
    /// When it was last lent, in milliseconds of the gateway's clock.
    pub lent_at: AtomicU64,
    /// The client that holds it; 0 for none.
    pub holder: AtomicU32,
    /// How many statements are prepared on it, as of its last release.
    pub statements: AtomicU32,
    /// The connection is closed.
    pub is_closed: AtomicBool,
}

/// Numbers servers and clients together: tools tell sockets from each other by that.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A number that no other server and no client of this process has.
pub fn next_number() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Identity {
    /// What there is to know of a server that has just logged in over `stream`.
    pub fn new(address: Address, process: u32, key: Vec<u8>, stream: &Stream, now: u64) -> Self {
        Self {
            address,
            is_encrypted: stream.tls().is_some(),
            process,
            key,
            cancels: AtomicUsize::new(0),
            is_tainted: AtomicBool::new(false),
            settled: Notify::new(),
            number: next_number(),
            ends: stream.ends(),
            since: SystemTime::now(),
            lent_at: AtomicU64::new(now),
            holder: AtomicU32::new(0),
            statements: AtomicU32::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Wait until no cancel is under way.
    pub async fn wait_settled(&self) {
        loop {
            let settled = self.settled.notified();
            if self.cancels.load(Ordering::Acquire) == 0 {
                return;
            }
            settled.await;
        }
    }
}

/// One connection to PostgreSQL, logged in.
#[derive(Debug)]
pub struct Server {
    /// A client has had it, and what that may have left in the session has not all been taken back.
    pub has_served: bool,
    /// Its socket.
    pub stream: Stream,
    /// Its session.
    pub state: ServerState,
    /// What a cancel needs.
    pub identity: Arc<Identity>,
    /// The worker whose runtime watches the socket.
    pub worker: usize,
    /// The generation its pool had when it began to connect.
    pub generation: u64,
    /// When it logged in, in milliseconds of the gateway's clock.
    pub born: u64,
    /// When it was last released, in milliseconds of the gateway's clock; 0 for one that has only just logged in.
    pub idle_since: u64,
    /// How its present client, or the next, came by it.
    pub grant: Grant,
    /// It has been at rest for so long that it might be gone.
    pub needs_check: bool,
    /// What counts it in its pool's budgets. Behind the stream, which is closed first.
    pub places: Places,
}

impl Server {
    /// Let others see how many statements it has.
    pub fn count_statements(&self) {
        let count = u32::try_from(self.state.statement_count()).unwrap_or(u32::MAX);
        self.identity.statements.store(count, Ordering::Relaxed);
    }

    /// Take in what an idle server has sent unasked; `false` when it is of no more use.
    pub fn absorb(&mut self) -> bool {
        while self.stream.is_readable() {
            // Not the worker's buffer: the caller may be using that.
            let mut buffer = [0; 4096];
            match self.stream.try_read(&mut buffer) {
                Ok(0) => return false,
                Ok(count) => {
                    if !self.absorb_bytes(buffer.get(..count).unwrap_or(&[])) {
                        return false;
                    }
                }
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Notices may be dropped, and settings of the server that change while it is idle are learnt.
    fn absorb_bytes(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let Ok(Some((tag, body, rest))) = frame::split(bytes, i32::MAX.unsigned_abs()) else {
                return false;
            };
            match tag {
                backend::NOTICE_RESPONSE | backend::NOTIFICATION_RESPONSE => {}
                backend::PARAMETER_STATUS => {
                    let Ok((name, value)) = backend::parameter_status(body) else {
                        return false;
                    };
                    self.state.report(&String::from_utf8_lossy(name), value);
                }
                _ => return false,
            }
            bytes = rest;
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.identity.is_closed.store(true, Ordering::Relaxed);
        let mut bytes = Vec::new();
        frontend::put_terminate(&mut bytes);
        // A courtesy: PostgreSQL logs an unexpected end of file otherwise. The socket closes either way.
        let _ = self.stream.try_write(&bytes);
    }
}
