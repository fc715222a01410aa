//! One operator's connection to the console: reads commands, writes answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pgwire::backend::{self, Authentication, Status};
use pgwire::{frame, frontend};

use super::{Access, DATABASE, OWN_USER, commands, refusal};
use crate::activity::Stage;
use crate::clients::{Facts, Registration};
use crate::endpoint::{Endpoint, Peer};
use crate::gateway::Context;
use crate::login::Failure;
use crate::parameters::Parameters;
use crate::report::Refusal;
use crate::stream::Stream;

/// Largest message taken from an operator, in bytes.
const MESSAGE_LIMIT: u32 = 64 * 1024;

/// What an operator is told of the server it seems to be, as PgBouncer does.
const GREETING: [(&str, &str); 7] = [
    ("server_version", "1.25.2/bouncer"),
    ("client_encoding", "UTF8"),
    ("server_encoding", "UTF8"),
    ("DateStyle", "ISO"),
    ("TimeZone", "GMT"),
    ("standard_conforming_strings", "on"),
    ("is_superuser", "on"),
];

/// An operator that has logged in.
#[derive(Debug)]
pub struct Operator {
    /// Its place among the connected.
    pub registration: Registration,
    /// Its name.
    pub user: String,
    /// It came over a unix socket from a process of the gateway's own account.
    pub is_own: bool,
    /// Received and not yet understood.
    pub received: Vec<u8>,
}

impl Operator {
    /// Let it in.
    ///
    /// # Errors
    /// The refusal for somebody who may do nothing here, or a socket that failed.
    pub async fn welcome(
        &self,
        stream: &mut Stream,
        context: &Context,
        startup: &Parameters,
    ) -> Result<(), Failure> {
        if self.access(context).is_none() {
            return Err(refusal::not_allowed(&self.user).into());
        }
        let entry = &self.registration.entry;
        let mut out = Vec::new();
        backend::put_authentication(&mut out, &Authentication::Ok);
        for (name, value) in GREETING {
            backend::put_parameter_status(&mut out, name.as_bytes(), value.as_bytes());
        }
        backend::put_backend_key_data(&mut out, entry.id, &entry.key);
        backend::put_ready_for_query(&mut out, Status::Idle);
        let mut told = Parameters::default();
        told.set("application_name", startup.get("application_name").unwrap_or_default());
        let told = context.common.session.parameters.intern(told);
        entry.describe(Facts::new(DATABASE, &self.user, stream), &told, &context.common.clock);
        Ok(stream.write_all(&out).await?)
    }

    /// What it may do, as the configuration has it now.
    pub fn access(&self, context: &Context) -> Option<Access> {
        if self.is_own {
            return Some(Access::Admin);
        }
        Access::of(&self.user, &context.common.configuration())
    }
}

/// Whether `user` is the console's own and comes from a process of the gateway's own account.
pub fn is_own_user(stream: &Stream, user: &str) -> bool {
    let (Endpoint::Unix(peer), _) = stream.ends() else {
        return false;
    };
    user == OWN_USER && peer.uid.is_some() && peer.uid == Peer::own().uid
}

/// Counts an operator for as long as it is connected: a drain does not wait for operators.
struct Counted<'a>(&'a Context);

