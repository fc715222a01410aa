//! A TCP or unix socket, read and written without being waited for.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, Waker, ready};

use rustix::net::{AddressFamily, RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::task::coop::has_budget_remaining;

/// A connected socket, watched for reading alone until a write finds it full.
///
/// The kernel reports a unix socket writable each time its peer has read everything, which would wake the worker
/// once more in every transaction for nothing.
///
/// Calls go to the kernel without the C library: its `recv` and `send` are points at which a thread can be
/// cancelled, and arranging for that costs a program with several threads more than everything else in them.
#[derive(Debug)]
pub struct Socket {
    /// `None` only while it is being watched anew.
    watched: Option<AsyncFd<OwnedFd>>,
    is_watched_for_writing: bool,
    /// The one task that reads this socket is to be told when there is something to read.
    is_awaited: bool,
}

impl Socket {
    /// Have the runtime this is called on watch a socket that does not block.
    pub fn new(socket: impl Into<OwnedFd>) -> io::Result<Self> {
        let socket = watch(socket.into(), Interest::READABLE)?;
        Ok(Self { watched: Some(socket), is_watched_for_writing: false, is_awaited: false })
    }

    /// For options to be set on it.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.watched.as_ref().map(|socket| socket.get_ref().as_fd())
    }

    fn socket(&self) -> io::Result<&AsyncFd<OwnedFd>> {
        self.watched.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Receive into `buffer`; 0 means that the peer has closed.
    pub fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.is_awaited = false;
        let socket = self.socket()?;
        loop {
            let mut ready = ready!(socket.poll_read_ready(cx))?;
            let Ok(result) = ready.try_io(|socket| receive(socket.get_ref(), buffer)) else {
                continue;
            };
            if result.as_ref().is_ok_and(|count| (1..buffer.len()).contains(count)) {
                // Empty now: the next read waits for the next report instead of asking the kernel.
                ready.clear_ready();
            }
            return Poll::Ready(result);
        }
    }

    /// [`Self::poll_read`] for a socket that one task alone reads from now on: as long as nothing has come, that the
    /// task is to be told need not be said again.
    pub fn poll_read_alone(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        // The runtime forgets whom to tell only when it has something to tell, which stays to be seen until it is
        // read.
        let has_news =
            |socket: &AsyncFd<OwnedFd>| socket.try_io(Interest::READABLE, |_| Ok(())).is_ok();
        if self.is_awaited && !has_news(self.socket()?) {
            return Poll::Pending;
        }
        let result = self.poll_read(cx, buffer);
        // A task that has done much must let others go first, and is told again without anything to read.
        self.is_awaited = result.is_pending() && has_budget_remaining();
        result
    }

    /// Send from `bytes`; returns how many went.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
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
            if let Ok(result) = ready.try_io(|socket| send(socket.get_ref(), bytes)) {
                return Poll::Ready(result);
            }
        }
    }

    fn watch_for_writing(&mut self) -> io::Result<()> {
        let Some(socket) = self.watched.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let both = Interest::READABLE | Interest::WRITABLE;
        self.watched = Some(watch(socket.into_inner(), both)?);
        self.is_watched_for_writing = true;
        self.is_awaited = false;
        Ok(())
    }

    /// Whether the peer has sent something or closed, as far as the runtime has noticed. No system call.
    pub fn is_readable(&self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.socket().is_ok_and(|socket| socket.poll_read_ready(&mut cx).is_ready())
    }

    /// Receive what is there now.
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket()?.try_io(Interest::READABLE, |socket| receive(socket, buffer))
    }

    /// Send what can be sent now.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        send(self.socket()?.get_ref(), bytes)
    }

    /// Whether it is a unix socket. Asks the kernel: not for every message.
    pub fn is_unix(&self) -> bool {
        self.socket().is_ok_and(|socket| {
            rustix::net::sockopt::socket_domain(socket.get_ref())
                .is_ok_and(|domain| domain == AddressFamily::UNIX)
        })
    }
}

// The replacement is unsafe because some types hand out another descriptor each time; this one does not.
#[expect(deprecated)]
fn watch(socket: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(socket, interest)
}

fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<usize> {
    let (count, _) = rustix::net::recv(socket, buffer, RecvFlags::empty())?;
    Ok(count)
}

fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    // An error instead of a signal when the peer has gone.
    Ok(rustix::net::send(socket, bytes, SendFlags::NOSIGNAL)?)
}
