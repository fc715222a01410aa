//! Runs the data plane without Python: `cargo run -p gateway --example serve configuration.json`.
//!
//! SIGTERM drains; SIGINT, or a second SIGTERM, stops at once.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use gateway::{Configuration, Gateway};
use tokio::signal::unix::{SignalKind, signal};

/// How often a gateway that is ending is asked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        return fail("usage: serve configuration.json");
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return fail(&format!("cannot read {path}: {error}")),
    };
    let gateway = match Configuration::from_json(&text).and_then(Gateway::start) {
        Ok(gateway) => gateway,
        Err(error) => return fail(&format!("{error}\nhint: {}", error.hint())),
    };
    match serve(&gateway) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot wait for signals: {error}")),
    }
}

/// Say where the gateway listens, and wait for its end.
fn serve(gateway: &Gateway) -> io::Result<()> {
    for address in gateway.addresses() {
        writeln!(io::stdout(), "{address}")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => gateway.drain(),
            _ = interrupt.recv() => gateway.stop(),
        }
        loop {
            tokio::select! {
                _ = terminate.recv() => gateway.stop(),
                _ = interrupt.recv() => gateway.stop(),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            if gateway.join(Some(Duration::ZERO)) {
                return Ok(());
            }
        }
    })
}

fn fail(message: &str) -> ExitCode {
    // Nobody may be listening, and there is nothing else to say it to.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}
