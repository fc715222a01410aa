//! A TCP or unix socket, with or without TLS, read and written without being waited for.

mod tls;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

pub use tls::{Session, TlsStream};

/// Bytes read at once: larger than any write of PostgreSQL's, so that one receive empties the socket and
/// the runtime knows it from the short read.
const SCRATCH: usize = 64 * 1024;

thread_local! {
    /// One receive buffer a worker, because an idle client must not hold one.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH].into());
}

/// Call `use_buffer` with this worker's receive buffer. Must not be nested.
pub fn with_buffer<T>(use_buffer: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| use_buffer(buffer))
}

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(Unix),
    /// With TLS. Boxed, so that others do not pay for it.
    Tls(Box<TlsStream>),
    /// Nothing: what stays while a socket is wrapped into TLS.
    Closed,
}

/// A unix socket, watched for reading alone until a write finds it full.
///
/// The kernel reports a unix socket writable each time its peer has read everything, which would wake the worker
/// once more in every transaction for nothing. A TCP socket it reports only after a write found it full.
#[derive(Debug)]
pub struct Unix {
    /// `None` only while it is being watched anew.
    socket: Option<AsyncFd<StdUnixStream>>,
    is_watched_for_writing: bool,
}

impl Unix {
    fn new(socket: StdUnixStream) -> io::Result<Self> {
        let socket = watch(socket, Interest::READABLE)?;
        Ok(Self { socket: Some(socket), is_watched_for_writing: false })
    }

    fn socket(&self) -> io::Result<&AsyncFd<StdUnixStream>> {
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let socket = self.socket()?;
        loop {
            let mut ready = ready!(socket.poll_read_ready(cx))?;
            let Ok(result) = ready.try_io(|socket| socket.get_ref().read(buffer)) else {
                continue;
            };
            if result.as_ref().is_ok_and(|count| (1..buffer.len()).contains(count)) {
                // Empty now: the next read waits for the next report instead of asking the kernel.
                ready.clear_ready();
            }
            return Poll::Ready(result);
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.socket()?.get_ref().write(bytes)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.is_watched_for_writing {
            match self.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.watch_for_writing()?;
                    // Whoever was to be told of something to read has been forgotten: look at everything again.
                    cx.waker().wake_by_ref();
                }
                result => return Poll::Ready(result),
            }
        }
        let socket = self.socket()?;
        loop {
            let mut ready = ready!(socket.poll_write_ready(cx))?;
            if let Ok(result) = ready.try_io(|socket| socket.get_ref().write(bytes)) {
                return Poll::Ready(result);
            }
        }
    }

    /// The socket, watched by no runtime.
    pub fn into_std(self) -> io::Result<StdUnixStream> {
        let socket = self.socket.ok_or(io::ErrorKind::NotConnected)?;
        Ok(socket.into_inner())
    }

    fn watch_for_writing(&mut self) -> io::Result<()> {
        let Some(socket) = self.socket.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let both = Interest::READABLE | Interest::WRITABLE;
        self.socket = Some(watch(socket.into_inner(), both)?);
        self.is_watched_for_writing = true;
        Ok(())
    }
}

// The replacement is unsafe because some types hand out another descriptor each time; this one does not.
#[expect(deprecated)]
fn watch(socket: StdUnixStream, interest: Interest) -> io::Result<AsyncFd<StdUnixStream>> {
    AsyncFd::with_interest(socket, interest)
}

impl Stream {
    /// A unix socket that has just been connected or accepted.
    pub fn unix(stream: UnixStream) -> io::Result<Self> {
        Self::unix_from_std(stream.into_std()?)
    }

    /// A unix socket that no runtime watches yet.
    pub fn unix_from_std(stream: StdUnixStream) -> io::Result<Self> {
        Unix::new(stream).map(Self::Unix)
    }

    /// Go on with TLS on the same socket, beginning with what has been `received` of it.
    ///
    /// # Errors
    /// The peer closed, or the handshake failed. The connection is of no use then.
    ///
    /// # Cancel safety
    /// Not cancel safe: a handshake that has begun cannot begin again.
    pub async fn start_tls(&mut self, session: Session, received: Vec<u8>) -> io::Result<()> {
        let socket = std::mem::replace(self, Self::Closed);
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

    /// Receive into `buffer`; 0 means that the peer has closed.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
            Self::Unix(stream) => stream.poll_read(cx, buffer),
            Self::Tls(stream) => stream.poll_read(cx, buffer),
            Self::Closed => Poll::Ready(Ok(0)),
        }
    }

    /// Send from `bytes`; returns how many went. The rest is to be brought again, the same bytes first.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => stream.poll_write(cx, bytes),
            Self::Tls(stream) => stream.poll_write(cx, bytes),
            Self::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Whether the peer has sent something or closed, as far as the runtime has noticed. No system call.
    pub fn is_readable(&self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(&mut cx).is_ready(),
            Self::Unix(stream) => {
                stream.socket().is_ok_and(|socket| socket.poll_read_ready(&mut cx).is_ready())
            }
            Self::Tls(stream) => stream.is_readable(),
            Self::Closed => true,
        }
    }

    /// Receive what is there now.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buffer),
            Self::Unix(stream) => {
                stream.socket()?.try_io(Interest::READABLE, |mut socket| socket.read(buffer))
            }
            Self::Tls(stream) => stream.try_read(buffer),
            Self::Closed => Ok(0),
        }
    }

    /// Send what can be sent now.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Unix(stream) => stream.try_write(bytes),
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
