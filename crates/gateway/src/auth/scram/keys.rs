//! The keys a password turns into: `SASLprep`, PBKDF2 and the HMACs of RFC 5802.

use std::borrow::Cow;
use std::fmt;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::ScramVerifier;

/// A 32-byte secret, wiped when dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// `ClientKey` and `ServerKey` for one salt and iteration count: a login without the password.
///
/// They open any server that stores the same verifier, so they are as secret as the password.
#[derive(Clone)]
pub struct ScramKeys {
    iterations: u32,
    salt: Vec<u8>,
    client_key: Key,
    server_key: Key,
}

impl ScramKeys {
    /// Derives the keys of a password; costs a whole PBKDF2.
    pub(super) fn derive(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let iterations = iterations.max(1);
        let salted_password = salted_password(&prepared(password), salt, iterations);
        Self {
            iterations,
            salt: salt.to_vec(),
            client_key: signature(&salted_password, b"Client Key"),
            server_key: signature(&salted_password, b"Server Key"),
        }
    }

    /// Completes a verifier with the key a client's valid proof has shown.
    pub(super) fn learnt(verifier: &ScramVerifier, client_key: Key) -> Self {
        Self {
            iterations: verifier.iterations,
            salt: verifier.salt.clone(),
            client_key,
            server_key: verifier.server_key.clone(),
        }
    }

    pub(super) const fn iterations(&self) -> u32 {
        self.iterations
    }

    pub(super) fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// True when a server with this salt and iteration count can be answered with these keys.
    pub(super) fn fits(&self, salt: &[u8], iterations: u32) -> bool {
        self.iterations == iterations && self.salt == salt
    }

    /// The verifier a server would store for these keys.
    pub fn to_verifier(&self) -> ScramVerifier {
        ScramVerifier {
            iterations: self.iterations,
            salt: self.salt.clone(),
            stored_key: self.stored_key(),
            server_key: self.server_key.clone(),
            is_mock: false,
        }
    }

    /// Proves knowledge of the client key over a transcript.
    pub(super) fn proof(&self, transcript: &[u8]) -> Key {
        exclusive_or(&signature(&self.stored_key(), transcript), &self.client_key)
    }

    /// Checks, in constant time, that the server knows the password too.
    pub(super) fn verify_server(&self, transcript: &[u8], claimed: &[u8; 32]) -> bool {
        signature(&self.server_key, transcript).ct_eq(claimed).into()
    }

    fn stored_key(&self) -> Key {
        Zeroizing::new(Sha256::digest(*self.client_key).into())
    }
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ScramKeys")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

/// Starts an HMAC-SHA-256.
///
/// Pads the key to the block size here, because the constructor for a full block cannot fail while
/// the one for any length returns a `Result` that is never an error.
pub(super) fn keyed_hash(key: &[u8]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    if key.len() > block.len() {
        block.iter_mut().zip(Sha256::digest(key)).for_each(|(slot, byte)| *slot = byte);
    } else {
        block.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
    }
    <Hmac<Sha256> as Mac>::new((&*block).into())
}

/// HMAC-SHA-256 of a whole text.
pub(super) fn signature(key: &[u8; 32], text: &[u8]) -> Key {
    Zeroizing::new(keyed_hash(key).chain_update(text).finalize().into_bytes().into())
}

pub(super) fn exclusive_or(left: &[u8; 32], right: &[u8; 32]) -> Key {
    let mut result = Zeroizing::new(*left);
    result.iter_mut().zip(right).for_each(|(byte, other)| *byte ^= other);
    result
}

/// Normalises a password with `SASLprep`, or leaves it alone where PostgreSQL does.
///
/// PostgreSQL hashes the raw bytes when the password is not UTF-8, has prohibited or unassigned
/// characters, or would become empty. Both ends must agree on that, or the login fails.
fn prepared(password: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(password) else { return Cow::Borrowed(password) };
    match stringprep::saslprep(text) {
        Ok(Cow::Owned(prepared)) if !prepared.is_empty() => Cow::Owned(prepared.into_bytes()),
        _ => Cow::Borrowed(password),
    }
}

/// PBKDF2-HMAC-SHA-256 with one block of output: `Hi` of RFC 5802.
fn salted_password(password: &[u8], salt: &[u8], iterations: u32) -> Key {
    let keyed = keyed_hash(password);
    let first = keyed.clone().chain_update(salt).chain_update(1_u32.to_be_bytes());
    let mut round = Zeroizing::new(<[u8; 32]>::from(first.finalize().into_bytes()));
    let mut result = round.clone();
    for _ in 1..iterations {
        *round = keyed.clone().chain_update(*round).finalize().into_bytes().into();
        result.iter_mut().zip(round.iter()).for_each(|(byte, other)| *byte ^= other);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_pads_and_hashes_keys_as_the_library_does() {
        for length in [0, 1, 32, 63, 64, 65, 200] {
            let key = vec![0x5a; length];
            let reference = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"text");
            let ours = keyed_hash(&key).chain_update(b"text").finalize().into_bytes();
            assert_eq!(ours, reference.finalize().into_bytes());
        }
    }

    #[test]
    fn pbkdf2_matches_known_vectors() {
        // RFC 7914, section 11 (first 32 bytes of the first vector).
        let expected = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
        assert_eq!(salted_password(b"passwd", b"salt", 1)[..], hexadecimal(expected));
        // The widely published PBKDF2-HMAC-SHA256 vector with 4,096 rounds.
        let expected = "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
        assert_eq!(salted_password(b"password", b"salt", 4096)[..], hexadecimal(expected));
    }

    #[test]
    fn saslprep_normalises_and_falls_back_to_the_raw_bytes() {
        // The examples of RFC 4013, section 3.
        assert_eq!(&*prepared("I\u{ad}X".as_bytes()), b"IX");
        assert_eq!(&*prepared(b"user"), b"user");
        assert_eq!(&*prepared("\u{aa}".as_bytes()), b"a");
        assert_eq!(&*prepared("\u{2168}".as_bytes()), b"IX");
        for raw in [
            &b"\x07"[..],             // prohibited character
            "\u{627}1".as_bytes(),    // bidirectional check
            "\u{ad}".as_bytes(),      // empty afterwards
            "\u{aa}\u{7}".as_bytes(), // prohibited after a change
            b"\xff\xfe",              // not UTF-8
            b"",
        ] {
            assert_eq!(&*prepared(raw), raw);
        }
    }

    #[test]
    fn never_shows_its_keys() {
        let shown = format!("{:?}", ScramKeys::derive(b"secret", b"salt", 1));
        assert_eq!(shown, "ScramKeys { iterations: 1, .. }");
    }

    fn hexadecimal(digits: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(byte).collect()
    }
}
