//! What a client sends: tags, views into messages, builders.
//!
//! A pooler rewrites statement names and leaves the rest alone, so the views stop where the names end and
//! hand back what follows as bytes.

use crate::WireError;
use crate::cursor::Cursor;
use crate::frame::{put, put_string};

/// Bind a statement to a portal.
pub const BIND: u8 = b'B';
/// Close a statement or portal.
pub const CLOSE: u8 = b'C';
/// One piece of COPY data.
pub const COPY_DATA: u8 = b'd';
/// The end of COPY data.
pub const COPY_DONE: u8 = b'c';
/// COPY is given up by the client.
pub const COPY_FAIL: u8 = b'f';
/// Describe a statement or portal.
pub const DESCRIBE: u8 = b'D';
/// Execute a portal.
pub const EXECUTE: u8 = b'E';
/// Send what is buffered.
pub const FLUSH: u8 = b'H';
/// Call a function by its OID.
pub const FUNCTION_CALL: u8 = b'F';
/// Parse a statement.
pub const PARSE: u8 = b'P';
/// An answer to an authentication request: password, SASL or GSS data.
pub const PASSWORD: u8 = b'p';
/// A simple query.
pub const QUERY: u8 = b'Q';
/// The end of a pipeline segment.
pub const SYNC: u8 = b'S';
/// Good-bye.
pub const TERMINATE: u8 = b'X';

/// Whether `tag` is one a client may send after startup.
pub fn is_known(tag: u8) -> bool {
    matches!(
        tag,
        BIND | CLOSE
            | COPY_DATA
            | COPY_DONE
            | COPY_FAIL
            | DESCRIBE
            | EXECUTE
            | FLUSH
            | FUNCTION_CALL
            | PARSE
            | PASSWORD
            | QUERY
            | SYNC
            | TERMINATE
    )
}

/// A Parse message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parse<'a> {
    /// Statement name, empty for the unnamed statement.
    pub name: &'a [u8],
    /// The statement's text.
    pub text: &'a [u8],
    /// Parameter type OIDs, four bytes each, in order.
    pub types: &'a [u8],
    /// Everything after the name: text, terminator, count and OIDs, as they stood on the wire.
    pub rest: &'a [u8],
}

impl<'a> Parse<'a> {
    /// Read a Parse body.
    #[allow(clippy::self_named_constructors, reason = "Parse is the message's name, not the verb")]
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let mut cursor = Cursor::new(body);
        let name = cursor.string("statement name")?;
        let rest = cursor.rest();
        let text = cursor.string("statement text")?;
        let count = cursor.u16("parameter type count")?;
        let types = cursor.bytes(usize::from(count) * 4, "parameter types")?;
        cursor.finish()?;
        Ok(Self { name, text, types, rest })
    }
}

/// The names at the head of a Bind message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindNames<'a> {
    /// Portal name, empty for the unnamed portal.
    pub portal: &'a [u8],
    /// Statement name, empty for the unnamed statement.
    pub statement: &'a [u8],
    /// How many bytes of the body the two names took, terminators included.
    pub length: usize,
}

impl<'a> BindNames<'a> {
    /// Read the names at the start of a Bind body that may be incomplete; `None` when they are not all there.
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        let portal = cursor.string("portal name").ok()?;
        let statement = cursor.string("statement name").ok()?;
        Some(Self { portal, statement, length: body.len() - cursor.rest().len() })
    }
}

/// What Describe and Close point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A prepared statement.
    Statement(&'a [u8]),
    /// A portal.
    Portal(&'a [u8]),
}

impl<'a> Target<'a> {
    /// Read a Describe or Close body.
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let mut cursor = Cursor::new(body);
        let kind = cursor.u8("target kind")?;
        let name = cursor.string("target name")?;
        cursor.finish()?;
        match kind {
            b'S' => Ok(Self::Statement(name)),
            b'P' => Ok(Self::Portal(name)),
            other => Err(WireError::Value { field: "target kind", value: u32::from(other) }),
        }
    }
}

/// The text of a Query message.
pub fn query(body: &[u8]) -> Result<&[u8], WireError> {
    let mut cursor = Cursor::new(body);
    let text = cursor.string("query text")?;
    cursor.finish()?;
    Ok(text)
}

