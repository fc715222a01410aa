//! The connection of one shared listener: opened, asked, read, and closed again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, ready};
use std::time::Duration;

use pgwire::backend::{self, Fields};
use pgwire::cursor::Cursor;
use pgwire::{WireError, frame, frontend};

use super::{Key, SharedListener, SharedListeners, State, put_command};
use crate::batch::used;
use crate::cleanup;
use crate::connect;
use crate::deadline::within;
use crate::gateway::{Common, Phase};
use crate::parameters::put_literal;
use crate::pool::{Order, PlaceBeside, Pool};
use crate::report::Refusal;
use crate::server::Server;
use crate::stream::with_buffer;

/// How long it says nothing before it is asked whether it is still there: what is lost in silence would be missed
/// in silence.
const PROBE: Duration = Duration::from_secs(30);

/// How soon it is tried again where PostgreSQL or a budget has no room.
const AGAIN: Duration = Duration::from_millis(200);

/// How long it waits for a place that only those who wait for it themselves could give up.
const GRACE: Duration = Duration::from_secs(1);

/// Largest message accepted, in bytes; a notification's payload has less than 8000.
const MESSAGE_LIMIT: u32 = 1024 * 1024;

/// Why a shared listener ends.
enum End {
    /// Nobody has needed it for long enough.
    Unused,
    /// It cannot be opened.
    Unopened(Box<Refusal>),
    /// It is lost, for this reason.
    Lost(String),
}

/// Open a shared listener with the pool's credentials, and have it listen until nobody needs it or it is lost.
pub(super) async fn run(
    listeners: Arc<SharedListeners>,
    listener: Arc<SharedListener>,
    pool: Arc<Pool>,
    common: Arc<Common>,
) {
    let mut guard =
        Guard { listeners: &listeners, listener: &listener, common: &common, end: None };
    let order = pool.order();
    let live = async {
        let (mut server, _place) = open(&listeners, &listener, &pool, &order, &common).await?;
        serve(&listeners, &listener, &mut server, &common).await
    };
    let end = tokio::select! {
        biased;
        () = pool.outdated(order.generation) => {
            End::Lost("PAUSE, RECONNECT, KILL or another target has ended it".to_owned())
        }
        end = live => end.unwrap_or_else(|end| end),
    };
    guard.end = Some(end);
}

/// Tells everybody of the end, however it comes about.
struct Guard<'a> {
    listeners: &'a SharedListeners,
    listener: &'a Arc<SharedListener>,
    common: &'a Common,
    end: Option<End>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let database = &*self.listener.key.database;
        let gone = || End::Lost("its task has ended".to_owned());
        let refusal = match self.end.take().unwrap_or_else(gone) {
            End::Unused => {
                tracing::info!(database, "shared listener closed: nobody listens");
                Refusal::listener_lost(database, "nobody listened")
            }
            End::Unopened(refusal) => {
                tracing::warn!(database, "shared listener not opened: {}", refusal.message);
                *refusal
            }
            End::Lost(_) if self.common.phase() == Phase::Stopping => Refusal::shutting_down(),
            End::Lost(why) => {
                tracing::warn!(database, "shared listener lost: {why}");
                Refusal::listener_lost(database, &why)
            }
        };
        if self.listener.lose(&refusal) > 0 {
            self.listeners.lost.fetch_add(1, Ordering::Relaxed);
        }
        self.listeners.forget(self.listener);
    }
}

/// Has the pool's servers kept again once no place is waited for.
struct Unwanted<'a>(&'a Arc<Pool>);

impl Drop for Unwanted<'_> {
    fn drop(&mut self) {
        self.0.leave_place();
    }
}

