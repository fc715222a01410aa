//! What a server sends: tags, views into messages, builders.

use crate::WireError;
use crate::cursor::Cursor;
use crate::frame::{put, put_string};

/// An authentication request.
pub const AUTHENTICATION: u8 = b'R';
/// The key a client needs to cancel.
pub const BACKEND_KEY_DATA: u8 = b'K';
/// Bind succeeded.
pub const BIND_COMPLETE: u8 = b'2';
/// Close succeeded.
pub const CLOSE_COMPLETE: u8 = b'3';
/// A command ended.
pub const COMMAND_COMPLETE: u8 = b'C';
/// COPY in both directions begins (replication).
pub const COPY_BOTH_RESPONSE: u8 = b'W';
/// One piece of COPY data.
pub const COPY_DATA: u8 = b'd';
/// The end of COPY data.
pub const COPY_DONE: u8 = b'c';
/// COPY from the client begins.
pub const COPY_IN_RESPONSE: u8 = b'G';
/// COPY to the client begins.
pub const COPY_OUT_RESPONSE: u8 = b'H';
/// One row.
pub const DATA_ROW: u8 = b'D';
/// An empty query ended.
pub const EMPTY_QUERY_RESPONSE: u8 = b'I';
/// An error.
pub const ERROR_RESPONSE: u8 = b'E';
/// The result of a function call.
pub const FUNCTION_CALL_RESPONSE: u8 = b'V';
/// The newest protocol minor version the server speaks.
pub const NEGOTIATE_PROTOCOL_VERSION: u8 = b'v';
/// The described statement or portal returns no rows.
pub const NO_DATA: u8 = b'n';
/// A notice.
pub const NOTICE_RESPONSE: u8 = b'N';
/// A notification from LISTEN.
pub const NOTIFICATION_RESPONSE: u8 = b'A';
/// Types of a statement's parameters.
pub const PARAMETER_DESCRIPTION: u8 = b't';
/// A reported setting's value.
pub const PARAMETER_STATUS: u8 = b'S';
/// Parse succeeded.
pub const PARSE_COMPLETE: u8 = b'1';
/// Execute reached its row limit.
pub const PORTAL_SUSPENDED: u8 = b's';
/// The server awaits the next command.
pub const READY_FOR_QUERY: u8 = b'Z';
/// The shape of rows.
pub const ROW_DESCRIPTION: u8 = b'T';

/// Whether `tag` is one a server may send.
pub fn is_known(tag: u8) -> bool {
    matches!(
        tag,
        AUTHENTICATION
            | BACKEND_KEY_DATA
            | BIND_COMPLETE
            | CLOSE_COMPLETE
            | COMMAND_COMPLETE
            | COPY_BOTH_RESPONSE
            | COPY_DATA
            | COPY_DONE
            | COPY_IN_RESPONSE
            | COPY_OUT_RESPONSE
            | DATA_ROW
            | EMPTY_QUERY_RESPONSE
            | ERROR_RESPONSE
            | FUNCTION_CALL_RESPONSE
            | NEGOTIATE_PROTOCOL_VERSION
            | NO_DATA
            | NOTICE_RESPONSE
            | NOTIFICATION_RESPONSE
            | PARAMETER_DESCRIPTION
            | PARAMETER_STATUS
            | PARSE_COMPLETE
            | PORTAL_SUSPENDED
            | READY_FOR_QUERY
            | ROW_DESCRIPTION
    )
}

/// A whole `ParseComplete`.
pub const PARSE_COMPLETE_MESSAGE: [u8; 5] = [PARSE_COMPLETE, 0, 0, 0, 4];
/// A whole `CloseComplete`.
pub const CLOSE_COMPLETE_MESSAGE: [u8; 5] = [CLOSE_COMPLETE, 0, 0, 0, 4];

/// The transaction status a `ReadyForQuery` carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not in a transaction block.
    Idle,
    /// In a transaction block.
    Transaction,
    /// In a failed transaction block.
    Failed,
}

impl Status {
    /// Read a `ReadyForQuery` body.
    pub fn parse(body: &[u8]) -> Result<Self, WireError> {
        let mut cursor = Cursor::new(body);
        let byte = cursor.u8("transaction status")?;
        cursor.finish()?;
        match byte {
            b'I' => Ok(Self::Idle),
            b'T' => Ok(Self::Transaction),
            b'E' => Ok(Self::Failed),
            other => Err(WireError::Value { field: "transaction status", value: u32::from(other) }),
        }
    }

    /// The status byte.
    pub fn byte(self) -> u8 {
        match self {
            Self::Idle => b'I',
            Self::Transaction => b'T',
            Self::Failed => b'E',
        }
    }
}