/// The password in a `PasswordMessage`.
pub fn password(body: &[u8]) -> Result<&[u8], WireError> {
    let mut cursor = Cursor::new(body);
    let text = cursor.string("password")?;
    cursor.finish()?;
    Ok(text)
}

/// A `SASLInitialResponse`: the mechanism's name and the first message.
pub fn sasl_initial(body: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let mut cursor = Cursor::new(body);
    let mechanism = cursor.string("SASL mechanism")?;
    let length = cursor.u32("SASL response length")?;
    if length == u32::MAX {
        cursor.finish()?;
        return Ok((mechanism, &[]));
    }
    let data = cursor.bytes(length as usize, "SASL response")?;
    cursor.finish()?;
    Ok((mechanism, data))
}

/// Append a Parse message whose part after the name is already in wire form.
pub fn put_parse(out: &mut Vec<u8>, name: &[u8], rest: &[u8]) {
    put(out, PARSE, |out| {
        put_string(out, name);
        out.extend_from_slice(rest);
    });
}

/// Append the head of a Bind message: `remaining` bytes of the original body follow it on the wire.
pub fn put_bind_head(out: &mut Vec<u8>, portal: &[u8], statement: &[u8], remaining: usize) {
    let start = out.len();
    put(out, BIND, |out| {
        put_string(out, portal);
        put_string(out, statement);
    });
    // The length counts the names as they were written: `put_string` cuts a name at a zero byte, and a length
    // that counted the whole name would swallow the head of the next message.
    let length = (out.len() - start - 1).saturating_add(remaining);
    if let Some(word) = out.get_mut(start + 1..start + 5) {
        word.copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
}

/// Append a Describe for a statement.
pub fn put_describe_statement(out: &mut Vec<u8>, name: &[u8]) {
    put_target(out, DESCRIBE, b'S', name);
}

/// Append a Close for a statement.
pub fn put_close_statement(out: &mut Vec<u8>, name: &[u8]) {
    put_target(out, CLOSE, b'S', name);
}

/// Append a Close for a portal.
pub fn put_close_portal(out: &mut Vec<u8>, name: &[u8]) {
    put_target(out, CLOSE, b'P', name);
}

fn put_target(out: &mut Vec<u8>, tag: u8, kind: u8, name: &[u8]) {
    put(out, tag, |out| {
        out.push(kind);
        put_string(out, name);
    });
}

/// Append an Execute that asks for all rows of a portal.
pub fn put_execute(out: &mut Vec<u8>, portal: &[u8]) {
    put(out, EXECUTE, |out| {
        put_string(out, portal);
        out.extend_from_slice(&[0; 4]);
    });
}

/// Append a simple query.
pub fn put_query(out: &mut Vec<u8>, text: &[u8]) {
    put(out, QUERY, |out| put_string(out, text));
}

/// Append a `CopyFail`.
pub fn put_copy_fail(out: &mut Vec<u8>, reason: &[u8]) {
    put(out, COPY_FAIL, |out| put_string(out, reason));
}

/// Append a Sync.
pub fn put_sync(out: &mut Vec<u8>) {
    put(out, SYNC, |_| {});
}

/// Append a Flush.
pub fn put_flush(out: &mut Vec<u8>) {
    put(out, FLUSH, |_| {});
}

/// Append a Terminate.
pub fn put_terminate(out: &mut Vec<u8>) {
    put(out, TERMINATE, |_| {});
}

/// Append a `PasswordMessage`.
pub fn put_password(out: &mut Vec<u8>, password: &[u8]) {
    put(out, PASSWORD, |out| put_string(out, password));
}

/// Append a `SASLInitialResponse`.
pub fn put_sasl_initial(out: &mut Vec<u8>, mechanism: &[u8], data: &[u8]) {
    put(out, PASSWORD, |out| {
        put_string(out, mechanism);
        out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(data);
    });
}

/// Append a `SASLResponse`.
pub fn put_sasl_response(out: &mut Vec<u8>, data: &[u8]) {
    put(out, PASSWORD, |out| out.extend_from_slice(data));
}