impl<'a> Counted<'a> {
    fn new(context: &'a Context) -> Self {
        context.clients.operators.fetch_add(1, Ordering::Relaxed);
        Self(context)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.clients.operators.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serve one operator until it goes.
pub async fn serve(stream: Stream, operator: Operator, peer: &str, context: &Arc<Context>) {
    let _counted = Counted::new(context);
    let user = operator.user.clone();
    converse(stream, operator, context).await;
    if context.common.configuration().log_disconnections {
        tracing::info!(peer, database = DATABASE, user, "client disconnected");
    }
}

async fn converse(mut stream: Stream, mut operator: Operator, context: &Arc<Context>) {
    let mut skips = false;
    loop {
        let message = match frame::split(&operator.received, MESSAGE_LIMIT) {
            Ok(Some((tag, body, rest))) => {
                let (body, used) = (body.to_vec(), operator.received.len() - rest.len());
                operator.received.drain(..used);
                Some((tag, body))
            }
            Ok(None) => None,
            Err(error) => {
                let mut out = Vec::new();
                Refusal::protocol(&error.to_string()).put(&mut out);
                let _ = stream.try_write(&out);
                return;
            }
        };
        let Some((tag, body)) = message else {
            let entry = &operator.registration.entry;
            let farewell = std::future::poll_fn(|cx| entry.poll_leaves(cx));
            tokio::select! {
                biased;
                refusal = farewell => return bid_farewell(&mut stream, &refusal),
                count = stream.read_some(&mut operator.received) => match count {
                    Ok(0) | Err(_) => return,
                    Ok(_) => continue,
                }
            }
        };
        let Some(out) = answer(&mut stream, &mut operator, context, tag, &body, &mut skips).await
        else {
            return;
        };
        if stream.write_all(&out).await.is_err() {
            return;
        }
    }
}

/// What to send back for a message; `None` when the connection is over.
async fn answer(
    stream: &mut Stream,
    operator: &mut Operator,
    context: &Arc<Context>,
    tag: u8,
    body: &[u8],
    skips: &mut bool,
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match tag {
        frontend::TERMINATE => return None,
        frontend::SYNC => {
            *skips = false;
            backend::put_ready_for_query(&mut out, Status::Idle);
        }
        // As PostgreSQL does after an error in a pipeline.
        _ if *skips => {}
        frontend::QUERY => {
            let text = String::from_utf8_lossy(frontend::query(body).ok()?).into_owned();
            let now = context.common.clock.milliseconds();
            operator.registration.entry.activity.asked(Stage::Resting, now);
            out = run(stream, operator, context, &text).await?;
            backend::put_ready_for_query(&mut out, Status::Idle);
        }
        frontend::PARSE
        | frontend::BIND
        | frontend::DESCRIBE
        | frontend::EXECUTE
        | frontend::CLOSE
        | frontend::FUNCTION_CALL => {
            refusal::extended_protocol().put(&mut out);
            if tag == frontend::FUNCTION_CALL {
                backend::put_ready_for_query(&mut out, Status::Idle);
            } else {
                *skips = true;
            }
        }
        frontend::FLUSH => {}
        other => {
            refusal::unsupported_message(other).put(&mut out);
            let _ = stream.try_write(&out);
            return None;
        }
    }
    Some(out)
}

/// Run a command, watching whether the operator is still there; `None` when it has gone.
async fn run(
    stream: &mut Stream,
    operator: &mut Operator,
    context: &Arc<Context>,
    text: &str,
) -> Option<Vec<u8>> {
    let Some(access) = operator.access(context) else {
        let mut out = Vec::new();
        refusal::not_allowed(&operator.user).put(&mut out);
        let _ = stream.try_write(&out);
        return None;
    };
    let received = &mut operator.received;
    let entry = &operator.registration.entry;
    let farewell = std::future::poll_fn(|cx| entry.poll_leaves(cx));
    tokio::select! {
        biased;
        answer = commands::run(context, access, &operator.user, text) => Some(answer),
        () = gone(stream, received) => None,
        refusal = farewell => {
            bid_farewell(stream, &refusal);
            None
        }
    }
}

fn bid_farewell(stream: &mut Stream, refusal: &Refusal) {
    let mut out = Vec::new();
    refusal.put(&mut out);
    let _ = stream.try_write(&out);
}

/// Wait until the operator has closed its side; what it sends meanwhile is kept for later.
async fn gone(stream: &mut Stream, received: &mut Vec<u8>) {
    while received.len() <= MESSAGE_LIMIT as usize {
        match stream.read_some(received).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
    std::future::pending::<()>().await;
}
