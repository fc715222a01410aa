//! One client from its first byte to its last: login, relay, good-bye.

use std::sync::Arc;

use crate::deadline::within;
use crate::gateway::Context;
use crate::login::{self, Failure, LoggedIn};
use crate::relay::Relay;
use crate::report::Refusal;
use crate::stream::{Stream, TlsStream};

/// Serve one client from its first byte to its last.
pub async fn serve(mut stream: Stream, peer: String, context: Arc<Context>) {
    // Boxed, so that its size is not part of every idle client.
    let Some(logged_in) = Box::pin(come_in(&mut stream, &peer, &context)).await else {
        return;
    };
    let mut relay = Relay::new(stream, logged_in, context);
    let ending = std::future::poll_fn(|cx| relay.poll(cx)).await;
    relay.finish(&ending, &peer);
}

/// Log a client in, or tell it why not.
async fn come_in(stream: &mut Stream, peer: &str, context: &Arc<Context>) -> Option<LoggedIn> {
    let limit = context.common.configuration().client_login_timeout;
    let failure = {
        let login = within(&context.common, limit, login::log_in(stream, context));
        let late = |_| Err(Refusal::login_timeout(limit).into());
        match login.await.unwrap_or_else(late) {
            Ok(logged_in) => {
                if context.common.configuration().log_connections {
                    tracing::info!(
                        peer,
                        database = logged_in.pool.database,
                        user = logged_in.user,
                        tls = stream.tls().map(TlsStream::description),
                        "client logged in"
                    );
                }
                return Some(logged_in);
            }
            Err(failure) => failure,
        }
    };
    match failure {
        Failure::Refused(refusal) => {
            let sqlstate = refusal.sqlstate.as_str();
            tracing::info!(peer, sqlstate, "client refused: {}", refusal.message);
            let mut out = Vec::new();
            refusal.put(&mut out);
            // A client that does not take it is not waited for.
            let _ = stream.try_write(&out);
        }
        Failure::Unheard(reason) => tracing::info!(peer, "client closed: {reason}"),
        Failure::Gone | Failure::Cancel => {}
    }
    None
}
