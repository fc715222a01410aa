//! The client side of a SCRAM exchange: logs in to PostgreSQL.
//!
//! Invariant: a login counts only once [`ClientExchange::is_verified`] holds; a server that sends
//! `AuthenticationOk` before has not shown that it knows the password.

use std::mem;

use super::super::error::{AuthenticationError, ScramMessage};
use super::super::random::secure_random;
use super::super::secret::Secret;
use super::END_POINT_HEADER;
use super::cache::SaltedPasswordCache;
use super::grammar::{
    Attributes, MAXIMUM_MESSAGE_LENGTH, RAW_NONCE_LENGTH, checked, checked_nonce, decode,
    decode_key, encode, parse_iterations,
};
use super::keys::ScramKeys;

/// Most PBKDF2 rounds a server may ask for: a tenth of a second to a second of one core.
pub const MAXIMUM_ITERATIONS: u32 = 1_000_000;

/// What a login is made from.
#[derive(Debug, Clone)]
pub enum ClientCredential {
    /// A password, with the keys earlier logins have derived from it.
    Password(SaltedPasswordCache),
    /// Keys learnt from a client's own login; see [`super::ServerExchange::keys`].
    Keys(ScramKeys),
}

impl From<Secret> for ClientCredential {
    /// For a single login; keep a [`SaltedPasswordCache`] instead to log in again cheaply.
    fn from(password: Secret) -> Self {
        Self::Password(SaltedPasswordCache::new(password))
    }
}

/// What a login is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientBinding {
    /// Nothing, and it could not be: no TLS, or a certificate that has no hash for it.
    None,
    /// Nothing, since the server does not offer SCRAM-SHA-256-PLUS. A server that did offer it learns from this
    /// that somebody took the offer out.
    NotOffered,
    /// The hash of the server's certificate: `tls-server-end-point`.
    EndPoint(Vec<u8>),
}

impl ClientBinding {
    /// What the first message begins with.
    const fn header(&self) -> &'static [u8] {
        match self {
            Self::None => b"n,,",
            Self::NotOffered => b"y,,",
            Self::EndPoint(_) => END_POINT_HEADER,
        }
    }

    /// What the final message repeats of it.
    fn repeated(&self) -> String {
        match self {
            Self::EndPoint(hash) => encode(&[self.header(), hash].concat()),
            _ => encode(self.header()),
        }
    }
}

/// One login to a server.
#[derive(Debug)]
pub struct ClientExchange {
    binding: ClientBinding,
    credential: ClientCredential,
    /// client-first-message-bare.
    bare: String,
    nonce: String,
    state: State,
}

/// Legal transitions: `AwaitingFirst` → `AwaitingFinal` → `Verified`; the first two → `Failed`.
/// A message in `Verified` or `Failed` is refused and leads to `Failed`.
#[derive(Debug)]
enum State {
    /// Our first message may be out; waits for the server-first-message.
    AwaitingFirst,
    /// The proof is out; waits for the server's own signature over the same transcript.
    AwaitingFinal { keys: ScramKeys, transcript: Vec<u8> },
    /// The server knows the password.
    Verified,
    /// A message was wrong; nothing brings this exchange back.
    Failed,
}

impl ClientExchange {
    /// Starts a login with a fresh nonce.
    ///
    /// # Errors
    /// [`AuthenticationError::RandomUnavailable`].
    pub fn new(credential: ClientCredential) -> Result<Self, AuthenticationError> {
        // No user name: PostgreSQL takes it from the startup message and ignores this one.
        Ok(Self::with_nonce(credential, "", encode(&secure_random::<RAW_NONCE_LENGTH>()?)))
    }

    fn with_nonce(credential: ClientCredential, user: &str, nonce: String) -> Self {
        let bare = format!("n={user},r={nonce}");
        let binding = ClientBinding::None;
        Self { binding, credential, bare, nonce, state: State::AwaitingFirst }
    }

    /// The same login, bound to a TLS session.
    #[must_use]
    pub fn bound_to(self, binding: ClientBinding) -> Self {
        Self { binding, ..self }
    }

