//! SHOW BUDGET: how many connections this gateway may have to each PostgreSQL, line by line.

use super::Table;
use crate::budget::{Seen, Sum};
use crate::configuration::ServerLimit;
use crate::console::rows::{bigint, row, text};

/// `SHOW BUDGET`
pub const BUDGET: Table = Table {
    columns: &[text("server"), text("line"), bigint("connections"), text("note")],
    fill: |view, rows| {
        for instance in view.context.common.instances.all() {
            let server = instance.address.to_string();
            for Line { what, connections, note } in lines(&instance.seen()) {
                rows.push(row![server.clone(), what, connections, note]);
            }
        }
    },
};

/// One line of the arithmetic.
struct Line {
    what: &'static str,
    connections: Option<usize>,
    note: String,
}

fn line(what: &'static str, connections: usize, note: impl Into<String>) -> Line {
    Line { what, connections: Some(connections), note: note.into() }
}

fn lines(seen: &Seen) -> Vec<Line> {
    let mut lines = match (seen.limit, &seen.last) {
        (ServerLimit::Auto, Some((sum, ago))) => of_sum(sum, *ago),
        (ServerLimit::Auto, None) => vec![Line {
            what: "not looked at yet",
            connections: None,
            note: "no server is opened before".to_owned(),
        }],
        (ServerLimit::Number(number), _) => {
            vec![line("max_server_connections", number, "as given")]
        }
        (ServerLimit::Off, _) => vec![line("max_server_connections", 0, "no limit")],
    };
    if seen.limit != ServerLimit::Off {
        let note = if seen.limit == ServerLimit::Auto { "the lower one, when stable" } else { "" };
        lines.push(Line { what: "= cap", connections: seen.cap, note: note.to_owned() });
    }
    let control = if seen.has_control { "the control connection included" } else { "" };
    lines.push(line("held", seen.held, control));
    lines.push(line("of those pinned", seen.pinned, "SHOW PINS"));
    let refusals = usize::try_from(seen.refusals).unwrap_or(usize::MAX);
    lines.push(line("refusals (53300)", refusals, "times PostgreSQL had none left"));
    if let Some(failure) = &seen.failure {
        let note = format!("{} (hint: {})", failure.message, failure.hint);
        lines.push(Line { what: "control connection", connections: None, note });
    }
    lines
}

fn of_sum(sum: &Sum, milliseconds: u64) -> Vec<Line> {
    let ago = format!("{milliseconds} ms ago");
    vec![
        line("max_connections", sum.max_connections, ago),
        line("- reserved", sum.reserved, "superuser_reserved_connections, reserved_connections"),
        line("- foreign", sum.foreign, "client backends of no gateway"),
        line("- buffer", sum.buffer, "left free"),
        line("= to share", sum.shared(), ""),
        line("/ gateways", sum.gateways, "control connections of control_user"),
        line("= share", sum.share, ""),
        line("others", sum.others, "what other gateways hold or claim"),
        line("room", sum.room(), "to share - others"),
    ]
}
