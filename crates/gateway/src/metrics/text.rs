//! Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

use crate::stats::histogram::{BOUNDS, Reading};

/// The content type that goes with it.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Names and values of labels.
pub(super) type Labels = Vec<(&'static str, String)>;

/// What kind of figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Durations by range.
    Histogram,
}

/// Where a figure comes from.
pub(super) enum Source<V: 'static> {
    /// One value.
    One(fn(&V) -> f64),
    /// A value for each of these sets of labels.
    Many(fn(&V) -> Vec<(Labels, f64)>),
    /// A histogram.
    Ranges(fn(&V) -> Reading),
}

/// One figure, for everything that has it.
pub(super) struct Family<V: 'static> {
    /// Its name.
    pub(super) name: &'static str,
    /// Its kind.
    pub(super) kind: Kind,
    /// What it says.
    pub(super) help: &'static str,
    /// Where it comes from.
    pub(super) source: Source<V>,
}

impl<V> Family<V> {
    /// A counter with one value.
    pub(super) const fn counter(
        name: &'static str,
        help: &'static str,
        value: fn(&V) -> f64,
    ) -> Self {
        Self { name, kind: Kind::Counter, help, source: Source::One(value) }
    }

    /// A gauge with one value.
    pub(super) const fn gauge(
        name: &'static str,
        help: &'static str,
        value: fn(&V) -> f64,
    ) -> Self {
        Self { name, kind: Kind::Gauge, help, source: Source::One(value) }
    }

    /// A histogram.
    pub(super) const fn histogram(
        name: &'static str,
        help: &'static str,
        reading: fn(&V) -> Reading,
    ) -> Self {
        Self { name, kind: Kind::Histogram, help, source: Source::Ranges(reading) }
    }

    /// Values by label.
    pub(super) const fn many(
        name: &'static str,
        kind: Kind,
        help: &'static str,
        values: fn(&V) -> Vec<(Labels, f64)>,
    ) -> Self {
        Self { name, kind, help, source: Source::Many(values) }
    }
}

/// A page of figures.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// Append families, each with its values for every view.
    pub(super) fn put<V>(&mut self, families: &[Family<V>], views: &[(Labels, V)]) {
        for family in families {
            let kind = match family.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            self.line(format_args!("# HELP {} {}", family.name, family.help));
            self.line(format_args!("# TYPE {} {kind}", family.name));
            for (labels, view) in views {
                match family.source {
                    Source::One(value) => self.sample(family.name, labels, &[], value(view)),
                    Source::Many(values) => {
                        for (more, value) in values(view) {
                            self.sample(family.name, labels, &more, value);
                        }
                    }
                    Source::Ranges(reading) => self.ranges(family.name, labels, &reading(view)),
                }
            }
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn ranges(&mut self, name: &str, labels: &Labels, reading: &Reading) {
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        let ends = BOUNDS.iter().map(|bound| Some(*bound)).chain([None]);
        for (end, in_range) in ends.zip(reading.ranges) {
            count += in_range;
            let end = end.map_or_else(|| "+Inf".to_owned(), |end| seconds(end).to_string());
            self.sample(&bucket, labels, &[("le", end)], float(count));
        }
        self.sample(&format!("{name}_sum"), labels, &[], seconds(reading.nanoseconds));
        self.sample(&format!("{name}_count"), labels, &[], float(count));
    }

    fn sample(&mut self, name: &str, labels: &Labels, more: &[(&'static str, String)], value: f64) {
        self.0.push_str(name);
        let mut separator = '{';
        for (label, text) in labels.iter().chain(more) {
            self.0.push(separator);
            separator = ',';
            self.0.push_str(label);
            self.0.push_str("=\"");
            escape(text, &mut self.0);
            self.0.push('"');
        }
        if separator == ',' {
            self.0.push('}');
        }
        // Rust writes it in another way.
        if value == f64::INFINITY {
            return self.line(format_args!(" +Inf"));
        }
        self.line(format_args!(" {value}"));
    }

    /// The page's text.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Append a label's value as it stands between quotation marks.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

/// A count as the format has it.
#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A size as the format has it.
pub(super) fn size(count: usize) -> f64 {
    float(count as u64)
}

/// Nanoseconds as seconds.
pub(super) fn seconds(nanoseconds: u64) -> f64 {
    float(nanoseconds) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_early() {
        const FAMILY: Family<f64> = Family::gauge("a_b", "What it is.", |value| *value);
        let mut page = Page::default();
        let hostile = "x\"} 1\nforged{y=\\".to_owned();
        page.put(&[FAMILY], &[(vec![("database", hostile), ("user", "ü".to_owned())], 0.5)]);
        assert_eq!(
            page.into_text(),
            "# HELP a_b What it is.\n# TYPE a_b gauge\n\
             a_b{database=\"x\\\"} 1\\nforged{y=\\\\\",user=\"ü\"} 0.5\n"
        );
    }

    #[test]
    fn ranges_add_up() {
        const FAMILY: Family<Reading> = Family::histogram("a_seconds", "Times.", |view| *view);
        let mut reading = Reading { nanoseconds: 1_500_000_000, ..Reading::default() };
        reading.ranges[0] = 2;
        reading.ranges[18] = 1;
        let mut page = Page::default();
        page.put(&[FAMILY], &[(Vec::new(), reading)]);
        let text = page.into_text();
        for line in [
            "a_seconds_bucket{le=\"0.0001\"} 2",
            "a_seconds_bucket{le=\"60\"} 2",
            "a_seconds_bucket{le=\"+Inf\"} 3",
            "a_seconds_sum 1.5",
            "a_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
        assert_eq!(text.lines().count(), 2 + 19 + 2);
    }
}
