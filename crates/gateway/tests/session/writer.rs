//! Writes the replies of the model of PostgreSQL.

use pgwire::{backend, frame};

use crate::transaction::Failure;

/// Replies on their way to the client.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn put(&mut self, tag: u8, body: &[u8]) {
        frame::put(&mut self.bytes, tag, |out| out.extend_from_slice(body));
    }

    /// A DataRow of one column for each of `rows`.
    pub(crate) fn rows(&mut self, rows: &[String]) {
        for row in rows {
            let length = u32::try_from(row.len()).expect("a short row");
            let body = [&[0, 1], &length.to_be_bytes()[..], row.as_bytes()].concat();
            self.put(backend::DATA_ROW, &body);
        }
    }

    /// A DataRow of these columns.
    pub(crate) fn row(&mut self, columns: &[String]) {
        let columns: Vec<_> = columns.iter().map(|value| Some(value.as_bytes())).collect();
        backend::put_data_row(&mut self.bytes, columns.into_iter());
    }

    pub(crate) fn row_description(&mut self) {
        let body = [&[0, 1], &b"value\0"[..], &[0; 18]].concat();
        self.put(backend::ROW_DESCRIPTION, &body);
    }

    /// COPY of one text column begins.
    pub(crate) fn copy_response(&mut self, tag: u8) {
        self.put(tag, &[0, 0, 1, 0, 0]);
    }

    pub(crate) fn complete(&mut self, tag: &str) {
        backend::put_command_complete(&mut self.bytes, tag.as_bytes());
    }

    pub(crate) fn error(&mut self, failure: &Failure) {
        self.report(backend::ERROR_RESPONSE, "ERROR", failure);
    }

    pub(crate) fn warning(&mut self, failure: &Failure) {
        self.report(backend::NOTICE_RESPONSE, "WARNING", failure);
    }

    fn report(&mut self, tag: u8, severity: &str, failure: &Failure) {
        let Failure { sqlstate, message, routine } = failure;
        frame::put(&mut self.bytes, tag, |out| {
            for (code, value) in [
                (b'S', severity),
                (b'V', severity),
                (b'C', sqlstate),
                (b'M', message),
                (b'R', routine),
            ] {
                out.push(code);
                frame::put_string(out, value.as_bytes());
            }
            out.push(0);
        });
    }
}
