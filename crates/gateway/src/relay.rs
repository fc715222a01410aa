//! Moves bytes between one client and the server it holds; what they mean is [`crate::session`]'s business.
//!
//! One task serves one client. It is a hand-written poll loop rather than a chain of awaits, because three
//! things can happen next at any time (the client sends, the server sends, a server becomes free) and because
//! an idle client's task must hold nothing: the receive buffer belongs to the worker, and what is received is
//! dealt with and written on within the same poll.
//!
//! # Invariant
//! One write a direction for each batch received: half a request wakes a backend for nothing.

mod finish;
mod hear;
mod lend;
mod line;
mod pin;
mod time;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::activity::Ended;
use crate::batch::{used, write_through};
use crate::cleanup;
use crate::clients::{Registration, When};
use crate::configuration::PoolMode;
use crate::ending::{Ending, session_refusal};
use crate::gateway::{Context, Phase};
use crate::login::LoggedIn;
use crate::pins::Pin;
use crate::pool::{Checkout, Lease, Pool, Turn};
use crate::report::Refusal;
use crate::session::from_client::{self, Next};
use crate::session::output::Output;
use crate::session::{ClientState, from_server};
use crate::shared_listener;
use crate::stats::meter::Meter;
use crate::stream::{Stream, keep_spare, take_spare, with_buffer};

/// What reading from a server came to.
#[derive(PartialEq, Eq)]
enum Progress {
    /// There was nothing.
    Nothing,
    /// Something, and more is to come.
    Some,
    /// Something, and nothing more is under way.
    Idle,
}

/// One client and what it holds.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, in any combination")]
pub(crate) struct Relay {
    stream: Stream,
    client: ClientState,
    context: Arc<Context>,
    pool: Arc<Pool>,
    registration: Registration,
    meter: Meter,
    lease: Option<Lease>,
    /// The place in line.
    line: Option<Turn>,
    /// The last one, to be used again.
    last_line: Option<Turn>,
    /// What it listens with, once it listens.
    ears: Option<Box<shared_listener::Ears>>,
    /// The shared listener's answer, while it is waited for.
    wish: Option<oneshot::Receiver<shared_listener::Answer>>,
    /// Not yet taken by the client's socket.
    to_client: Vec<u8>,
    /// Not yet taken by the server's socket.
    to_server: Vec<u8>,
    /// What is in `to_client` goes out with the server's next reply.
    holds_back: bool,
    /// What the client has sent next waits for replies that are under way.
    is_held: bool,
    /// The client will send nothing more, and is owed replies.
    is_closing: bool,
    /// It has been polled before.
    has_begun: bool,
    /// The pool's mode when the server was taken.
    mode: PoolMode,
    /// The number of the server it used last; 0 for none.
    last_server: u64,
    /// What others see of its pin is up to date with this.
    shown_pin: Option<Arc<Pin>>,
}

impl Relay {
    /// Begin with a client that has just logged in.
    pub(crate) fn new(stream: Stream, logged_in: LoggedIn, context: Arc<Context>) -> Self {
        Self {
            stream,
            client: logged_in.client,
            context,
            meter: Meter::new(Arc::clone(&logged_in.pool.stats)),
            pool: logged_in.pool,
            registration: logged_in.registration,
            lease: None,
            line: None,
            last_line: None,
            ears: None,
            wish: None,
            to_client: Vec::new(),
            to_server: Vec::new(),
            holds_back: false,
            is_held: false,
            is_closing: false,
            has_begun: false,
            mode: PoolMode::Transaction,
            last_server: 0,
            shown_pin: None,
        }
    }

