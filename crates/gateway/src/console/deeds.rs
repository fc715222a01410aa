//! Commands that change something or wait for something.

use std::sync::Arc;

use super::refusal;
use super::tables::is_changeable;
use crate::control::Shutdown;
use crate::gateway::Context;
use crate::reloader::{self, Request};
use crate::report::Refusal;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// `SET key = value`
    Set,
    /// `RELOAD`
    Reload,
    /// `PAUSE [db]`
    Pause,
    /// `RESUME [db]`
    Resume,
    /// `DISABLE db`
    Disable,
    /// `ENABLE db`
    Enable,
    /// `RECONNECT [db]`
    Reconnect,
    /// `KILL [db]`
    Kill,
    /// `KILL_CLIENT id`
    KillClient,
    /// `SUSPEND`
    Suspend,
    /// `SHUTDOWN [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]`
    Shutdown,
    /// `WAIT_CLOSE [db]`
    WaitClose,
}

/// What stands behind a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The word behind it, or the setting's name.
    pub first: Option<String>,
    /// The setting's value.
    pub value: String,
}

/// The mode of SHUTDOWN called that.
pub fn shutdown_mode(name: &str) -> Option<Shutdown> {
    [("WAIT_FOR_SERVERS", Shutdown::WaitForServers), ("WAIT_FOR_CLIENTS", Shutdown::WaitForClients)]
        .into_iter()
        .find_map(|(known, mode)| known.eq_ignore_ascii_case(name).then_some(mode))
}

/// Do it; returns the tag to report it by, where that is not the command's first word.
///
/// # Cancel safety
/// What has begun goes on when this is dropped.
pub async fn run(
    context: &Arc<Context>,
    deed: Deed,
    arguments: &Arguments,
) -> Result<Option<String>, Box<Refusal>> {
    let first = arguments.first.as_deref();
    match deed {
        Deed::Set => return set(context, first.unwrap_or_default(), &arguments.value).await,
        Deed::Reload => reloader::exchange(context, Request::Reload)
            .await
            .map_err(|why| refusal::reload_failed(&why))?,
        Deed::Pause => context.pause(first).await?,
        Deed::Resume => context.resume(first)?,
        Deed::Disable => context.disable(required(first)?)?,
        Deed::Enable => context.enable(required(first)?)?,
        Deed::Reconnect => context.reconnect(first)?,
        Deed::Kill => context.kill(first)?,
        Deed::KillClient => kill_client(context, first.unwrap_or_default())?,
        Deed::Suspend => context.suspend()?,
        Deed::Shutdown => {
            let mode = first.and_then(shutdown_mode).unwrap_or(Shutdown::Immediate);
            context.shutdown(mode);
            if mode == Shutdown::Immediate {
                // The end of the connection is the answer, as in PgBouncer.
                std::future::pending::<()>().await;
            }
        }
        Deed::WaitClose => context.wait_close(first).await?,
    }
    Ok(None)
}

fn required(database: Option<&str>) -> Result<&str, Box<Refusal>> {
    database.ok_or_else(|| Box::new(refusal::database_required()))
}

fn kill_client(context: &Context, number: &str) -> Result<(), Box<Refusal>> {
    let number: u64 = number.parse().map_err(|_| refusal::invalid_client())?;
    // No client has a larger one.
    context.kill_client(u32::try_from(number).unwrap_or(u32::MAX))
}

async fn set(
    context: &Arc<Context>,
    name: &str,
    value: &str,
) -> Result<Option<String>, Box<Refusal>> {
    if !is_changeable(name) {
        let why = format!("{name} is read once, when the gateway starts");
        return Err(Box::new(refusal::set_failed(&why)));
    }
    let request = Request::Set { name: name.to_owned(), value: value.to_owned() };
    let exchanged = reloader::exchange(context, request).await;
    exchanged.map_err(|why| refusal::set_failed(&why))?;
    Ok(Some(format!("SET {name}={value}")))
}
