//! What an operator is told when the console refuses something.
//!
//! Messages begin with PgBouncer's words and SQLSTATEs are PgBouncer's, because tools match on them.

use crate::report::Refusal;

/// Most characters of a command that are said back.
const ECHO: usize = 200;

fn error(sqlstate: &str, message: impl Into<String>, hint: &str) -> Refusal {
    Refusal {
        severity: "ERROR",
        sqlstate: sqlstate.to_owned(),
        message: message.into(),
        detail: String::new(),
        hint: hint.to_owned(),
    }
}

/// Most refusals: PgBouncer knows no finer SQLSTATE.
fn plain(message: impl Into<String>, hint: &str) -> Refusal {
    error("08P01", message, hint)
}

/// Neither in `admin_users` nor in `stats_users`.
pub fn not_allowed(user: &str) -> Refusal {
    Refusal {
        severity: "FATAL",
        ..plain(
            format!("not allowed: user \"{user}\" may not use the console"),
            "add the user to admin_users or stats_users",
        )
    }
}

/// No command, or one with an argument it does not take.
pub fn invalid_command(text: &str) -> Refusal {
    let mut echo: String = text.chars().take(ECHO).collect();
    if echo.len() < text.len() {
        echo.push('…');
    }
    plain(format!("invalid command '{echo}', use SHOW HELP;"), "")
}

/// A user of `stats_users` wants to do what only `admin_users` may.
pub fn admin_needed() -> Refusal {
    plain("admin access needed", "log in as one of admin_users")
}

/// A command that needs a database was given none.
pub fn database_required() -> Refusal {
    plain("a database is required", "name the database behind the command")
}

/// KILL_CLIENT of what is no number.
pub fn invalid_client() -> Refusal {
    plain("invalid client pointer supplied", "give the number in SHOW CLIENTS' column id")
}

/// The configuration was not read again; nothing has changed.
pub fn reload_failed(why: &str) -> Refusal {
    Refusal {
        detail: why.to_owned(),
        ..error(
            "F0000",
            "RELOAD failed, see logs for additional details",
            "correct the configuration and RELOAD again; the old one stays in force until then",
        )
    }
}

/// A setting was not changed.
pub fn set_failed(why: &str) -> Refusal {
    Refusal { detail: why.to_owned(), ..plain("SET failed", "SHOW CONFIG lists the settings") }
}

/// The extended protocol.
pub fn extended_protocol() -> Refusal {
    plain(
        "extended query protocol not supported by admin console",
        "send the command as a simple query, without parameters",
    )
}

/// A message that makes no sense here.
pub fn unsupported_message(tag: u8) -> Refusal {
    Refusal {
        severity: "FATAL",
        ..plain(format!("unsupported packet type for admin console: {tag}"), "")
    }
}
