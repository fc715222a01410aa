//! The ways an authentication exchange fails, worded for the person who has to fix it.
//!
//! No variant carries a password, a key or a proof, so every one of them may be logged.

use std::fmt;

/// The four messages of a SCRAM exchange, named as RFC 5802 names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramMessage {
    /// Client to server: the header, the user name and the client's nonce.
    ClientFirst,
    /// Server to client: the complete nonce, the salt and the iteration count.
    ServerFirst,
    /// Client to server: the proof.
    ClientFinal,
    /// Server to client: the server's own signature.
    ServerFinal,
}

impl ScramMessage {
    /// True for a message this process reads as a client of PostgreSQL.
    const fn is_from_server(self) -> bool {
        matches!(self, Self::ServerFirst | Self::ServerFinal)
    }
}

impl fmt::Display for ScramMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ClientFirst => "client-first-message",
            Self::ServerFirst => "server-first-message",
            Self::ClientFinal => "client-final-message",
            Self::ServerFinal => "server-final-message",
        })
    }
}

/// Why an exchange ended without a login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// Longer than any honest message; refused before it is parsed.
    #[error("the SCRAM {message} is {length} bytes long; the limit is {maximum} bytes")]
    MessageTooLong {
        /// Which message.
        message: ScramMessage,
        /// Its length.
        length: usize,
        /// The limit it broke.
        maximum: usize,
    },
    /// Does not follow the grammar of RFC 5802.
    #[error("malformed SCRAM {message}: expected {expected}")]
    Malformed {
        /// Which message.
        message: ScramMessage,
        /// What should have stood there.
        expected: &'static str,
    },
    /// A nonce longer than any honest one.
    #[error(
        "the nonce of the SCRAM {message} is {length} bytes long; the limit is {maximum} bytes"
    )]
    NonceTooLong {
        /// Which message.
        message: ScramMessage,
        /// The length of the nonce.
        length: usize,
        /// The limit it broke.
        maximum: usize,
    },
    /// An empty nonce, or one with a byte outside printable ASCII.
    #[error("the nonce of the SCRAM {message} is empty or not printable ASCII")]
    NonceNotPrintable {
        /// Which message.
        message: ScramMessage,
    },
    /// The peer answered another exchange than this one.
    #[error("the SCRAM {message} does not carry the nonce of this exchange")]
    NonceMismatch {
        /// Which message.
        message: ScramMessage,
    },
    /// `p=`: the client binds to a TLS channel although SCRAM-SHA-256-PLUS was not offered.
    #[error("the client requires SCRAM channel binding, which is not offered here")]
    ChannelBindingNotOffered,
    /// `y`: the client thinks that SCRAM-SHA-256-PLUS was not offered, and it was.
    #[error("the client supports SCRAM channel binding and was not told that it is offered here")]
    ChannelBindingDowngrade,
    /// `p=`: another kind of channel binding than the one there is.
    #[error("the client asks for another SCRAM channel binding than tls-server-end-point")]
    ChannelBindingUnknown,
    /// The final message repeats another header than the first one had, or another certificate's hash.
    #[error(
        "SCRAM channel binding check failed: the client-final-message names another header or another certificate"
    )]
    ChannelBindingMismatch,
    /// `a=`: the client asks to act as somebody else than it authenticates as.
    #[error("the client asks for a SCRAM authorization identity, which is not supported")]
    AuthorizationIdentity,
    /// `m=`: by RFC 5802 the only right answer to an unknown mandatory extension is to fail.
    #[error("the SCRAM {message} requires an extension this side does not have")]
    MandatoryExtension {
        /// Which message.
        message: ScramMessage,
    },
    /// The proof does not fit, or the user does not exist: deliberately one and the same error.
    #[error("password authentication failed")]
    WrongPassword,
    /// PBKDF2 runs on a thread that serves other clients, so its length is bounded.
    #[error("the server asks for {iterations} SCRAM iterations; the limit is {maximum}")]
    TooManyIterations {
        /// What the server asked for.
        iterations: u32,
        /// The limit it broke.
        maximum: u32,
    },
    /// Keys learnt from a client's login only open a server that stores the very same verifier.
    #[error(
        "the server's salt or iteration count differs from the verifier the keys were learnt from"
    )]
    KeysDoNotFit,
    /// The server ended the exchange itself (`e=`).
    #[error("the server refused the SCRAM login: {reason}")]
    ServerRejected {
        /// The server's word for it, reduced to printable ASCII.
        reason: String,
    },
    /// The server does not know the password either: it is not the server it claims to be.
    #[error("the server's SCRAM signature is wrong: it does not know this user's password")]
    ServerNotVerified,
    /// A message in a state that does not wait for it, or after a failure.
    #[error("the SCRAM exchange does not expect a {message} now")]
    OutOfOrder {
        /// Which message.
        message: ScramMessage,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    RandomUnavailable,
}