/// Log in and listen on the channel for marks, as soon as budgets and PostgreSQL have room.
async fn open(
    listeners: &SharedListeners,
    listener: &SharedListener,
    pool: &Arc<Pool>,
    order: &Order,
    common: &Arc<Common>,
) -> Result<(Server, PlaceBeside), End> {
    let patience = common.configuration().query_wait_timeout;
    let began = common.clock.milliseconds();
    let _unwanted = Unwanted(pool);
    loop {
        let refusal = if let Some(place) = pool.take_place() {
            let limit = common.configuration().server_connect_timeout;
            let login = log_in(listeners, listener, order, common);
            let late = |_| Err(Refusal::server_late(&order.target.address.to_string(), limit));
            match within(common, limit, login).await.unwrap_or_else(late) {
                Ok(server) => return Ok((server, place)),
                Err(refusal) => {
                    drop(place);
                    if refusal.sqlstate == "53300" {
                        pool.was_refused(&refusal);
                    }
                    refusal
                }
            }
        } else {
            Refusal::no_place_for_listener(&pool.database)
        };
        let waited = Duration::from_millis(common.clock.milliseconds().saturating_sub(began));
        let is_late = !patience.is_zero() && waited >= patience;
        if refusal.sqlstate != "53300" || is_late {
            return Err(End::Unopened(Box::new(refusal)));
        }
        if listener.close_if_unused() {
            return Err(End::Unused);
        }
        if waited >= GRACE && pool.census().active <= listener.lock().channels.waiting() {
            // Whoever holds a server of this pool waits for this: nobody releases one.
            listener.lock().channels.refuse_last(&refusal);
        }
        // Nothing tells when there is room.
        let _ = within(common, AGAIN, std::future::pending::<()>()).await;
    }
}

async fn log_in(
    listeners: &SharedListeners,
    listener: &SharedListener,
    order: &Order,
    common: &Arc<Common>,
) -> Result<Server, Refusal> {
    let mut server = connect::log_in(order, common).await?;
    let mut sql = b"SELECT pg_catalog.set_config('client_encoding',".to_vec();
    put_literal(&mut sql, listener.key.encoding.as_bytes());
    // It is idle for as long as nothing is notified, and not all versions know every one of these.
    sql.extend_from_slice(
        b",false), pg_catalog.set_config('application_name', 'forebay listener', false);\
          SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings \
          WHERE name IN ('idle_session_timeout', 'statement_timeout', 'lock_timeout');",
    );
    put_command(&mut sql, b"LISTEN ", listeners.marker());
    let sql = String::from_utf8_lossy(&sql).into_owned();
    let asked = cleanup::run(&mut server, &common.session, &sql).await;
    let address = order.target.address.to_string();
    asked.map_err(|error| Refusal::listener_refused(&address, &error.to_string()))?;
    let process = server.identity.process;
    listener.process.store(process, Ordering::Relaxed);
    {
        let mut inner = listener.lock();
        inner.state = State::Open;
    }
    let Key { database, encoding } = &listener.key;
    tracing::info!(database, encoding, pid = process, "shared listener opened");
    Ok(server)
}

/// Listen until nobody needs it or it is lost.
async fn serve(
    listeners: &SharedListeners,
    listener: &SharedListener,
    server: &mut Server,
    common: &Arc<Common>,
) -> Result<End, End> {
    let mut wire = Wire { server, out: Vec::new(), received: Vec::new(), is_asked: false };
    let mut unused_since = None;
    loop {
        if !wire.is_asked
            && let Some(sql) = listener.lock().channels.next_query()
        {
            wire.ask(&sql);
        }
        let limit = if let Some(limit) = rest(listener, common, &mut unused_since) {
            if limit.is_zero() && !wire.is_asked && listener.close_if_unused() {
                return Ok(End::Unused);
            }
            limit.clamp(AGAIN, PROBE)
        } else {
            PROBE
        };
        let turn = async {
            tokio::select! {
                biased;
                result = wire.turn() => result.map(|()| true),
                () = listener.changed.notified() => Ok(false),
            }
        };
        match within(common, limit, turn).await {
            Ok(Ok(true)) => wire.understand(listener, listeners.marker())?,
            Ok(Err(error)) => return Err(End::Lost(error.to_string())),
            Err(_) if wire.is_asked && limit == PROBE => {
                return Err(End::Lost(format!("no answer within {} s", PROBE.as_secs())));
            }
            Err(_) if limit == PROBE => wire.ask(b""),
            // Something else is wanted, or it has been unused for another while.
            Ok(Ok(false)) | Err(_) => {}
        }
        if common.phase() == Phase::Stopping {
            return Ok(End::Unused);
        }
    }
}

