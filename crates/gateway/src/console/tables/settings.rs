//! The configuration in force: SHOW CONFIG.

use serde_json::Value;

use super::Table;
use crate::configuration::Configuration;
use crate::console::rows::{Cell, row, text};
use crate::reload::NEEDS_RESTART;

/// `SHOW CONFIG`. Users and databases have tables of their own; passwords have none.
pub const CONFIG: Table = Table {
    columns: &[text("key"), text("value"), text("default"), text("changeable")],
    fill: |view, rows| {
        let defaults = serde_json::to_value(Configuration::default()).unwrap_or_default();
        let settings = view.settings();
        let Some(settings) = settings.as_object() else {
            return;
        };
        for (name, value) in settings.iter().filter(|(name, _)| is_setting(name)) {
            let changeable = if is_changeable(name) { "yes" } else { "no" };
            rows.push(row![
                name.as_str(),
                shown(name, value),
                defaults.get(name).map(|value| shown(name, value)),
                changeable,
            ]);
        }
    },
};

/// Whether a reload may change a setting.
pub fn is_changeable(name: &str) -> bool {
    !NEEDS_RESTART.contains(&name)
}

fn is_setting(name: &str) -> bool {
    name != "users" && name != "databases"
}

/// A value as PgBouncer's files have it.
fn shown(name: &str, value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Number(value) => match value.as_u64() {
            Some(mode) if name.ends_with("_mode") => format!("{mode:04o}").into(),
            _ => value.to_string().into(),
        },
        Value::Array(values) => {
            let plain =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            values.iter().map(plain).collect::<Vec<_>>().join(",").into()
        }
        Value::Object(parts) => match (parts.get("secs"), parts.get("nanos")) {
            (Some(seconds), Some(nanos)) => {
                let fraction = format!("{:09}", nanos.as_u64().unwrap_or(0));
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                format!("{seconds}{point}{fraction}").into()
            }
            _ => value.to_string().into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_as_files_have_them() {
        for (name, value, text) in [
            ("log_connections", json!(true), "1"),
            ("unix_socket_mode", json!(0o777), "0777"),
            ("listen_addr", json!(["127.0.0.1", "::1"]), "127.0.0.1,::1"),
            ("query_wait_timeout", json!({"secs": 120, "nanos": 0}), "120"),
            ("query_wait_timeout", json!({"secs": 0, "nanos": 500_000_000}), "0.5"),
            ("pool_mode", json!("session"), "session"),
        ] {
            assert_eq!(shown(name, &value), Cell::from(text));
        }
        assert_eq!(shown("unix_socket_dir", &json!(null)), Cell::Null);
    }
}
