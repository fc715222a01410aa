//! The settings that a client asks for when it logs in, and whether PostgreSQL accepts them.

use std::sync::Arc;

use super::{Door, Failure};
use crate::cleanup;
use crate::configuration::Configuration;
use crate::gateway::Context;
use crate::parameters::{self, Parameters};
use crate::pool::{Lease, Pool};
use crate::report::Refusal;
use crate::server::Server;
use crate::session::{ClientState, SessionError, Shared};

/// Settings that PgBouncer always carries, so that `ignore_startup_parameters` never meant them.
const ALWAYS_TRACKED: [&str; 5] =
    ["application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"];

/// What a client calls itself that does not say.
const NAMELESS: &str = "app";

/// The settings in a startup packet.
pub(super) struct Asked {
    pub(super) settings: Parameters,
    ignored: Vec<String>,
    tracked: Vec<String>,
}

fn contains(names: &[String], name: &str) -> bool {
    names.iter().any(|listed| listed.eq_ignore_ascii_case(name))
}

impl Asked {
    pub(super) fn new(configuration: &Configuration) -> Self {
        Self {
            settings: Parameters::default(),
            ignored: configuration.ignore_startup_parameters.clone(),
            tracked: configuration.track_extra_parameters.clone(),
        }
    }

    fn is_ignored(&self, name: &str) -> bool {
        contains(&self.ignored, name)
            && !contains(&self.tracked, name)
            && !ALWAYS_TRACKED.iter().any(|tracked| tracked.eq_ignore_ascii_case(name))
    }

    /// A startup parameter.
    pub(super) fn set(&mut self, name: &str, value: &[u8]) -> Result<(), Failure> {
        if self.is_ignored(name) {
            return Ok(());
        }
        if !parameters::is_safe_name(name) {
            return Err(Refusal::unsupported_startup(name, "this is no name of a setting").into());
        }
        self.settings.set(name, value);
        Ok(())
    }

    /// The settings in `options`. Where that is to be ignored, those that are carried anyway count.
    pub(super) fn options(&mut self, options: &str) -> Result<(), Failure> {
        let ignores_others = contains(&self.ignored, "options");
        let options = match parameters::parse_options(options) {
            Ok(options) => options,
            Err(_) if ignores_others => return Ok(()),
            Err(part) => return Err(Refusal::bad_options(&part).into()),
        };
        for (name, value) in options {
            let is_tracked = contains(&self.tracked, &name)
                || ALWAYS_TRACKED.iter().any(|tracked| tracked.eq_ignore_ascii_case(&name));
            if is_tracked || !ignores_others {
                self.set(&name, value.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Add where the client is to its `application_name`, if the configuration says so.
pub(super) fn add_host(settings: &mut Parameters, peer: &str, configuration: &Configuration) {
    if !configuration.application_name_add_host {
        return;
    }
    let name = settings.get("application_name").unwrap_or(NAMELESS.as_bytes());
    let name = [name, b" - ", peer.as_bytes()].concat();
    settings.set("application_name", &name);
}

/// The startup settings as PostgreSQL spells them, having accepted them, and what the client is told of the
/// server.
///
/// A server is needed only by the first client of a pool and the first with a setting not seen before.
pub(super) async fn prepare(
    door: &mut Door<'_>,
    pool: &Arc<Pool>,
    context: &Context,
    startup: &Arc<Parameters>,
) -> Result<(Arc<Parameters>, Arc<Parameters>), Failure> {
    let is_known = |name: &str, value: &[u8]| {
        accepts_anything(name) || pool.valid_setting(name, value).is_some()
    };
    let has_unknown = startup.iter().any(|(name, value)| !is_known(name, value));
    let mut lease = None;
    let welcome = if let Some(welcome) = pool.welcome() {
        welcome
    } else {
        let mut taken = door.checkout(pool).await?;
        let reported = taken.server().map(|server| Arc::clone(server.state.reported()));
        lease = Some(taken);
        reported.unwrap_or_default()
    };
    if has_unknown {
        let taken = match lease.take() {
            Some(taken) => taken,
            None => door.checkout(pool).await?,
        };
        let mut taken = try_settings(taken, context, startup).await?;
        if let Some(server) = taken.server() {
            let reported = server.state.reported();
            for (name, value) in startup.iter().filter(|(name, _)| !accepts_anything(name)) {
                pool.note_valid_setting(name, value, reported.get(name).unwrap_or(value));
            }
        }
        lease = Some(taken);
    }
    if let Some(lease) = lease {
        lease.release();
    }
    let (mut told, mut settings) = (Parameters::clone(&welcome), Parameters::clone(startup));
    for (name, value) in startup.iter() {
        if told.get(name).is_some() && !parameters::is_server_property(name) {
            // As PostgreSQL spells it: `UTF8` for `utf-8`, and `ISO, MDY` for `ISO`, which by itself would
            // mean something else after another client's `DMY`.
            let spelt = pool.valid_setting(name, value);
            let spelt = spelt.as_deref().unwrap_or(value);
            told.set(name, spelt);
            settings.set(name, spelt);
        }
    }
    let interner = &context.common.session.parameters;
    Ok((interner.intern(settings), interner.intern(told)))
}

/// Settings that PostgreSQL accepts whatever their value, and that are different in every program.
fn accepts_anything(name: &str) -> bool {
    name.eq_ignore_ascii_case("application_name")
}

/// Apply `startup` to a server to see whether PostgreSQL accepts it.
async fn try_settings(
    mut lease: Lease,
    context: &Context,
    startup: &Arc<Parameters>,
) -> Result<Lease, Failure> {
    let Some(server) = lease.server() else {
        return Err(Failure::Gone);
    };
    let session = &context.common.session;
    // First to the server's own settings: what some values mean depends on those before them.
    let result = match apply(server, session, &Arc::default()).await {
        Ok(()) => apply(server, session, startup).await,
        Err(error) => Err(error),
    };
    let result = match result {
        Ok(()) if server.state.is_restless() => apply(server, session, &Arc::default()).await,
        result => result,
    };
    match result {
        Ok(()) => Ok(lease),
        Err(SessionError::Setting { sqlstate, message }) => {
            server.state.set_applied(Arc::default());
            lease.release();
            Err(Refusal::setting_failed(&sqlstate, &message).into())
        }
        Err(error) => {
            let refusal = Refusal::server_lost(&error.to_string());
            lease.discard("lost while settings were applied");
            Err(refusal.into())
        }
    }
}

/// Give a server exactly these settings.
async fn apply(
    server: &mut Server,
    session: &Shared,
    settings: &Arc<Parameters>,
) -> Result<(), SessionError> {
    let reported = Arc::clone(server.state.reported());
    let mut nobody = ClientState::new(Arc::default(), Arc::clone(settings), reported);
    let mut out = Vec::new();
    server.state.link(&mut nobody, &mut out, &mut Vec::new());
    cleanup::exchange(server, &mut nobody, session, &out).await
}
