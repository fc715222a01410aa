//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: what a server stores for a user.
//!
//! The verifier checks a login without being able to make one. The two sides of the exchange live in
//! [`server`] and [`client`]; neither does any I/O, and neither frames messages.

use std::fmt;

use hmac::Mac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::secret::Secret;

#[cfg(test)]
mod binding_tests;
mod cache;
pub mod client;
mod grammar;
mod keys;
mod learnt;
pub mod server;

pub use cache::SaltedPasswordCache;
pub use client::{ClientBinding, ClientCredential, ClientExchange};
pub use keys::ScramKeys;
pub use learnt::LearntKeys;
pub use server::{ServerBinding, ServerExchange};

use grammar::{decode, decode_key, encode};
use keys::{Key, keyed_hash};

/// The mechanism without channel binding.
pub const MECHANISM: &str = "SCRAM-SHA-256";

/// The mechanism with channel binding, over TLS only.
pub const MECHANISM_PLUS: &str = "SCRAM-SHA-256-PLUS";

/// Begins a first message that binds to the certificate of the server (RFC 5929, section 4).
const END_POINT_HEADER: &[u8] = b"p=tls-server-end-point,,";

/// PostgreSQL's own default, and so the count an unknown user must show to look like a known one.
pub const DEFAULT_ITERATIONS: u32 = 4096;

/// The salt length PostgreSQL uses; see [`DEFAULT_ITERATIONS`] for why a mock needs the same.
pub const SALT_LENGTH: usize = 16;

/// What a server keeps of a password: enough to check a login, not enough to make one.
#[derive(Clone)]
pub struct ScramVerifier {
    iterations: u32,
    salt: Vec<u8>,
    stored_key: Key,
    server_key: Key,
    /// Set for a user that does not exist: the exchange runs to its end and then fails.
    is_mock: bool,
}

impl ScramVerifier {
    /// Derives a verifier from a password; costs a whole PBKDF2 (about a millisecond at 4,096).
    ///
    /// Do this when the configuration is read, not when a client connects: besides the cost, a login
    /// that takes longer for known users tells which users exist. Zero iterations count as one.
    pub fn derive(password: &[u8], salt: &[u8], iterations: u32) -> Self {
        ScramKeys::derive(password, salt, iterations).to_verifier()
    }

    /// Makes up a verifier for a user that does not exist, with [`DEFAULT_ITERATIONS`].
    ///
    /// See [`Self::mock_with_iterations`].
    pub fn mock(user: &str, nonce_key: &[u8; 32]) -> Self {
        Self::mock_with_iterations(user, nonce_key, DEFAULT_ITERATIONS)
    }

    /// Makes up a verifier for a user that does not exist; no password ever fits it.
    ///
    /// The salt is a function of the user's name and `nonce_key`, so asking twice shows the same salt,
    /// as for a real user. `nonce_key` must be random and secret, or the salt can be recomputed and
    /// the lie seen through; `iterations` should be what the real verifiers have.
    pub fn mock_with_iterations(user: &str, nonce_key: &[u8; 32], iterations: u32) -> Self {
        let made_up = |purpose: &[u8]| -> Key {
            Zeroizing::new(
                keyed_hash(nonce_key)
                    .chain_update(purpose)
                    .chain_update(b"\0")
                    .chain_update(user.as_bytes())
                    .finalize()
                    .into_bytes()
                    .into(),
            )
        };
        Self {
            iterations: iterations.max(1),
            salt: made_up(b"salt").iter().copied().take(SALT_LENGTH).collect(),
            stored_key: made_up(b"stored key"),
            server_key: made_up(b"server key"),
            is_mock: true,
        }
    }

    /// Reads `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`; `None` for any other text.
    pub fn parse(stored: &str) -> Option<Self> {
        let rest = stored.strip_prefix(MECHANISM)?.strip_prefix('$')?;
        let (parameters, keys) = rest.split_once('$')?;
        let (iterations, salt) = parameters.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let salt = decode(salt.as_bytes()).filter(|salt| !salt.is_empty())?;
        Some(Self {
            iterations: grammar::parse_iterations(iterations.as_bytes())?,
            salt,
            stored_key: decode_key(stored_key.as_bytes())?,
            server_key: decode_key(server_key.as_bytes())?,
            is_mock: false,
        })
    }

    /// Writes the form [`Self::parse`] reads, as for `ALTER ROLE … PASSWORD '…'`.
    pub fn stored_form(&self) -> Secret {
        Secret::from(format!(
            "{MECHANISM}${}:{}${}:{}",
            self.iterations,
            encode(&self.salt),
            encode(&*self.stored_key),
            encode(&*self.server_key),
        ))
    }

