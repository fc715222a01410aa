//! Reading integers and strings off a slice without panicking.

use std::ffi::CStr;

use crate::WireError;

/// A position in a message body. Each read moves past what it returned.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Start at the beginning of `body`.
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Take `count` bytes.
    pub fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], WireError> {
        let (head, tail) =
            self.rest.split_at_checked(count).ok_or(WireError::Truncated { field })?;
        self.rest = tail;
        Ok(head)
    }

    /// Take one byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        let (head, tail) = self.rest.split_first().ok_or(WireError::Truncated { field })?;
        self.rest = tail;
        Ok(*head)
    }

    /// Take a big-endian 16-bit integer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        let (head, tail) =
            self.rest.split_first_chunk::<2>().ok_or(WireError::Truncated { field })?;
        self.rest = tail;
        Ok(u16::from_be_bytes(*head))
    }

    /// Take a big-endian 32-bit integer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        let (head, tail) =
            self.rest.split_first_chunk::<4>().ok_or(WireError::Truncated { field })?;
        self.rest = tail;
        Ok(u32::from_be_bytes(*head))
    }

    /// Take a zero-terminated string, without its terminator.
    pub fn string(&mut self, field: &'static str) -> Result<&'a [u8], WireError> {
        let end = find_zero(self.rest).ok_or(WireError::Unterminated { field })?;
        let (head, tail) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
        self.rest = tail.get(1..).unwrap_or(&[]);
        Ok(head)
    }

    /// Insist that everything has been read.
    pub fn finish(self) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing { count: self.rest.len() })
        }
    }
}

/// Position of the first zero byte.
pub fn find_zero(bytes: &[u8]) -> Option<usize> {
    // The names in front of most texts are empty. The library looks at a word of memory at a time.
    if bytes.first() == Some(&0) {
        return Some(0);
    }
    CStr::from_bytes_until_nul(bytes).ok().map(CStr::count_bytes)
}
