//! Makes a server fit for the next client after its client has left it in the middle of something.

use std::sync::Arc;
use std::time::Duration;

use crate::activity::Limits;
use crate::cancel;
use crate::deadline::within;
use crate::gateway::Common;
use crate::pool::{Lease, Pool};
use crate::server::Server;
use crate::session::output::Output;
use crate::session::{ClientState, SessionError, Shared, from_server};
use crate::stream::with_buffer;

/// Most bytes of a result that are read for a client that is gone, before the connection is closed instead.
///
/// PostgreSQL runs a statement to its end when its client vanishes, so that a commit stands; but it stops
/// sending rows to nobody, and so must the pooler.
const UNREAD_LIMIT: usize = 1024 * 1024;

/// Longest that ROLLBACK and the reset query may take once the server is ready for them.
const RESET_LIMIT: Duration = Duration::from_secs(10);

/// Take a server from a client that is gone: finish what is under way, roll back what is open, reset what a
/// session has changed, and give it back. Closes it where that is not possible.
pub fn begin(mut lease: Lease, mut client: ClientState, pool: &Arc<Pool>, common: &Arc<Common>) {
    let reset_query = pool.rules().reset_query.clone();
    // First of all: PostgreSQL would take the next client's bytes for the rest of that message.
    if client.is_midway() {
        return lease.discard("its client left in the middle of a message");
    }
    client.leave();
    if let Some(server) = lease.server() {
        server.state.abandon();
    }
    let may_hear = lease.server().is_some_and(|server| server.state.may_hear());
    let is_idle = lease.server().is_some_and(|server| server.state.is_idle());
    let is_restless = lease.server().is_some_and(|server| server.state.is_restless());
    let leaves_traces = may_hear || is_restless || client.tracking.leaves_traces();
    if is_idle && reset_query.is_empty() && !leaves_traces {
        return lease.release();
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return lease.discard("shutting down");
    };
    let common = Arc::clone(common);
    // Counted from here: when what runs began is known to nobody any more.
    let limit = Limits::new(&common.configuration(), "", &pool.user).unattended();
    runtime.spawn(async move {
        let Some(server) = lease.server() else {
            return;
        };
        let identity = Arc::clone(&server.identity);
        match clean(server, client, &common, &reset_query, limit).await {
            Ok(()) => lease.release(),
            Err(Unclean::Broken(reason)) => lease.discard(&reason),
            Err(Unclean::Late(reason)) => {
                cancel::stop(identity, &common);
                lease.discard(&reason);
            }
        }
    });
}

/// Why a server cannot be made fit for another client.
enum Unclean {
    /// Something went wrong.
    Broken(String),
    /// What runs does not end in time.
    Late(String),
}

/// Take an idle server from a client that goes on: reset what its session has changed, and give it back.
pub fn reset(mut lease: Lease, pool: &Arc<Pool>, common: &Arc<Common>) {
    let Some(server) = lease.server() else {
        return;
    };
    let nobody = ClientState::nobody(server.state.reported());
    begin(lease, nobody, pool, common);
}

/// Take back all that clients may have left in an idle server's session: what is not followed as well, such as tables
/// that a function has made and that hide others.
///
/// # Errors
/// As [`exchange`].
pub async fn begin_anew(
    server: &mut Server,
    pool: &Pool,
    shared: &Shared,
) -> Result<(), SessionError> {
    if !server.has_served {
        return Ok(());
    }
    run(server, shared, "DISCARD ALL").await?;
    server.state.set_applied(Arc::default());
    server.has_served = false;
    let order = pool.order();
    if order.target.connect_query.is_empty() {
        return Ok(());
    }
    match run(server, shared, &order.target.connect_query).await {
        // As when the connection began, which has logged it.
        Err(SessionError::Setting { .. }) => Ok(()),
        result => result,
    }
}

/// Run a query of the pooler's own on a server that nobody holds; what it returns is for nobody.
///
/// # Errors
/// As [`exchange`].
pub async fn run(server: &mut Server, shared: &Shared, query: &str) -> Result<(), SessionError> {
    let mut nobody = ClientState::nobody(server.state.reported());
    let mut out = Vec::new();
    server.state.put_hidden_query(query.as_bytes(), &mut out);
    exchange(server, &mut nobody, shared, &out).await
}

