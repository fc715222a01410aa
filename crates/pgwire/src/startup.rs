//! The first packet of a connection: startup, SSL, GSS and cancel requests.
//!
//! These packets have no type byte: a length, a code, a body. Source: PostgreSQL documentation,
//! "Message Formats" (`StartupMessage`, `SSLRequest`, `GSSENCRequest`, `CancelRequest`), protocol 3.0 and 3.2.

use crate::WireError;
use crate::cursor::Cursor;
use crate::frame::{put_sized, put_string};

/// Largest length word PostgreSQL accepts in a first packet: `MAX_STARTUP_PACKET_LENGTH` (10,000), which it
/// compares after taking off the four bytes of the length word itself.
pub const LIMIT: u32 = 10_004;

/// Protocol 3.0.
pub const VERSION_3_0: u32 = 0x0003_0000;
/// Protocol 3.2: cancel keys of up to 256 bytes.
pub const VERSION_3_2: u32 = 0x0003_0002;

const CANCEL: u32 = (1234 << 16) + 5678;
const SSL: u32 = (1234 << 16) + 5679;
const GSS: u32 = (1234 << 16) + 5680;

/// Longest cancel key protocol 3.2 allows, in bytes.
pub const LONGEST_KEY: usize = 256;
const SHORTEST_KEY: usize = 4;

/// A connection's first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initial<'a> {
    /// The client asks for TLS; the answer is one byte, `S` or `N`.
    Ssl,
    /// The client asks for GSSAPI encryption; the answer is one byte, `G` or `N`.
    Gss,
    /// The client asks to cancel the query of another connection.
    Cancel {
        /// Process id from `BackendKeyData`.
        process: u32,
        /// Secret from `BackendKeyData`: 4 bytes in protocol 3.0, 4 to 256 in 3.2.
        key: &'a [u8],
    },
    /// The client starts a session.
    Startup(Startup<'a>),
}

/// A `StartupMessage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup<'a> {
    /// Requested minor version of protocol 3.
    pub minor: u16,
    /// Names and values in the order sent.
    pub parameters: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Startup<'a> {
    /// The last value given for `name`, as PostgreSQL takes it.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.parameters
            .iter()
            .rev()
            .find(|(key, _)| *key == name.as_bytes())
            .map(|(_, value)| *value)
    }
}

/// Whether `bytes` begin like a CancelRequest, well-formed or not. PostgreSQL answers none of those.
pub fn is_cancel(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(&CANCEL.to_be_bytes())
}

/// Split the first packet off `bytes`: the request and how many bytes it took; `None` when incomplete.
pub fn parse(bytes: &[u8]) -> Result<Option<(Initial<'_>, usize)>, WireError> {
    let Some(word) = bytes.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes(*word);
    if !(8..=LIMIT).contains(&length) {
        return Err(WireError::Length { tag: 0, length, limit: LIMIT });
    }
    let size = length as usize;
    let Some(packet) = bytes.get(4..size) else {
        return Ok(None);
    };
    let mut cursor = Cursor::new(packet);
    let code = cursor.u32("request code")?;
    let initial = match code {
        SSL => {
            cursor.finish()?;
            Initial::Ssl
        }
        GSS => {
            cursor.finish()?;
            Initial::Gss
        }
        CANCEL => {
            let process = cursor.u32("process id")?;
            Initial::Cancel { process, key: cancel_key(cursor)? }
        }
        version => {
            let (major, minor) = ((version >> 16) as u16, (version & 0xffff) as u16);
            if major != 3 {
                return Err(WireError::Version { major, minor });
            }
            Initial::Startup(Startup { minor, parameters: parameters(cursor)? })
        }
    };
    Ok(Some((initial, size)))
}

/// The rest of a message as a cancel key of a length the protocol allows.
pub(crate) fn cancel_key(mut cursor: Cursor<'_>) -> Result<&[u8], WireError> {
    let length = cursor.rest().len().clamp(SHORTEST_KEY, LONGEST_KEY);
    let key = cursor.bytes(length, "cancel key")?;
    cursor.finish()?;
    Ok(key)
}

#[allow(clippy::type_complexity, reason = "the type of the field it fills")]
fn parameters(mut cursor: Cursor<'_>) -> Result<Vec<(&[u8], &[u8])>, WireError> {
    let mut parameters = Vec::new();
    loop {
        let name = cursor.string("parameter name")?;
        if name.is_empty() {
            cursor.finish()?;
            return Ok(parameters);
        }
        parameters.push((name, cursor.string("parameter value")?));
    }
}

/// Append a `StartupMessage` for protocol `version`.
///
/// A parameter whose name is empty, or begins with a zero byte, is left out: on the wire it would be the
/// list's end, and the server would refuse what follows.
pub fn put_startup<'a>(
    out: &mut Vec<u8>,
    version: u32,
    parameters: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) {
    put_sized(out, |out| {
        out.extend_from_slice(&version.to_be_bytes());
        for (name, value) in parameters {
            if matches!(name.first(), None | Some(0)) {
                continue;
            }
            put_string(out, name);
            put_string(out, value);
        }
        out.push(0);
    });
}

/// Append a `CancelRequest`.
pub fn put_cancel(out: &mut Vec<u8>, process: u32, key: &[u8]) {
    put_sized(out, |out| {
        out.extend_from_slice(&CANCEL.to_be_bytes());
        out.extend_from_slice(&process.to_be_bytes());
        out.extend_from_slice(key);
    });
}

/// Append an `SSLRequest`.
pub fn put_ssl(out: &mut Vec<u8>) {
    put_sized(out, |out| out.extend_from_slice(&SSL.to_be_bytes()));
}

/// Append a `GSSENCRequest`.
pub fn put_gss(out: &mut Vec<u8>) {
    put_sized(out, |out| out.extend_from_slice(&GSS.to_be_bytes()));
}
