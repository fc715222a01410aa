//! Users whom the configuration does not list, looked up in PostgreSQL with `auth_query`.

use std::sync::Once;

use gateway::Gateway;
use serde_json::{Value, json};

use crate::client::{Client, Login};
use crate::replies::Reply;
use crate::running::{connect_directly, count, database, reload, start, wait_until};
use crate::server::USER;
use crate::steady::on_a_steady_machine;

/// What looks users up without the right to read `pg_authid`, and shows which settings it runs with.
const FIND: &str = "\
CREATE FUNCTION find_user(name) RETURNS TABLE (name name, password text) LANGUAGE sql SECURITY DEFINER \
SET search_path = pg_catalog AS 'SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END \
FROM pg_authid WHERE rolname = $1 AND rolcanlogin'";

fn roles() {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let mut direct = connect_directly();
        for statement in [
            "CREATE ROLE looker LOGIN PASSWORD 'looks'",
            "CREATE ROLE scrammer LOGIN PASSWORD 'scrams'",
            "SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 'hashes'; RESET password_encryption",
            "CREATE ROLE expired LOGIN PASSWORD 'expires' VALID UNTIL '2001-01-01'",
            "CREATE ROLE lockedout NOLOGIN PASSWORD 'locks'",
            "CREATE ROLE nopassword LOGIN",
            FIND,
            "REVOKE ALL ON FUNCTION find_user FROM public; GRANT EXECUTE ON FUNCTION find_user TO looker",
        ] {
            direct.query(statement);
        }
    });
}

/// Settings with which users are looked up, and these on top.
fn looking_up(settings: &Value) -> Value {
    let mut all = json!({
        "auth_type": "scram-sha-256",
        "users": [{"name": "looker", "password": "looks"}],
        "auth_user": "looker",
        "auth_query": "SELECT name, password FROM find_user($1)",
        "databases": [own(&json!({}))],
    });
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    all
}

/// The usual database, where everybody is who logs in.
fn own(fields: &Value) -> Value {
    let mut all = json!({"user": null, "password": null});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    database(&all)
}

fn started(settings: &Value) -> Gateway {
    roles();
    start(&looking_up(settings))
}

fn log_in(gateway: &Gateway, user: &str, password: &str) -> Result<Client, Reply> {
    log_in_to(gateway, "app", user, password)
}

fn log_in_to(
    gateway: &Gateway,
    database: &str,
    user: &str,
    password: &str,
) -> Result<Client, Reply> {
    Client::log_in(&gateway.addresses()[0], &Login { user, password, database, settings: vec![] })
}

/// A client that has said its name, and no more.
fn say_who(gateway: &Gateway, database: &str, user: &str) -> Client {
    let mut client = Client::open(&gateway.addresses()[0]);
    let mut out = Vec::new();
    let named = [("user", user), ("database", database)];
    let bytes = named.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    pgwire::startup::put_startup(&mut out, pgwire::startup::VERSION_3_0, bytes);
    client.send(&out);
    client
}

#[test]
fn a_user_is_found_with_the_right_password_and_reaches_postgresql_as_itself() {
    let gateway = started(&json!({}));
    let mut client = log_in(&gateway, "scrammer", "scrams").unwrap();
    assert_eq!(client.value("SELECT session_user"), "scrammer");
    for (user, password) in [
        ("scrammer", "wrong"),
        ("scrammer", ""),
        ("expired", "expires"),
        ("lockedout", "locks"),
        ("nopassword", ""),
        ("nobody at all", "x"),
        ("'; DROP TABLE numbers; --", "x"),
    ] {
        let refused = log_in(&gateway, user, password).unwrap_err();
        assert_eq!(refused.sqlstate(), "28P01", "{user}: {refused}");
        assert!(refused.to_string().contains("SASL authentication failed"), "{user}: {refused}");
    }
    assert_eq!(connect_directly().value("SELECT count(*) FROM numbers WHERE false"), "0");
}

