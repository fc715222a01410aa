//! A TLS session on a socket, read and written without being waited for.
//!
//! rustls decrypts and encrypts; the bytes are moved here, between the socket and buffers that belong to the
//! worker, so that an idle session holds nothing but its keys.
//!
//! # Invariants
//! - What has been decrypted counts as readable: nobody waits for the socket while plaintext lies here.
//! - Bytes are reported as sent once the socket has taken their records. Until then the caller keeps them and
//!   brings them again, as it does for a plain socket; they are encrypted once.

mod records;

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::task::{Context, Poll, ready};

use rustls::CommonState;

use super::Socket;
use records::{OVERHEAD, Sending, Step, Work};

pub use records::Session;

/// Most bytes of records looked at together. A handshake message may have 64 KiB, in several records.
const RECORDS: usize = 96 * 1024;

/// The longest record, header and tag included.
const RECORD: usize = 17 * 1024;

/// Most bytes encrypted for one write: four full records.
const CHUNK: usize = 64 * 1024;

thread_local! {
    /// Records that have come in; one buffer a worker, because an idle session must not hold one.
    static INCOMING: RefCell<Box<[u8]>> = RefCell::new(vec![0; RECORDS].into());
    /// Records that go out.
    static OUTGOING: RefCell<Box<[u8]>> = RefCell::new(vec![0; CHUNK + OVERHEAD].into());
}

/// Whether a socket is asked now, or asked to wake a task as well.
enum Asking<'a, 'b> {
    Polling(&'a mut Context<'b>),
    Trying,
}

impl Asking<'_, '_> {
    fn read(&mut self, socket: &mut Socket, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Polling(cx) => socket.poll_read(cx, buffer),
            Self::Trying => tried(socket.try_read(buffer)),
        }
    }

    fn write(&mut self, socket: &mut Socket, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Polling(cx) => socket.poll_write(cx, bytes),
            Self::Trying => tried(socket.try_write(bytes)),
        }
    }
}

fn tried(result: io::Result<usize>) -> Poll<io::Result<usize>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

