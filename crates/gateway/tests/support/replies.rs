//! Reads a server's messages, and writes each as one line that a test can compare.

#![allow(dead_code, reason = "each test program reads the replies it is about")]

use std::fmt;

use pgwire::backend::{self, Fields};
use pgwire::frame;

/// One message of a server.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Its type.
    pub(crate) tag: u8,
    /// What follows the header.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The SQLSTATE of an ErrorResponse or NoticeResponse.
    pub(crate) fn sqlstate(&self) -> String {
        self.field(b'C')
    }

    /// A field of an ErrorResponse or NoticeResponse.
    pub(crate) fn field(&self, code: u8) -> String {
        text(Fields::new(&self.body).get(code).unwrap_or_default())
    }

    /// The columns of a DataRow as text; NULL reads as an empty text.
    pub(crate) fn columns(&self) -> Vec<String> {
        let mut rest = self.body.get(2..).unwrap_or_default();
        let mut columns = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            let (value, after) = after.split_at(length);
            columns.push(text(value));
            rest = after;
        }
        columns
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag {
            backend::PARSE_COMPLETE => write!(formatter, "ParseComplete"),
            backend::BIND_COMPLETE => write!(formatter, "BindComplete"),
            backend::CLOSE_COMPLETE => write!(formatter, "CloseComplete"),
            backend::NO_DATA => write!(formatter, "NoData"),
            backend::PARAMETER_DESCRIPTION => write!(formatter, "ParameterDescription"),
            backend::ROW_DESCRIPTION => write!(formatter, "RowDescription"),
            backend::DATA_ROW => write!(formatter, "DataRow {}", self.columns().join(",")),
            backend::COMMAND_COMPLETE => {
                let tag = backend::command_tag(&self.body).map_or_else(|e| e.to_string(), text);
                write!(formatter, "CommandComplete {tag}")
            }
            backend::EMPTY_QUERY_RESPONSE => write!(formatter, "EmptyQueryResponse"),
            backend::PORTAL_SUSPENDED => write!(formatter, "PortalSuspended"),
            backend::READY_FOR_QUERY => write!(formatter, "ReadyForQuery {}", text(&self.body)),
            backend::ERROR_RESPONSE | backend::NOTICE_RESPONSE => {
                let (severity, message) = (self.field(b'V'), self.field(b'M'));
                write!(formatter, "{severity} {}: {message}", self.sqlstate())
            }
            backend::PARAMETER_STATUS => {
                let (name, value) = backend::parameter_status(&self.body).unwrap_or_default();
                write!(formatter, "ParameterStatus {}={}", text(name), text(value))
            }
            backend::COPY_IN_RESPONSE => write!(formatter, "CopyInResponse"),
            backend::COPY_OUT_RESPONSE => write!(formatter, "CopyOutResponse"),
            backend::COPY_DATA => write!(formatter, "CopyData {}", text(&self.body).trim_end()),
            backend::COPY_DONE => write!(formatter, "CopyDone"),
            backend::FUNCTION_CALL_RESPONSE => write!(formatter, "FunctionCallResponse"),
            other => write!(formatter, "{} {:?}", char::from(other), text(&self.body)),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// The whole messages in `bytes`, which are removed from it.
pub(crate) fn take_replies(bytes: &mut Vec<u8>) -> Vec<Reply> {
    let mut replies = Vec::new();
    let mut left = bytes.len();
    {
        let mut rest = bytes.as_slice();
        while let Some((tag, body, after)) =
            frame::split(rest, u32::MAX).expect("the stream is in step")
        {
            replies.push(Reply { tag, body: body.to_vec() });
            rest = after;
            left = rest.len();
        }
    }
    bytes.drain(..bytes.len() - left);
    replies
}

/// Each message as its line.
pub(crate) fn lines(replies: &[Reply]) -> Vec<String> {
    replies.iter().map(Reply::to_string).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
