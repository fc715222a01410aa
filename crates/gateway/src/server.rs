//! One connection to PostgreSQL: its socket, its session state, and what a cancel needs to know of it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pgwire::{backend, frame, frontend};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;

use crate::session::ServerState;
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
}

impl Identity {
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
    /// When it was last released, in milliseconds of the gateway's clock.
    pub idle_since: u64,
}

impl Server {
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
        let mut bytes = Vec::new();
        frontend::put_terminate(&mut bytes);
        // A courtesy: PostgreSQL logs an unexpected end of file otherwise. The socket closes either way.
        let _ = self.stream.try_write(&bytes);
    }
}
