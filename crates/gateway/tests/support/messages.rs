//! A client's messages: builds each, and writes each as one line that a test can compare.

#![allow(dead_code, reason = "each test program sends the messages it is about")]

use std::borrow::Cow;

use pgwire::frame;
use pgwire::frontend::{self, BindNames, Parse};

/// Prepare `text` as statement `name`.
pub(crate) fn parse(name: &str, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let rest = [text.as_bytes(), b"\0\0\0"].concat();
    frontend::put_parse(&mut out, name.as_bytes(), &rest);
    out
}

/// Make `portal` of statement `name`, which has no parameters.
pub(crate) fn bind(portal: &str, name: &str) -> Vec<u8> {
    bind_padded(portal, name, 0)
}

/// [`bind`] with a result format for each of `columns` columns, to make the message longer.
pub(crate) fn bind_padded(portal: &str, name: &str, columns: u16) -> Vec<u8> {
    tagged(frontend::BIND, |out| {
        frame::put_string(out, portal.as_bytes());
        frame::put_string(out, name.as_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&columns.to_be_bytes());
        out.resize(out.len() + 2 * usize::from(columns), 0);
    })
}

/// Ask what statement `name` is like.
pub(crate) fn describe_statement(name: &str) -> Vec<u8> {
    target(frontend::DESCRIBE, b'S', name)
}

/// Ask what `portal` is like.
pub(crate) fn describe_portal(portal: &str) -> Vec<u8> {
    target(frontend::DESCRIBE, b'P', portal)
}

/// Run `portal` for at most `rows` rows; 0 means all.
pub(crate) fn execute(portal: &str, rows: u32) -> Vec<u8> {
    tagged(frontend::EXECUTE, |out| {
        frame::put_string(out, portal.as_bytes());
        out.extend_from_slice(&rows.to_be_bytes());
    })
}

/// Forget statement `name`.
pub(crate) fn close_statement(name: &str) -> Vec<u8> {
    target(frontend::CLOSE, b'S', name)
}

/// Forget `portal`.
pub(crate) fn close_portal(portal: &str) -> Vec<u8> {
    target(frontend::CLOSE, b'P', portal)
}

/// End a pipeline.
pub(crate) fn sync() -> Vec<u8> {
    tagged(frontend::SYNC, |_| {})
}

/// Ask for what has been answered so far.
pub(crate) fn flush() -> Vec<u8> {
    tagged(frontend::FLUSH, |_| {})
}

/// Run a simple query.
pub(crate) fn query(text: &str) -> Vec<u8> {
    tagged(frontend::QUERY, |out| frame::put_string(out, text.as_bytes()))
}

/// Call the function with this OID, which takes no arguments.
pub(crate) fn function_call(oid: u32) -> Vec<u8> {
    tagged(frontend::FUNCTION_CALL, |out| {
        out.extend_from_slice(&oid.to_be_bytes());
        out.extend_from_slice(&[0; 6]);
    })
}

/// Send a piece of COPY data.
pub(crate) fn copy_data(data: &str) -> Vec<u8> {
    tagged(frontend::COPY_DATA, |out| out.extend_from_slice(data.as_bytes()))
}

/// End COPY data well.
pub(crate) fn copy_done() -> Vec<u8> {
    tagged(frontend::COPY_DONE, |_| {})
}

/// End COPY data with a failure.
pub(crate) fn copy_fail(reason: &str) -> Vec<u8> {
    tagged(frontend::COPY_FAIL, |out| frame::put_string(out, reason.as_bytes()))
}

/// Say good-bye.
pub(crate) fn terminate() -> Vec<u8> {
    tagged(frontend::TERMINATE, |_| {})
}

/// Any message.
pub(crate) fn tagged(tag: u8, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    frame::put(&mut out, tag, body);
    out
}

fn target(tag: u8, kind: u8, name: &str) -> Vec<u8> {
    tagged(tag, |out| {
        out.push(kind);
        frame::put_string(out, name.as_bytes());
    })
}

/// A client's message as a line: its name, and the statement it is about.
pub(crate) fn line(tag: u8, body: &[u8]) -> String {
    match tag {
        frontend::PARSE => {
            let parse = Parse::parse(body).expect("a Parse");
            format!("Parse {}: {}", lossy(parse.name), lossy(parse.text))
        }
        frontend::BIND => {
            format!("Bind {}", lossy(BindNames::parse(body).expect("a Bind").statement))
        }
        frontend::DESCRIBE => format!("Describe {}", lossy(&body[1..body.len() - 1])),
        frontend::CLOSE => format!("Close {}", lossy(&body[1..body.len() - 1])),
        frontend::EXECUTE => "Execute".to_owned(),
        frontend::SYNC => "Sync".to_owned(),
        frontend::FLUSH => "Flush".to_owned(),
        frontend::QUERY => format!("Query {}", lossy(&body[..body.len() - 1])),
        frontend::FUNCTION_CALL => "FunctionCall".to_owned(),
        frontend::COPY_DATA => "CopyData".to_owned(),
        frontend::COPY_DONE => "CopyDone".to_owned(),
        frontend::COPY_FAIL => "CopyFail".to_owned(),
        other => format!("{:?}", char::from(other)),
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