    /// The client-first-message; the same on every call.
    pub fn first(&self) -> Vec<u8> {
        [self.binding.header(), self.bare.as_bytes()].concat()
    }

    /// Takes the server-first-message; gives the client-final-message.
    ///
    /// With a password whose keys are not cached this runs PBKDF2 on the calling thread: about a
    /// millisecond at 4,096 iterations, up to a second at [`MAXIMUM_ITERATIONS`] where the processor
    /// has no SHA instructions.
    ///
    /// # Errors
    /// Any [`AuthenticationError`] about this message; the exchange is over then.
    pub fn respond(&mut self, server_first: &[u8]) -> Result<Vec<u8>, AuthenticationError> {
        const MESSAGE: ScramMessage = ScramMessage::ServerFirst;
        let State::AwaitingFirst = mem::replace(&mut self.state, State::Failed) else {
            return Err(AuthenticationError::OutOfOrder { message: MESSAGE });
        };
        let text = checked(MESSAGE, server_first)?;
        let mut attributes = Attributes::new(MESSAGE, text);
        let nonce = attributes.take(b'r', "a nonce (r=) first")?;
        let salt = attributes.take(b's', "a salt (s=) behind the nonce")?;
        let iterations = attributes.take(b'i', "an iteration count (i=) behind the salt")?;
        attributes.skip_extensions()?;

        let nonce = checked_nonce(MESSAGE, nonce, MAXIMUM_MESSAGE_LENGTH)?;
        // A server that adds nothing of its own could replay an old exchange.
        if nonce.len() <= self.nonce.len() || !nonce.starts_with(self.nonce.as_bytes()) {
            return Err(AuthenticationError::NonceMismatch { message: MESSAGE });
        }
        let malformed = |expected| AuthenticationError::Malformed { message: MESSAGE, expected };
        let salt = decode(salt)
            .filter(|salt| !salt.is_empty())
            .ok_or_else(|| malformed("a salt (s=) in base64"))?;
        let iterations = parse_iterations(iterations)
            .ok_or_else(|| malformed("an iteration count (i=) from 1 to 2147483647"))?;
        let keys = self.keys(&salt, iterations)?;

        let repeated = self.binding.repeated();
        let without_proof = [b"c=", repeated.as_bytes(), b",r=", nonce].concat();
        let transcript = [self.bare.as_bytes(), text, &without_proof].join(&b',');
        let proof = encode(&*keys.proof(&transcript));
        self.state = State::AwaitingFinal { keys, transcript };
        Ok([without_proof.as_slice(), b",p=", proof.as_bytes()].concat())
    }

    /// Takes the server-final-message and checks that the server knows the password too.
    ///
    /// # Errors
    /// [`AuthenticationError::ServerNotVerified`] when it does not,
    /// [`AuthenticationError::ServerRejected`] when it says no, or any other error about this message.
    pub fn verify(&mut self, server_final: &[u8]) -> Result<(), AuthenticationError> {
        const MESSAGE: ScramMessage = ScramMessage::ServerFinal;
        let State::AwaitingFinal { keys, transcript } =
            mem::replace(&mut self.state, State::Failed)
        else {
            return Err(AuthenticationError::OutOfOrder { message: MESSAGE });
        };
        let text = checked(MESSAGE, server_final)?;
        if let Some(reason) = text.strip_prefix(b"e=") {
            return Err(AuthenticationError::ServerRejected { reason: printable(reason) });
        }
        let mut attributes = Attributes::new(MESSAGE, text);
        let expected = "a signature (v=) of 32 bytes in base64";
        let claimed = attributes.take(b'v', expected)?;
        attributes.skip_extensions()?;
        let claimed = decode_key(claimed)
            .ok_or(AuthenticationError::Malformed { message: MESSAGE, expected })?;
        if !keys.verify_server(&transcript, &claimed) {
            return Err(AuthenticationError::ServerNotVerified);
        }
        self.state = State::Verified;
        Ok(())
    }

    /// True once the server has proved that it knows the password. Check it at `AuthenticationOk`.
    pub const fn is_verified(&self) -> bool {
        matches!(self.state, State::Verified)
    }

