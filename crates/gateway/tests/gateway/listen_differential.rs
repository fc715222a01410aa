//! What a client hears through the gateway is what it hears directly, whatever its transactions come to.

use std::cell::RefCell;

use pgwire::backend;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::client::Client;
use crate::listen::spelt;
use crate::messages::{bind, execute, parse, query, sync};
use crate::replies::lines;
use crate::running::{connect, connect_directly, start};

/// Texts; what stands in braces is another channel for each script and each way.
const TEXTS: [&str; 22] = [
    "BEGIN",
    "BEGIN",
    "COMMIT",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "SAVEPOINT t",
    "ROLLBACK TO s",
    "ROLLBACK TO t",
    "RELEASE s",
    "LISTEN {a}",
    "LISTEN {b}",
    "LISTEN {c}",
    "UNLISTEN {a}",
    "UNLISTEN {b}",
    "UNLISTEN *",
    "NOTIFY {a}, 'own'",
    "NOTIFY {b}, 'own'",
    "SELECT 1/0",
    "SELECT 'unlisten'",
    "DO 'BEGIN LISTEN {c}; END'",
    "SELECT 1",
];

/// What a client sends before it waits.
#[derive(Debug, Clone)]
enum Unit {
    /// Simple queries, each on its own.
    Simple(Vec<&'static str>),
    /// One simple query of several.
    Joined(Vec<&'static str>),
    /// The extended protocol, with one Sync for all.
    Pipeline(Vec<&'static str>),
    /// The extended protocol, with a Sync for each, sent at once.
    Pipelines(Vec<&'static str>),
}

impl Unit {
    fn texts(&self) -> &[&'static str] {
        match self {
            Self::Simple(texts)
            | Self::Joined(texts)
            | Self::Pipeline(texts)
            | Self::Pipelines(texts) => texts,
        }
    }

    /// The bytes, and how often the server is ready then.
    fn write(&self, name: impl Fn(&str) -> String) -> (Vec<u8>, usize) {
        let texts: Vec<String> = self.texts().iter().map(|text| name(text)).collect();
        let extended = |text: &String| [parse("", text), bind("", ""), execute("", 0)].concat();
        match self {
            Self::Simple(_) => (texts.iter().flat_map(|text| query(text)).collect(), texts.len()),
            Self::Joined(_) => (query(&texts.join(";")), 1),
            Self::Pipeline(_) => {
                let mut bytes: Vec<u8> = texts.iter().flat_map(extended).collect();
                bytes.extend(sync());
                (bytes, 1)
            }
            Self::Pipelines(_) => {
                let one = |text| [extended(text), sync()].concat();
                (texts.iter().flat_map(one).collect(), texts.len())
            }
        }
    }
}

fn unit() -> impl Strategy<Value = Unit> {
    (0..7u8, vec(select(&TEXTS), 1..4)).prop_map(|(kind, texts)| match kind {
        0 => Unit::Joined(closed(texts)),
        1 | 2 => Unit::Pipeline(closed(texts)),
        3 => Unit::Pipelines(hurried(texts)),
        _ => Unit::Simple(hurried(texts)),
    })
}

/// Texts that are run without a pause: PostgreSQL looks for notifications only then, and so delivers what has been
/// committed before a LISTEN that comes without one.
fn closed(mut texts: Vec<&'static str>) -> Vec<&'static str> {
    if let Some(at) = texts.iter().position(|text| matches!(*text, "COMMIT" | "ROLLBACK")) {
        texts.truncate(at + 1);
    }
    texts
}

/// Texts that are sent without waiting: what one notifies itself must not meet an UNLISTEN on its way back.
fn hurried(mut texts: Vec<&'static str>) -> Vec<&'static str> {
    let sends = |text: &&str| text.starts_with("NOTIFY") || *text == "COMMIT";
    if let Some(at) = texts.iter().position(sends) {
        texts.truncate(at + 1);
    }
    texts
}

/// What one client is answered and hears, with somebody else notifying after each unit.
struct Side<'a> {
    client: &'a mut Client,
    notifier: &'a mut Client,
    prefix: String,
    answers: Vec<String>,
    heard: Vec<String>,
}

impl Side<'_> {
    fn name(&self, text: &str) -> String {
        text.replace('{', &self.prefix).replace('}', "")
    }

    fn read(&mut self, ready: usize) {
        let replies = self.client.until_ready(ready);
        let (notified, others): (Vec<_>, Vec<_>) =
            replies.into_iter().partition(|reply| reply.tag == backend::NOTIFICATION_RESPONSE);
        self.heard.extend(notified.iter().map(|reply| spelt(&reply.body)));
        let is_answer = |tag| tag != backend::PARAMETER_STATUS && tag != backend::NOTICE_RESPONSE;
        let answers: Vec<_> = others.into_iter().filter(|reply| is_answer(reply.tag)).collect();
        self.answers.extend(lines(&answers));
    }

    fn query(&mut self, text: &str) {
        self.client.send(&query(&self.name(text)));
        self.read(1);
    }

    fn run(&mut self, script: &[Unit]) {
        self.query("LISTEN {turn}");
        let mut has_left = false;
        for (at, unit) in script.iter().enumerate() {
            let (bytes, ready) = unit.write(|text| self.name(text));
            self.client.send(&bytes);
            self.read(ready);
            let is_between = self.answers.last().is_some_and(|last| last == "ReadyForQuery I");
            has_left |= unit.texts().contains(&"UNLISTEN *");
            if is_between && std::mem::take(&mut has_left) {
                self.query("LISTEN {turn}");
            }
            if is_between {
                // Not in a transaction: PostgreSQL would deliver it also where the channel is listened on only later.
                self.notify(at);
            }
        }
        self.query("ROLLBACK");
        self.query("LISTEN {turn}");
        self.notify(script.len());
        self.query("UNLISTEN *");
    }

    /// Notify on every channel, and wait until that has come by: what has not been delivered before an UNLISTEN
    /// never is, which is a matter of time.
    fn notify(&mut self, at: usize) {
        let all = ["a", "b", "c", "turn"].map(|channel| format!("NOTIFY {{{channel}}}, '{at}'"));
        let replies = self.notifier.query(&self.name(&all.join(";")));
        assert!(!replies[0].starts_with("ERROR"), "{replies:?}");
        let end = self.name(&format!("{{turn}}: {at}"));
        while self.heard.last() != Some(&end) {
            let reply = self.client.reply().expect("its turn comes");
            if reply.tag == backend::NOTIFICATION_RESPONSE {
                self.heard.push(spelt(&reply.body));
            }
        }
    }

    /// What has been heard on each channel, in order.
    fn by_channel(&self) -> Vec<Vec<&str>> {
        let on = |channel: &str| {
            let prefix = format!("{}{channel}: ", self.prefix);
            self.heard.iter().filter_map(|one| one.strip_prefix(&prefix)).collect()
        };
        ["a", "b", "c"].map(on).into()
    }
}

/// Clients that last as long as this program does: one and its notifier directly, and the same through a gateway.
struct Scene {
    direct: [Client; 2],
    pooled: [Client; 2],
    scripts: usize,
}

impl Scene {
    fn new() -> Self {
        let gateway = start(&json!({"default_pool_size": 2}));
        let pooled = [connect(&gateway), connect(&gateway)];
        std::mem::forget(gateway);
        Self { direct: [connect_directly(), connect_directly()], pooled, scripts: 0 }
    }

    fn compare(&mut self, script: &[Unit]) -> Result<(), TestCaseError> {
        self.scripts += 1;
        let number = self.scripts;
        let side = |[client, notifier]: &mut [Client; 2], way: &str| {
            let prefix = format!("{way}{number}");
            let mut side =
                Side { client, notifier, prefix, answers: Vec::new(), heard: Vec::new() };
            side.run(script);
            let heard: Vec<Vec<String>> = side
                .by_channel()
                .into_iter()
                .map(|one| one.into_iter().map(str::to_owned).collect())
                .collect();
            (heard, side.answers)
        };
        let (expected, actual) = (side(&mut self.direct, "d"), side(&mut self.pooled, "p"));
        prop_assert_eq!(&actual.1, &expected.1, "answers to {:?}", script);
        prop_assert_eq!(&actual.0, &expected.0, "heard after {:?}", script);
        Ok(())
    }
}

fn with_scene<T>(talk: impl FnOnce(&mut Scene) -> T) -> T {
    thread_local! {
        static SCENE: RefCell<Scene> = RefCell::new(Scene::new());
    }
    SCENE.with_borrow_mut(talk)
}

fn configuration() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn a_client_hears_through_the_gateway_what_it_hears_directly(script in vec(unit(), 1..12)) {
        with_scene(|scene| scene.compare(&script))?;
    }
}