/// An authentication request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication<'a> {
    /// The client is in.
    Ok,
    /// Send the password as it is.
    Cleartext,
    /// Send MD5 of MD5 of password and user, with this salt.
    Md5([u8; 4]),
    /// Choose one of these mechanisms (each zero-terminated, the list too).
    Sasl(&'a [u8]),
    /// The server's next SASL message.
    SaslContinue(&'a [u8]),
    /// The server's last SASL message.
    SaslFinal(&'a [u8]),
    /// A method no pooler speaks: Kerberos, GSS, SSPI and what may come.
    Other(u32),
}

impl<'a> Authentication<'a> {
    /// Read an Authentication body.
    pub fn parse(body: &'a [u8]) -> Result<Self, WireError> {
        let mut cursor = Cursor::new(body);
        let parsed = match cursor.u32("authentication code")? {
            0 => Self::Ok,
            3 => Self::Cleartext,
            5 => {
                let salt = cursor.u32("MD5 salt")?;
                Self::Md5(salt.to_be_bytes())
            }
            10 => return Ok(Self::Sasl(cursor.rest())),
            11 => return Ok(Self::SaslContinue(cursor.rest())),
            12 => return Ok(Self::SaslFinal(cursor.rest())),
            other => return Ok(Self::Other(other)),
        };
        cursor.finish()?;
        Ok(parsed)
    }
}

/// Whether a SASL mechanism list (from [`Authentication::Sasl`]) offers `mechanism`.
pub fn offers_mechanism(list: &[u8], mechanism: &str) -> bool {
    list.split(|byte| *byte == 0).any(|name| name == mechanism.as_bytes())
}

/// A `ParameterStatus`: name and value.
pub fn parameter_status(body: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let mut cursor = Cursor::new(body);
    let name = cursor.string("parameter name")?;
    let value = cursor.string("parameter value")?;
    cursor.finish()?;
    Ok((name, value))
}

/// A `BackendKeyData`: process id and cancel key.
pub fn backend_key_data(body: &[u8]) -> Result<(u32, &[u8]), WireError> {
    let mut cursor = Cursor::new(body);
    let process = cursor.u32("process id")?;
    Ok((process, crate::startup::cancel_key(cursor)?))
}

/// The values of a DataRow, `None` for NULL.
///
/// # Errors
/// The row ends before its values do.
pub fn data_row(body: &[u8]) -> Result<Vec<Option<&[u8]>>, WireError> {
    let mut cursor = Cursor::new(body);
    let count = cursor.u16("column count")?;
    let mut values = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let length = cursor.u32("value length")?;
        let is_null = length == u32::MAX;
        values.push(if is_null { None } else { Some(cursor.bytes(length as usize, "value")?) });
    }
    Ok(values)
}

/// The tag of a `CommandComplete`, such as `SELECT 1`.
pub fn command_tag(body: &[u8]) -> Result<&[u8], WireError> {
    let mut cursor = Cursor::new(body);
    let tag = cursor.string("command tag")?;
    cursor.finish()?;
    Ok(tag)
}

/// The fields of an `ErrorResponse` or `NoticeResponse`.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: Cursor<'a>,
}

impl<'a> Fields<'a> {
    /// Begin at the first field of an `ErrorResponse` or `NoticeResponse` body.
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: Cursor::new(body) }
    }

    /// The value of the field with this code (`S` severity, `V` the same untranslated, `C` SQLSTATE,
    /// `M` message, `R` routine …).
    pub fn get(&self, code: u8) -> Option<&'a [u8]> {
        self.clone().filter_map(Result::ok).find(|(key, _)| *key == code).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u8, &'a [u8]), WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.rest.u8("field code").unwrap_or(0);
        if code == 0 {
            // What follows the terminator is no field, also for a caller who asks again.
            self.rest = Cursor::new(&[]);
            return None;
        }
        match self.rest.string("field value") {
            Ok(value) => Some(Ok((code, value))),
            Err(error) => {
                self.rest = Cursor::new(&[]);
                Some(Err(error))
            }
        }
    }
}

/// What an `ErrorResponse` or `NoticeResponse` made here says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    /// `ERROR`, `FATAL`, `WARNING` …
    pub severity: &'a str,
    /// SQLSTATE, five characters.
    pub sqlstate: &'a str,
    /// What happened.
    pub message: &'a str,
    /// Which limit or rule was involved; empty for none.
    pub detail: &'a str,
    /// What to do next; empty for none.
    pub hint: &'a str,
}

/// Append an `ErrorResponse`.
pub fn put_error(out: &mut Vec<u8>, report: &Report<'_>) {
    put_report(out, ERROR_RESPONSE, report);
}

