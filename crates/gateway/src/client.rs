//! One client from its first byte to its last: login, relay, good-bye.

use std::sync::Arc;

use crate::console;
use crate::deadline::within;
use crate::gateway::Context;
use crate::login::{self, Admitted, Failure};
use crate::relay::Relay;
use crate::report::Refusal;
use crate::stats::gateway::Reason;
use crate::stream::{Stream, TlsStream};

/// Serve one client from its first byte to its last.
pub async fn serve(mut stream: Stream, peer: String, context: Arc<Context>) {
    // Boxed, so that its size is not part of every idle client.
    let logged_in = match Box::pin(come_in(&mut stream, &peer, &context)).await {
        None => return,
        Some(Admitted::Client(logged_in)) => logged_in,
        Some(Admitted::Operator(operator)) => {
            return Box::pin(console::session::serve(stream, *operator, &peer, &context)).await;
        }
    };
    let mut relay = Relay::new(stream, *logged_in, context);
    let ending = std::future::poll_fn(|cx| relay.poll(cx)).await;
    relay.finish(&ending, &peer);
}

/// Log a client in, or tell it why not.
async fn come_in(stream: &mut Stream, peer: &str, context: &Arc<Context>) -> Option<Admitted> {
    tracing::debug!(peer, "client connected");
    let limit = context.common.configuration().client_login_timeout;
    let failure = {
        let login = within(&context.common, limit, login::log_in(stream, peer, context));
        let late = |_| Err(Refusal::login_timeout(limit).into());
        match login.await.unwrap_or_else(late) {
            Ok(admitted) => {
                if context.common.configuration().log_connections {
                    let (database, user) = match &admitted {
                        Admitted::Client(client) => (client.pool.database.as_str(), &client.user),
                        Admitted::Operator(operator) => (console::DATABASE, &operator.user),
                    };
                    let tls = stream.tls().map(TlsStream::description);
                    tracing::info!(peer, database, user, tls, "client logged in");
                }
                return Some(admitted);
            }
            Err(failure) => failure,
        }
    };
    match failure {
        Failure::Refused(refusal) => {
            context.stats.refused(Reason::of(&refusal));
            if context.common.configuration().log_pooler_errors {
                let (sqlstate, cause) = (&refusal.sqlstate, refusal.cause());
                tracing::info!(peer, sqlstate, "client refused, closing because: {cause}");
            }
            let mut out = Vec::new();
            refusal.put(&mut out);
            // A client that does not take it is not waited for.
            let _ = stream.try_write(&out);
        }
        Failure::Unheard(reason) => {
            tracing::info!(peer, "client closed during login, closing because: {reason}");
        }
        Failure::Gone | Failure::Cancel => {}
    }
    None
}
