//! A connection, with or without TLS, read and written without being waited for.

mod socket;
mod tls;

use std::cell::RefCell;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};

pub use socket::Socket;
pub use tls::{Session, TlsStream};

use crate::endpoint::{self, Endpoint};

/// Bytes read at once: larger than any write of PostgreSQL's, so that one receive empties the socket and
/// the runtime knows it from the short read.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// One receive buffer a worker, because an idle client must not hold one.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into());
}

/// Most empty buffers that a worker keeps, and the most bytes of each.
const SPARES: usize = 64;
const SPARE_SIZE: usize = 4096;

thread_local! {
    /// Empty buffers of this worker, for what clients have sent that wait for a server: nearly every request in a
    /// busy pool.
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer.
pub fn take_spare() -> Vec<u8> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Keep what was in use as a buffer for the next that is needed, or free it.
pub fn keep_spare(mut buffer: Vec<u8>) {
    if buffer.capacity() <= SPARE_SIZE {
        SPARE.with_borrow_mut(|spares| {
            if spares.len() < SPARES {
                buffer.clear();
                spares.push(buffer);
            }
        });
    }
}

/// Call `use_buffer` with this worker's receive buffer. Must not be nested.
pub fn with_buffer<T>(use_buffer: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| use_buffer(buffer))
}

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// Without TLS.
    Plain(Socket),
    /// With TLS. Boxed, so that others do not pay for it.
    Tls(Box<TlsStream>),
    /// Nothing: what stays while a socket is wrapped into TLS.
    Closed,
}

impl Stream {
    /// Have the runtime this is called on watch a socket that does not block.
    pub fn new(socket: impl Into<OwnedFd>) -> io::Result<Self> {
        Socket::new(socket).map(Self::Plain)
    }

    /// The peer's end and this one.
    pub fn ends(&self) -> (Endpoint, Endpoint) {
        let ends = self.descriptor().map(endpoint::ends);
        ends.unwrap_or((Endpoint::Unknown, Endpoint::Unknown))
    }

    /// The socket, for options to be set on it.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Plain(socket) => socket.descriptor(),
            Self::Tls(stream) => stream.descriptor(),
            Self::Closed => None,
        }
    }

    /// Go on with TLS on the same socket, beginning with what has been `received` of it.
    ///
    /// # Errors
    /// The peer closed, or the handshake failed. The connection is of no use then.
    ///
    /// # Cancel safety
    /// Not cancel safe: a handshake that has begun cannot begin again.
    pub async fn start_tls(&mut self, session: Session, received: Vec<u8>) -> io::Result<()> {
        let Self::Plain(socket) = std::mem::replace(self, Self::Closed) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let mut stream = Box::new(TlsStream::new(socket, session, received));
        stream.handshake().await?;
        *self = Self::Tls(stream);
        Ok(())
    }

    /// The TLS session, if there is one.
    pub fn tls(&self) -> Option<&TlsStream> {
        match self {
            Self::Tls(stream) => Some(stream),
            _ => None,
        }
    }

    /// Whether it is plain TCP, which TLS can be begun on.
    pub fn is_plain_tcp(&self) -> bool {
        matches!(self, Self::Plain(socket) if !socket.is_unix())
    }

    /// Receive into `buffer`; 0 means that the peer has closed.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => socket.poll_read(cx, buffer),
            Self::Tls(stream) => stream.poll_read(cx, buffer),
            Self::Closed => Poll::Ready(Ok(0)),
        }
    }

    /// [`Self::poll_read`] for a connection that one task alone reads from now on.
    pub fn poll_read_alone(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => socket.poll_read_alone(cx, buffer),
            _ => self.poll_read(cx, buffer),
        }
    }

    /// Send from `bytes`; returns how many went. The rest is to be brought again, the same bytes first.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => socket.poll_write(cx, bytes),
            Self::Tls(stream) => stream.poll_write(cx, bytes),
            Self::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Whether the peer has sent something or closed, as far as the runtime has noticed. No system call.
    pub fn is_readable(&self) -> bool {
        match self {
            Self::Plain(socket) => socket.is_readable(),
            Self::Tls(stream) => stream.is_readable(),
            Self::Closed => true,
        }
    }

    /// Receive what is there now.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.try_read(buffer),
            Self::Tls(stream) => stream.try_read(buffer),
            Self::Closed => Ok(0),
        }
    }

    /// Send what can be sent now.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.try_write(bytes),
            Self::Tls(stream) => stream.try_write(bytes),
            Self::Closed => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Send all of `bytes`.
    ///
    /// # Cancel safety
    /// Not cancel safe: part of `bytes` may have gone.
    pub async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = std::future::poll_fn(|cx| self.poll_write(cx, bytes)).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(count..).unwrap_or(&[]);
        }
        Ok(())
    }

    /// Receive once and append to `buffer`; returns how many bytes came, 0 when the peer has closed.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing received is lost.
    pub async fn read_some(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        std::future::poll_fn(|cx| {
            with_buffer(|scratch| {
                let count = ready!(self.poll_read(cx, scratch))?;
                buffer.extend_from_slice(scratch.get(..count).unwrap_or(&[]));
                Poll::Ready(Ok(count))
            })
        })
        .await
    }
}
