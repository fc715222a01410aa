//! SCRAM with a client, bound to its TLS session where there is one.

use std::sync::Arc;

use pgwire::backend::Authentication;
use pgwire::frontend;

use super::{Door, Failure, broken};
use crate::auth::AuthenticationError;
use crate::auth::scram::{MECHANISM, MECHANISM_PLUS, ServerBinding, ServerExchange};
use crate::auth::users::User;
use crate::gateway::Context;
use crate::report::Refusal;

impl Door<'_> {
    /// Whether the client knows the password.
    pub(super) async fn scram(
        &mut self,
        context: &Context,
        name: &str,
        user: Option<&User>,
    ) -> Result<bool, Failure> {
        let offer: &[u8] = match self.end_point {
            Some(_) => b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0",
            None => b"SCRAM-SHA-256\0\0",
        };
        self.ask(&Authentication::Sasl(offer)).await?;
        let body = self.password().await?;
        let (mechanism, first) = frontend::sasl_initial(&body)?;
        let binding = match &self.end_point {
            Some(hash) if mechanism == MECHANISM_PLUS.as_bytes() => {
                ServerBinding::EndPoint(Arc::clone(hash))
            }
            Some(_) if mechanism == MECHANISM.as_bytes() => ServerBinding::Declined,
            None if mechanism == MECHANISM.as_bytes() => ServerBinding::None,
            _ => return Err(Refusal::login_protocol("unknown SASL mechanism").into()),
        };
        let verifier = context.users().verifier(name, user).map_err(|error| broken(&error))?;
        let mut exchange = ServerExchange::bound(verifier, binding);
        let challenge = exchange.first(first).map_err(|error| broken(&error))?;
        self.ask(&Authentication::SaslContinue(&challenge)).await?;
        let answer = self.password().await?;
        match exchange.finish(&answer) {
            Ok(last) => {
                if let (Some(keys), Some(user)) = (exchange.keys(), user) {
                    user.learnt.learn(keys);
                }
                self.ask(&Authentication::SaslFinal(&last)).await?;
                Ok(true)
            }
            Err(AuthenticationError::WrongPassword) => Ok(false),
            Err(error) => Err(broken(&error)),
        }
    }
}
