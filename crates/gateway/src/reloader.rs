//! Asks whoever started the gateway for a new configuration, and exchanges it: the console's RELOAD and SET.
//!
//! Files are read, checked and explained outside the data plane. The question goes out on a thread of its own, so
//! that no worker waits for it; one question at a time, so that no answer overtakes a later one.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::configuration::Configuration;
use crate::gateway::Context;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What the files say now.
    Reload,
    /// The configuration in force with one setting changed, until the next restart.
    Set {
        /// The setting.
        name: String,
        /// Its value, as a file would have it.
        value: String,
    },
}

/// Answers with a configuration as JSON text, with nothing where it has handed it over itself, or says why there is
/// none.
pub type Callback = Arc<dyn Fn(Request) -> Result<Option<String>, String> + Send + Sync>;

/// The way to whoever started the gateway.
#[derive(Default)]
pub struct Reloader {
    callback: Mutex<Option<Callback>>,
    asking: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reloader").finish_non_exhaustive()
    }
}

impl Reloader {
    /// Ask `callback` from now on, or nobody.
    pub fn new(callback: Option<Callback>) -> Self {
        Self { callback: Mutex::new(callback), asking: tokio::sync::Mutex::default() }
    }

    /// Ask nobody any more: what the callback holds may hold the gateway.
    pub fn forget(&self) {
        let callback = self.callback.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(callback);
    }
}

/// Ask for a configuration and exchange it.
///
/// # Errors
/// Why there is none, or why it was refused; nothing has changed then.
///
/// # Cancel safety
/// When this is dropped after the question has gone out, the exchange may take place yet.
pub async fn exchange(context: &Arc<Context>, request: Request) -> Result<(), String> {
    let reloader = &context.reloader;
    let _one_at_a_time = reloader.asking.lock().await;
    let callback = reloader.callback.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let callback = callback.ok_or(NOBODY)?;
    let (answer, answered) = oneshot::channel();
    let context = Arc::clone(context);
    let ask = move || {
        let result = callback(request).and_then(|text| {
            let Some(text) = text else {
                return Ok(());
            };
            let read = Configuration::from_json(&text).map_err(|error| error.to_string())?;
            context.reload(read).map(|_| ()).map_err(|error| error.to_string())
        });
        // Nobody listens once the operator has gone.
        let _ = answer.send(result);
    };
    std::thread::Builder::new()
        .name("forebay-reload".to_owned())
        .spawn(ask)
        .map_err(|error| format!("no thread to read the configuration on: {error}"))?;
    answered.await.unwrap_or_else(|_| Err("reading the configuration failed half way".to_owned()))
}

/// Nobody was named to ask.
const NOBODY: &str = "this gateway was started without a configuration file to read again";
