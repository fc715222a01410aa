//! Learns from a server's replies what its settings are, and puts back what RESET takes back.

use std::sync::Arc;

use pgwire::backend;

use super::Session;
use crate::parameters::{self, Parameters};
use crate::session::SessionError;
use crate::session::expect::Expect;

impl Session<'_, '_, '_, '_> {
    /// Settings may have been taken back: to those that the client asked for at startup, then.
    pub(super) fn has_reset(&mut self, is_reset: bool) {
        if self.client.startup.is_empty() {
            return;
        }
        let knows = self.client.tracking.is_on;
        if if knows { !self.client.tracking.resets.is_empty() } else { is_reset } {
            self.server.resetting = true;
            self.forget_startup();
        }
    }

    /// Note what the server reports for the settings that were applied to it: a ROLLBACK may have taken them back.
    pub(super) fn apply_reported(&mut self) {
        let reported = &self.server.reported;
        let is_changed =
            |(name, value): (&str, &[u8])| reported.get(name).is_some_and(|now| now != value);
        if !self.server.applied.iter().any(is_changed) {
            return;
        }
        let mut applied = Parameters::clone(&self.server.applied);
        for (name, _) in self.server.applied.iter() {
            if let Some(now) = reported.get(name) {
                applied.set(name, now);
            }
        }
        self.server.set_applied(self.shared.parameters.intern(applied));
    }

    /// RESET has taken what the client asked for at startup, which PostgreSQL would have gone back to. Of what is
    /// not reported, and not named either where statements are not looked through, all is taken to be gone.
    fn forget_startup(&mut self) {
        let mut applied = Parameters::clone(&self.server.applied);
        let mut settings = Parameters::clone(&self.client.settings);
        for (name, value) in self.client.startup.iter() {
            let is_gone = !self.client.tracking.is_on || self.client.tracking.resets.has(name);
            if is_gone && self.server.reported.get(name).is_none() {
                applied.remove(name);
                if self.client.tracking.is_on {
                    settings.set(name, value);
                }
            }
        }
        self.server.set_applied(self.shared.parameters.intern(applied));
        self.client.settings = self.shared.parameters.intern(settings);
    }

    /// Put what the client asked for at startup in force where RESET has gone back behind it, and nothing else: the
    /// transaction may have changed more. Says whether that takes a query.
    pub(super) fn restore_startup(&mut self, was_discarding: bool) -> bool {
        let tracking = &self.client.tracking;
        // A simple query destroys the unnamed statement.
        self.server.unnamed_is_clients = false;
        if !tracking.is_on || was_discarding {
            let before = self.server.expected.len();
            let wanted = Arc::clone(&self.client.settings);
            self.server.apply(&wanted, self.to_server);
            return self.server.expected.len() > before;
        }
        let (mut wanted, mut applied) =
            (Parameters::default(), Parameters::clone(&self.server.applied));
        for (name, value) in
            self.client.startup.iter().filter(|(name, _)| tracking.resets.has(name))
        {
            wanted.set(name, value);
            applied.set(name, value);
        }
        let before = self.server.expected.len();
        let queries = parameters::put_difference(self.to_server, &Parameters::default(), &wanted);
        for _ in 0..queries {
            self.server.expected.push_back(Expect::HiddenQuery);
        }
        self.server.set_applied(self.shared.parameters.intern(applied));
        self.server.expected.len() > before
    }

    pub(super) fn parameter_status(
        &mut self,
        body: &[u8],
        is_hidden: bool,
    ) -> Result<bool, SessionError> {
        let (name, value) = backend::parameter_status(body)
            .map_err(|error| SessionError::Server(error.to_string()))?;
        let name = String::from_utf8_lossy(name);
        let mut reported = Parameters::clone(&self.server.reported);
        reported.set(&name, value);
        self.server.reported = self.shared.parameters.intern(reported);
        if is_hidden || self.server.discarding {
            return Ok(false);
        }
        let is_reset = !self.client.tracking.is_on || self.client.tracking.resets.has(&name);
        if self.server.resetting
            && is_reset
            && let Some(startup) = self.client.startup.get(&name)
        {
            let mut settings = Parameters::clone(&self.client.settings);
            settings.set(&name, startup);
            self.client.settings = self.shared.parameters.intern(settings);
            let mut applied = Parameters::clone(&self.server.applied);
            applied.set(&name, value);
            self.server.set_applied(self.shared.parameters.intern(applied));
            return Ok(false);
        }
        if name.eq_ignore_ascii_case("client_encoding") {
            self.client.tracking.spells_differently(&self.client.settings);
        }
        if !parameters::is_server_property(&name) && parameters::is_safe_name(&name) {
            let mut settings = Parameters::clone(&self.client.settings);
            settings.set(&name, value);
            let is_same = Arc::ptr_eq(&self.client.settings, &self.server.applied);
            self.client.settings = self.shared.parameters.intern(settings);
            self.server.set_applied(if is_same {
                Arc::clone(&self.client.settings)
            } else {
                let mut applied = Parameters::clone(&self.server.applied);
                applied.set(&name, value);
                self.shared.parameters.intern(applied)
            });
        }
        self.client.reported = Arc::clone(&self.server.reported);
        Ok(true)
    }
}
