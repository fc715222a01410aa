//! Commands that change something or wait for something.

use std::sync::Arc;

use super::refusal;
use crate::gateway::Context;
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

/// What a SHUTDOWN waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    Immediate,
    WaitForServers,
    WaitForClients,
}

/// The mode of SHUTDOWN called that.
pub fn shutdown_mode(name: &str) -> Option<Shutdown> {
    [("WAIT_FOR_SERVERS", Shutdown::WaitForServers), ("WAIT_FOR_CLIENTS", Shutdown::WaitForClients)]
        .into_iter()
        .find_map(|(known, mode)| known.eq_ignore_ascii_case(name).then_some(mode))
}

/// Do it; returns the tag to report it by, where that is not the command's first word.
pub async fn run(
    _context: &Arc<Context>,
    _deed: Deed,
    _arguments: &Arguments,
) -> Result<Option<String>, Box<Refusal>> {
    Err(Box::new(refusal::not_supported("not built yet", "")))
}