async fn clean(
    server: &mut Server,
    mut client: ClientState,
    common: &Arc<Common>,
    reset_query: &str,
    limit: Duration,
) -> Result<(), Unclean> {
    let shared = &common.session;
    match within(common, limit, exchange(server, &mut client, shared, &[])).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(Unclean::Broken(error.to_string())),
        Err(_) => {
            let reason = "its client is gone, and a time limit has passed since";
            return Err(Unclean::Late(reason.to_owned()));
        }
    }
    let reset = async {
        if !server.state.is_idle() {
            let mut out = Vec::new();
            server.state.put_hidden_query(b"ROLLBACK", &mut out);
            exchange(server, &mut client, shared, &out).await?;
        }
        if server.state.may_hear() {
            server.state.hears_nothing();
            let mut out = Vec::new();
            server.state.put_unlisten(&mut out);
            exchange(server, &mut client, shared, &out).await?;
        }
        take_back(server, &mut client, shared).await?;
        if !reset_query.is_empty() {
            let mut out = Vec::new();
            server.state.put_hidden_query(reset_query.as_bytes(), &mut out);
            exchange(server, &mut client, shared, &out).await?;
            if resets_everything(reset_query.as_bytes()) {
                server.state.set_applied(Arc::default());
            }
            server.has_served &= !reset_query.trim().eq_ignore_ascii_case("DISCARD ALL");
        }
        Ok::<(), SessionError>(())
    };
    match within(common, RESET_LIMIT, reset).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Unclean::Broken(format!("reset failed: {error}"))),
        Err(_) => {
            let reason = format!("reset took longer than {} s", RESET_LIMIT.as_secs());
            Err(Unclean::Late(reason))
        }
    }
}

/// Take back what a client that is gone has left on its server, as far as PostgreSQL says that there is anything.
/// Its settings may stay: the next client's are made instead.
async fn take_back(
    server: &mut Server,
    client: &mut ClientState,
    shared: &Shared,
) -> Result<(), SessionError> {
    let mut out = Vec::new();
    // For a client that left in the middle of what was of interest.
    server.state.inquire(client, shared, &mut out);
    exchange(server, client, shared, &out).await?;
    let reasons = client.tracking.reasons();
    let Some(cures) = reasons.cures() else {
        return Err(SessionError::Server(format!("nothing takes back {}", reasons.names())));
    };
    for cure in cures {
        let mut out = Vec::new();
        server.state.put_hidden_query(cure.as_bytes(), &mut out);
        exchange(server, client, shared, &out).await?;
    }
    Ok(())
}

/// Whether a reset query takes back every setting.
fn resets_everything(query: &[u8]) -> bool {
    let query = query.to_ascii_uppercase();
    [&b"RESET ALL"[..], b"DISCARD ALL"]
        .iter()
        .any(|words| query.windows(words.len()).any(|window| window == *words))
}

/// Send `bytes`, end what waits for a client, and read until the server owes nothing; what it sends is for
/// nobody.
///
/// # Errors
/// [`SessionError::Setting`] for an error in a query of the pooler's own, after which the server can be used;
/// anything else means that it cannot.
pub async fn exchange(
    server: &mut Server,
    client: &mut ClientState,
    shared: &Shared,
    bytes: &[u8],
) -> Result<(), SessionError> {
    exchange_with(server, client, shared, bytes, |_| {}).await
}

/// [`exchange`] with a client that is `heard`: what the server sends for it, piece by piece.
///
/// # Errors
/// As [`exchange`].
pub async fn exchange_with(
    server: &mut Server,
    client: &mut ClientState,
    shared: &Shared,
    bytes: &[u8],
    mut heard: impl FnMut(&[u8]),
) -> Result<(), SessionError> {
    let lost = |what: &str| SessionError::Server(what.to_owned());
    server.stream.write_all(bytes).await.map_err(|error| lost(&error.to_string()))?;
    let mut unread = 0;
    loop {
        // Also when COPY begins only now.
        let mut interrupt = Vec::new();
        server.state.put_interrupt(&mut interrupt);
        server.stream.write_all(&interrupt).await.map_err(|error| lost(&error.to_string()))?;
        if !server.state.is_busy() {
            return Ok(());
        }
        let (count, to_server) = std::future::poll_fn(|cx| {
            with_buffer(|buffer| {
                let count = std::task::ready!(server.stream.poll_read(cx, buffer))
                    .map_err(|error| lost(&error.to_string()))?;
                let input = buffer.get(..count).unwrap_or(&[]);
                let (mut nowhere, mut to_server) = (Vec::new(), Vec::new());
                let mut output = Output::new(input, &mut nowhere);
                from_server::take(
                    client,
                    &mut server.state,
                    shared,
                    input,
                    &mut output,
                    &mut to_server,
                )?;
                output.gather();
                heard(&nowhere);
                std::task::Poll::Ready(Ok::<_, SessionError>((count, to_server)))
            })
        })
        .await?;
        if count == 0 {
            return Err(lost("end of file"));
        }
        unread += count;
        if unread > UNREAD_LIMIT {
            return Err(lost("more rows than are read for a client that is gone"));
        }
        server.stream.write_all(&to_server).await.map_err(|error| lost(&error.to_string()))?;
    }
}
