//! Walks the table of `gateway::session::expect::Expect`: each entry is reached, and its row holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::pins::Pins;
use gateway::report::Refusal;
use gateway::session::expect::{Expect, Named, NamedKind};
use gateway::statements::{Statement, Statements};

use crate::listening_rows::{listening, pipelined_unlisten};
use crate::messages::{
    bind, close_portal, close_statement, copy_data, copy_done, describe_portal, execute,
    function_call, parse, query, sync,
};
use crate::pooler::Pooler;
use crate::replies::lines;

/// A conversation, and what the pooler makes of it.
pub(crate) struct Row {
    /// The entry that this is about.
    pub(crate) entry: &'static str,
    /// Sent and answered before.
    pub(crate) before: Vec<Vec<u8>>,
    /// Sent at once.
    pub(crate) messages: Vec<Vec<u8>>,
    /// What is then expected, before anything of it has been answered.
    pub(crate) owed: &'static [&'static str],
    /// What PostgreSQL sees.
    pub(crate) seen: &'static [&'static str],
    /// What the client sees.
    pub(crate) shown: &'static [&'static str],
}

pub(crate) const ONE: &str = "SELECT 1";
const TWO: &str = "SELECT 2";
const LOCK: &str = "SELECT pg_advisory_lock(1)";
const TOO_MANY: &str = "ERROR 0A000: max_pinned: 1 clients of this pool keep their servers already";

