//! Log lines as JSON: one object a line, with `time`, `level`, `message` and `fields`.

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::Event;
use tracing::field::{Field, Visit};

#[derive(Serialize)]
struct Line<'a> {
    time: &'a str,
    level: &'a str,
    message: String,
    fields: Map<String, Value>,
}

/// The line for an event, with its line feed.
pub(super) fn line(event: &Event<'_>, time: &str) -> String {
    let level = event.metadata().level().as_str().to_ascii_lowercase();
    let mut line = Line { time, level: &level, message: String::new(), fields: Map::new() };
    event.record(&mut line);
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

impl Line<'_> {
    fn record(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message.push_str(&text);
        } else {
            self.record(field, text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, value);
    }
}
