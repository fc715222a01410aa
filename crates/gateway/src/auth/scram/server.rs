//! The server side of a SCRAM exchange: checks a client that wants in.
//!
//! Invariant: an exchange answers each message once; after an error it answers none.

use std::mem;
use std::sync::Arc;

use super::super::error::{AuthenticationError, ScramMessage};
use super::super::random::secure_random;
use super::grammar::{
    Attributes, MAXIMUM_NONCE_LENGTH, RAW_NONCE_LENGTH, checked, checked_nonce, decode_key, encode,
};
use super::keys::{ScramKeys, signature};
use super::{END_POINT_HEADER, ScramVerifier};

/// What a client may bind its login to.
#[derive(Debug, Clone)]
pub enum ServerBinding {
    /// Nothing: no TLS, or a certificate that has no hash for it.
    None,
    /// SCRAM-SHA-256-PLUS is offered, and the client has chosen SCRAM-SHA-256.
    Declined,
    /// The client has chosen SCRAM-SHA-256-PLUS: the hash of our certificate, `tls-server-end-point`.
    EndPoint(Arc<[u8]>),
}

/// One client's login.
#[derive(Debug)]
pub struct ServerExchange {
    verifier: ScramVerifier,
    binding: ServerBinding,
    state: State,
}

/// Legal transitions: `AwaitingFirst` → `AwaitingFinal` → `Verified`; the first two → `Failed`.
/// A message in `Verified` or `Failed` is refused and leads to `Failed`.
#[derive(Debug)]
enum State {
    /// Nothing received; waits for the client-first-message.
    AwaitingFirst,
    /// The challenge is out; waits for the client-final-message that answers it.
    AwaitingFinal(Challenge),
    /// The client knows the password. The keys its proof has shown can log in to a server.
    Verified(ScramKeys),
    /// A message was wrong; nothing brings this exchange back.
    Failed,
}

#[derive(Debug)]
struct Challenge {
    /// What `c=` has to repeat: the header of the first message and the channel's hash, in base64.
    header: Vec<u8>,
    /// The client's nonce followed by ours.
    nonce: Vec<u8>,
    /// `AuthMessage` so far: client-first-message-bare, comma, server-first-message.
    transcript: Vec<u8>,
}

impl ServerExchange {
    /// Starts a login against a verifier, real or [mock](ScramVerifier::mock).
    pub const fn new(verifier: ScramVerifier) -> Self {
        Self::bound(verifier, ServerBinding::None)
    }

    /// The same over TLS.
    pub const fn bound(verifier: ScramVerifier, binding: ServerBinding) -> Self {
        Self { verifier, binding, state: State::AwaitingFirst }
    }

    /// Takes the client-first-message; gives the server-first-message.
    ///
    /// The user name inside is ignored, as in PostgreSQL: the startup message already named the user.
    ///
    /// # Errors
    /// Any [`AuthenticationError`] about this message; the exchange is over then.
    pub fn first(&mut self, client_first: &[u8]) -> Result<Vec<u8>, AuthenticationError> {
        let State::AwaitingFirst = mem::replace(&mut self.state, State::Failed) else {
            return Err(AuthenticationError::OutOfOrder { message: ScramMessage::ClientFirst });
        };
        let server_nonce = encode(&secure_random::<RAW_NONCE_LENGTH>()?);
        self.challenge(client_first, &server_nonce)
    }

    /// Takes the client-final-message; gives the server-final-message.
    ///
    /// # Errors
    /// [`AuthenticationError::WrongPassword`] for a wrong password and for an unknown user alike, or
    /// any other error about this message; the exchange is over then.
    pub fn finish(&mut self, client_final: &[u8]) -> Result<Vec<u8>, AuthenticationError> {
        let State::AwaitingFinal(challenge) = mem::replace(&mut self.state, State::Failed) else {
            return Err(AuthenticationError::OutOfOrder { message: ScramMessage::ClientFinal });
        };
        let (transcript, proof) = challenge.answered_by(client_final)?;
        let Some(client_key) = self.verifier.client_key(&transcript, &proof) else {
            return Err(AuthenticationError::WrongPassword);
        };
        self.state = State::Verified(ScramKeys::learnt(&self.verifier, client_key));
        let server_signature = signature(&self.verifier.server_key, &transcript);
        Ok(format!("v={}", encode(&*server_signature)).into_bytes())
    }

    /// The keys the client's proof has shown, once [`Self::finish`] succeeded.
    ///
    /// With them the pooler can log in to a server that stores the very same verifier although it
    /// never learns the password.
    pub const fn keys(&self) -> Option<&ScramKeys> {
        match &self.state {
            State::Verified(keys) => Some(keys),
            _ => None,
        }
    }

