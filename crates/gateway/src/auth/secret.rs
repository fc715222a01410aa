//! Passwords at rest: the three forms PostgreSQL and PgBouncer store them in.
//!
//! No type here shows its content through `Debug` or `Display`; only `expose` does.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::md5::{Md5Hash, md5_password};
use super::scram::ScramVerifier;

/// Text that must not reach a log; prints as `***` and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Hands out the text itself, for the code that has to send or hash it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// In constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A password as `pg_authid.rolpassword` or PgBouncer's `userlist.txt` holds it.
#[derive(Debug, Clone)]
pub enum StoredPassword {
    /// The password itself.
    Plain(Secret),
    /// `md5` and 32 hexadecimal digits: logs in by MD5 on both sides.
    Md5(Md5Hash),
    /// `SCRAM-SHA-256$…`: checks a SCRAM login, but cannot make one by itself.
    Scram(ScramVerifier),
}

impl StoredPassword {
    /// Recognises the form of a stored password.
    ///
    /// Whatever is not exactly an MD5 hash or a SCRAM verifier is a plain password, as in PostgreSQL
    /// and PgBouncer: a password may well begin with `md5`.
    pub fn parse(stored: &str) -> Self {
        if let Some(hash) = Md5Hash::parse(stored) {
            return Self::Md5(hash);
        }
        match ScramVerifier::parse(stored) {
            Some(verifier) => Self::Scram(verifier),
            None => Self::Plain(Secret::from(stored)),
        }
    }

    /// Checks a password sent in the clear (`auth_type = plain`), in constant time.
    ///
    /// Against a SCRAM verifier this costs a whole PBKDF2 with the verifier's iteration count.
    pub fn verify_plain(&self, user: &str, candidate: &[u8]) -> bool {
        // HMAC pads its key with NULs, so to SCRAM "secret" and "secret\0" are the same password.
        if candidate.contains(&0) {
            return false;
        }
        match self {
            Self::Plain(password) => password.expose().as_bytes().ct_eq(candidate).into(),
            Self::Md5(stored) => {
                let candidate = md5_password(user, candidate).stored_form();
                let stored = stored.stored_form();
                stored.expose().as_bytes().ct_eq(candidate.expose().as_bytes()).into()
            }
            Self::Scram(verifier) => verifier.verify_plain(candidate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by PostgreSQL 15: CREATE ROLE app PASSWORD 'secret' with either password_encryption.
    const MD5: &str = "md56a422f785c9e20873908ce25d1736ae2";
    const SCRAM: &str = "SCRAM-SHA-256$4096:qCXA3Z27lyjGHWzOGUXHvw==$8bdLpGqBBg6iPwV/RoxpOyK4qEDH/DnIZvSIP2Hj8+I=:qcaMYSVNcRuv0YR479MZYoG//rulBZ7wwYUTz9EkAP8=";

    #[test]
    fn every_form_accepts_its_password_and_no_other() {
        for stored in ["secret", MD5, SCRAM] {
            let stored = StoredPassword::parse(stored);
            assert!(stored.verify_plain("app", b"secret"), "{stored:?}");
            for wrong in [b"Secret".as_slice(), b"", b"secret\0", b"\xff\xfe"] {
                assert!(!stored.verify_plain("app", wrong), "{stored:?}");
            }
        }
    }

    #[test]
    fn knowing_the_stored_form_is_not_knowing_the_password() {
        for stored in [MD5, SCRAM] {
            assert!(!StoredPassword::parse(stored).verify_plain("app", stored.as_bytes()));
        }
    }

    #[test]
    fn recognises_each_form() {
        assert!(matches!(StoredPassword::parse(MD5), StoredPassword::Md5(_)));
        assert!(matches!(StoredPassword::parse(SCRAM), StoredPassword::Scram(_)));
        for plain in ["", "md5sum", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096:!$a:b"] {
            let StoredPassword::Plain(secret) = StoredPassword::parse(plain) else {
                panic!("{plain} is a plain password");
            };
            assert_eq!(secret.expose(), plain);
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = Secret::from("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(format!("{:?}", StoredPassword::parse("hunter2")), "Plain(***)");
        let shown = format!("{:?} {:#?}", StoredPassword::parse(SCRAM), StoredPassword::parse(MD5));
        for part in SCRAM.split(['$', ':']).skip(2).chain([&MD5[3..]]) {
            assert!(!shown.contains(part), "{shown} shows {part}");
        }
    }
}
