//! What the configuration accepts, and what it says of what it does not.

use super::*;

#[test]
fn durations_are_seconds_and_defaults_are_pgbouncers() {
    let text = r#"{"databases":[{"name":"*","host":"127.0.0.1"}],"query_wait_timeout":0.5}"#;
    let configuration = Configuration::from_json(text).unwrap();
    assert_eq!(configuration.query_wait_timeout, Duration::from_millis(500));
    assert_eq!(configuration.max_client_conn, 100);
    assert_eq!(configuration.databases[0].port, 5432);
}

#[test]
fn unknown_fields_and_bad_values_are_refused_by_name() {
    for (text, word) in [
        (r#"{"databases":[{"name":"*","host":"h"}],"pool_sise":1}"#, "pool_sise"),
        (r#"{"databases":[]}"#, "databases is empty"),
        (r#"{"databases":[{"name":"*","host":"h"}],"workers":0}"#, "workers"),
        (r#"{"databases":[{"name":"*","host":"h"}],"server_lifetime":-1}"#, "-1"),
    ] {
        let error = Configuration::from_json(text).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}
