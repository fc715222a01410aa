//! Makes a client's settings those of the server it is given, and tells it what it does not know.

use std::sync::Arc;

use pgwire::backend;

use super::expect::Expect;
use super::sequences::FORGET;
use super::{ClientState, ServerState, Shared, restless};
use crate::parameters::{self, Parameters};

/// How often a client's settings are made.
const REPLAYS: u8 = 4;

/// How far a client's settings are on their way to its server.
///
/// | from | to | when |
/// |---|---|---|
/// | `Done` | `UnderWay` | a server with other settings is given to a client |
/// | `UnderWay` | `UnderWay` | a cancel or a time limit has hit it: once more |
/// | `UnderWay` | `Acknowledged` | PostgreSQL has made them |
/// | `Acknowledged` | `Done` | the client's first message is sent |
/// | `Done` | `Calming` | what would end the server at rest is taken back, behind a transaction |
/// | `Calming` | `Calming` | a cancel or a time limit has hit it: once more |
/// | `Calming` | `Done` | PostgreSQL has taken it back |
#[derive(Debug)]
pub(super) enum Replay {
    /// Nothing is held back.
    Done,
    /// The client's messages are held back.
    UnderWay {
        /// What the server had.
        before: Arc<Parameters>,
        attempts: u8,
    },
    /// The client's messages are held back, for another server.
    Calming {
        /// What the server had.
        before: Arc<Parameters>,
        /// What it is to rest with.
        wanted: Arc<Parameters>,
        attempts: u8,
    },
    /// The client's message goes next: the server is not idle, although it owes nothing.
    Acknowledged,
}

impl ServerState {
    /// Give this server to `client`: append to `to_server` what makes its settings the client's, and to
    /// `to_client` what the client has not been told yet.
    pub fn link(
        &mut self,
        client: &mut ClientState,
        to_server: &mut Vec<u8>,
        to_client: &mut Vec<u8>,
    ) {
        self.unnamed_is_clients = false;
        self.drawn.link(client);
        if !Arc::ptr_eq(&self.applied, &client.settings) {
            self.apply(&Arc::clone(&client.settings), to_server);
        }
        if self.drawn.must_be_cleaned(client) {
            self.forget_numbers(client, to_server);
        }
        if self.expected.is_empty() {
            self.tell(client, |message| to_client.extend_from_slice(message));
        }
    }

    /// Append what makes `settings` those of the session.
    pub(super) fn apply(&mut self, settings: &Arc<Parameters>, to_server: &mut Vec<u8>) {
        let queries = parameters::put_difference(to_server, &self.applied, settings);
        for _ in 0..queries {
            self.expected.push_back(Expect::HiddenQuery);
        }
        self.set_applied(Arc::clone(settings));
    }

    /// [`Self::link`], for a client whose messages must not be run before its settings are known to be in force:
    /// they are held back until then.
    pub fn link_safely(
        &mut self,
        client: &mut ClientState,
        to_server: &mut Vec<u8>,
        to_client: &mut Vec<u8>,
    ) {
        // Mostly they are what they were, and there is nothing to be kept.
        let before =
            (!Arc::ptr_eq(&self.applied, &client.settings)).then(|| Arc::clone(&self.applied));
        self.link(client, to_server, to_client);
        if self.expected.is_empty() {
            return;
        }
        let before = before.unwrap_or_else(|| Arc::clone(&client.settings));
        let is_cosmetic =
            || parameters::differ_only_in(&before, &client.settings, "application_name");
        if Arc::ptr_eq(&before, &client.settings) || !is_cosmetic() {
            self.replay = Replay::UnderWay { before, attempts: 1 };
        }
    }

    /// Whether the client's messages are held back until settings have been made.
    pub(super) fn is_held_back(&self) -> bool {
        matches!(self.replay, Replay::UnderWay { .. } | Replay::Calming { .. })
    }

    /// The settings of a client, or of a server at rest, have been made, if that was under way.
    pub(super) fn note_replayed(&mut self) {
        if !self.expected.is_empty() {
            return;
        }
        match self.replay {
            Replay::UnderWay { .. } => self.replay = Replay::Acknowledged,
            Replay::Calming { .. } => self.replay = Replay::Done,
            Replay::Done | Replay::Acknowledged => {}
        }
    }

    /// Make settings once more where a cancel or a time limit that was meant for something else has hit
    /// that; `false` where they cannot be made.
    pub(super) fn replays_again(
        &mut self,
        sqlstate: &str,
        settings: &Arc<Parameters>,
        to_server: &mut Vec<u8>,
    ) -> bool {
        let (before, wanted, attempts) = match &self.replay {
            Replay::UnderWay { before, attempts } => (before, settings, attempts),
            Replay::Calming { before, wanted, attempts } => (before, wanted, attempts),
            Replay::Done | Replay::Acknowledged => return false,
        };
        if sqlstate != "57014" || *attempts >= REPLAYS || !self.expected.is_empty() {
            return false;
        }
        let (attempts, wanted) = (attempts + 1, Arc::clone(wanted));
        // The last client's limit counts until it is taken away.
        let mut applied = Parameters::clone(before);
        pgwire::frontend::put_query(to_server, b"SET statement_timeout = 0");
        self.expected.push_back(Expect::HiddenQuery);
        applied.set("statement_timeout", b"0");
        self.set_applied(Arc::new(applied));
        let before = Arc::clone(&self.applied);
        let is_for_client = matches!(self.replay, Replay::UnderWay { .. });
        self.replay = match self.replay {
            Replay::Calming { .. } => {
                Replay::Calming { before, wanted: Arc::clone(&wanted), attempts }
            }
            _ => Replay::UnderWay { before, attempts },
        };
        self.apply(&wanted, to_server);
        if is_for_client && self.drawn.forgets() {
            self.put_hidden_query(FORGET, to_server);
        }
        true
    }

    /// Take back, behind its client's transaction, what might end the server while it is at rest or the next client's
    /// settings are made.
    pub(super) fn calm(&mut self, client: &ClientState, shared: &Shared, to_server: &mut Vec<u8>) {
        let tracking = &client.tracking;
        let leaves =
            client.is_gone || (tracking.is_on && !tracking.stays && tracking.pin().is_none());
        if !self.is_restless || !leaves || !matches!(self.replay, Replay::Done) {
            return;
        }
        let before = Arc::clone(&self.applied);
        let wanted = shared.parameters.intern(restless::without(&before));
        self.replay = Replay::Calming { before, wanted: Arc::clone(&wanted), attempts: 1 };
        self.apply(&wanted, to_server);
        // A simple query destroys the unnamed statement.
        self.unnamed_is_clients = false;
    }

    /// Whether the server might end while it is at rest.
    pub fn is_restless(&self) -> bool {
        self.is_restless
    }

    /// The client is gone, and nothing is held back for it any more.
    pub fn abandon(&mut self) {
        self.replay = Replay::Done;
        self.expected.retain(|entry| !matches!(entry, Expect::Listener));
    }

    /// Tell the client what it does not know of the server's reported parameters.
    pub(super) fn tell(&self, client: &mut ClientState, mut emit: impl FnMut(&[u8])) {
        if Arc::ptr_eq(&self.reported, &client.reported) {
            return;
        }
        for (name, value) in self.reported.iter() {
            if client.reported.get(name) != Some(value) {
                let mut message = Vec::new();
                backend::put_parameter_status(&mut message, name.as_bytes(), value);
                emit(&message);
            }
        }
        client.reported = Arc::clone(&self.reported);
    }
}
