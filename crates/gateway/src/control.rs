//! What an administrator can ask of a running gateway: PgBouncer's commands as plain calls, without a protocol.
//!
//! Meanings and the texts of refusals are PgBouncer's. A database is meant by the name its clients know it by.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clients::When;
use crate::gateway::{Context, Gateway, Phase};
use crate::pool::Pool;
use crate::report::Refusal;

/// The name of the database that stands for the pooler itself.
pub const ADMIN_DATABASE: &str = "pgbouncer";

/// What SHUTDOWN waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Nothing.
    Immediate,
    /// Every transaction, or session where servers are held as long; nobody gets another server meanwhile.
    WaitForServers,
    /// Every client.
    WaitForClients,
}

/// What a command comes to.
pub type Outcome = Result<(), Box<Refusal>>;

impl Context {
    /// PAUSE: lend no server of this database, or of any, and wait until every one is closed. Clients wait in
    /// line meanwhile, at most `query_wait_timeout`.
    ///
    /// # Errors
    /// It is paused already, there is no such database, or RESUME or a shutdown came before the end.
    ///
    /// # Cancel safety
    /// When this is dropped the pause goes on: [`Context::resume`] ends it.
    pub async fn pause(&self, database: Option<&str>) -> Outcome {
        self.begin_pause(database)?;
        self.wait_paused(database).await
    }

    /// The first part of PAUSE: lend no server from now on. Returns at once.
    ///
    /// # Errors
    /// It is paused already, or there is no such database.
    pub fn begin_pause(&self, database: Option<&str>) -> Outcome {
        log_command("PAUSE", database);
        let mut pools = self.pools.lock();
        if pools.is_paused || pools.is_ending {
            return refused("already suspended/paused", "RESUME ends a pause");
        }
        match database {
            None => pools.is_paused = true,
            Some(name) => {
                self.check_name(name, "pause")?;
                pools.paused.insert(name.to_owned());
            }
        }
        for pool in pools.current().filter(|pool| is_meant(pool, database)) {
            pool.pause();
        }
        Ok(())
    }

    /// The second part of PAUSE: wait until every server is closed.
    ///
    /// # Errors
    /// RESUME or a shutdown came before that.
    ///
    /// # Cancel safety
    /// Nothing is lost when this is dropped.
    pub async fn wait_paused(&self, database: Option<&str>) -> Outcome {
        self.until(|| {
            let is_paused = {
                let pools = self.pools.lock();
                match database {
                    None => pools.is_paused || pools.is_ending,
                    Some(name) => pools.is_paused(name),
                }
            };
            if !is_paused {
                refused("PAUSE was ended by RESUME", "some servers may not have been released")?;
            }
            Ok(self.servers(database).0 == 0)
        })
        .await
    }

    /// RESUME: lend again after a PAUSE or KILL of the same extent.
    ///
    /// # Errors
    /// It is not paused, servers are lent no more before the end, or there is no such database.
    pub fn resume(&self, database: Option<&str>) -> Outcome {
        log_command("RESUME", database);
        let mut pools = self.pools.lock();
        match database {
            // One that waits for clients would wait for ever for those that wait for this.
            None if pools.is_ending || self.common.phase() > Phase::Closing => {
                return refused("pooler is shutting down", "");
            }
            None if !pools.is_paused && self.common.phase() == Phase::Closing => {
                return refused("pooler is shutting down", "nothing is paused");
            }
            None if !pools.is_paused => {
                return refused(
                    "pooler is not paused/suspended",
                    "a database that was paused by name is resumed by name",
                );
            }
            None => pools.is_paused = false,
            Some(name) => {
                if !self.is_known(name, pools.knows(name)) {
                    return no_such_database(name);
                }
                if !pools.paused.remove(name) {
                    return refused(&format!("database {name} is not paused"), "");
                }
            }
        }
        for pool in pools.current().filter(|pool| is_meant(pool, database)) {
            if !pools.is_paused(&pool.database) {
                pool.resume();
            }
        }
        drop(pools);
        // Whoever waits for the pause.
        self.common.servers_changed.notify_waiters();
        Ok(())
    }

    /// DISABLE: refuse new clients of this database.
    ///
    /// # Errors
    /// There is no such database.
    pub fn disable(&self, database: &str) -> Outcome {
        log_command("DISABLE", Some(database));
        self.check_name(database, "disable")?;
        self.pools.lock().disabled.insert(database.to_owned());
        Ok(())
    }

