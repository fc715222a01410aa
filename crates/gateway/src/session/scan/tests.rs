use std::time::Instant;

use super::*;

fn marks(text: &str) -> Marks {
    scan(text.as_bytes()).marks & !Marks::ASIDE
}

fn names(text: &str) -> Vec<String> {
    let found = scan(text.as_bytes());
    assert!(!found.marks.has(Marks::UNDECIDED), "{text}");
    let name = |name: &str| {
        let is_reset = found.resets.iter().any(|reset| &**reset == name);
        if is_reset { format!("-{name}") } else { name.to_owned() }
    };
    found.names.iter().map(|found| name(found)).collect()
}

#[test]
fn most_texts_hold_nothing_of_interest() {
    for text in [
        "",
        "SELECT abalance FROM pgbench_accounts WHERE aid = 1;",
        "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = 2;",
        "INSERT INTO pgbench_history (tid, bid, mtime) VALUES (1, 2, CURRENT_TIMESTAMP);",
        "BEGIN; COMMIT; END;",
        "select set, reset from t on conflict do nothing",
        "set local work_mem = '1MB'",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "set constraints all deferred; set session transaction_isolation = 'serializable'",
        "select set_config('app.tenant', $1, true)",
        "select pg_catalog.set_config ( 'a.b' , coalesce(f(1, ')'), 'x,y') , TRUE ) , 1",
        "select set_config($1, $2::text, true::bool)",
        "select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock_shared(2)",
        "prepare transaction 'x'",
        "declare c cursor for select 1",
        "discard plans",
        "select temp, temporary from weather; insert into temps values (1)",
        "create table template (temp int)",
        "create or replace view v as select 1",
        "select * from pg_settings",
        "select * from pg_replication_slots",
        "select pg_backup_stop(), pg_replication_slot_advance('s', '0/0')",
        "copy t from stdin",
        "reset transaction isolation level",
    ] {
        assert_eq!(marks(text), Marks::NONE, "{text}");
    }
}