fn now_or_later<T>(result: Poll<io::Result<T>>) -> io::Result<T> {
    match result {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// A TLS session and its socket.
pub struct TlsStream {
    socket: Socket,
    session: Session,
    /// Received, and no whole record or handshake message yet.
    incoming: Vec<u8>,
    /// Decrypted, and not yet asked for.
    plain: Vec<u8>,
    /// Encrypted, and not yet taken by the socket.
    outgoing: Vec<u8>,
    /// How many of the caller's bytes are in `outgoing`, not yet reported as sent.
    in_flight: usize,
    /// The peer will send nothing more.
    has_ended: bool,
    /// Why the session cannot go on.
    failure: Option<String>,
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TlsStream").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl TlsStream {
    pub(super) fn new(socket: Socket, session: Session, received: Vec<u8>) -> Self {
        Self {
            socket,
            session,
            incoming: received,
            plain: Vec::new(),
            outgoing: Vec::new(),
            in_flight: 0,
            has_ended: false,
            failure: None,
        }
    }

    /// For options to be set on the socket.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.socket.descriptor()
    }

    /// What has been agreed on.
    pub fn common(&self) -> &CommonState {
        self.session.common()
    }

    /// Go through the handshake.
    ///
    /// # Errors
    /// The peer closed, or the handshake failed; the peer has been sent the alert that says so.
    pub async fn handshake(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_handshake(cx)).await
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut asking = Asking::Polling(cx);
        loop {
            let mut records = std::mem::take(&mut self.incoming);
            let used = self.digest(&mut records, &mut []).1;
            self.keep(records.get(used..).unwrap_or(&[]));
            if let Some(failure) = self.failure() {
                let _ = self.flush(&mut Asking::Trying);
                return Poll::Ready(Err(failure));
            }
            ready!(self.flush(&mut asking))?;
            if !self.session.common().is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if self.has_ended {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            ready!(self.receive(&mut asking, &mut []))?;
        }
    }

    /// Receive into `buffer`; 0 means that the peer has closed.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.read(&mut Asking::Polling(cx), buffer)
    }

    /// Receive what is there now.
    pub(super) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        now_or_later(self.read(&mut Asking::Trying, buffer))
    }

    /// Send from `bytes`; returns how many went. What did not go is to be brought again.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(&mut Asking::Polling(cx), bytes)
    }

    /// Send what can be sent now.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        now_or_later(self.write(&mut Asking::Trying, bytes))
    }

    /// Whether something has been sent or the end has come, as far as the runtime has noticed.
    pub(super) fn is_readable(&self) -> bool {
        !self.plain.is_empty()
            || self.has_ended
            || self.failure.is_some()
            || self.socket.is_readable()
    }

    fn read(&mut self, asking: &mut Asking<'_, '_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.plain.is_empty() {
            let count = buffer.len().min(self.plain.len());
            let (now, later) = self.plain.split_at(count);
            if let Some(place) = buffer.get_mut(..count) {
                place.copy_from_slice(now);
            }
            self.plain = later.to_vec();
            return Poll::Ready(Ok(count));
        }
        loop {
            if let Some(failure) = self.failure() {
                return Poll::Ready(Err(failure));
            }
            if self.has_ended {
                return Poll::Ready(Ok(0));
            }
            let count = ready!(self.receive(asking, buffer))?;
            // Answers of the session's own: an alert, or new keys.
            if let Poll::Ready(Err(error)) = self.flush(asking) {
                return Poll::Ready(Err(error));
            }
            if count > 0 {
                return Poll::Ready(Ok(count));
            }
        }
    }

    /// Receive once, and decrypt; returns how many bytes of `buffer` have been filled.
    fn receive(
        &mut self,
        asking: &mut Asking<'_, '_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        INCOMING.with_borrow_mut(|records| {
            let left = self.incoming.len();
            let Some(front) = records.get_mut(..left) else {
                return Poll::Ready(Err(too_long()));
            };
            front.copy_from_slice(&self.incoming);
            // No more than the caller has room for, as far as that is a whole record.
            let end = RECORDS.min(buffer.len().max(left + RECORD));
            let free = records.get_mut(left..end).unwrap_or_default();
            if free.is_empty() {
                return Poll::Ready(Err(too_long()));
            }
            let received = ready!(asking.read(&mut self.socket, free))?;
            if received == 0 {
                // With a close_notify before or without: nobody could use a message cut in half anyway.
                self.has_ended = true;
                return Poll::Ready(Ok(0));
            }
            let records = records.get_mut(..left + received).unwrap_or_default();
            let (filled, used) = self.digest(records, buffer);
            self.keep(records.get(used..).unwrap_or(&[]));
            Poll::Ready(Ok(filled))
        })
    }

    fn keep(&mut self, records: &[u8]) {
        // Not cleared: an idle session holds no buffer.
        self.incoming = records.to_vec();
    }

    /// Have the session take what it can from `records`. Plaintext goes into `buffer` and, when that is full, to
    /// `plain`. Returns how many bytes of `buffer` have been filled, and how many of `records` are used up.
    fn digest(&mut self, records: &mut [u8], buffer: &mut [u8]) -> (usize, usize) {
        if self.failure.is_some() {
            return (0, 0);
        }
        let mut work = Work {
            buffer,
            filled: 0,
            plain: &mut self.plain,
            outgoing: &mut self.outgoing,
            sending: Sending::Nothing,
        };
        let mut used = 0;
        loop {
            let rest = records.get_mut(used..).unwrap_or_default();
            let (count, step) = self.session.step(rest, &mut work);
            used += count;
            match step {
                Step::Again => {}
                Step::Settled => break,
                // It says so once, and may have more to do.
                Step::Ended => self.has_ended = true,
                Step::Failed(why) => {
                    self.failure = Some(why);
                    // The alert that tells the peer. Nothing more is read: that would be taken for another failure.
                    while self.session.common().wants_write() {
                        let _ = self.session.step(&mut [], &mut work);
                    }
                    break;
                }
            }
        }
        (work.filled, used)
    }

    fn failure(&self) -> Option<io::Error> {
        let why = self.failure.as_ref()?;
        Some(io::Error::new(io::ErrorKind::InvalidData, format!("TLS: {why}")))
    }

    fn write(&mut self, asking: &mut Asking<'_, '_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.flush(asking))?;
        if self.in_flight > 0 {
            return Poll::Ready(Ok(std::mem::take(&mut self.in_flight).min(bytes.len())));
        }
        if let Some(failure) = self.failure() {
            return Poll::Ready(Err(failure));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let chunk = bytes.get(..CHUNK).unwrap_or(bytes);
        OUTGOING.with_borrow_mut(|records| {
            let size = self.encrypt(Sending::Bytes(chunk, records))?;
            let records = records.get(..size).unwrap_or_default();
            let sent = match asking.write(&mut self.socket, records) {
                Poll::Ready(sent) if !records.is_empty() => sent?,
                _ => 0,
            };
            // In order: what the session itself had to say has been encrypted before.
            let left = records.get(sent..).unwrap_or_default();
            self.outgoing.extend_from_slice(left);
            self.in_flight = chunk.len();
            ready!(self.flush(asking))?;
            Poll::Ready(Ok(std::mem::take(&mut self.in_flight)))
        })
    }

    /// Encrypt; returns how many bytes of the caller's space are filled. What does not fit there is in
    /// `outgoing`.
    fn encrypt(&mut self, sending: Sending<'_>) -> io::Result<usize> {
        let mut work = Work {
            buffer: &mut [],
            filled: 0,
            plain: &mut self.plain,
            outgoing: &mut self.outgoing,
            sending,
        };
        let mut records = std::mem::take(&mut self.incoming);
        let mut used = 0;
        let result = loop {
            let rest = records.get_mut(used..).unwrap_or_default();
            let (count, step) = self.session.step(rest, &mut work);
            used += count;
            match step {
                Step::Settled if matches!(work.sending, Sending::Nothing) => break Ok(work.filled),
                // Before the handshake has ended.
                Step::Settled => break Err(io::ErrorKind::WouldBlock.into()),
                Step::Again => {}
                Step::Ended => self.has_ended = true,
                Step::Failed(why) => {
                    let error = io::Error::new(io::ErrorKind::InvalidData, format!("TLS: {why}"));
                    self.failure = Some(why);
                    break Err(error);
                }
            }
        };
        records.drain(..used);
        self.incoming = records;
        result
    }

    /// Send what is encrypted already.
    fn flush(&mut self, asking: &mut Asking<'_, '_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let sent = ready!(asking.write(&mut self.socket, &self.outgoing))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.drain(..sent);
            if self.outgoing.is_empty() {
                self.outgoing = Vec::new();
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for TlsStream {
    fn drop(&mut self) {
        if self.failure.is_none() && !self.session.common().is_handshaking() {
            // A courtesy: the peer then knows that nothing has been cut off. It is not waited for.
            let _ = self.encrypt(Sending::CloseNotify);
            let _ = self.flush(&mut Asking::Trying);
        }
    }
}

fn too_long() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("TLS: a message of the handshake is longer than {RECORDS} bytes"),
    )
}