#[test]
fn every_way_to_log_in_finds_users() {
    roles();
    for (auth_type, user, password) in [
        ("md5", "hashed", "hashes"),
        ("md5", "scrammer", "scrams"),
        ("plain", "scrammer", "scrams"),
        ("plain", "hashed", "hashes"),
        ("trust", "scrammer", ""),
    ] {
        // Where the pooler learns nothing to log in with, the database says who it is there.
        let forced = json!({"databases": [database(&json!({}))], "auth_type": auth_type,
            "auth_dbname": "looked", "users": [{"name": "looker", "password": "looks"}]});
        let mut settings = looking_up(&forced);
        settings["databases"].as_array_mut().unwrap().push(own(&json!({"name": "looked"})));
        let gateway = start(&settings);
        let mut client = log_in(&gateway, user, password).unwrap();
        assert_eq!(client.value("SELECT 1"), "1", "{auth_type} {user}");
        let refused = log_in(&gateway, "nobody at all", password).unwrap_err();
        assert_eq!(refused.sqlstate(), "28P01", "{auth_type}");
        if auth_type != "trust" {
            assert_eq!(log_in(&gateway, user, "wrong").unwrap_err().sqlstate(), "28P01");
        }
    }
}

#[test]
fn the_query_runs_with_nobodys_settings() {
    roles();
    let query = "SELECT name, password FROM find_user($1) WHERE current_setting('search_path') = '\"$user\", public' \
                 AND current_setting('app.tenant', true) IS NOT DISTINCT FROM NULL AND current_user = 'looker'";
    let gateway = started(&json!({"auth_query": query, "default_pool_size": 1}));
    // The same pool: what its client has set stays on its server.
    let mut looker = log_in(&gateway, "looker", "looks").unwrap();
    looker.query("SET search_path TO pg_temp, evil");
    assert_eq!(looker.value("SHOW search_path"), "pg_temp, evil");
    let login = Login {
        user: "scrammer",
        password: "scrams",
        database: "app",
        settings: vec![("search_path", "evil"), ("options", "-c app.tenant=x")],
    };
    let mut client = Client::log_in(&gateway.addresses()[0], &login).unwrap();
    assert_eq!(client.value("SHOW search_path"), "evil");
    assert_eq!(looker.value("SHOW search_path"), "pg_temp, evil");
}

#[test]
fn a_changed_password_holds_from_the_next_login_on_both_sides() {
    let gateway = started(&json!({}));
    connect_directly().query("CREATE ROLE changing LOGIN PASSWORD 'old'");
    let mut before = log_in(&gateway, "changing", "old").unwrap();
    let process = before.value("SELECT pg_backend_pid()");
    connect_directly().query("ALTER ROLE changing PASSWORD 'new'");
    assert_eq!(log_in(&gateway, "changing", "old").unwrap_err().sqlstate(), "28P01");
    let mut after = log_in(&gateway, "changing", "new").unwrap();
    assert_ne!(after.value("SELECT pg_backend_pid()"), process, "logged in with the new one");
    assert_eq!(before.value("SELECT session_user"), "changing", "who is there goes on");
    connect_directly().query(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'changing' AND pid <> {process}"
    ));
    let left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'changing'";
    wait_until("they have ended", || connect_directly().value(left) == "0");
    wait_until("it logs in again", || {
        before.query("SELECT session_user").contains(&"DataRow changing".to_owned())
    });
    // A reload keeps what is known.
    reload(&gateway, &looking_up(&json!({"query_wait_timeout": 7})));
    assert_eq!(before.value("SELECT session_user"), "changing");
}

#[test]
fn who_is_listed_with_a_password_is_not_looked_up() {
    let users = json!([{"name": "looker", "password": "looks"}, {"name": "scrammer", "password": "listed"},
        {"name": "hashed", "pool_size": 3}]);
    let databases = json!([own(&json!({})), database(&json!({"name": "forced"}))]);
    let gateway = started(&json!({"users": users, "databases": databases}));
    assert_eq!(
        log_in_to(&gateway, "forced", "scrammer", "scrams").unwrap_err().sqlstate(),
        "28P01"
    );
    log_in_to(&gateway, "forced", "scrammer", "listed").unwrap();
    // Other settings of a user do not list it.
    let md5 = json!({"users": users, "databases": databases, "auth_type": "md5"});
    reload(&gateway, &looking_up(&md5));
    log_in_to(&gateway, "forced", "hashed", "hashes").unwrap();
    assert_eq!(log_in_to(&gateway, "forced", "hashed", "x").unwrap_err().sqlstate(), "28P01");
}

