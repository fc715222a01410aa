//! The two ends of a connection, for whoever wants to know who is there.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream as StdUnixStream;

use rustix::net::{AddressFamily, SocketAddrAny};
use tokio::net::UnixStream;

/// The process at the other end of a unix socket, as the kernel knows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its process id; 0 when that is not known here, of a process in another container for example.
    pub process: u32,
    /// Its user's id.
    pub uid: Option<u32>,
}

impl Peer {
    /// Who is at the other end of `stream`.
    pub fn of(stream: &UnixStream) -> Self {
        stream.peer_cred().map_or_else(
            |_| Self::default(),
            |credentials| Self {
                process: credentials.pid().and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0),
                uid: Some(credentials.uid()),
            },
        )
    }

    /// This process, asked of the kernel in the way its peers are. Must be called on a runtime.
    pub fn own() -> Self {
        UnixStream::pair().map_or_else(|_| Self::default(), |(one, _other)| Self::of(&one))
    }

    /// Who is at the other end of a unix socket of which only the descriptor is at hand.
    fn behind(socket: BorrowedFd<'_>) -> io::Result<Self> {
        // A second descriptor, because asking takes one that is owned; it is closed again here.
        let second = StdUnixStream::from(socket.try_clone_to_owned()?);
        Ok(Self::of(&UnixStream::from_std(second)?))
    }
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Of a TCP connection.
    Tcp(SocketAddr),
    /// Of a unix socket.
    Unix(Peer),
    /// The connection is gone.
    Unknown,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(_) => formatter.write_str("unix"),
            Self::Unknown => formatter.write_str("unknown"),
        }
    }
}

/// The peer's end of a connected socket, and this one. Must be called on a runtime.
pub fn ends(socket: BorrowedFd<'_>) -> (Endpoint, Endpoint) {
    let local = rustix::net::getsockname(socket);
    if local.as_ref().is_ok_and(|local| local.address_family() == AddressFamily::UNIX) {
        let peer = Peer::behind(socket.as_fd()).unwrap_or_default();
        return (Endpoint::Unix(peer), Endpoint::Unix(Peer::default()));
    }
    let peer = rustix::net::getpeername(socket).ok().flatten();
    (tcp(peer), tcp(local.ok()))
}

fn tcp(address: Option<SocketAddrAny>) -> Endpoint {
    let address = address.and_then(|address| SocketAddr::try_from(address).ok());
    address.map_or(Endpoint::Unknown, Endpoint::Tcp)
}
