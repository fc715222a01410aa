//! What can be wrong with bytes that claim to be PostgreSQL's protocol.

use thiserror::Error;

/// Why a packet was refused. The text is safe to send to the peer: it never repeats packet contents.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// A length word smaller than itself, or larger than the limit given.
    #[error("invalid message length {length} for message type {tag:#04x} (limit {limit})")]
    Length {
        /// The message's type byte, 0 for a startup packet.
        tag: u8,
        /// The length word as it stood on the wire.
        length: u32,
        /// The largest length allowed.
        limit: u32,
    },
    /// A message ended before a field it must hold.
    #[error("message ended inside field \"{field}\"")]
    Truncated {
        /// The field that was cut off.
        field: &'static str,
    },
    /// A string without its terminating zero byte.
    #[error("field \"{field}\" is not terminated")]
    Unterminated {
        /// The field that was not terminated.
        field: &'static str,
    },
    /// Bytes left over after the last field.
    #[error("{count} bytes are left over at the end of the message")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// A field whose value the protocol does not know.
    #[error("field \"{field}\" has the unknown value {value}")]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// A protocol major version other than 3.
    #[error("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2")]
    Version {
        /// Requested major version.
        major: u16,
        /// Requested minor version.
        minor: u16,
    },
}