fn table() -> Vec<Row> {
    let row = |entry, before, messages, owed, seen, shown| Row {
        entry,
        before,
        messages,
        owed,
        seen,
        shown,
    };
    vec![
        row(
            "Parse",
            vec![],
            vec![parse("a", ONE), sync()],
            &["Parse", "Sync"],
            &["Parse forebay_1: SELECT 1", "Sync"],
            &["ParseComplete", "ReadyForQuery I"],
        ),
        row(
            "ParseUnnamed",
            vec![],
            vec![parse("", ONE), sync()],
            &["ParseUnnamed", "Sync"],
            &["Parse : SELECT 1", "Sync"],
            &["ParseComplete", "ReadyForQuery I"],
        ),
        row(
            "FakeParse",
            vec![parse("a", ONE), sync()],
            vec![bind("", "a"), parse("b", ONE), sync()],
            &["Bind", "FakeParse", "Sync"],
            &["Bind forebay_1", "Sync"],
            &["BindComplete", "ParseComplete", "ReadyForQuery I"],
        ),
        row(
            "HiddenParse",
            vec![parse("a", ONE), parse("b", TWO), sync()],
            vec![bind("", "a"), sync()],
            &["HiddenClose", "HiddenParse", "Bind", "Sync"],
            &["Close forebay_2", "Parse forebay_1: SELECT 1", "Bind forebay_1", "Sync"],
            &["BindComplete", "ReadyForQuery I"],
        ),
        row(
            // The unnamed one may by now be another client's.
            "HiddenParse",
            vec![parse("", ONE), sync()],
            vec![bind("", ""), sync()],
            &["HiddenParse", "Bind", "Sync"],
            &["Parse : SELECT 1", "Bind ", "Sync"],
            &["BindComplete", "ReadyForQuery I"],
        ),
        row(
            "Bind",
            vec![],
            vec![parse("", ONE), bind("", ""), sync()],
            &["ParseUnnamed", "Bind", "Sync"],
            &["Parse : SELECT 1", "Bind ", "Sync"],
            &["ParseComplete", "BindComplete", "ReadyForQuery I"],
        ),
        row(
            "Describe",
            vec![parse("a", ONE), sync()],
            vec![bind("p", "a"), describe_portal("p"), sync()],
            &["Bind", "Describe", "Sync"],
            &["Bind forebay_1", "Describe p", "Sync"],
            &["BindComplete", "RowDescription", "ReadyForQuery I"],
        ),
        row(
            "Execute",
            vec![parse("a", "SELECT generate_series(1,3)"), sync()],
            vec![bind("", "a"), execute("", 2), execute("", 0), sync()],
            &["Bind", "Execute", "Execute", "Sync"],
            &["Bind forebay_1", "Execute", "Execute", "Sync"],
            &[
                "BindComplete",
                "DataRow 1",
                "DataRow 2",
                "PortalSuspended",
                "DataRow 3",
                "CommandComplete SELECT 1",
                "ReadyForQuery I",
            ],
        ),
        row(
            "Close",
            vec![parse("a", ONE), sync()],
            vec![bind("p", "a"), close_portal("p"), sync()],
            &["Bind", "Close", "Sync"],
            &["Bind forebay_1", "Close p", "Sync"],
            &["BindComplete", "CloseComplete", "ReadyForQuery I"],
        ),
        row(
            "CloseUnnamed",
            vec![parse("a", ONE), sync()],
            vec![bind("", "a"), close_statement(""), sync()],
            &["Bind", "CloseUnnamed", "Sync"],
            &["Bind forebay_1", "Close ", "Sync"],
            &["BindComplete", "CloseComplete", "ReadyForQuery I"],
        ),
        row(
            "FakeClose",
            vec![parse("a", ONE), sync()],
            vec![bind("", "a"), close_statement("a"), sync()],
            &["Bind", "FakeClose", "Sync"],
            &["Bind forebay_1", "Sync"],
            &["BindComplete", "CloseComplete", "ReadyForQuery I"],
        ),
        row(
            "HiddenClose",
            vec![parse("a", ONE), sync()],
            vec![parse("b", TWO), sync()],
            &["HiddenClose", "Parse", "Sync"],
            &["Close forebay_1", "Parse forebay_2: SELECT 2", "Sync"],
            &["ParseComplete", "ReadyForQuery I"],
        ),
        row(
            // An unnamed statement that is there can only be another client's.
            "HiddenClose",
            vec![],
            vec![bind("", ""), sync()],
            &["HiddenClose", "Bind", "Sync"],
            &["Close ", "Bind ", "Sync"],
            &["ERROR 26000: unnamed prepared statement does not exist", "ReadyForQuery I"],
        ),
        row(
            "CopyEnd",
            vec![],
            vec![query("COPY numbers FROM STDIN"), copy_data("1\n"), copy_done()],
            &["Query", "CopyEnd"],
            &["Query COPY numbers FROM STDIN", "CopyData", "CopyDone"],
            &["CopyInResponse", "CommandComplete COPY 1", "ReadyForQuery I"],
        ),
        row(
            "Sync",
            vec![query("BEGIN")],
            vec![sync(), sync()],
            &["Sync", "Sync"],
            &["Sync", "Sync"],
            &["ReadyForQuery T", "ReadyForQuery T"],
        ),
        row(
            "Query",
            vec![],
            vec![query(ONE)],
            &["Query"],
            &["Query SELECT 1"],
            &["RowDescription", "DataRow 1", "CommandComplete SELECT 1", "ReadyForQuery I"],
        ),
        row(
            "FunctionCall",
            vec![],
            vec![function_call(1)],
            &["FunctionCall"],
            &["FunctionCall"],
            &["FunctionCallResponse", "ReadyForQuery I"],
        ),
        row(
            "FakeDeallocate",
            vec![parse("a", ONE), sync()],
            vec![bind("", "a"), sync(), query("DEALLOCATE a")],
            &["Bind", "Sync", "FakeDeallocate"],
            &["Bind forebay_1", "Sync"],
            &["BindComplete", "ReadyForQuery I", "CommandComplete DEALLOCATE", "ReadyForQuery I"],
        ),
        row(
            "HiddenEnd",
            vec![parse("a", ONE), sync()],
            vec![bind("", "a"), query("DEALLOCATE a")],
            &["Bind", "HiddenEnd", "FakeDeallocate"],
            &["Bind forebay_1", "Query "],
            &["BindComplete", "CommandComplete DEALLOCATE", "ReadyForQuery I"],
        ),
        row(
            "HiddenQuery",
            vec![query("SET TimeZone TO 'Asia/Tokyo'")],
            // Sent by another client, which has set nothing.
            vec![query(ONE)],
            // What that client has sent waits until its settings are in force.
            &["HiddenQuery"],
            &["Query RESET \"TimeZone\"", "Query SELECT 1"],
            &["RowDescription", "DataRow 1", "CommandComplete SELECT 1", "ReadyForQuery I"],
        ),
        row(
            "Inquiry",
            vec![],
            vec![query("SET work_mem TO '7MB'")],
            &["Inquiry"],
            &[
                "Query SET work_mem TO '7MB'",
                "Query SELECT pg_catalog.current_setting( E'work_mem',true)",
            ],
            &["CommandComplete SET", "ReadyForQuery I"],
        ),
        row(
            "RefusedQuery",
            vec![],
            vec![query(LOCK)],
            &["RefusedQuery"],
            &["Query \"refused by the pooler: max_pinned\""],
            &[TOO_MANY, "ReadyForQuery I"],
        ),
        row(
            "RefusedParse",
            vec![],
            vec![parse("", LOCK), bind("", ""), execute("", 0), sync()],
            &["ParseUnnamed", "RefusedParse", "Execute", "Sync"],
            &[
                "Parse : SELECT pg_advisory_lock(1)",
                "Parse : \"refused by the pooler: max_pinned\"",
                "Execute",
                "Sync",
            ],
            &["ParseComplete", TOO_MANY, "ReadyForQuery I"],
        ),
        listening("Channels"),
        listening("Listener"),
        listening("Mark"),
        listening("Unlisten"),
        pipelined_unlisten(),
    ]
}

/// How often PostgreSQL answers before an entry is expected that nothing of the client's stands for.
fn rounds(entry: &str) -> usize {
    match entry {
        "Inquiry" | "Channels" => 1,
        "Listener" | "Mark" => 2,
        "Unlisten" => 3,
        _ => 0,
    }
}