#[test]
fn what_is_wrong_with_the_query_is_for_the_log_and_its_server_goes_on() {
    let gateway = started(&json!({"default_pool_size": 1}));
    for query in [
        "SELECT name, password FROM no_such_function($1)",
        "SELECT usename, passwd FROM pg_shadow WHERE usename = $1",
        "SELECT name FROM find_user($1)",
        "SELECT password, name FROM find_user($1)",
        "SELECT name, password FROM find_user($1), generate_series(1, 2)",
        "SELECT name, password::int::text FROM find_user($1)",
        "SELECT 1; SELECT 2",
        "COPY numbers TO STDOUT",
        "LISTEN x",
        "",
    ] {
        reload(&gateway, &looking_up(&json!({"auth_query": query, "default_pool_size": 1})));
        let refused = log_in(&gateway, "scrammer", "scrams").unwrap_err();
        let told = refused.to_string();
        if query.is_empty() || query.starts_with("LISTEN") {
            assert!(["28P01", "F0000"].contains(&refused.sqlstate().as_str()), "{query}: {told}");
        } else {
            assert_eq!(refused.sqlstate(), "F0000", "{query}: {told}");
            assert!(told.contains("bouncer config error: auth_query failed"), "{query}: {told}");
        }
        assert!(!told.contains("SCRAM") && !told.contains("no_such"), "{query}: {told}");
    }
    reload(&gateway, &looking_up(&json!({"default_pool_size": 1})));
    log_in(&gateway, "scrammer", "scrams").unwrap();
    assert_eq!(count(&gateway, "/panics"), 0);
}

#[test]
fn the_database_to_look_in_is_the_clients_or_the_one_that_is_named() {
    roles();
    let databases = json!([
        own(&json!({})),
        own(&json!({"name": "named", "auth_dbname": "app"})),
        own(&json!({"name": "astray", "auth_dbname": "nowhere"})),
        own(&json!({"name": "console", "auth_dbname": "pgbouncer"})),
    ]);
    let gateway = started(&json!({"databases": databases, "admin_users": ["scrammer"]}));
    let mut client = log_in_to(&gateway, "named", "scrammer", "scrams").unwrap();
    assert_eq!(client.value("SELECT session_user"), "scrammer");
    for name in ["astray", "console"] {
        let refused = log_in_to(&gateway, name, "scrammer", "scrams").unwrap_err();
        assert_eq!(refused.sqlstate(), "F0000", "{name}");
    }
    assert_eq!(log_in_to(&gateway, "none", "scrammer", "scrams").unwrap_err().sqlstate(), "28P01");
    let console = |gateway| log_in_to(gateway, "pgbouncer", "scrammer", "scrams");
    assert_eq!(console(&gateway).unwrap_err().sqlstate(), "28P01");
    let named = json!({"databases": databases, "admin_users": ["scrammer"], "auth_dbname": "app"});
    reload(&gateway, &looking_up(&named));
    let mut operator = console(&gateway).unwrap();
    operator.query("DISABLE app");
    let refused = log_in_to(&gateway, "named", "scrammer", "scrams").unwrap_err();
    assert!(refused.to_string().contains("authentication database \"app\" is disabled"));
    operator.query("ENABLE app");
    log_in_to(&gateway, "named", "scrammer", "scrams").unwrap();
}

#[test]
fn a_crowd_is_looked_up_through_one_server_and_who_leaves_costs_none() {
    let gateway = started(&json!({"default_pool_size": 1}));
    log_in(&gateway, "scrammer", "scrams").unwrap();
    let connected = || {
        let statistics: Value = serde_json::from_str(&gateway.statistics()).unwrap();
        let pools = statistics["pools"].as_array().unwrap().clone();
        pools.iter().find(|pool| pool["user"] == "looker").unwrap()["server_connects"].clone()
    };
    std::thread::scope(|scope| {
        for number in 0..30 {
            let gateway = &gateway;
            scope.spawn(move || {
                if number % 3 == 0 {
                    // It goes as soon as it has said its name.
                    say_who(gateway, "app", "scrammer");
                } else {
                    let mut client = log_in(gateway, "scrammer", "scrams").unwrap();
                    assert_eq!(client.value("SELECT session_user"), "scrammer");
                }
            });
        }
    });
    wait_until("all have left", || count(&gateway, "/sockets") == 0);
    assert_eq!(connected(), 1);
}

#[test]
fn names_of_databases_made_up_leave_no_pool() {
    let databases = json!([own(&json!({"name": "*", "dbname": null}))]);
    let gateway = started(&json!({"databases": databases, "server_login_retry": 0.1}));
    for number in 0..5 {
        let name = format!("made_up_{number}");
        let refused = log_in_to(&gateway, &name, "scrammer", "scrams").unwrap_err();
        assert_eq!(refused.sqlstate(), "3D000", "{refused}");
    }
    wait_until("they are gone", || !gateway.statistics().contains("made_up"));
    log_in_to(&gateway, "postgres", "scrammer", "scrams").unwrap();
}

