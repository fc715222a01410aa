//! A panic in one client's task closes that client, is counted, and harms nobody else.

use std::sync::Once;

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span, subscriber};

use crate::client::{Client, Login};
use crate::messages::parse;
use crate::running::{app, connect, count, start, wait_until};

/// The user whose login makes the log panic, in the middle of its client's task.
const FRAGILE: &str = "fragile";

/// A log that writes nothing, and panics when [`FRAGILE`] logs in.
pub(crate) struct FragileLog;

impl FragileLog {
    /// Make this the log of every gateway here: the first log wins.
    pub(crate) fn install() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            subscriber::set_global_default(Self).expect("no gateway has been started yet");
        });
    }
}

impl Visit for FragileLog {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        assert!(field.name() != "user" || value != FRAGILE, "the panic that a test asks for");
    }
}

impl Subscriber for FragileLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        // A panic while the task unwinds would end the whole program.
        !std::thread::panicking()
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Self);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_panic_ends_one_client_and_no_other() {
    let users = json!([{"name": "app"}, {"name": FRAGILE}]);
    let gateway = start(&json!({"default_pool_size": 1, "users": users}));
    let mut bystander = connect(&gateway);
    bystander.query("BEGIN");

    let mut victim = Client::log_in(&gateway.addresses()[0], &Login { user: FRAGILE, ..app() })
        .expect("the panic comes after the login");
    victim.send(&parse("", "SELECT 1"));
    assert!(victim.reply().is_none(), "closed");
    wait_until("the panic is counted", || count(&gateway, "/panics") == 1);

    assert_eq!(bystander.value("SELECT 1"), "1");
    bystander.query("COMMIT");
    wait_until("the victim is forgotten", || count(&gateway, "/clients") == 1);
    assert_eq!(connect(&gateway).value("SELECT 1"), "1", "new clients come in");
}
