//! Cancel requests: finds whose query is meant, and passes the request on to the server that runs it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use pgwire::startup;
use subtle::ConstantTimeEq;

use crate::deadline::within;
use crate::gateway::{Common, Context};
use crate::server::Identity;
use crate::tls;

/// Pass on a client's cancel request. Returns when PostgreSQL has dealt with it, so that closing the client's
/// socket afterwards means what it means without a pooler.
///
/// A wrong key is ignored without a word, as PostgreSQL does.
pub async fn handle(context: &Context, process: u32, key: &[u8]) {
    let cancels = &context.stats.cancels;
    let Some(entry) = context.clients.get(process) else {
        cancels.ignored.count();
        return;
    };
    if !bool::from(entry.key.ct_eq(key)) {
        cancels.ignored.count();
        tracing::warn!(client = process, "cancel request with a wrong key");
        return;
    }
    let Some(server) = entry.begin_cancel() else {
        cancels.answered.count();
        entry.is_cancelled.store(true, Ordering::Release);
        entry.wake();
        return;
    };
    let under_way = UnderWay(server);
    // Never closed, so a permit always comes.
    let _permit = context.cancel_permits.acquire().await;
    if let Err(error) = send(&under_way.0, &context.common).await {
        cancels.failed.count();
        under_way.0.is_tainted.store(true, Ordering::Release);
        tracing::warn!(server = %under_way.0.address, %error, "cancel request failed");
    } else {
        cancels.forwarded.count();
    }
}

/// Have PostgreSQL stop what a server runs that is about to be closed: it would not notice that before it has
/// something to send. Returns at once.
pub fn stop(server: Arc<Identity>, common: &Arc<Common>) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    let common = Arc::clone(common);
    runtime.spawn(async move {
        if let Err(error) = send(&server, &common).await {
            tracing::warn!(server = %server.address, %error, "cancel request failed");
        }
    });
}

/// Has PostgreSQL stop a query of the pooler's own when nobody waits for its end any more.
pub struct Unanswered<'a> {
    server: Arc<Identity>,
    common: &'a Arc<Common>,
    is_answered: bool,
}

impl<'a> Unanswered<'a> {
    /// A query has been sent to this server.
    pub fn new(server: &Arc<Identity>, common: &'a Arc<Common>) -> Self {
        Self { server: Arc::clone(server), common, is_answered: false }
    }

    /// It has ended.
    pub fn settle(mut self) {
        self.is_answered = true;
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            stop(Arc::clone(&self.server), self.common);
        }
    }
}

/// Ends a cancel however its task ends.
struct UnderWay(Arc<Identity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.cancels.fetch_sub(1, Ordering::AcqRel);
        self.0.settled.notify_waiters();
    }
}

/// Send a cancel request and wait until PostgreSQL closes the socket: by then it has sent the signal.
pub async fn send(server: &Identity, common: &Common) -> io::Result<()> {
    let limit = common.configuration().cancel_wait_timeout;
    let exchange = async {
        let mut stream = server.address.connect().await?;
        if let (true, Some(host)) = (server.is_encrypted, server.address.host()) {
            let servers = &common.tls().servers;
            if tls::request(&mut stream, host, servers).await? != tls::Answer::Encrypted {
                return Err(io::Error::other("PostgreSQL no longer does TLS"));
            }
        }
        let mut packet = Vec::new();
        startup::put_cancel(&mut packet, server.process, &server.key);
        stream.write_all(&packet).await?;
        let mut reply = Vec::new();
        while stream.read_some(&mut reply).await? > 0 {
            reply.clear();
        }
        Ok(())
    };
    within(common, limit, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