#[test]
fn who_looks_is_auth_user_whoever_the_databases_clients_become() {
    let query = "SELECT name, password FROM find_user($1) WHERE session_user = 'looker'";
    let databases = json!([database(&json!({"min_pool_size": 2}))]);
    let gateway = started(&json!({"databases": databases, "auth_query": query}));
    let mut client = log_in(&gateway, "scrammer", "scrams").unwrap();
    assert_ne!(client.value("SELECT session_user"), "looker");
    assert_eq!(log_in(&gateway, "scrammer", "looks").unwrap_err().sqlstate(), "28P01");
    reload(&gateway, &looking_up(&json!({"databases": databases, "auth_query": query})));
    log_in(&gateway, "scrammer", "scrams").unwrap();
    // Those that are to be ready are for the clients.
    let count_of = |user: &str| {
        let statistics: Value = serde_json::from_str(&gateway.statistics()).unwrap();
        let pools = statistics["pools"].as_array().unwrap().clone();
        let pool = pools.iter().find(|pool| pool["user"] == user).unwrap().clone();
        pool["server_connects"].as_u64().unwrap()
    };
    wait_until("they are there", || count_of(USER) >= 2);
    assert_eq!(count_of("looker"), 1);
}

#[test]
fn what_a_client_of_auth_user_leaves_behind_does_not_reach_the_query() {
    roles();
    let mut direct = connect_directly();
    for statement in [
        "CREATE TABLE looked (name text, password text)",
        "INSERT INTO looked VALUES ('shadowed', 'right')",
        "GRANT SELECT ON looked TO looker",
        "CREATE FUNCTION shadow() RETURNS text LANGUAGE plpgsql AS $$ BEGIN \
         CREATE TEMPORARY TABLE looked AS SELECT 'shadowed' AS name, 'evil' AS password; RETURN 'made'; END $$",
    ] {
        direct.query(statement);
    }
    let query = "SELECT name, password FROM looked WHERE name = $1 AND current_setting('app.place') = 'here'";
    let place = "SET app.place TO 'here'";
    for (mode, reset) in [("transaction", "DISCARD ALL"), ("session", "")] {
        let databases = json!([
            database(&json!({"name": "forced", "auth_dbname": "app"})),
            own(&json!({"connect_query": place})),
        ]);
        let gateway =
            started(&json!({"databases": databases, "auth_query": query, "default_pool_size": 1,
            "pool_mode": mode, "server_reset_query": reset}));
        let shadowed = |password| log_in_to(&gateway, "forced", "shadowed", password);
        shadowed("right").unwrap();
        let mut looker = log_in(&gateway, "looker", "looks").unwrap();
        assert_eq!(looker.value("SELECT shadow()"), "made");
        drop(looker);
        let told = shadowed("evil").map(|_| ()).unwrap_err();
        assert_eq!(told.sqlstate(), "28P01", "{mode}: {told}");
        shadowed("right").unwrap();
        // A client that comes after that finds what its session is to begin with.
        let mut looker = log_in(&gateway, "looker", "looks").unwrap();
        assert_eq!(looker.value("SHOW app.place"), "here");
    }
}

#[test]
fn the_question_does_not_tell_who_is_there() {
    let gateway = started(&json!({"auth_type": "md5"}));
    let questions = ["scrammer", "nopassword", "expired", "nobody at all"].map(|user| {
        let reply = say_who(&gateway, "app", user).reply().unwrap();
        (reply.tag, reply.body)
    });
    assert!(questions.iter().all(|question| *question == questions[0]), "{questions:?}");
    let refused = log_in(&gateway, "nobody at all", "x").unwrap_err();
    let wrong = log_in(&gateway, "scrammer", "x").unwrap_err();
    assert_eq!(refused.to_string().replace("nobody at all", "scrammer"), wrong.to_string());
}

#[test]
fn who_leaves_before_postgresql_answers_leaves_no_pool() {
    on_a_steady_machine(|| {
        // It accepts, and never says a word.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let databases = json!([own(&json!({"name": "*", "host": "127.0.0.1", "port": port}))]);
        let gateway = started(
            &json!({"databases": databases, "server_connect_timeout": 2, "server_login_retry": 0.1}),
        );
        let mut clients: Vec<Client> = (0..5)
            .map(|number| say_who(&gateway, &format!("made_up_{number}"), "scrammer"))
            .collect();
        wait_until("they wait", || {
            (0..5).all(|number| gateway.statistics().contains(&format!("made_up_{number}")))
        });
        clients.clear();
        wait_until("their pools are gone", || !gateway.statistics().contains("made_up"));
    });
}