/// How much longer it is to be kept although nobody needs it; `None` while it is needed or kept for ever.
fn rest(
    listener: &SharedListener,
    common: &Common,
    unused_since: &mut Option<u64>,
) -> Option<Duration> {
    if !listener.lock().channels.is_empty() {
        *unused_since = None;
        return None;
    }
    let limit = common.configuration().server_idle_timeout;
    let now = common.clock.milliseconds();
    let since = *unused_since.get_or_insert(now);
    let rested = Duration::from_millis(now.saturating_sub(since));
    (!limit.is_zero()).then(|| limit.saturating_sub(rested))
}

/// A logged-in connection, read and written at the same time: PostgreSQL may not read a query before what it
/// has to say has been taken.
struct Wire<'a> {
    server: &'a mut Server,
    out: Vec<u8>,
    received: Vec<u8>,
    /// A query has not been answered.
    is_asked: bool,
}

impl Wire<'_> {
    fn ask(&mut self, sql: &[u8]) {
        frontend::put_query(&mut self.out, sql);
        self.is_asked = true;
    }

    /// Send what there is, and wait until something has been received.
    ///
    /// # Cancel safety
    /// Nothing sent or received is lost.
    async fn turn(&mut self) -> std::io::Result<()> {
        std::future::poll_fn(|cx| {
            while !self.out.is_empty() {
                match self.server.stream.poll_write(cx, &self.out) {
                    Poll::Pending => break,
                    Poll::Ready(count) => used(&mut self.out, count?),
                }
            }
            with_buffer(|buffer| {
                let count = ready!(self.server.stream.poll_read(cx, buffer))?;
                if count == 0 {
                    return Poll::Ready(Err(std::io::ErrorKind::UnexpectedEof.into()));
                }
                self.received.extend_from_slice(buffer.get(..count).unwrap_or(&[]));
                Poll::Ready(Ok(()))
            })
        })
        .await
    }

    /// Deal with the messages that are there.
    fn understand(&mut self, listener: &SharedListener, marker: &[u8]) -> Result<(), End> {
        let lost = |error: WireError| End::Lost(error.to_string());
        let mut at = 0;
        loop {
            let rest = self.received.get(at..).unwrap_or(&[]);
            let Some((tag, body, behind)) = frame::split(rest, MESSAGE_LIMIT).map_err(lost)? else {
                break;
            };
            let size = rest.len() - behind.len();
            match tag {
                backend::NOTIFICATION_RESPONSE => {
                    let message = rest.get(..size).unwrap_or(rest);
                    let (channel, payload) = notification(body).map_err(lost)?;
                    listener.hear(marker, channel, payload, message);
                }
                backend::READY_FOR_QUERY => {
                    self.is_asked = false;
                    listener.lock().channels.answered();
                }
                backend::ERROR_RESPONSE => {
                    let text = Fields::new(body).get(b'M').unwrap_or_default();
                    return Err(End::Lost(String::from_utf8_lossy(text).into_owned()));
                }
                _ => {}
            }
            at += size;
        }
        self.received.drain(..at);
        if self.received.is_empty() && self.received.capacity() > MESSAGE_LIMIT as usize {
            self.received = Vec::new();
        }
        Ok(())
    }
}

/// Channel and payload of a NotificationResponse.
pub(crate) fn notification(body: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let mut cursor = Cursor::new(body);
    cursor.u32("process")?;
    Ok((cursor.string("channel")?, cursor.string("payload")?))
}