    /// Go on until nothing can be done, or the client's time is over.
    pub(crate) fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Ending> {
        if !self.has_begun {
            self.has_begun = true;
            self.registration.entry.be_woken_by(cx);
            // Whatever came in behind the password.
            if !self.client.carry.is_empty()
                && let Err(ending) = self.client_bytes(cx, &[])
            {
                return Poll::Ready(ending);
            }
        }
        if self.registration.entry.activity.take_late()
            && let Some(refusal) = self.overdue()
        {
            return Poll::Ready(Ending::Killed(Box::new(refusal)));
        }
        loop {
            match self.advance(cx) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(ending) => return Poll::Ready(ending),
            }
        }
    }

    /// Do whatever can be done now; `false` when nothing could.
    fn advance(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        let leaves = self.registration.entry.leaves();
        if leaves == Some(When::AtOnce)
            && let Some(refusal) = self.registration.entry.farewell()
        {
            return Err(Ending::Killed(refusal));
        }
        if self.ears.is_some() && self.hear(cx)? {
            return Ok(true);
        }
        if !self.to_client.is_empty() && !self.holds_back {
            match self.stream.poll_write(cx, &self.to_client) {
                Poll::Pending => {
                    // A client that does not read must not keep the server from being written to.
                    return self.write_server(cx);
                }
                Poll::Ready(result) => {
                    let count = result.map_err(Ending::Socket)?;
                    used(&mut self.to_client, count);
                    return Ok(true);
                }
            }
        }
        if self.lease.is_some() {
            if self.read_server(cx)? || self.write_server(cx)? {
                return Ok(true);
            }
        } else if self.line.is_some() {
            return self.poll_line(cx);
        }
        if leaves.is_some()
            && self.may_be_sent_away()
            && let Some(refusal) = self.registration.entry.farewell()
        {
            return Err(Ending::Refused(refusal));
        }
        if self.mode == PoolMode::Session && self.is_server_obsolete() {
            return Err(Refusal::server_fast_close().into());
        }
        if self.context.common.phase() >= Phase::Draining && self.may_be_sent_away() {
            self.context.drained.fetch_add(1, Ordering::Relaxed);
            return Err(Refusal::shutting_down().into());
        }
        if self.is_closing {
            return if self.is_owed_replies() { Ok(false) } else { Err(Ending::Client) };
        }
        if self.to_server.is_empty() && !self.is_held {
            return self.read_client(cx);
        }
        Ok(false)
    }

    /// Whether the server will answer something without the client having to do more.
    fn is_owed_replies(&mut self) -> bool {
        let server = self.lease.as_mut().and_then(Lease::server);
        !self.client.is_midway()
            && server.is_some_and(|server| server.state.is_busy() && !server.state.awaits_client())
    }

    /// The client has said good-bye or closed its side: as PostgreSQL does, answer what it has asked before.
    fn close(&mut self) -> Result<(), Ending> {
        if self.is_owed_replies() {
            self.is_closing = true;
            Ok(())
        } else {
            Err(Ending::Client)
        }
    }

    /// Whether an idle session is to end because its server is to be closed.
    fn is_server_obsolete(&mut self) -> bool {
        let Some(server) = self.lease.as_mut().and_then(Lease::server) else {
            return false;
        };
        server.state.is_idle()
            && self.context.common.configuration().server_fast_close
            && self.pool.is_obsolete(server)
    }

    /// Whether the client is idle, as far as a drain is concerned.
    fn may_be_sent_away(&mut self) -> bool {
        match &mut self.lease {
            None => self.line.is_none() && self.client.carry.is_empty(),
            Some(lease) => lease.server().is_none_or(|server| server.state.is_idle()),
        }
    }

    fn read_client(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        with_buffer(|buffer| match self.stream.poll_read_alone(cx, buffer) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(0)) => self.close().map(|()| true),
            Poll::Ready(Ok(count)) => {
                self.meter.received(count);
                self.client_bytes(cx, buffer.get(..count).unwrap_or(&[]))?;
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Ending::Socket(error)),
        })
    }

    /// Deal with what the client has sent, taking a server when one is needed.
    fn client_bytes(&mut self, cx: &mut TaskContext<'_>, bytes: &[u8]) -> Result<(), Ending> {
        let was_midway = self.client.is_midway();
        let mut carry = std::mem::take(&mut self.client.carry);
        let is_joined = !carry.is_empty();
        if is_joined {
            carry.extend_from_slice(bytes);
        }
        let input = if is_joined { carry.as_slice() } else { bytes };
        let mut at = 0;
        loop {
            let rest = input.get(at..).unwrap_or(&[]);
            let mut output = Output::new(rest, &mut self.to_server);
            let mut server = self.lease.as_mut().and_then(Lease::server);
            let (count, next) = from_client::take(
                &mut self.client,
                server.as_deref_mut().map(|server| &mut server.state),
                &self.context.common.session,
                rest,
                &mut output,
                &mut self.to_client,
            )
            .map_err(|error| session_refusal(&error))?;
            at += count;
            if let Some(server) = server {
                write_through(&mut server.stream, cx, output)
                    .map_err(|error| Refusal::server_lost(&error.to_string()))?;
                if server.state.is_busy() {
                    self.meter.begin();
                }
                self.holds_back = server.state.is_busy() && !server.state.take_flush();
            }
            match next {
                Next::More => break,
                Next::Hold => {
                    self.is_held = true;
                    break;
                }
                Next::Terminate => return self.close(),
                Next::Server => match self.checkout() {
                    Checkout::Leased(lease) => self.link(lease),
                    Checkout::Waiting(turn) => {
                        self.registration.entry.line_up(&self.context.common.clock);
                        self.line = Some(turn);
                        break;
                    }
                    Checkout::Refused(refusal) if refusal.severity == "ERROR" => {
                        let head = input.get(at..).unwrap_or(&[]);
                        at += self.client.refuse(head, &refusal, &mut self.to_client);
                    }
                    Checkout::Refused(refusal) => return Err(Ending::Refused(refusal)),
                    Checkout::Retired => self.change_pool()?,
                },
            }
        }
        if at < input.len() {
            // What was carried stays where it is: a large message comes in many pieces.
            if is_joined {
                carry.drain(..at);
            } else {
                carry = take_spare();
                carry.extend_from_slice(bytes.get(at..).unwrap_or(&[]));
            }
            self.client.carry = carry;
        } else if is_joined {
            keep_spare(carry);
        }
        if was_midway {
            self.rest_late();
        }
        self.note_request(!bytes.is_empty());
        self.registration.entry.holds_statements(self.client.statement_count());
        Ok(())
    }

    fn write_server(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        let Some(server) = self.lease.as_mut().and_then(Lease::server) else {
            return Ok(false);
        };
        if self.to_server.is_empty() {
            return Ok(false);
        }
        match server.stream.poll_write(cx, &self.to_server) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(count)) => {
                used(&mut self.to_server, count);
                if self.to_server.is_empty() {
                    self.rest_late();
                }
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Refusal::server_lost(&error.to_string()).into()),
        }
    }

    fn read_server(&mut self, cx: &mut TaskContext<'_>) -> Result<bool, Ending> {
        let Some(server) = self.lease.as_mut().and_then(Lease::server) else {
            return Ok(false);
        };
        let mut answered = None;
        let mut ended = Ended::Nothing;
        let progress = with_buffer(|buffer| {
            let input: &[u8] = match server.stream.poll_read(cx, buffer) {
                Poll::Pending => return Ok(Progress::Nothing),
                Poll::Ready(Ok(0)) if server.state.is_ending() => return Err(Ending::Server),
                Poll::Ready(Ok(0)) => return Err(Refusal::server_lost("end of file").into()),
                Poll::Ready(Ok(count)) => buffer.get(..count).unwrap_or(&[]),
                Poll::Ready(Err(error)) => {
                    return Err(Refusal::server_lost(&error.to_string()).into());
                }
            };
            self.meter.sent(input.len());
            let mut output = Output::new(input, &mut self.to_client);
            from_server::take(
                &mut self.client,
                &mut server.state,
                &self.context.common.session,
                input,
                &mut output,
                &mut self.to_server,
            )
            .map_err(|error| session_refusal(&error))?;
            if let Some(counts) = server.state.take_answered() {
                ended = Ended::of(&counts);
                answered = self.meter.answered(&counts, server.state.standing());
            }
            self.holds_back = false;
            write_through(&mut self.stream, cx, output).map_err(Ending::Socket)?;
            if server.state.is_refused() {
                return Err(Refusal::transaction_in_statement_mode().into());
            }
            let is_done =
                server.state.is_idle() && self.to_server.is_empty() && !self.client.is_midway();
            Ok(if is_done { Progress::Idle } else { Progress::Some })
        })?;
        if self.client.listens() {
            self.attend();
        }
        if progress == Progress::Idle {
            self.rest(answered);
        }
        if progress != Progress::Nothing {
            self.note_answer(ended);
        }
        if progress != Progress::Nothing && std::mem::take(&mut self.is_held) {
            self.client_bytes(cx, &[])?;
        }
        Ok(progress != Progress::Nothing)
    }

    /// Give the server back if the pool's mode says so; `now` is known if a query has just been answered.
    fn release(&mut self, now: Option<Instant>) {
        let (mode, resets) = (self.pool.mode(), self.pool.resets());
        if mode == PoolMode::Session {
            return self.stay(mode);
        }
        if let Some(mut lease) = self.lease.take() {
            self.registration.entry.unlink(self.client.reported());
            if let Some(server) = lease.server() {
                server.grant.at = now;
            }
            if self.mode == PoolMode::Session {
                // A reload has changed the mode: what the session has left there is not the next client's business.
                lease.discard("pool_mode has changed");
            } else if resets {
                cleanup::reset(lease, &self.pool, &self.context.common);
            } else {
                lease.release();
            }
            self.client.released();
        }
        if self.to_client.is_empty() {
            self.to_client = Vec::new();
        }
        self.to_server = Vec::new();
    }
}
