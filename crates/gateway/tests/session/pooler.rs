//! The session core between clients and models of PostgreSQL: does what the relay does, one step at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::parameters::Parameters;
use gateway::pins::Reason;
use gateway::session::from_client::{self, Next};
use gateway::session::output::Output;
use gateway::session::{ClientState, ServerState, SessionError, Shared, from_server};

use crate::postgres::Postgres;
use crate::replies::{Reply, take_replies};
use crate::transaction::Settings;

/// Settings of every new session.
pub(crate) fn defaults() -> Settings {
    let pairs = [("TimeZone", "Etc/UTC"), ("application_name", "")];
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A server and the two directions of its connection.
pub(crate) struct Server {
    pub(crate) postgres: Postgres,
    pub(crate) state: ServerState,
    /// Sent by the pooler, not read by PostgreSQL yet.
    pub(crate) requests: Vec<u8>,
    /// Sent by PostgreSQL, not read by the pooler yet.
    pub(crate) replies: Vec<u8>,
    holder: Option<usize>,
}

/// What a server has that outlives a transaction, or is believed to have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    settings: Settings,
    statements: usize,
    listening: BTreeSet<String>,
    is_tied: bool,
}

impl Server {
    /// What the pooler takes to be there.
    pub(crate) fn believed(&self) -> Standing {
        let defaults = &self.postgres.session.defaults;
        let applied = |(name, default): (&String, &String)| {
            let value = self.state.applied().get(name).map(String::from_utf8_lossy);
            (name.clone(), value.map_or_else(|| default.clone(), Into::into))
        };
        Standing {
            settings: defaults.iter().map(applied).collect(),
            statements: self.state.statement_count(),
            listening: BTreeSet::new(),
            // Of one that is somebody's, the client knows.
            is_tied: self.holder.is_some() && self.there().is_tied,
        }
    }

    /// What is there.
    pub(crate) fn there(&self) -> Standing {
        let session = &self.postgres.session;
        Standing {
            settings: session.settings.clone(),
            statements: self.statement_count(),
            listening: session.listening.clone(),
            is_tied: !session.ties.reasons().is_empty(),
        }
    }

    /// How many named statements PostgreSQL holds.
    pub(crate) fn statement_count(&self) -> usize {
        // A prelude's is gone as soon as it has run.
        let is_kept = |name: &&String| !name.is_empty() && *name != "forebay_prelude";
        self.postgres.session.statements.keys().filter(is_kept).count()
    }
}

/// A client and what it has received.
pub(crate) struct Client {
    pub(crate) state: ClientState,
    lease: Option<usize>,
    is_waiting: bool,
    is_held: bool,
    received: Vec<u8>,
}

/// Clients, servers, and what the pooler has in hand.
pub(crate) struct Pooler {
    pub(crate) shared: Shared,
    pub(crate) servers: Vec<Server>,
    pub(crate) clients: Vec<Client>,
    /// Where the search for a free server begins, so that clients move about.
    turn: usize,
}

impl Pooler {
    /// So many clients and servers, with `limit` prepared statements on each server.
    pub(crate) fn new(clients: usize, servers: usize, limit: usize) -> Self {
        let shared = Shared {
            max_prepared_statements: limit.into(),
            max_packet_size: i32::MAX.unsigned_abs().into(),
            ..Shared::default()
        };
        let mut parameters = Parameters::default();
        for (name, value) in defaults() {
            parameters.set(&name, value.as_bytes());
        }
        let reported = shared.parameters.intern(parameters);
        let server = |_| Server {
            postgres: Postgres::new(&defaults()),
            state: ServerState::new(Arc::clone(&reported)),
            requests: Vec::new(),
            replies: Vec::new(),
            holder: None,
        };
        let tracked = || {
            let mut state = ClientState::new(Arc::default(), Arc::default(), Arc::clone(&reported));
            state.tracking.turn(true);
            state
        };
        let client = |_| Client {
            state: tracked(),
            lease: None,
            is_waiting: false,
            is_held: false,
            received: Vec::new(),
        };
        Self {
            servers: (0..servers).map(server).collect(),
            clients: (0..clients).map(client).collect(),
            shared,
            turn: 0,
        }
    }

