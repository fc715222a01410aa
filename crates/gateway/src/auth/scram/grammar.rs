//! The grammar of SCRAM messages: comma-separated `x=value` attributes, and the limits on them.
//!
//! Everything here reads bytes of a peer that has proved nothing yet: length first, then content.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::error::{AuthenticationError, ScramMessage};
use super::keys::Key;

/// Longest message read; honest ones stay below 300 bytes.
pub(super) const MAXIMUM_MESSAGE_LENGTH: usize = 1024;

/// Longest client nonce accepted; libpq's has 24 bytes. Leaves room to repeat it in every message.
pub(super) const MAXIMUM_NONCE_LENGTH: usize = 256;

/// How many random bytes our own nonces have, as in PostgreSQL: 24 characters of base64.
pub(super) const RAW_NONCE_LENGTH: usize = 18;

/// The attributes of one message, read in order.
pub(super) struct Attributes<'a> {
    message: ScramMessage,
    rest: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    /// Starts at the first attribute of `text`, which [`checked`] has already let pass.
    pub(super) const fn new(message: ScramMessage, text: &'a [u8]) -> Self {
        Self { message, rest: Some(text) }
    }

    fn malformed<T>(&self, expected: &'static str) -> Result<T, AuthenticationError> {
        Err(AuthenticationError::Malformed { message: self.message, expected })
    }

    fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, AuthenticationError> {
        let Some(text) = self.rest else { return Ok(None) };
        let mut parts = text.splitn(2, |byte| *byte == b',');
        let attribute = parts.next().unwrap_or_default();
        self.rest = parts.next();
        match attribute {
            [name, b'=', value @ ..] if name.is_ascii_alphabetic() => Ok(Some((*name, value))),
            _ => self.malformed("attributes of the form x=value"),
        }
    }

    /// Reads the next attribute, which must have this name; gives its value.
    pub(super) fn take(
        &mut self,
        name: u8,
        expected: &'static str,
    ) -> Result<&'a [u8], AuthenticationError> {
        match self.next()? {
            Some((found, value)) if found == name => Ok(value),
            Some((b'm', _)) => {
                Err(AuthenticationError::MandatoryExtension { message: self.message })
            }
            _ => self.malformed(expected),
        }
    }

    /// Reads to the end; RFC 5802 wants unknown optional extensions ignored.
    pub(super) fn skip_extensions(mut self) -> Result<(), AuthenticationError> {
        while let Some((name, _)) = self.next()? {
            match name {
                b'm' => {
                    return Err(AuthenticationError::MandatoryExtension { message: self.message });
                }
                b'p' => return self.malformed("the proof (p=) as the only last attribute"),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Refuses a message before anything looks into it: too long, or with a NUL byte.
pub(super) fn checked(message: ScramMessage, bytes: &[u8]) -> Result<&[u8], AuthenticationError> {
    if bytes.len() > MAXIMUM_MESSAGE_LENGTH {
        return Err(AuthenticationError::MessageTooLong {
            message,
            length: bytes.len(),
            maximum: MAXIMUM_MESSAGE_LENGTH,
        });
    }
    if bytes.contains(&0) {
        return Err(AuthenticationError::Malformed { message, expected: "no NUL bytes" });
    }
    Ok(bytes)
}

/// Refuses a nonce that is empty, longer than `maximum` or not printable ASCII.
pub(super) fn checked_nonce(
    message: ScramMessage,
    nonce: &[u8],
    maximum: usize,
) -> Result<&[u8], AuthenticationError> {
    if nonce.len() > maximum {
        return Err(AuthenticationError::NonceTooLong { message, length: nonce.len(), maximum });
    }
    if nonce.is_empty() || !nonce.iter().all(u8::is_ascii_graphic) {
        return Err(AuthenticationError::NonceNotPrintable { message });
    }
    Ok(nonce)
}

/// Reads an iteration count; PostgreSQL keeps it in a signed 32-bit integer.
pub(super) fn parse_iterations(digits: &[u8]) -> Option<u32> {
    // `parse` alone would also take a leading plus sign.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let iterations: i32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    u32::try_from(iterations).ok().filter(|iterations| *iterations > 0)
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Decodes exactly 32 bytes: a key, a proof or a signature.
pub(super) fn decode_key(text: &[u8]) -> Option<Key> {
    let bytes = Zeroizing::new(decode(text)?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_are_plain_positive_numbers() {
        assert_eq!(parse_iterations(b"4096"), Some(4096));
        assert_eq!(parse_iterations(b"2147483647"), Some(2_147_483_647));
        for bad in [&b""[..], b"0", b"-1", b"+1", b" 1", b"1 ", b"2147483648", b"\xff"] {
            assert_eq!(parse_iterations(bad), None);
        }
    }

    #[test]
    fn attributes_are_read_in_order_and_extensions_skipped() {
        let mut attributes = Attributes::new(ScramMessage::ClientFirst, b"n=,r=a=b,x=,y=1");
        assert_eq!(attributes.take(b'n', "n").unwrap(), b"");
        assert_eq!(attributes.take(b'r', "r").unwrap(), b"a=b");
        attributes.skip_extensions().unwrap();
        for bad in [&b""[..], b"n", b"=x", b"1=x", b"n=,", b"n=,,x=1", b"n=,p=1"] {
            let mut attributes = Attributes::new(ScramMessage::ClientFirst, bad);
            let result = attributes.take(b'n', "n").and_then(|_| attributes.skip_extensions());
            assert!(matches!(result, Err(AuthenticationError::Malformed { .. })), "{bad:?}");
        }
    }
}