#[test]
fn every_row_of_the_table_holds() {
    for Row { entry, before, messages, owed, seen, shown } in table() {
        let mut pooler = Pooler::new(2, 1, 1);
        pooler.send(0, &before.concat()).unwrap();
        pooler.settle().unwrap();
        pooler.take_replies(0);
        pooler.servers[0].postgres.seen.clear();

        let client = usize::from(entry == "HiddenQuery");
        // One place among the pinned clients, which is taken.
        let pins = Arc::new(Pins::default());
        pins.limit_to(1);
        let _taken = pins.take();
        pooler.clients[client].state.tracking.join(&pins);
        pooler.send(client, &messages.concat()).unwrap();
        for round in 0..rounds(entry) {
            if round == 2 {
                pooler.listen();
            }
            pooler.serve(0, usize::MAX);
            pooler.reply(0, usize::MAX).unwrap();
        }
        if entry == "Mark" {
            pooler.listen();
        }
        assert_eq!(pooler.owed(0), owed, "{entry}");
        assert!(owed.contains(&entry), "{entry} is what its row is about");
        pooler.settle().unwrap();
        assert_eq!(pooler.servers[0].postgres.seen, seen, "{entry}");
        assert_eq!(lines(&pooler.take_replies(client)), shown, "{entry}");
        assert_eq!(pooler.owed(0), <[&str; 0]>::default(), "{entry}");
    }
}

#[test]
fn what_unties_is_asked_about_though_the_question_about_what_ties_is_under_way() {
    let mut pooler = Pooler::new(1, 1, 1);
    pooler.send(0, &query(LOCK)).unwrap();
    pooler.serve(0, usize::MAX);
    pooler.reply(0, usize::MAX).unwrap();
    assert_eq!(
        pooler.owed(0),
        ["Inquiry"],
        "the client has its answer, and the pooler not yet its own"
    );
    pooler.send(0, &query("SELECT pg_advisory_unlock_all()")).unwrap();
    pooler.settle().unwrap();
    let seen = &pooler.servers[0].postgres.seen;
    let questions = seen.iter().filter(|line| line.starts_with("Query SELECT EXISTS(")).count();
    assert_eq!(questions, 2, "{seen:?}");
}

#[test]
fn no_entry_is_missing_from_the_table() {
    let rows: BTreeSet<&str> = table().iter().map(|row| row.entry).collect();
    let entries: BTreeSet<&str> = every_entry().iter().map(name).collect();
    assert_eq!(rows, entries);
}

/// One of each entry.
fn every_entry() -> Vec<Expect> {
    let statement: Arc<Statement> = Statements::default().intern(b"SELECT 1\0\0\0");
    let named = Arc::new(Named { name: (*b"a").into(), statement: Arc::clone(&statement) });
    vec![
        Expect::Parse(Some((Arc::clone(&named), NamedKind::Defined))),
        Expect::ParseUnnamed(None),
        Expect::FakeParse(Arc::clone(&named)),
        Expect::HiddenParse(None),
        Expect::Bind(None),
        Expect::Describe(None),
        Expect::Execute,
        Expect::Close,
        Expect::CloseUnnamed,
        Expect::FakeClose(Arc::clone(&named)),
        Expect::HiddenClose(Some(statement)),
        Expect::CopyEnd,
        Expect::Sync,
        Expect::Query,
        Expect::FunctionCall,
        Expect::FakeDeallocate(named),
        Expect::HiddenEnd,
        Expect::HiddenQuery,
        Expect::Inquiry(Box::default()),
        Expect::Prelude,
        Expect::Channels,
        Expect::Listener,
        Expect::Mark,
        Expect::Unlisten,
        Expect::RefusedQuery(Box::new(Refusal::max_pinned(1, ""))),
        Expect::RefusedParse(Box::new(Refusal::max_pinned(1, ""))),
    ]
}

/// An entry's name. A new entry does not compile here before it is in [`every_entry`] and the table.
fn name(entry: &Expect) -> &'static str {
    match entry {
        Expect::Parse(_) => "Parse",
        Expect::FakeParse(_) => "FakeParse",
        Expect::HiddenParse(_) => "HiddenParse",
        Expect::Bind(_) => "Bind",
        Expect::Describe(_) => "Describe",
        Expect::Execute => "Execute",
        Expect::Close => "Close",
        Expect::FakeClose(_) => "FakeClose",
        Expect::HiddenClose(_) => "HiddenClose",
        Expect::CopyEnd => "CopyEnd",
        Expect::Sync => "Sync",
        Expect::Query => "Query",
        Expect::FunctionCall => "FunctionCall",
        Expect::FakeDeallocate(_) => "FakeDeallocate",
        Expect::ParseUnnamed(_) => "ParseUnnamed",
        Expect::CloseUnnamed => "CloseUnnamed",
        Expect::HiddenEnd => "HiddenEnd",
        Expect::Prelude => "Prelude",
        Expect::Channels => "Channels",
        Expect::Listener => "Listener",
        Expect::Mark => "Mark",
        Expect::Unlisten => "Unlisten",
        Expect::HiddenQuery => "HiddenQuery",
        Expect::Inquiry(_) => "Inquiry",
        Expect::RefusedQuery(_) => "RefusedQuery",
        Expect::RefusedParse(_) => "RefusedParse",
    }
}