    /// `client` sends these bytes.
    pub(crate) fn send(&mut self, client: usize, bytes: &[u8]) -> Result<(), SessionError> {
        let Client { state, is_waiting, is_held, .. } = &mut self.clients[client];
        state.carry.extend_from_slice(bytes);
        if *is_waiting || *is_held {
            return Ok(());
        }
        let was_midway = state.is_midway();
        self.read_client(client)?;
        if was_midway { self.rest_late(client) } else { Ok(()) }
    }

    /// The end of a message has been sent on, perhaps behind the end of its transaction.
    fn rest_late(&mut self, index: usize) -> Result<(), SessionError> {
        let client = &mut self.clients[index];
        let Some(lease) = client.lease.filter(|_| !client.state.is_midway()) else {
            return Ok(());
        };
        let server = &mut self.servers[lease];
        if server.state.is_idle() {
            server.state.catch_up(&mut client.state, &self.shared, &mut server.requests);
        }
        if server.replies.is_empty() { self.release(lease) } else { Ok(()) }
    }

    fn read_client(&mut self, index: usize) -> Result<(), SessionError> {
        let client = &mut self.clients[index];
        let input = std::mem::take(&mut client.state.carry);
        let mut at = 0;
        loop {
            let client = &mut self.clients[index];
            let rest = &input[at..];
            let mut gathered = Vec::new();
            let mut output = Output::new(rest, &mut gathered);
            let server = client.lease.map(|lease| &mut self.servers[lease]);
            let (state, requests) = server.map(|s| (&mut s.state, &mut s.requests)).unzip();
            let (count, next) = from_client::take(
                &mut client.state,
                state,
                &self.shared,
                rest,
                &mut output,
                &mut client.received,
            )?;
            output.gather();
            if let Some(requests) = requests {
                requests.extend_from_slice(&gathered);
            } else {
                assert!(gathered.is_empty(), "bytes for a server when there is none");
            }
            at += count;
            match next {
                Next::More | Next::Terminate => break,
                Next::Hold => {
                    client.is_held = true;
                    break;
                }
                Next::Server if self.link(index) => {}
                Next::Server => {
                    self.clients[index].is_waiting = true;
                    break;
                }
            }
        }
        self.clients[index].state.carry = input[at..].to_vec();
        Ok(())
    }

    /// Lend the next free server to a client; `false` when there is none.
    fn link(&mut self, index: usize) -> bool {
        let count = self.servers.len();
        let mut turns = (0..count).map(|step| (self.turn + step) % count);
        let Some(free) = turns.find(|at| self.servers[*at].holder.is_none()) else {
            return false;
        };
        self.turn = free + 1;
        let (client, server) = (&mut self.clients[index], &mut self.servers[free]);
        assert!(client.lease.is_none(), "a client holds one server");
        server.state.link_safely(&mut client.state, &mut server.requests, &mut client.received);
        server.holder = Some(index);
        client.lease = Some(free);
        client.is_waiting = false;
        true
    }

    /// PostgreSQL reads at most `count` bytes of what a server's connection holds, and answers.
    pub(crate) fn serve(&mut self, server: usize, count: usize) {
        let server = &mut self.servers[server];
        let count = count.min(server.requests.len());
        let request: Vec<u8> = server.requests.drain(..count).collect();
        server.replies.extend(server.postgres.take(&request));
    }

    /// The pooler reads at most `count` bytes of what a server has answered.
    pub(crate) fn reply(&mut self, index: usize, count: usize) -> Result<(), SessionError> {
        let server = &mut self.servers[index];
        let count = count.min(server.replies.len());
        let Some(holder) = server.holder.filter(|_| count > 0) else {
            assert_eq!(count, 0, "a server at rest has sent something");
            return Ok(());
        };
        let reply: Vec<u8> = server.replies.drain(..count).collect();
        let client = &mut self.clients[holder];
        let mut gathered = Vec::new();
        let mut output = Output::new(&reply, &mut gathered);
        from_server::take(
            &mut client.state,
            &mut server.state,
            &self.shared,
            &reply,
            &mut output,
            &mut server.requests,
        )?;
        output.gather();
        client.received.extend_from_slice(&gathered);
        self.release(index)?;
        if std::mem::take(&mut self.clients[holder].is_held) {
            self.read_client(holder)
        } else {
            Ok(())
        }
    }

