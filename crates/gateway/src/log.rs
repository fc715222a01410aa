//! One line per event on standard error.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Writes `time level message name=value …` lines to standard error.
///
/// Values are quoted when they hold a space, and control characters are escaped, so that what a client sends
/// cannot forge a line.
#[derive(Debug)]
pub struct StderrLog {
    level: Level,
}

/// The level of the process's log; changes on reload.
static LEVEL: AtomicU8 = AtomicU8::new(3);

/// Log events of `level` and more severe ones from now on. An unknown name means `info`.
pub fn set_level(level: &str) {
    LEVEL.store(rank(level.parse().unwrap_or(Level::INFO)), Ordering::Relaxed);
    tracing::callsite::rebuild_interest_cache();
}

fn rank(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

impl StderrLog {
    /// Log events of `level` and more severe ones. An unknown name means `info`.
    pub fn new(level: &str) -> Self {
        Self { level: level.parse().unwrap_or(Level::INFO) }
    }

    /// Make this the process's log. The first call wins; later ones change nothing.
    pub fn install(self) {
        let level = rank(self.level);
        // A second gateway in one process finds the log already there.
        if tracing::subscriber::set_global_default(self).is_ok() {
            LEVEL.store(level, Ordering::Relaxed);
            tracing::callsite::rebuild_interest_cache();
        }
    }
}

struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message.push_str(&escaped(&text));
        } else {
            self.record_str(field, &text);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let quote = value.is_empty()
            || value.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"');
        self.fields.push(' ');
        self.fields.push_str(field.name());
        self.fields.push('=');
        if quote {
            // Writing to a String cannot fail.
            let _ = write!(self.fields, "{value:?}");
        } else {
            self.fields.push_str(value);
        }
    }
}

impl Subscriber for StderrLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        rank(*metadata.level()) <= LEVEL.load(Ordering::Relaxed)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line { message: String::new(), fields: String::new() };
        event.record(&mut line);
        let text = format!(
            "{} {:5} {}{}\n",
            timestamp(),
            event.metadata().level(),
            line.message,
            line.fields
        );
        // A closed standard error must not take the gateway down.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// `text` with its control characters made visible: what a client sent may stand in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// The time now as `2026-01-31T12:34:56.789Z`.
fn timestamp() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, milliseconds) = (since.as_secs(), since.subsec_millis());
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// Year, month and day of a count of days since 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    // Counted from 0000-03-01, so that a leap day ends its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{civil, escaped};

    #[test]
    fn a_message_stays_on_its_line() {
        assert_eq!(
            escaped("no such database: x\nFORGED\u{1b}[0m ä"),
            "no such database: x\\nFORGED\\u{1b}[0m ä"
        );
    }

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(19_783), (2024, 3, 1));
        assert_eq!(civil(20_453), (2025, 12, 31));
    }
}
