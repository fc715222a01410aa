//! PostgreSQL's MD5 passwords: the stored hash and the challenge response made from it.
//!
//! The stored hash is as good as the password (it is all a login needs), so it is a secret too.

use std::fmt;

use ::md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::secret::Secret;

const PREFIX: &str = "md5";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// The 32 lower-case hexadecimal digits behind `md5` in `pg_authid.rolpassword`.
#[derive(Clone)]
pub struct Md5Hash(Zeroizing<[u8; 32]>);

impl Md5Hash {
    /// Recognises `md5` and 32 lower-case hexadecimal digits; anything else is no MD5 password.
    pub fn parse(stored: &str) -> Option<Self> {
        let digits: [u8; 32] = stored.strip_prefix(PREFIX)?.as_bytes().try_into().ok()?;
        digits.iter().all(|digit| HEX.contains(digit)).then(|| Self(Zeroizing::new(digits)))
    }

    /// Writes the form PostgreSQL stores.
    pub fn stored_form(&self) -> Secret {
        Secret::from(prefixed(&self.0))
    }
}

impl fmt::Debug for Md5Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Md5Hash(***)")
    }
}

/// Hashes a password as PostgreSQL stores it; the user name is the salt.
pub fn md5_password(user: &str, password: &[u8]) -> Md5Hash {
    Md5Hash(hexadecimal_digest(password, user.as_bytes()))
}

/// Answers an `AuthenticationMD5Password` challenge: the content of the `PasswordMessage`.
pub fn md5_response(stored: &Md5Hash, salt: [u8; 4]) -> Secret {
    Secret::from(prefixed(&hexadecimal_digest(&*stored.0, &salt)))
}

/// Checks a client's answer to our challenge, in constant time.
pub fn verify_md5_response(stored: &Md5Hash, salt: [u8; 4], response: &[u8]) -> bool {
    md5_response(stored, salt).expose().as_bytes().ct_eq(response).into()
}

fn prefixed(digits: &[u8; 32]) -> String {
    PREFIX.chars().chain(digits.iter().copied().map(char::from)).collect()
}

fn hexadecimal_digest(first: &[u8], second: &[u8]) -> Zeroizing<[u8; 32]> {
    let digest = Md5::new().chain_update(first).chain_update(second).finalize();
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    let mut digits = Zeroizing::new([0; 32]);
    for (digit, nibble) in digits.iter_mut().zip(nibbles) {
        *digit = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    // SELECT rolpassword after SET password_encryption = md5; CREATE ROLE app PASSWORD 'secret'.
    const STORED: &str = "md56a422f785c9e20873908ce25d1736ae2";

    #[test]
    fn hashes_as_postgresql_does() {
        assert_eq!(md5_password("app", b"secret").stored_form().expose(), STORED);
    }

    #[test]
    fn accepts_only_the_right_answer_to_the_right_challenge() {
        let stored = Md5Hash::parse(STORED).unwrap();
        let response = md5_response(&stored, [1, 2, 3, 4]);
        let response = response.expose().as_bytes();
        assert!(response.starts_with(b"md5") && response.len() == 35);
        assert!(verify_md5_response(&stored, [1, 2, 3, 4], response));
        assert!(!verify_md5_response(&stored, [1, 2, 3, 5], response));
        assert!(!verify_md5_response(&stored, [1, 2, 3, 4], &response[..34]));
        assert!(!verify_md5_response(&stored, [1, 2, 3, 4], b""));
        let other = md5_password("app", b"other");
        assert!(!verify_md5_response(&other, [1, 2, 3, 4], response));
    }

    #[test]
    fn computes_the_challenge_response_of_the_protocol() {
        // md5(md5('secret' || 'app') || '\x01020304'), computed by PostgreSQL.
        let stored = Md5Hash::parse(STORED).unwrap();
        assert_eq!(
            md5_response(&stored, [1, 2, 3, 4]).expose(),
            "md5911f527656472583a006e7727877b33e"
        );
    }

    #[test]
    fn parses_nothing_else() {
        let upper = STORED.to_uppercase().replacen("MD5", "md5", 1);
        for text in ["", "md5", "secret", &STORED[..34], &format!("{STORED}0"), &upper] {
            assert!(Md5Hash::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn never_shows_itself() {
        assert_eq!(format!("{:?}", md5_password("app", b"secret")), "Md5Hash(***)");
    }
}
