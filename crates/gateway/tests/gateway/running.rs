//! Gateways in front of the real server, and waiting for what they say of themselves.

use std::time::{Duration, Instant};

use gateway::{Configuration, Gateway, Reloaded};
use serde_json::{Value, json};

use crate::client::{Client, Login, PATIENCE};
use crate::panic::FragileLog;
use crate::server::{PASSWORD, USER, socket_folder};

/// How often a condition is looked at again.
const PAUSE: Duration = Duration::from_millis(5);

/// A login that every gateway here accepts.
pub(crate) fn app() -> Login<'static> {
    Login { user: "app", password: "app's secret", database: "app", settings: Vec::new() }
}

/// The entry of the usual database, with these fields on top; what is null is left out.
pub(crate) fn database(fields: &Value) -> Value {
    let mut entry = json!({
        "name": "app",
        "host": socket_folder(),
        "dbname": "postgres",
        "user": USER,
        "password": PASSWORD,
    });
    let fields_of_entry = entry.as_object_mut().unwrap();
    fields_of_entry.extend(fields.as_object().unwrap().clone());
    fields_of_entry.retain(|_, value| !value.is_null());
    entry
}

/// The usual configuration with these settings on top.
pub(crate) fn configuration(settings: &Value) -> Value {
    let mut configuration = json!({
        "listen_port": 0,
        "auth_type": "trust",
        "pool_mode": "transaction",
        // A login may take long on a busy machine, and no test is about that.
        "server_connect_timeout": PATIENCE.as_secs() / 2,
        "users": [{"name": "app", "password": app().password}],
        "databases": [database(&json!({}))],
    });
    configuration.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    configuration
}

/// Start a gateway with these settings on top of the usual ones.
pub(crate) fn start(settings: &Value) -> Gateway {
    FragileLog::install();
    let configuration = Configuration::from_json(&configuration(settings).to_string()).unwrap();
    Gateway::start(configuration).unwrap()
}

/// [`start`] with `count` servers logged in, so that no time limit is spent on that.
pub(crate) fn start_warm(count_of_servers: u64, settings: &Value) -> Gateway {
    let mut settings = settings.clone();
    settings["min_pool_size"] = json!(count_of_servers);
    let gateway = start(&settings);
    wait_until("servers are there", || count(&gateway, "/pools/0/server_idle") == count_of_servers);
    gateway
}

/// Reload with these settings on top of the usual ones.
pub(crate) fn reload(gateway: &Gateway, settings: &Value) -> Reloaded {
    let text = configuration(settings).to_string();
    gateway.reload(Configuration::from_json(&text).unwrap()).unwrap()
}

/// Log in at a gateway's first address.
pub(crate) fn connect(gateway: &Gateway) -> Client {
    Client::log_in(&gateway.addresses()[0], &app()).unwrap()
}

/// Log in at the server itself.
pub(crate) fn connect_directly() -> Client {
    let socket = socket_folder().join(".s.PGSQL.5432");
    let login = Login { user: USER, password: PASSWORD, database: "postgres", settings: vec![] };
    Client::log_in(socket.to_str().unwrap(), &login).unwrap()
}

/// A number among a gateway's statistics, by its JSON pointer.
pub(crate) fn count(gateway: &Gateway, pointer: &str) -> u64 {
    let statistics: Value = serde_json::from_str(&gateway.statistics()).unwrap();
    statistics.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// How many servers all pools have, whatever they are doing; read at one moment, so that none that comes to rest
/// between two readings is counted twice.
pub(crate) fn servers(gateway: &Gateway) -> u64 {
    let statistics: Value = serde_json::from_str(&gateway.statistics()).unwrap();
    let pools = statistics["pools"].as_array().unwrap();
    let kinds = ["server_active", "server_idle", "server_connecting"];
    pools.iter().flat_map(|pool| kinds.map(|kind| pool[kind].as_u64().unwrap())).sum()
}

/// Wait until `is_so`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what} has not come true within {PATIENCE:?}");
        std::thread::park_timeout(PAUSE);
    }
}