    /// How many PBKDF2 rounds the client is asked for.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The salt the client is sent; public by design of the protocol.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// True when a login may come from keys learnt against `other`: same password, same salt, same
    /// count. Compares in constant time.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let is_same_key =
            self.stored_key.ct_eq(&*other.stored_key) & self.server_key.ct_eq(&*other.server_key);
        self.iterations == other.iterations && self.salt == other.salt && is_same_key.into()
    }

    /// Checks a password that arrived in the clear; costs a whole PBKDF2.
    pub(super) fn verify_plain(&self, candidate: &[u8]) -> bool {
        !self.is_mock && self.is_same_as(&Self::derive(candidate, &self.salt, self.iterations))
    }

    /// Checks a client's proof against the transcript and gives the key it was made with.
    fn client_key(&self, transcript: &[u8], proof: &[u8; 32]) -> Option<Key> {
        let signature = keys::signature(&self.stored_key, transcript);
        let client_key = keys::exclusive_or(&signature, proof);
        let digest: [u8; 32] = Sha256::digest(*client_key).into();
        let fits = bool::from(digest.ct_eq(&*self.stored_key));
        (fits && !self.is_mock).then_some(client_key)
    }
}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ScramVerifier")
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by PostgreSQL 15: CREATE ROLE app PASSWORD 'secret'.
    const STORED: &str = "SCRAM-SHA-256$4096:qCXA3Z27lyjGHWzOGUXHvw==$8bdLpGqBBg6iPwV/RoxpOyK4qEDH/DnIZvSIP2Hj8+I=:qcaMYSVNcRuv0YR479MZYoG//rulBZ7wwYUTz9EkAP8=";

    #[test]
    fn derives_what_postgresql_stored() {
        let stored = ScramVerifier::parse(STORED).unwrap();
        assert_eq!((stored.iterations(), stored.salt().len()), (DEFAULT_ITERATIONS, SALT_LENGTH));
        let derived = ScramVerifier::derive(b"secret", stored.salt(), 4096);
        assert_eq!(derived.stored_form().expose(), STORED);
        assert!(derived.is_same_as(&stored));
        assert!(!ScramVerifier::derive(b"other", stored.salt(), 4096).is_same_as(&stored));
    }

    #[test]
    fn refuses_every_broken_verifier() {
        let key = encode(&[7; 32]);
        let good = format!("SCRAM-SHA-256$1:AA==${key}:{key}");
        assert!(ScramVerifier::parse(&good).is_some());
        for (from, to) in [
            ("SHA-256$", "SHA-1$"),
            ("$1:", "$0:"),
            ("$1:", "$:"),
            ("$1:", "$-1:"),
            ("$1:", "$+1:"),
            ("$1:", "$4294967296:"),
            ("$1:", "$2147483648:"),
            (":AA==", ":"),
            (":AA==", ":A"),
            (":AA==", ":!!=="),
            ("AA==$", "AA=="),
            ("Bwc=:", "Bwc="),
            ("Bwc=:", "=:"),
            ("Bwc=:", "Bwc=::"),
        ] {
            let broken = good.replacen(from, to, 1);
            assert_ne!(broken, good);
            assert!(ScramVerifier::parse(&broken).is_none(), "{broken}");
        }
        assert!(ScramVerifier::parse(&format!("{good} ")).is_none());
    }

    #[test]
    fn a_mock_is_stable_per_user_and_process_and_looks_real() {
        let mock = ScramVerifier::mock("nobody", &[1; 32]);
        assert_eq!((mock.iterations(), mock.salt().len()), (DEFAULT_ITERATIONS, SALT_LENGTH));
        assert_eq!(mock.salt(), ScramVerifier::mock("nobody", &[1; 32]).salt());
        assert_ne!(mock.salt(), ScramVerifier::mock("nobodz", &[1; 32]).salt());
        assert_ne!(mock.salt(), ScramVerifier::mock("nobody", &[2; 32]).salt());
        assert_eq!(ScramVerifier::mock_with_iterations("x", &[1; 32], 9).iterations(), 9);
        assert!(!mock.verify_plain(b""));
    }

    #[test]
    fn never_shows_its_keys() {
        let shown = format!("{:?}", ScramVerifier::parse(STORED).unwrap());
        assert_eq!(shown, "ScramVerifier { iterations: 4096, .. }");
    }
}
