//! The sockets that clients come in by.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::net::SocketFlags;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::client;
use crate::configuration::Configuration;
use crate::deadline::within;
use crate::error::StartError;
use crate::gateway::{Context, Phase};
use crate::sockets;
use crate::stream::Stream;
use crate::worker::Dispatcher;

/// Pause after an accept failed for want of something, file descriptors usually.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Sockets beyond `max_client_conn` that may be open at once, for cancel requests and for telling clients why
/// they are refused.
const HEADROOM: usize = 512;

/// Longest path of a unix socket in bytes: Linux's `sun_path` less its terminator.
const UNIX_PATH_LIMIT: usize = 107;

/// A listening socket that no runtime watches yet.
#[derive(Debug)]
pub enum Bound {
    /// On a TCP address.
    Tcp(std::net::TcpListener, SocketAddr),
    /// On a unix socket.
    Unix(StdUnixListener, PathBuf),
}

impl Bound {
    /// Its address, as a person would write it.
    pub fn address(&self) -> String {
        match self {
            Self::Tcp(_, address) => address.to_string(),
            Self::Unix(_, path) => path.display().to_string(),
        }
    }

    /// Its path, if it has one.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Tcp(..) => None,
            Self::Unix(_, path) => Some(path.clone()),
        }
    }
}

/// Listen on every configured address.
pub fn bind(configuration: &Configuration) -> Result<Vec<Bound>, StartError> {
    let mut bound = Vec::new();
    let mut port = configuration.listen_port;
    for host in &configuration.listen_addr {
        let address = format!("{host}:{port}");
        let failed = |source| StartError::Listen { address: address.clone(), source };
        let any = if host == "*" { "0.0.0.0" } else { host.as_str() };
        let addresses: Vec<SocketAddr> = (any, port).to_socket_addrs().map_err(failed)?.collect();
        for address in addresses {
            let listener = bind_tcp(address, configuration.listen_backlog).map_err(failed)?;
            let actual = listener.local_addr().map_err(failed)?;
            bound.push(Bound::Tcp(listener, actual));
            // Port 0 means one free port, the same for every address.
            port = actual.port();
        }
    }
    if let Some(directory) = &configuration.unix_socket_dir {
        let path = Path::new(directory).join(format!(".s.PGSQL.{port}"));
        let listener = bind_unix(&path, configuration.unix_socket_mode)
            .map_err(|source| StartError::Listen { address: path.display().to_string(), source })?;
        bound.push(Bound::Unix(listener, path));
    }
    Ok(bound)
}

fn bind_tcp(address: SocketAddr, backlog: u32) -> io::Result<std::net::TcpListener> {
    let domain = if address.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<StdUnixListener> {
    let length = path.as_os_str().len();
    if length > UNIX_PATH_LIMIT {
        let limit = format!("that path has {length} bytes, and a unix socket's {UNIX_PATH_LIMIT}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{limit} at most")));
    }
    // A socket that nobody answers on is left over from a process that was killed.
    let is_socket = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    let listener = StdUnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Tells a file from any other that may come to stand at the same path: its inode, and when that was made, for
/// the number alone is soon used again.
pub type FileIdentity = (u64, i64, i64);

/// The identity of the file at `path`.
pub fn identity(path: &Path) -> Option<FileIdentity> {
    let found = path.symlink_metadata().ok()?;
    Some((found.ino(), found.ctime(), found.ctime_nsec()))
}

/// A listening socket that a runtime watches.
struct Listener {
    socket: AsyncFd<OwnedFd>,
    is_tcp: bool,
}

impl Listener {
    // The replacement is unsafe because some types hand out another descriptor each time; this one does not.
    #[expect(deprecated)]
    fn new(bound: Bound) -> io::Result<Self> {
        let (socket, is_tcp): (OwnedFd, bool) = match bound {
            Bound::Tcp(listener, _) => (listener.into(), true),
            Bound::Unix(listener, _) => (listener.into(), false),
        };
        Ok(Self { socket: AsyncFd::with_interest(socket, Interest::READABLE)?, is_tcp })
    }

    /// The next client's socket, which no runtime watches yet, and its address.
    async fn accept(&self) -> io::Result<(OwnedFd, String)> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let accept = |listener: &OwnedFd| Ok(rustix::net::acceptfrom_with(listener, flags)?);
        let (socket, peer) = self.socket.async_io(Interest::READABLE, accept).await?;
        if !self.is_tcp {
            return Ok((socket, "unix socket".to_owned()));
        }
        // Replies are whole messages; waiting for more only delays them.
        rustix::net::sockopt::set_tcp_nodelay(&socket, true)?;
        let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
        Ok((socket, peer.map(|peer| peer.to_string()).unwrap_or_default()))
    }
}

/// Accept clients until the gateway drains. The socket closes with that. While a shutdown waits a unix socket stays,
/// for operators: whoever is on the machine can see what it waits for, and RESUME it.
pub async fn accept(bound: Bound, context: Arc<Context>, dispatcher: Arc<Dispatcher>) {
    let listener = match Listener::new(bound) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "cannot watch a listening socket");
            return context.advance(Phase::Stopping);
        }
    };
    loop {
        let changed = context.phase_changed.notified();
        match context.common.phase() {
            Phase::Running => {}
            Phase::Closing if !listener.is_tcp => {}
            _ => return,
        }
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = changed => continue,
        };
        match accepted {
            Ok((socket, peer)) => {
                if listener.is_tcp {
                    sockets::tune(&socket, &context.common.configuration());
                }
                admit(socket, peer, &context, &dispatcher);
            }
            Err(error) => {
                tracing::error!(%error, "cannot accept a client; trying again");
                let _ = within(&context.common, ACCEPT_PAUSE, std::future::pending::<()>()).await;
            }
        }
    }
}

fn admit(socket: OwnedFd, peer: String, context: &Arc<Context>, dispatcher: &Dispatcher) {
    let limit = context.common.configuration().max_client_conn + HEADROOM;
    if context.clients.sockets.load(Ordering::Relaxed) >= limit {
        tracing::warn!(
            peer,
            limit,
            "client closed unheard: max_client_conn and its headroom are used up"
        );
        return;
    }
    let Some(choice) = dispatcher.choose() else {
        return;
    };
    context.clients.sockets.fetch_add(1, Ordering::Relaxed);
    let presence = Presence { context: Arc::clone(context), _held: choice.held };
    choice.runtime.spawn(async move {
        // Here, because the runtime it is called on watches the socket.
        match Stream::new(socket) {
            Ok(stream) => client::serve(stream, peer, Arc::clone(&presence.context)).await,
            Err(error) => tracing::error!(%error, "cannot watch a client's socket"),
        }
    });
}

/// A client's socket is open for as long as this lives.
struct Presence {
    context: Arc<Context>,
    _held: crate::worker::Held,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.context.clients.sockets.fetch_sub(1, Ordering::Relaxed);
        if std::thread::panicking() {
            self.context.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                "a client's task panicked; that client was closed, others are unharmed"
            );
        }
    }
}