    /// ENABLE: let new clients in again.
    ///
    /// # Errors
    /// There is no such database.
    pub fn enable(&self, database: &str) -> Outcome {
        log_command("ENABLE", Some(database));
        let mut pools = self.pools.lock();
        if database != ADMIN_DATABASE && !self.is_known(database, pools.knows(database)) {
            return no_such_database(database);
        }
        self.check_name(database, "disable")?;
        pools.disabled.remove(database);
        Ok(())
    }

    /// Whether this database is under DISABLE.
    pub fn is_disabled(&self, database: &str) -> bool {
        self.pools.lock().disabled.contains(database)
    }

    /// Whether clients of this database wait for RESUME.
    pub fn is_paused(&self, database: &str) -> bool {
        self.pools.lock().is_paused(database)
    }

    /// Whether clients of every database wait for RESUME.
    pub fn is_all_paused(&self) -> bool {
        self.pools.lock().is_paused
    }

    /// RECONNECT: close each server of this database, or of all, when it is released.
    ///
    /// # Errors
    /// There is no such database.
    pub fn reconnect(&self, database: Option<&str>) -> Outcome {
        log_command("RECONNECT", database);
        if let Some(name) = database {
            self.check_name(name, "reconnect")?;
        }
        for pool in self.pools.lock().current().filter(|pool| is_meant(pool, database)) {
            pool.reconnect();
        }
        Ok(())
    }

    /// KILL: drop every client and server of this database, or of all, and let nobody have another server until
    /// RESUME of that database.
    ///
    /// # Errors
    /// The pooler is paused, or there is no such database.
    pub fn kill(&self, database: Option<&str>) -> Outcome {
        log_command("KILL", database);
        let mut pools = self.pools.lock();
        if pools.is_paused || pools.is_ending {
            return refused("already suspended/paused", "RESUME ends a pause");
        }
        let names: BTreeSet<String> = match database {
            None => pools.current().map(|pool| pool.database.clone()).collect(),
            Some(name) => {
                self.check_name(name, "kill")?;
                [name.to_owned()].into()
            }
        };
        for pool in pools.current().filter(|pool| names.contains(&pool.database)) {
            pool.pause();
            pool.refuse_line(&Refusal::database_killed(&pool.database));
        }
        pools.paused.extend(names.iter().cloned());
        drop(pools);
        self.clients.send_away(When::AtOnce, |seat| {
            let is_meant = names.contains(&*seat.database);
            is_meant.then(|| Refusal::database_killed(&seat.database))
        });
        Ok(())
    }

    /// KILL_CLIENT: drop a client, and the server it holds, or an operator.
    ///
    /// # Errors
    /// There is no such client.
    pub fn kill_client(&self, id: u32) -> Outcome {
        tracing::info!(client = id, "KILL_CLIENT command issued");
        match self.clients.get(id) {
            Some(entry) if entry.facts.get().is_some() || entry.seat.get().is_some() => {
                entry.send_away(When::AtOnce, Refusal::client_killed());
                Ok(())
            }
            _ => refused("client not found", "SHOW CLIENTS lists the clients with their ids"),
        }
    }

    /// WAIT_CLOSE: wait until every server that RECONNECT or a reload has made obsolete is closed.
    ///
    /// # Errors
    /// There is no such database, or a shutdown came before the end.
    ///
    /// # Cancel safety
    /// Nothing is lost when this is dropped.
    pub async fn wait_close(&self, database: Option<&str>) -> Outcome {
        log_command("WAIT_CLOSE", database);
        if let Some(name) = database {
            self.check_name(name, "wait in")?;
        }
        self.until(|| Ok(self.servers(database).1 == 0)).await
    }

    /// SUSPEND: not to be had, since no other process takes the sockets over.
    ///
    /// # Errors
    /// Always.
    pub fn suspend(&self) -> Outcome {
        log_command("SUSPEND", None);
        let pools = self.pools.lock();
        if pools.is_paused || pools.is_ending {
            return refused("already suspended/paused", "RESUME ends a pause");
        }
        if !pools.paused.is_empty() {
            return refused("cannot suspend with paused databases", "RESUME them first");
        }
        Err(Box::new(Refusal::not_supported(
            "SUSPEND is not supported: no other process could take over the sockets",
            "PAUSE waits for the servers to be released",
        )))
    }