    fn challenge(
        &mut self,
        client_first: &[u8],
        server_nonce: &str,
    ) -> Result<Vec<u8>, AuthenticationError> {
        const MESSAGE: ScramMessage = ScramMessage::ClientFirst;
        let (header, bare) = split_header(checked(MESSAGE, client_first)?, &self.binding)?;
        let mut attributes = Attributes::new(MESSAGE, bare);
        attributes.take(b'n', "a user name (n=), which may be empty")?;
        let client_nonce = attributes.take(b'r', "a nonce (r=) behind the user name")?;
        attributes.skip_extensions()?;
        let client_nonce = checked_nonce(MESSAGE, client_nonce, MAXIMUM_NONCE_LENGTH)?;

        let nonce = [client_nonce, server_nonce.as_bytes()].concat();
        let parameters =
            format!(",s={},i={}", encode(&self.verifier.salt), self.verifier.iterations);
        let server_first = [b"r=", nonce.as_slice(), parameters.as_bytes()].concat();
        let transcript = [bare, server_first.as_slice()].join(&b',');
        self.state = State::AwaitingFinal(Challenge { header, nonce, transcript });
        Ok(server_first)
    }
}

impl Challenge {
    /// Checks everything about the answer but the proof; gives the whole transcript and the proof.
    fn answered_by(
        self,
        client_final: &[u8],
    ) -> Result<(Vec<u8>, super::keys::Key), AuthenticationError> {
        const MESSAGE: ScramMessage = ScramMessage::ClientFinal;
        let malformed = |expected| AuthenticationError::Malformed { message: MESSAGE, expected };
        let text = checked(MESSAGE, client_final)?;
        let expected_proof = "a proof (p=) of 32 bytes in base64 as the last attribute";
        let (without_proof, proof) = text
            .iter()
            .rposition(|byte| *byte == b',')
            .and_then(|comma| text.split_at_checked(comma))
            .ok_or_else(|| malformed(expected_proof))?;

        let mut attributes = Attributes::new(MESSAGE, without_proof);
        let header = attributes.take(b'c', "the channel-binding attribute (c=) first")?;
        let nonce = attributes.take(b'r', "a nonce (r=) behind the channel binding")?;
        attributes.skip_extensions()?;
        if header != self.header {
            return Err(AuthenticationError::ChannelBindingMismatch);
        }
        if nonce != self.nonce {
            return Err(AuthenticationError::NonceMismatch { message: MESSAGE });
        }
        let proof = proof
            .strip_prefix(b",p=")
            .and_then(decode_key)
            .ok_or_else(|| malformed(expected_proof))?;
        Ok(([self.transcript.as_slice(), without_proof].join(&b','), proof))
    }
}

/// Splits the GS2 header off; gives the base64 the client has to repeat, and the bare message.
fn split_header<'a>(
    text: &'a [u8],
    binding: &ServerBinding,
) -> Result<(Vec<u8>, &'a [u8]), AuthenticationError> {
    if let ServerBinding::EndPoint(hash) = binding {
        return match text.strip_prefix(END_POINT_HEADER) {
            Some(bare) => Ok((encode(&[END_POINT_HEADER, hash].concat()).into_bytes(), bare)),
            None if text.starts_with(b"p=tls-server-end-point,a=") => {
                Err(AuthenticationError::AuthorizationIdentity)
            }
            None if text.starts_with(b"p=") => Err(AuthenticationError::ChannelBindingUnknown),
            // It has chosen SCRAM-SHA-256-PLUS, which is nothing without.
            None => Err(AuthenticationError::Malformed {
                message: ScramMessage::ClientFirst,
                expected: "a header of p=tls-server-end-point,, for SCRAM-SHA-256-PLUS",
            }),
        };
    }
    if let Some(bare) = text.strip_prefix(b"n,,") {
        return Ok((b"biws".to_vec(), bare));
    }
    if text.starts_with(b"y,") && matches!(binding, ServerBinding::Declined) {
        // "I could bind to the channel, but you do not offer it": we did, so somebody took it out.
        return Err(AuthenticationError::ChannelBindingDowngrade);
    }
    if let Some(bare) = text.strip_prefix(b"y,,") {
        return Ok((b"eSws".to_vec(), bare));
    }
    if text.starts_with(b"p=") {
        return Err(AuthenticationError::ChannelBindingNotOffered);
    }
    if text.starts_with(b"n,a=") || text.starts_with(b"y,a=") {
        return Err(AuthenticationError::AuthorizationIdentity);
    }
    Err(AuthenticationError::Malformed {
        message: ScramMessage::ClientFirst,
        expected: "a header of n,, or y,,",
    })
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