    /// Give a server back if nothing is under way.
    fn release(&mut self, index: usize) -> Result<(), SessionError> {
        let server = &mut self.servers[index];
        let Some(holder) = server.holder else {
            return Ok(());
        };
        let client = &mut self.clients[holder];
        let is_done =
            server.state.is_idle() && server.requests.is_empty() && !client.state.is_midway();
        if !is_done || client.state.tracking.pin().is_some() {
            return Ok(());
        }
        assert!(!client.state.tracking.leaves_traces(), "released with a question to be put");
        assert!(server.replies.is_empty(), "released with replies under way");
        assert!(server.postgres.is_at_rest(), "released in the middle of something");
        server.holder = None;
        client.lease = None;
        client.state.released();
        self.next_in_line()
    }

    fn next_in_line(&mut self) -> Result<(), SessionError> {
        match self.clients.iter().position(|client| client.is_waiting) {
            Some(waiting) if self.link(waiting) => self.read_client(waiting),
            _ => Ok(()),
        }
    }

    /// Let everything that has been sent arrive.
    pub(crate) fn settle(&mut self) -> Result<(), SessionError> {
        loop {
            while let Some(busy) = self
                .servers
                .iter()
                .position(|server| !server.requests.is_empty() || !server.replies.is_empty())
            {
                self.serve(busy, usize::MAX);
                self.reply(busy, usize::MAX)?;
            }
            if !self.listen() {
                return Ok(());
            }
        }
    }

    /// Somebody listens for a client from now on, if one waits for that.
    pub(crate) fn listen(&mut self) -> bool {
        self.servers.iter_mut().any(|server| {
            let holder = server.holder.and_then(|holder| self.clients.get_mut(holder));
            let wanted = holder.and_then(|client| client.state.take_wanted());
            if wanted.is_some() {
                server.state.put_mark(b"mark", 1, &mut server.requests);
            }
            wanted.is_some()
        })
    }

    /// What a client has received since the last call.
    pub(crate) fn take_replies(&mut self, client: usize) -> Vec<Reply> {
        take_replies(&mut self.clients[client].received)
    }

    /// [`Self::take_replies`], as the bytes that they are.
    pub(crate) fn take_bytes(&mut self, client: usize) -> Vec<u8> {
        std::mem::take(&mut self.clients[client].received)
    }

    /// Whether no client holds or awaits a server, and no server owes anything.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.clients.iter().all(|client| client.lease.is_none() && !client.is_waiting)
            && self.servers.iter().all(|server| {
                server.state.is_idle() && !server.state.is_busy() && server.postgres.is_at_rest()
            })
    }

    /// Whether no server owes anything, and nobody waits for one.
    pub(crate) fn is_quiet(&self) -> bool {
        let is_still = |server: &Server| {
            server.state.is_idle()
                && server.requests.is_empty()
                && server.replies.is_empty()
                && server.postgres.is_at_rest()
        };
        !self.clients.iter().any(|client| client.is_waiting || client.is_held)
            && self.servers.iter().all(is_still)
    }

    /// What is believed to tie a client.
    pub(crate) fn ties_of(&self, client: usize) -> Vec<Reason> {
        self.clients[client].state.tracking.reasons().iter().collect()
    }

    /// What ties a client.
    pub(crate) fn is_tied_by(&self, client: usize) -> Vec<Reason> {
        let server = self.clients[client].lease.map(|lease| &self.servers[lease]);
        server.map(|server| server.postgres.session.ties.reasons()).unwrap_or_default()
    }

    /// What a client is believed to listen on.
    pub(crate) fn hears(&self, client: usize) -> BTreeSet<String> {
        let names = self.clients[client].state.hears();
        names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// The replies a server owes, by the names of [`gateway::session::expect::Expect`]'s entries.
    pub(crate) fn owed(&self, server: usize) -> Vec<String> {
        let state = format!("{:#?}", self.servers[server].state);
        let (_, queue) = state.split_once("    expected: [\n").unwrap_or_default();
        queue
            .lines()
            .take_while(|line| *line != "    ],")
            .filter_map(|line| line.strip_prefix("        "))
            .filter(|line| line.starts_with(char::is_alphabetic))
            .map(|line| line.trim_end_matches(['(', ',']).to_owned())
            .collect()
    }
}