/// Append a `NoticeResponse`.
pub fn put_notice(out: &mut Vec<u8>, report: &Report<'_>) {
    put_report(out, NOTICE_RESPONSE, report);
}

fn put_report(out: &mut Vec<u8>, tag: u8, report: &Report<'_>) {
    put(out, tag, |out| {
        let fields = [
            (b'S', report.severity),
            (b'V', report.severity),
            (b'C', report.sqlstate),
            (b'M', report.message),
            (b'D', report.detail),
            (b'H', report.hint),
        ];
        for (code, value) in fields {
            if !value.is_empty() {
                out.push(code);
                put_string(out, value.as_bytes());
            }
        }
        out.push(0);
    });
}

/// Append an Authentication request.
pub fn put_authentication(out: &mut Vec<u8>, request: &Authentication<'_>) {
    put(out, AUTHENTICATION, |out| match request {
        Authentication::Ok => out.extend_from_slice(&0_u32.to_be_bytes()),
        Authentication::Cleartext => out.extend_from_slice(&3_u32.to_be_bytes()),
        Authentication::Md5(salt) => {
            out.extend_from_slice(&5_u32.to_be_bytes());
            out.extend_from_slice(salt);
        }
        Authentication::Sasl(list) => {
            out.extend_from_slice(&10_u32.to_be_bytes());
            out.extend_from_slice(list);
        }
        Authentication::SaslContinue(data) => {
            out.extend_from_slice(&11_u32.to_be_bytes());
            out.extend_from_slice(data);
        }
        Authentication::SaslFinal(data) => {
            out.extend_from_slice(&12_u32.to_be_bytes());
            out.extend_from_slice(data);
        }
        Authentication::Other(code) => out.extend_from_slice(&code.to_be_bytes()),
    });
}

/// Append a `BackendKeyData`.
pub fn put_backend_key_data(out: &mut Vec<u8>, process: u32, key: &[u8]) {
    put(out, BACKEND_KEY_DATA, |out| {
        out.extend_from_slice(&process.to_be_bytes());
        out.extend_from_slice(key);
    });
}

/// Append a `ParameterStatus`.
pub fn put_parameter_status(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    put(out, PARAMETER_STATUS, |out| {
        put_string(out, name);
        put_string(out, value);
    });
}

/// Append a `ReadyForQuery`.
pub fn put_ready_for_query(out: &mut Vec<u8>, status: Status) {
    put(out, READY_FOR_QUERY, |out| out.push(status.byte()));
}

/// Append a `CommandComplete`.
pub fn put_command_complete(out: &mut Vec<u8>, tag: &[u8]) {
    put(out, COMMAND_COMPLETE, |out| put_string(out, tag));
}

/// A column of rows made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// OID of its type.
    pub kind: u32,
    /// Bytes of a value, -1 where that differs.
    pub size: i16,
}

/// Append a `RowDescription`: columns of no table, in text format.
pub fn put_row_description<'a>(
    out: &mut Vec<u8>,
    fields: impl ExactSizeIterator<Item = Field<'a>>,
) {
    put(out, ROW_DESCRIPTION, |out| {
        out.extend_from_slice(&u16::try_from(fields.len()).unwrap_or(u16::MAX).to_be_bytes());
        for field in fields {
            put_string(out, field.name.as_bytes());
            // No table, no column of one.
            out.extend_from_slice(&[0; 6]);
            out.extend_from_slice(&field.kind.to_be_bytes());
            out.extend_from_slice(&field.size.to_be_bytes());
            // No type modifier, text format.
            out.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0, 0]);
        }
    });
}

/// Append a `DataRow` of these values, in text format; `None` is NULL.
pub fn put_data_row<'a>(
    out: &mut Vec<u8>,
    values: impl ExactSizeIterator<Item = Option<&'a [u8]>>,
) {
    put(out, DATA_ROW, |out| {
        out.extend_from_slice(&u16::try_from(values.len()).unwrap_or(u16::MAX).to_be_bytes());
        for value in values {
            let length = value.map_or(u32::MAX, |value| u32::try_from(value.len()).unwrap_or(0));
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(value.unwrap_or_default());
        }
    });
}

/// Append a `NegotiateProtocolVersion`: the newest minor version spoken, and the options not recognised.
pub fn put_negotiate_protocol_version(out: &mut Vec<u8>, newest: u32, unrecognised: &[&[u8]]) {
    put(out, NEGOTIATE_PROTOCOL_VERSION, |out| {
        out.extend_from_slice(&newest.to_be_bytes());
        let count = u32::try_from(unrecognised.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_be_bytes());
        for option in unrecognised {
            put_string(out, option);
        }
    });
}