    /// SHUTDOWN. Returns at once.
    pub fn shutdown(&self, how: Shutdown) {
        log_command(
            match how {
                Shutdown::Immediate => "SHUTDOWN",
                Shutdown::WaitForServers => "SHUTDOWN WAIT_FOR_SERVERS",
                Shutdown::WaitForClients => "SHUTDOWN WAIT_FOR_CLIENTS",
            },
            None,
        );
        self.is_asked_to_end.store(true, Ordering::Relaxed);
        if how == Shutdown::Immediate {
            return self.advance(Phase::Stopping);
        }
        if how == Shutdown::WaitForServers {
            let mut pools = self.pools.lock();
            pools.is_ending = true;
            for pool in pools.current() {
                pool.end();
            }
        }
        self.advance(Phase::Closing);
    }

    /// Whether what a shutdown waits for has come.
    pub(crate) fn has_shut_down(&self) -> bool {
        if self.common.phase() != Phase::Closing {
            return false;
        }
        let clients = self.clients.without_operators();
        let is_ending = self.pools.lock().is_ending;
        clients == 0 || (is_ending && self.servers(None).0 == 0)
    }

    /// How many servers there are of this database, or of all, and how many of them are to be closed.
    fn servers(&self, database: Option<&str>) -> (usize, usize) {
        let pools = self.pools.all();
        let meant = pools.iter().filter(|pool| is_meant(pool, database));
        meant.map(|pool| pool.servers()).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Wait until `is_done`, which is asked again whenever servers or pauses change.
    async fn until(&self, is_done: impl Fn() -> Result<bool, Box<Refusal>>) -> Outcome {
        loop {
            let changed = self.common.servers_changed.notified();
            if is_done()? {
                return Ok(());
            }
            if self.common.phase() == Phase::Stopping {
                return refused("pooler is shutting down", "");
            }
            changed.await;
        }
    }

    /// Whether a command can be about that database.
    fn check_name(&self, name: &str, verb: &str) -> Outcome {
        if name == ADMIN_DATABASE {
            return refused(&format!("cannot {verb} admin db: {name}"), "name another database");
        }
        if self.common.configuration().database(name).is_none() {
            return no_such_database(name);
        }
        Ok(())
    }

    /// Whether there is that database: an automatic one only once it has been used.
    fn is_known(&self, name: &str, is_in_use: bool) -> bool {
        let configuration = self.common.configuration();
        name == ADMIN_DATABASE
            || configuration.database(name).is_some()
                && (is_in_use || !configuration.is_automatic(name))
    }
}

/// For callers without a runtime, such as a handler of signals.
impl Gateway {
    /// [`Context::pause`], waiting for at most `timeout`; `false` when that passed first, and the pause goes on.
    ///
    /// # Errors
    /// Those of [`Context::pause`].
    pub fn pause(
        &self,
        database: Option<&str>,
        timeout: Option<Duration>,
    ) -> Result<bool, Box<Refusal>> {
        let context = self.context();
        context.begin_pause(database)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| Box::new(Refusal::command(&format!("cannot wait: {error}"), "")))?;
        let paused = context.wait_paused(database);
        runtime.block_on(async {
            match timeout {
                None => paused.await.map(|()| true),
                Some(timeout) => match tokio::time::timeout(timeout, paused).await {
                    Ok(outcome) => outcome.map(|()| true),
                    Err(_) => Ok(false),
                },
            }
        })
    }

    /// [`Context::resume`].
    ///
    /// # Errors
    /// Those of [`Context::resume`].
    pub fn resume(&self, database: Option<&str>) -> Outcome {
        self.context().resume(database)
    }
}

fn is_meant(pool: &Arc<Pool>, database: Option<&str>) -> bool {
    database.is_none_or(|name| pool.database == name)
}

fn log_command(command: &str, database: Option<&str>) {
    let target = database.map(|name| format!(" '{name}'")).unwrap_or_default();
    tracing::info!("{command}{target} command issued");
}

fn refused(message: &str, hint: &str) -> Outcome {
    Err(Box::new(Refusal::command(message, hint)))
}

fn no_such_database(name: &str) -> Outcome {
    refused(&format!("no such database: {name}"), "SHOW DATABASES lists them")
}
