//! Who may come in, and the cryptography that proves it. No I/O.

pub mod error;
pub mod md5;
pub mod random;
pub mod scram;
pub mod secret;
pub mod users;

pub use error::AuthenticationError;
pub use secret::{Secret, StoredPassword};