#[test]
fn settings_are_named() {
    for (text, expected) in [
        ("SET work_mem = '7MB'", &["work_mem"][..]),
        ("/* a /* nested */ one; */ -- and; another\n sEt\twork_mem to 1", &["work_mem"]),
        ("set/**/session/**/work_mem=1", &["work_mem"]),
        ("select 1;set \"Work_Mem\" = 1", &["Work_Mem"]),
        ("set app . \"tenant id\" = 1", &["app.tenant id"]),
        ("select ';/*'; set a = 1", &["a"]),
        ("select '--'; set a = 1", &["a"]),
        ("set time zone 'UTC'; set names 'UTF8'", &["TimeZone", "client_encoding"]),
        ("set schema 'x'; set xml option document", &["search_path", "xmloption"]),
        ("set time zone local", &["-TimeZone"]),
        ("set role reporting", &["role"]),
        ("set session role none", &["role"]),
        ("set session authorization x", &["session_authorization", "role"]),
        ("reset session authorization", &["-session_authorization", "-role"]),
        ("set session authorization default", &["-session_authorization", "-role"]),
        ("set work_mem to default", &["-work_mem"]),
        ("reset work_mem; set work_mem = 1", &["work_mem"]),
        ("set work_mem = 1; reset work_mem", &["-work_mem"]),
        ("reset app.tenant", &["-app.tenant"]),
        ("select set_config('app.tenant', 'x', false)", &["app.tenant"]),
        ("select set_config('app.tenant', 'true)', $1)", &["app.tenant"]),
        ("select set_config(E'a.b'::text, $1, $2)", &["a.b"]),
        ("select \"set_config\"('a.b', '\\', true)', false)", &["a.b"]),
        ("select set_config('Role', 'x', false)", &["role"]),
        ("select set_limit(0.4)", &["pg_trgm.similarity_threshold"]),
        (
            "set session characteristics as transaction read only",
            &[
                "default_transaction_isolation",
                "default_transaction_read_only",
                "default_transaction_deferrable",
            ],
        ),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
    assert!(marks("reset all").has(Marks::RESET_ALL));
    assert!(marks("discard all").has(Marks::RESET_ALL));
    assert_eq!(scan(b"select set_config($2, $1, false)").parameters, [1]);
}

#[test]
fn what_ties_a_client_to_its_server_is_marked() {
    for (text, expected) in [
        ("select pg_advisory_lock(1)", Marks::LOCK),
        ("select pg_catalog.PG_TRY_ADVISORY_LOCK_SHARED(1, 2)", Marks::LOCK),
        ("select pg_advisory_unlock_all()", Marks::UNLOCK),
        ("prepare p as select 1", Marks::PREPARE),
        ("deallocate all", Marks::DEALLOCATE),
        ("explain analyze execute p", Marks::EXECUTE),
        ("DECLARE \"c\" NO SCROLL CURSOR WITH HOLD FOR SELECT 1", Marks::CURSOR),
        ("close all", Marks::CLOSE),
        ("create temp table t (a int)", Marks::TEMPORARY),
        ("create /* x */ or -- y\n replace local temporary view v as select 1", Marks::TEMPORARY),
        ("select 1 into global/**/temp t", Marks::TEMPORARY),
        ("create function pg_temp.f() returns int as 'select 1' language sql", Marks::TEMPORARY),
        ("drop table t", Marks::DROP),
        ("listen a", Marks::LISTEN),
        ("select 1; unlisten *", Marks::UNLISTEN),
        ("load 'auto_explain'", Marks::LOAD),
        ("discard temp", Marks::DISCARD),
        ("select setseed(0.5)", Marks::SEED),
        ("set seed to 0.5", Marks::SEED),
        ("select lastval()", Marks::SEQUENCE),
        ("select currval('s')", Marks::SEQUENCE),
        ("select pg_catalog.\"currval\" /* of */ ('s')", Marks::SEQUENCE),
        ("select lastval\n()", Marks::SEQUENCE),
        ("select 1 as currval, t.lastval from (select 2 as \"lastval\") t", Marks::NONE),
        ("select 'currval' -- lastval", Marks::NONE),
        ("select pg_create_physical_replication_slot('s', false, true)", Marks::SLOT),
        ("select pg_copy_logical_replication_slot('s', 't', true)", Marks::SLOT),
        ("select pg_drop_replication_slot('s')", Marks::UNSLOT),
        ("select pg_backup_start('x')", Marks::BACKEND),
        ("select pg_start_backup('x', true, false)", Marks::BACKEND),
        ("select pg_replication_origin_session_setup('x')", Marks::BACKEND),
        ("select dblink_connect_u('c', '')", Marks::BACKEND),
    ] {
        assert_eq!(marks(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_decided_is_said_to_be_so() {
    for text in [
        "select set_config('app.' || $1, 'x', false)",
        "select set_config(name, value, false) from settings",
        "select set_config(E'work\\x5fmem', '1MB', false)",
        "select set_config(U&'work\\005fmem', '1MB', false)",
        "select U&\"set\\005fconfig\"('work_mem', '1MB', false)",
        "set U&\"work\\005fmem\" = '1MB'",
        "update pg_settings set setting = '1MB' where name = 'work_mem'",
        "do $$ begin execute 'set a.b = 1'; end $$",
        "do language plpython3u $$ pass $$",
        "do E'begin se\\x54 a.b = 1; end'",
    ] {
        assert!(marks(text).has(Marks::UNDECIDED), "{text}");
    }
}

#[test]
fn a_block_is_looked_through_word_by_word() {
    let text = "do $body$begin if true then set app.x = 1; update t set (a, b) = (1, 2); else \
        reset work_mem; listen n; end if; end$body$ language plpgsql";
    let found = scan(text.as_bytes());
    assert_eq!(found.names, ["app.x".into(), "work_mem".into()]);
    assert!(found.marks.has(Marks::LISTEN) && !found.marks.has(Marks::UNDECIDED));
    assert!(marks("do $$begin perform pg_advisory_lock(1); end$$").has(Marks::LOCK));
}

#[test]
fn comments_behind_semicolons_do_not_cost_their_square() {
    let began = Instant::now();
    let text = ";/*".repeat(1_000_000);
    assert!(marks(&text).has(Marks::UNDECIDED));
    let text = format!("/* {} */ set a = 1", "x".repeat(1_000_000));
    assert_eq!(names(&text), ["a"]);
    assert!(began.elapsed().as_secs() < 60);
}

#[test]
fn what_a_statement_is_read_with_is_marked() {
    for (text, expected) in [
        ("set local timezone = 'UTC'", true),
        ("set local time zone 'UTC'", true),
        ("reset time zone", true),
        ("set xml option document", true),
        ("select set_config('TimeZone', $1, true)", true),
        ("set transform_null_equals = on", true),
        ("set local search_path = x", false),
        ("set local role x", false),
        ("set local work_mem = '1MB'", false),
        ("select set_config('app.tenant', $1, true)", false),
    ] {
        assert_eq!(scan(text.as_bytes()).marks.has(Marks::READING), expected, "{text}");
    }
}

#[test]
fn a_truth_that_is_part_of_something_else_is_none() {
    assert_eq!(names("select set_config('work_mem', '1MB', true::bool and false)"), ["work_mem"]);
    assert_eq!(marks("select set_config('work_mem', '1MB', true :: bool )"), Marks::NONE);
}

#[test]
fn a_word_of_a_body_in_two_parts_is_not_overlooked() {
    assert!(marks("do 'begin se'\n't work_mem = 1; end'").has(Marks::UNDECIDED));
    assert!(!marks("do 'begin perform ''a'' || ''b''; end'").has(Marks::UNDECIDED));
}
