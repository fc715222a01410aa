//! Gateways in front of the real server, and waiting for what they say of themselves.

use std::time::{Duration, Instant};

use gateway::{Configuration, Gateway};
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

/// The usual database with these settings on top; what is null is left out.
pub(crate) fn database(settings: &Value) -> Value {
    let mut database = json!({
        "name": "app",
        "host": socket_folder(),
        "dbname": "postgres",
        "user": USER,
        "password": PASSWORD,
    });
    let entry = database.as_object_mut().unwrap();
    entry.extend(settings.as_object().unwrap().clone());
    entry.retain(|_, value| !value.is_null());
    database
}

/// Start a gateway with these settings on top of the usual ones.
pub(crate) fn start(settings: &Value) -> Gateway {
    FragileLog::install();
    let mut configuration = json!({
        "listen_port": 0,
        "auth_type": "trust",
        "pool_mode": "transaction",
        "users": [{"name": "app", "password": app().password}],
        "databases": [database(&json!({}))],
    });
    let (target, more) = (configuration.as_object_mut().unwrap(), settings.as_object().unwrap());
    target.extend(more.clone());
    let configuration = Configuration::from_json(&configuration.to_string()).unwrap();
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

/// Wait until `is_so`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what} has not come true within {PATIENCE:?}");
        std::thread::park_timeout(PAUSE);
    }
}
