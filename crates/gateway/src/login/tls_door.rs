//! TLS at the door: whether a client gets it, must have it, and what its certificate says.

use super::{Door, Failure};
use crate::configuration::SslMode;
use crate::gateway::Context;
use crate::report::Refusal;
use crate::stream::{Session, TlsStream};
use crate::tls::Tls;

/// First byte of a TLS handshake. No packet of the protocol begins with it: it would be too long.
pub(super) const HANDSHAKE: u8 = 0x16;

impl Door<'_> {
    fn is_encrypted(&self) -> bool {
        self.stream.tls().is_some()
    }

    /// A session to begin; `None` where there is no TLS. Unix sockets have none.
    fn session(&self, tls: &Tls) -> Option<Session> {
        tls.clients.accept().filter(|_| self.stream.is_plain_tcp())
    }

    /// Answer a request for TLS, and begin it where there is any.
    pub(super) async fn start_tls_if_offered(&mut self, context: &Context) -> Result<(), Failure> {
        if self.is_encrypted() {
            return Err(Refusal::login_protocol("SSL request inside SSL").into());
        }
        let tls = context.common.tls();
        let session = self.session(&tls);
        let Some(session) = session else {
            return Ok(self.stream.write_all(b"N").await?);
        };
        if !self.received.is_empty() {
            // Whoever sits between could have put it there, to be taken for something said under TLS.
            let why = "received unencrypted data after the SSL request";
            return Err(Refusal::login_protocol(why).into());
        }
        self.stream.write_all(b"S").await?;
        self.shake_hands(session).await?;
        self.end_point = tls.clients.end_point();
        Ok(())
    }

    /// Begin TLS with a client that has not asked first.
    pub(super) async fn start_tls_directly(&mut self, context: &Context) -> Result<(), Failure> {
        let tls = context.common.tls();
        let session = self.session(&tls);
        let Some(session) = session else {
            // Nothing that we could say would be understood.
            return Err(Failure::Unheard("it began with TLS, and there is none here".to_owned()));
        };
        self.shake_hands(session).await?;
        if !self.stream.tls().is_some_and(TlsStream::speaks_postgresql) {
            let why = "a direct SSL connection must name the protocol \"postgresql\" (ALPN)";
            return Err(Refusal::login_protocol(why).into());
        }
        self.end_point = tls.clients.end_point();
        Ok(())
    }

    async fn shake_hands(&mut self, session: Session) -> Result<(), Failure> {
        let received = std::mem::take(&mut self.received);
        let done = self.stream.start_tls(session, received).await;
        done.map_err(|error| Failure::Unheard(format!("TLS handshake failed: {error}")))
    }

    /// Send a client without TLS away where it is required. Unix sockets need none.
    pub(super) fn require_tls(&self, context: &Context) -> Result<(), Failure> {
        let mode = context.common.tls().clients.mode;
        if mode >= SslMode::Require && self.stream.is_plain_tcp() {
            return Err(Refusal::tls_required().into());
        }
        Ok(())
    }

    /// Whether the client has shown a certificate for this user. It has been checked in the handshake.
    pub(super) fn has_certificate_of(&self, user: &str) -> Result<bool, Failure> {
        let Some(tls) = self.stream.tls() else {
            return Err(Refusal::tls_required().into());
        };
        match tls.peer().and_then(|facts| facts.common_name()) {
            Some(name) if name == user => Ok(true),
            _ => Err(Refusal::certificate_mismatch(user).into()),
        }
    }
}
