//! The rows of the table of `gateway::session::expect::Expect` that LISTEN brings with it.

use crate::messages::{bind, execute, parse, query, sync};
use crate::pooler::Pooler;
use crate::table::{ONE, Row};

const LISTEN: &str = "LISTEN a";
const ASKED: &str = "Query SELECT pg_catalog.concat('s', pg_catalog.current_setting('forebay.listening', true)) \
                     UNION ALL SELECT pg_catalog.concat('c', c) FROM pg_catalog.pg_listening_channels() AS c";
const MARKED: &str = "Query LISTEN \"mark\";SELECT pg_catalog.pg_notify( E'mark', E'1')";
const PRELUDE: &str = "Parse forebay_prelude: DO LANGUAGE plpgsql $forebay$BEGIN IF \
                       pg_catalog.current_setting('forebay.listening', true) IS DISTINCT FROM '1' THEN \
                       PERFORM pg_catalog.set_config('forebay.listening', '1', false);LISTEN \"a\"; \
                       END IF; END$forebay$";
/// LISTEN, up to where `entry` is expected.
pub(crate) fn listening(entry: &'static str) -> Row {
    Row {
        entry,
        before: vec![],
        messages: vec![query(LISTEN)],
        owed: match entry {
            "Channels" => &["Channels"],
            "Listener" => &["Listener"],
            "Mark" => &["Mark"],
            _ => &["Unlisten"],
        },
        seen: &["Query LISTEN a", ASKED, MARKED, "Query UNLISTEN *"],
        shown: &["CommandComplete LISTEN", "ReadyForQuery I"],
    }
}

#[test]
fn a_cancel_that_meets_the_last_unlisten_leaves_the_next_listen_alone() {
    for next in ["LISTEN b", "BEGIN", "BEGIN;SELECT 1/0"] {
        let mut pooler = Pooler::new(1, 1, 1);
        pooler.send(0, &query(LISTEN)).unwrap();
        while pooler.owed(0) != ["Unlisten"] {
            pooler.serve(0, usize::MAX);
            pooler.reply(0, usize::MAX).unwrap();
            pooler.listen();
        }
        pooler.servers[0].postgres.session.cancels_unlisten = true;
        // The client has been told that it listens.
        pooler.send(0, &query(next)).unwrap();
        pooler.settle().unwrap();
        pooler.send(0, &query("ROLLBACK")).unwrap();
        pooler.settle().unwrap();
        let expected: &[&str] = if next == "LISTEN b" { &["a", "b"] } else { &["a"] };
        assert!(pooler.hears(0).iter().eq(expected), "{next}: {:?}", pooler.hears(0));
        assert!(pooler.servers[0].postgres.session.listening.is_empty(), "{next}");
    }
}

/// UNLISTEN behind another statement in a pipeline.
pub(crate) fn pipelined_unlisten() -> Row {
    let run = |text| [parse("", text), bind("", ""), execute("", 0)];
    Row {
        entry: "Prelude",
        before: vec![query(LISTEN)],
        messages: [run(ONE).to_vec(), run("UNLISTEN a").to_vec(), vec![sync()]].concat(),
        owed: &[
            "ParseUnnamed",
            "Bind",
            "Execute",
            "Prelude",
            "Prelude",
            "Prelude",
            "Prelude",
            "Prelude",
            "Prelude",
            "Prelude",
            "ParseUnnamed",
            "Bind",
            "Execute",
            "Sync",
        ],
        seen: &[
            "Parse : SELECT 1",
            "Bind ",
            "Execute",
            "Close forebay_prelude",
            "Close forebay_prelude",
            PRELUDE,
            "Bind forebay_prelude",
            "Execute",
            "Close forebay_prelude",
            "Close forebay_prelude",
            "Parse : UNLISTEN a",
            "Bind ",
            "Execute",
            "Sync",
            ASKED,
        ],
        shown: &[
            "ParseComplete",
            "BindComplete",
            "DataRow 1",
            "CommandComplete SELECT 1",
            "ParseComplete",
            "BindComplete",
            "CommandComplete UNLISTEN",
            "ReadyForQuery I",
        ],
    }
}