    fn keys(&self, salt: &[u8], iterations: u32) -> Result<ScramKeys, AuthenticationError> {
        match &self.credential {
            ClientCredential::Keys(keys) if keys.fits(salt, iterations) => Ok(keys.clone()),
            ClientCredential::Keys(_) => Err(AuthenticationError::KeysDoNotFit),
            ClientCredential::Password(_) if iterations > MAXIMUM_ITERATIONS => {
                Err(AuthenticationError::TooManyIterations {
                    iterations,
                    maximum: MAXIMUM_ITERATIONS,
                })
            }
            ClientCredential::Password(cache) => Ok(cache.keys(salt, iterations)),
        }
    }
}

/// Keeps a server's words from forging log lines.
fn printable(reason: &[u8]) -> String {
    let is_printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    reason.iter().copied().filter(is_printable).map(char::from).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{ScramVerifier, ServerExchange};
    use super::*;
    use proptest::prelude::*;

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &[u8] =
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const SERVER_FINAL: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn cache() -> SaltedPasswordCache {
        SaltedPasswordCache::new(Secret::from("pencil"))
    }

    fn example(cache: &SaltedPasswordCache) -> ClientExchange {
        ClientExchange::with_nonce(
            ClientCredential::Password(cache.clone()),
            "user",
            NONCE.to_owned(),
        )
    }

    #[test]
    fn follows_the_example_of_rfc_7677() {
        let mut client = example(&cache());
        assert_eq!(client.first(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        assert_eq!(
            String::from_utf8(client.respond(SERVER_FIRST).unwrap()).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(!client.is_verified());
        client.verify(SERVER_FINAL).unwrap();
        assert!(client.is_verified());
    }

    #[test]
    fn sends_no_user_name_and_a_fresh_nonce() {
        let first = || ClientExchange::new(ClientCredential::Password(cache())).unwrap().first();
        assert!(first().starts_with(b"n,,n=,r=") && first().len() == 8 + 24);
        assert_ne!(first(), first());
    }

    #[test]
    fn keys_learnt_from_a_login_open_only_the_same_verifier() {
        let verifier = ScramVerifier::derive(b"pencil", b"salt", 2);
        let mut server = ServerExchange::new(verifier.clone());
        let mut client = ClientExchange::new(ClientCredential::Password(cache())).unwrap();
        let server_first = server.first(&client.first()).unwrap();
        server.finish(&client.respond(&server_first).unwrap()).unwrap();
        let learnt = server.keys().unwrap().clone();

        let log_in = |verifier: ScramVerifier| {
            let mut server = ServerExchange::new(verifier);
            let mut client = ClientExchange::new(ClientCredential::Keys(learnt.clone()))?;
            let client_final = client.respond(&server.first(&client.first())?)?;
            client.verify(&server.finish(&client_final)?)
        };
        assert_eq!(log_in(verifier), Ok(()));
        let not_fitting = Err(AuthenticationError::KeysDoNotFit);
        assert_eq!(log_in(ScramVerifier::derive(b"pencil", b"other", 2)), not_fitting);
        assert_eq!(log_in(ScramVerifier::derive(b"pencil", b"salt", 3)), not_fitting);
    }

    #[test]
    fn refuses_every_malformed_first_message() {
        use AuthenticationError as E;
        let cache = cache();
        let message = ScramMessage::ServerFirst;
        let right = String::from_utf8(SERVER_FIRST.to_vec()).unwrap();
        let edit = |from: &str, to: &str| {
            let wrong = right.replacen(from, to, 1);
            assert_ne!(right, wrong, "{from} is not in the message");
            example(&cache).respond(wrong.as_bytes()).unwrap_err()
        };
        assert_eq!(edit("r=r", "r=R"), E::NonceMismatch { message });
        assert_eq!(edit("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""), E::NonceMismatch { message });
        assert_eq!(edit("%", " "), E::NonceNotPrintable { message });
        assert_eq!(edit("r=", "m=x,r="), E::MandatoryExtension { message });
        let too_many = E::TooManyIterations { iterations: 1_000_001, maximum: MAXIMUM_ITERATIONS };
        assert_eq!(edit("4096", "1000001"), too_many);
        let long = format!(",x={}", "x".repeat(1024));
        assert!(matches!(edit(",i=4096", &long), E::MessageTooLong { .. }));
        for (from, to) in [
            ("4096", ""),
            ("4096", "0"),
            ("4096", "-1"),
            ("4096", "9999999999"),
            (",i=4096", ""),
            (",s=", ",t="),
            ("gQ==", "gQ="),
            ("W22ZaJ0SNY7soEsUEjb6gQ==", ""),
            ("r=", ""),
            ("4096", "4096,"),
            ("4096", "4096\0"),
            (",s=", ",,s="),
        ] {
            assert!(matches!(edit(from, to), E::Malformed { .. }), "{from} to {to}");
        }
        assert!(example(&cache).respond(b"").is_err());
    }

    #[test]
    fn refuses_every_server_that_does_not_know_the_password() {
        use AuthenticationError as E;
        let cache = cache();
        let finish = |server_final: &[u8]| {
            let mut client = example(&cache);
            client.respond(SERVER_FIRST).unwrap();
            let result = client.verify(server_final);
            assert_eq!(client.is_verified(), result.is_ok());
            result
        };
        assert_eq!(finish(SERVER_FINAL), Ok(()));
        let forged = format!("v={}", encode(&[0; 32]));
        assert_eq!(finish(forged.as_bytes()), Err(E::ServerNotVerified));
        let reason = "invalid-proof".to_owned();
        assert_eq!(finish(b"e=invalid-proof\n"), Err(E::ServerRejected { reason }));
        for bad in [&b""[..], b"v", b"v=", b"v=AA==", b"x=1", b"v=!", b"\0"] {
            assert!(matches!(finish(bad), Err(E::Malformed { .. })), "{bad:?}");
        }
    }

    #[test]
    fn walks_the_transition_table() {
        use ScramMessage::{ServerFinal, ServerFirst};
        let cache = cache();
        let out_of_order = |message| AuthenticationError::OutOfOrder { message };
        // AwaitingFirst refuses the final message; Failed refuses everything.
        let mut client = example(&cache);
        assert_eq!(client.verify(SERVER_FINAL), Err(out_of_order(ServerFinal)));
        assert_eq!(client.respond(SERVER_FIRST), Err(out_of_order(ServerFirst)));
        // AwaitingFinal refuses the first message; Failed refuses the right one afterwards.
        let mut client = example(&cache);
        client.respond(SERVER_FIRST).unwrap();
        assert_eq!(client.respond(SERVER_FIRST), Err(out_of_order(ServerFirst)));
        assert_eq!(client.verify(SERVER_FINAL), Err(out_of_order(ServerFinal)));
        // Verified refuses both, and is verified no more.
        for is_first in [true, false] {
            let mut client = example(&cache);
            client.respond(SERVER_FIRST).unwrap();
            client.verify(SERVER_FINAL).unwrap();
            if is_first {
                assert_eq!(client.respond(SERVER_FIRST), Err(out_of_order(ServerFirst)));
            } else {
                assert_eq!(client.verify(SERVER_FINAL), Err(out_of_order(ServerFinal)));
            }
            assert!(!client.is_verified());
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
        let mut client = example(&cache());
        client.respond(SERVER_FIRST).unwrap();
        assert!(!format!("{client:?}").contains("pencil"));
    }

    proptest! {
        #[test]
        fn no_server_message_panics_or_verifies(
            first in proptest::collection::vec(any::<u8>(), 0..64),
            last in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let cache = cache();
            let _ = example(&cache).respond(&first);
            let prefixed = [b"r=rOprNGfwEbeRWgbNEkqO", first.as_slice()].concat();
            let _ = example(&cache).respond(&prefixed);
            let mut client = ClientExchange::with_nonce(
                ClientCredential::Password(cache), "", "abc".to_owned());
            client.respond(b"r=abcd,s=AAAA,i=1").unwrap();
            prop_assert!(client.verify(&last).is_err());
            prop_assert!(!client.is_verified());
        }
    }
}
