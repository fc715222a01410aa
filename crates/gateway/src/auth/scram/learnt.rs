//! The keys that a client's own login has shown, for a login to a server that stores the very same verifier.
//!
//! A verifier alone proves nothing to a server. Whoever logs in by SCRAM against it, though, shows the key that does,
//! so that a pooler which keeps no password can pass the login on. PgBouncer does the same.

use std::sync::{Arc, Mutex, PoisonError};

use super::keys::ScramKeys;

/// What has been learnt of one user; clones share it.
#[derive(Debug, Clone, Default)]
pub struct LearntKeys(Arc<Mutex<Option<ScramKeys>>>);

impl LearntKeys {
    /// Keep the keys that a login has shown.
    pub fn learn(&self, keys: &ScramKeys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
    }

    /// The keys, once somebody has logged in.
    pub fn get(&self) -> Option<ScramKeys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
