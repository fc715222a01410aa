//! The five-byte header that every message after startup begins with: a type byte and a length.

use crate::WireError;

/// Bytes in a message header: the type byte and the length word.
pub const HEADER: usize = 5;

/// A message header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The type byte.
    pub tag: u8,
    /// Length of the whole message on the wire, header included, in bytes.
    pub size: usize,
}

/// Read the header at the start of `bytes`; `None` when fewer than five bytes are there.
///
/// `limit` bounds the length word (PgBouncer's `max_packet_size`, at most 2^31-1).
pub fn header(bytes: &[u8], limit: u32) -> Result<Option<Header>, WireError> {
    let Some([tag, a, b, c, d]) = bytes.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    if length < 4 || length > limit {
        return Err(WireError::Length { tag: *tag, length, limit });
    }
    Ok(Some(Header { tag: *tag, size: (length as usize).saturating_add(1) }))
}

/// Split one whole message off the front: its tag, its body, and what follows it.
///
/// `None` when the message is not all there yet.
#[allow(clippy::type_complexity)]
pub fn split(bytes: &[u8], limit: u32) -> Result<Option<(u8, &[u8], &[u8])>, WireError> {
    let Some(header) = header(bytes, limit)? else {
        return Ok(None);
    };
    let Some((message, rest)) = bytes.split_at_checked(header.size) else {
        return Ok(None);
    };
    let body = message.get(HEADER..).unwrap_or(&[]);
    Ok(Some((header.tag, body, rest)))
}

/// Append a message: `tag`, its length, and whatever `body` appends.
///
/// A body of 2 GiB or more cannot be expressed; the length word saturates and the peer refuses it.
pub fn put(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    put_sized(out, body);
}

/// Append a length word followed by whatever `body` appends; the length counts itself.
pub fn put_sized(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(word) = out.get_mut(start..start + 4) {
        word.copy_from_slice(&length.to_be_bytes());
    }
}

/// Append `text` and a terminating zero. A zero byte inside `text` ends it there, so that it cannot forge
/// the fields that follow.
pub fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    let end = crate::cursor::find_zero(text).unwrap_or(text.len());
    out.extend_from_slice(text.get(..end).unwrap_or(text));
    out.push(0);
}
