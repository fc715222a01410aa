//! A TCP or unix socket, read and written without being waited for.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

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

/// A connected socket.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

impl Stream {
    /// Receive into `buffer`; 0 means that the peer has closed.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
        })?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Send from `bytes`; returns how many went.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    /// Whether the peer has sent something or closed, as far as the runtime has noticed. No system call.
    pub fn is_readable(&self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let ready = match self {
            Self::Tcp(stream) => stream.poll_read_ready(&mut cx),
            Self::Unix(stream) => stream.poll_read_ready(&mut cx),
        };
        ready.is_ready()
    }

    /// Receive what is there now.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_read(buffer),
            Self::Unix(stream) => stream.try_read(buffer),
        }
    }

    /// Send what can be sent now.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Unix(stream) => stream.try_write(bytes),
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