impl AuthenticationError {
    /// Names the SQLSTATE to tell a client of the pooler.
    ///
    /// Faults of the PostgreSQL server behind the pooler are `08006`: to the client they are a
    /// connection that could not be made, not a mistake of its own.
    pub const fn sqlstate(&self) -> &'static str {
        match self {
            Self::WrongPassword => "28P01",
            Self::AuthorizationIdentity => "0A000",
            Self::RandomUnavailable => "58000",
            // As PostgreSQL has them: somebody may sit between.
            Self::ChannelBindingDowngrade | Self::ChannelBindingMismatch => "28000",
            Self::ChannelBindingNotOffered | Self::ChannelBindingUnknown => "08P01",
            Self::TooManyIterations { .. }
            | Self::KeysDoNotFit
            | Self::ServerRejected { .. }
            | Self::ServerNotVerified => "08006",
            Self::MessageTooLong { message, .. }
            | Self::Malformed { message, .. }
            | Self::NonceTooLong { message, .. }
            | Self::NonceNotPrintable { message }
            | Self::NonceMismatch { message }
            | Self::OutOfOrder { message } => {
                if message.is_from_server() {
                    "08006"
                } else {
                    "08P01"
                }
            }
            Self::MandatoryExtension { message } => {
                if message.is_from_server() {
                    "08006"
                } else {
                    "0A000"
                }
            }
        }
    }

    /// Says what to do next, where there is something to do.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ChannelBindingNotOffered => {
                Some("Set channel_binding=prefer or channel_binding=disable in the client.")
            }
            Self::ChannelBindingDowngrade => Some(
                "Somebody between may have ended the client's TLS; a proxy that does so on purpose needs channel_binding=disable in the client.",
            ),
            Self::TooManyIterations { .. } => Some(
                "Lower scram_iterations on the PostgreSQL server and set the user's password again.",
            ),
            Self::KeysDoNotFit => Some(
                "Copy the user's verifier from pg_authid.rolpassword again, or configure a plain password for the database.",
            ),
            Self::ServerRejected { .. } => {
                Some("Check the password configured for this database and user.")
            }
            Self::ServerNotVerified => Some(
                "Check that host and port name the intended server; the connection may be intercepted.",
            ),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_charged_to_the_side_that_made_it() {
        let malformed =
            |message| AuthenticationError::Malformed { message, expected: "x" }.sqlstate();
        assert_eq!(malformed(ScramMessage::ClientFirst), "08P01");
        assert_eq!(malformed(ScramMessage::ServerFirst), "08006");
        let extension = |message| AuthenticationError::MandatoryExtension { message }.sqlstate();
        assert_eq!(extension(ScramMessage::ClientFirst), "0A000");
        assert_eq!(extension(ScramMessage::ServerFirst), "08006");
        assert_eq!(AuthenticationError::WrongPassword.sqlstate(), "28P01");
    }

    #[test]
    fn messages_name_the_limit() {
        let error = AuthenticationError::TooManyIterations { iterations: 9, maximum: 5 };
        assert_eq!(error.to_string(), "the server asks for 9 SCRAM iterations; the limit is 5");
        assert!(error.hint().is_some());
        assert_eq!(AuthenticationError::WrongPassword.hint(), None);
    }
}
