//! Exchanging the configuration while clients work: all of it, or nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clients::When;
use crate::configuration::Configuration;
use crate::error::StartError;
use crate::gateway::{Context, Gateway};
use crate::log;
use crate::report::Refusal;
use crate::tls::Tls;

/// What a reload came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reloaded {
    /// Settings with a new value, which holds from now on.
    pub changed: Vec<String>,
    /// Settings with a new value that only a restart brings; they keep the running one.
    pub needs_restart: Vec<String>,
}

impl Reloaded {
    /// `{"changed": [...], "needs_restart": [...]}`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Names the settings that only a restart brings.
macro_rules! restart_only {
    ($($field:ident),+ $(,)?) => {
        /// Settings that only a restart brings.
        pub const NEEDS_RESTART: &[&str] = &[$(stringify!($field)),+];

        impl Configuration {
            /// Take over from `running` what only a restart brings.
            fn keep_until_restart(&mut self, running: &Self) {
                $(self.$field.clone_from(&running.$field);)+
            }
        }
    };
}

restart_only!(
    listen_addr,
    listen_port,
    unix_socket_dir,
    unix_socket_mode,
    workers,
    listen_backlog,
    tcp_defer_accept,
);

impl Gateway {
    /// Exchange the configuration. Clients, transactions and servers whose settings are the same go on.
    ///
    /// # Errors
    /// [`StartError`]: nothing has changed then.
    pub fn reload(&self, configuration: Configuration) -> Result<Reloaded, StartError> {
        self.context().reload(configuration)
    }
}

impl Context {
    /// [`Gateway::reload`].
    ///
    /// # Errors
    /// [`StartError`]: nothing has changed then.
    pub fn reload(&self, configuration: Configuration) -> Result<Reloaded, StartError> {
        let _one_at_a_time = self.reloading();
        let reloaded = self.put_in_force(configuration);
        self.stats.reloads.note(reloaded.is_ok());
        reloaded
    }

    fn put_in_force(&self, mut configuration: Configuration) -> Result<Reloaded, StartError> {
        let running = self.common.configuration().clone();
        // Whatever can fail comes first.
        configuration.check()?;
        let (mut changed, mut needs_restart) = (Vec::new(), Vec::new());
        for name in differences(&running, &configuration) {
            let bucket =
                if NEEDS_RESTART.contains(&&*name) { &mut needs_restart } else { &mut changed };
            bucket.push(name);
        }
        configuration.keep_until_restart(&running);
        let users = self
            .users()
            .renewed(&configuration.users)
            .map_err(|error| StartError::Configuration { message: error.to_string() })?;
        // Read again even where no setting has changed: the files may have.
        let tls = Tls::from_configuration(&configuration)?;

        // From here on nothing fails.
        if running.log_level != configuration.log_level {
            log::set_level(&configuration.log_level);
        }
        let session = &self.common.session;
        session
            .max_prepared_statements
            .store(configuration.max_prepared_statements, Ordering::Relaxed);
        session.max_packet_size.store(configuration.max_packet_size, Ordering::Relaxed);
        session.disable_pqexec.store(configuration.disable_pqexec, Ordering::Relaxed);
        let (users, configuration) = (Arc::new(users), Arc::new(configuration));
        self.exchange(&users, &configuration);
        self.common.exchange_tls(tls);
        self.pools.reconfigure(&running, &configuration, &users);
        self.clients.send_away(When::Idle, |seat| {
            let is_gone = configuration.database(&seat.database).is_none();
            is_gone.then(|| Refusal::database_removed(&seat.database))
        });
        tracing::info!(
            changed = changed.join(","),
            needs_restart = needs_restart.join(","),
            "configuration reloaded"
        );
        Ok(Reloaded { changed, needs_restart })
    }
}

/// The names of the settings that are not the same in both.
fn differences(before: &Configuration, now: &Configuration) -> Vec<String> {
    let (old, new) = (values(before), values(now));
    let is_same = |name: &str| match name {
        // Passwords look all the same once written.
        "users" => before.users == now.users,
        "databases" => before.databases == now.databases,
        _ => old.get(name) == new.get(name),
    };
    new.keys().filter(|name| !is_same(name)).cloned().collect()
}

fn values(configuration: &Configuration) -> Map<String, Value> {
    match serde_json::to_value(configuration) {
        Ok(Value::Object(values)) => values,
        // A configuration is always an object.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Configuration {
        Configuration::from_json(text).unwrap()
    }

    #[test]
    fn finds_each_change_by_its_name_and_passwords_too() {
        let database = r#""databases":[{"name":"*","host":"h","password":"one"}]"#;
        let before = read(&format!("{{{database}}}"));
        assert_eq!(differences(&before, &before.clone()), Vec::<String>::new());
        for (text, name) in [
            (format!(r#"{{{database},"log_level":"debug"}}"#), "log_level"),
            (format!(r#"{{{database},"query_wait_timeout":0.5}}"#), "query_wait_timeout"),
            (format!(r#"{{{database},"users":[{{"name":"a"}}]}}"#), "users"),
            (format!("{{{}}}", database.replace("one", "two")), "databases"),
        ] {
            assert_eq!(differences(&before, &read(&text)), [name]);
        }
    }

    #[test]
    fn what_needs_a_restart_are_names_of_settings() {
        let values = values(&Configuration::default());
        for name in NEEDS_RESTART {
            assert!(values.contains_key(*name), "{name}");
        }
    }
}
