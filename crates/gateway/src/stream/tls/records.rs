//! One step of a TLS session after another: what rustls asks for is done with buffers, and without sockets.

use rustls::CommonState;
use rustls::client::UnbufferedClientConnection;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, UnbufferedStatus, WriteTraffic,
};

/// Room for what encryption adds to four records.
pub(super) const OVERHEAD: usize = 1024;

/// Either end of a TLS session.
pub enum Session {
    /// Towards PostgreSQL.
    Client(UnbufferedClientConnection),
    /// Towards a client.
    Server(UnbufferedServerConnection),
}

impl Session {
    pub(super) fn common(&self) -> &CommonState {
        match self {
            Self::Client(session) => session,
            Self::Server(session) => session,
        }
    }

    pub(super) fn step(&mut self, records: &mut [u8], work: &mut Work<'_, '_>) -> (usize, Step) {
        match self {
            Self::Client(session) => settle(session.process_tls_records(records), work),
            Self::Server(session) => settle(session.process_tls_records(records), work),
        }
    }
}

/// What is to be encrypted when the session can.
pub(super) enum Sending<'a> {
    Nothing,
    /// These bytes, into this space.
    Bytes(&'a [u8], &'a mut [u8]),
    CloseNotify,
}

/// Where a session's results go.
pub(super) struct Work<'a, 's> {
    pub(super) buffer: &'a mut [u8],
    /// How much of the caller's buffer is filled.
    pub(super) filled: usize,
    pub(super) plain: &'a mut Vec<u8>,
    pub(super) outgoing: &'a mut Vec<u8>,
    pub(super) sending: Sending<'s>,
}

impl Work<'_, '_> {
    fn received(&mut self, bytes: &[u8]) {
        let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = if self.plain.is_empty() { free.len().min(bytes.len()) } else { 0 };
        let (now, later) = bytes.split_at(count);
        if let Some(place) = free.get_mut(..count) {
            place.copy_from_slice(now);
        }
        self.filled += count;
        self.plain.extend_from_slice(later);
    }

    /// Encrypt what is to be sent, if anything is.
    fn send<Data>(&mut self, traffic: &mut WriteTraffic<'_, Data>) -> Result<(), EncryptError> {
        match std::mem::replace(&mut self.sending, Sending::Nothing) {
            Sending::Nothing => Ok(()),
            Sending::Bytes(bytes, space) if self.outgoing.is_empty() => {
                match traffic.encrypt(bytes, space) {
                    Ok(size) => {
                        self.filled = size;
                        Ok(())
                    }
                    // New keys are announced in the same write, and take a little more.
                    Err(EncryptError::InsufficientSize(_)) => {
                        append(self.outgoing, |space| traffic.encrypt(bytes, space))
                    }
                    Err(error) => Err(error),
                }
            }
            Sending::Bytes(bytes, _) => {
                append(self.outgoing, |space| traffic.encrypt(bytes, space))
            }
            Sending::CloseNotify => {
                append(self.outgoing, |space| traffic.queue_close_notify(space))
            }
        }
    }
}

/// Append what `encrypt` puts into a space that is large enough.
fn append(
    outgoing: &mut Vec<u8>,
    mut encrypt: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), EncryptError> {
    let start = outgoing.len();
    let mut room = OVERHEAD;
    loop {
        outgoing.resize(start + room, 0);
        match encrypt(outgoing.get_mut(start..).unwrap_or_default()) {
            Ok(size) => {
                outgoing.truncate(start + size);
                return Ok(());
            }
            Err(EncryptError::InsufficientSize(needed)) if needed.required_size > room => {
                room = needed.required_size;
            }
            Err(error) => {
                outgoing.truncate(start);
                return Err(error);
            }
        }
    }
}

/// What one step of a session came to.
pub(super) enum Step {
    /// There is more to do.
    Again,
    /// Nothing more to do with what is there.
    Settled,
    /// The peer has said that it will send nothing more.
    Ended,
    /// The session is broken.
    Failed(String),
}

/// Do what the session asks for; returns how many bytes of its input are used up.
fn settle<Data>(status: UnbufferedStatus<'_, '_, Data>, work: &mut Work<'_, '_>) -> (usize, Step) {
    let mut used = status.discard;
    let state = match status.state {
        Ok(state) => state,
        Err(error) => return (used, Step::Failed(error.to_string())),
    };
    let step = match state {
        ConnectionState::ReadTraffic(mut traffic) => loop {
            match traffic.next_record() {
                Some(Ok(record)) => {
                    used += record.discard;
                    work.received(record.payload);
                }
                Some(Err(error)) => break Step::Failed(error.to_string()),
                None => break Step::Again,
            }
        },
        ConnectionState::EncodeTlsData(mut data) => {
            let needed = match data.encode(&mut []) {
                Err(EncodeError::InsufficientSize(size)) => size.required_size,
                _ => 0,
            };
            let start = work.outgoing.len();
            work.outgoing.resize(start + needed, 0);
            match data.encode(work.outgoing.get_mut(start..).unwrap_or_default()) {
                Ok(_) => Step::Again,
                Err(error) => Step::Failed(error.to_string()),
            }
        }
        ConnectionState::TransmitTlsData(data) => {
            // It is in `outgoing`, ahead of everything that follows.
            data.done();
            Step::Again
        }
        ConnectionState::WriteTraffic(mut traffic) => match work.send(&mut traffic) {
            Ok(()) => Step::Settled,
            Err(error) => Step::Failed(error.to_string()),
        },
        ConnectionState::PeerClosed => Step::Ended,
        ConnectionState::BlockedHandshake | ConnectionState::Closed => Step::Settled,
        other => Step::Failed(format!("unexpected state {other:?}")),
    };
    (used, step)
}
