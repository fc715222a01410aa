//! Remembers the keys of one password, so that a reconnect does not pay for PBKDF2 again.
//!
//! The cache owns its password: an entry can never be used with another one.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::secret::Secret;
use super::keys::ScramKeys;

/// A server has one salt per user; a few more cover password changes and replicas by host name.
const MAXIMUM_ENTRIES: usize = 4;

/// A password with the keys already derived from it, by salt and iteration count.
///
/// Clones share their entries: keep one per configured password, hand a clone to each exchange.
#[derive(Clone)]
pub struct SaltedPasswordCache(Arc<Inner>);

struct Inner {
    password: Secret,
    /// Least recently used first. Never locked while deriving, so a slow server stalls nobody.
    entries: Mutex<Vec<ScramKeys>>,
}

impl SaltedPasswordCache {
    /// Starts empty for a password.
    pub fn new(password: Secret) -> Self {
        Self(Arc::new(Inner { password, entries: Mutex::new(Vec::new()) }))
    }

    /// The password itself, for a server that asks for it in the clear or by MD5.
    pub fn password(&self) -> &Secret {
        &self.0.password
    }

    /// Gives the keys for a server's salt and iteration count; derives them the first time only.
    pub(super) fn keys(&self, salt: &[u8], iterations: u32) -> ScramKeys {
        if let Some(keys) = self.known(salt, iterations) {
            return keys;
        }
        let keys = ScramKeys::derive(self.0.password.expose().as_bytes(), salt, iterations);
        self.remember(keys.clone());
        keys
    }

    fn known(&self, salt: &[u8], iterations: u32) -> Option<ScramKeys> {
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let position = entries.iter().position(|keys| keys.fits(salt, iterations))?;
        let keys = entries.remove(position);
        entries.push(keys.clone());
        Some(keys)
    }

    fn remember(&self, keys: ScramKeys) {
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Two exchanges may have derived the same keys side by side.
        entries.retain(|known| !known.fits(keys.salt(), keys.iterations()));
        if entries.len() >= MAXIMUM_ENTRIES {
            entries.remove(0);
        }
        entries.push(keys);
    }
}

impl std::fmt::Debug for SaltedPasswordCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SaltedPasswordCache(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salts(cache: &SaltedPasswordCache) -> Vec<Vec<u8>> {
        cache.0.entries.lock().unwrap().iter().map(|keys| keys.salt().to_vec()).collect()
    }

    #[test]
    fn a_known_salt_is_not_derived_again() {
        let cache = SaltedPasswordCache::new(Secret::from("secret"));
        // Keys of another password, so that deriving anew would show.
        let planted = ScramKeys::derive(b"planted", b"salt", 2);
        cache.remember(planted.clone());
        let found = cache.clone().keys(b"salt", 2);
        assert!(found.to_verifier().is_same_as(&planted.to_verifier()));
        let derived = cache.keys(b"salt", 3);
        assert!(derived.to_verifier().verify_plain(b"secret"));
    }

    #[test]
    fn stays_bounded_and_drops_the_least_recently_used() {
        let cache = SaltedPasswordCache::new(Secret::from("secret"));
        for salt in [b"a", b"b", b"c", b"d", b"a", b"e", b"e"] {
            cache.keys(salt, 1);
        }
        cache.remember(ScramKeys::derive(b"secret", b"e", 1));
        assert_eq!(salts(&cache), [b"c", b"d", b"a", b"e"]);
    }

    #[test]
    fn never_shows_the_password() {
        let cache = SaltedPasswordCache::new(Secret::from("secret"));
        assert_eq!(format!("{cache:?}"), "SaltedPasswordCache(***)");
    }
}
