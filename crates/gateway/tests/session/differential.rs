//! Random clients get the same replies from the pooler as from a server of their own.

use std::collections::{BTreeMap, BTreeSet};

use gateway::session::SessionError;
use pgwire::backend;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::messages::{bind, close_portal, describe_portal, execute, parse, query, sync};
use crate::pooler::{Pooler, defaults};
use crate::postgres::Postgres;
use crate::replies::{Reply, take_replies};
use crate::script::{NAMES, Unit, reusing_unit, whole_unit};

/// Steps without an end in sight mean that somebody waits for ever.
const STUCK: usize = 20_000;

/// The end of a client that leaves nothing open and nothing behind.
const UNTIED: &[&str] =
    &["ROLLBACK", "SELECT pg_advisory_unlock_all()", "DROP TABLE pg_temp.t", "DEALLOCATE q"];

/// The end of a client that leaves nothing open.
const TIED: &[&str] = &["ROLLBACK"];

/// One client's part.
#[derive(Debug, Clone)]
struct Script {
    units: Vec<Unit>,
    /// It sends nothing behind a Sync or Query before their ReadyForQuery has come.
    is_patient: bool,
}

/// Who does something next, and with how many bytes.
#[derive(Debug, Clone, Copy)]
enum Step {
    Client(usize, usize),
    Serve(usize, usize),
    Reply(usize, usize),
    /// A cancel or a time limit meets the next question of the pooler's.
    Cancel(usize),
}

fn script() -> impl Strategy<Value = Script> {
    let patient = prop_oneof![whole_unit(&NAMES, true), reusing_unit(&NAMES), tying_unit()];
    let hasty = prop_oneof![whole_unit(&NAMES, false), reusing_unit(&NAMES), tying_unit()];
    prop_oneof![
        vec(patient, 1..10).prop_map(|units| Script { units, is_patient: true }),
        vec(hasty, 1..10).prop_map(|units| Script { units, is_patient: false }),
    ]
}

/// A text that may tie its client, or untie it.
fn tying_unit() -> impl Strategy<Value = Unit> {
    let texts = [
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_advisory_unlock(1)",
        "SELECT pg_advisory_unlock_all()",
        "PREPARE q AS SELECT 1",
        "DEALLOCATE q",
        "CREATE TEMP TABLE t ()",
        "DROP TABLE pg_temp.t",
    ];
    (select(&NAMES[..]), select(texts.to_vec()), 0..4_u8).prop_map(
        |(name, text, form)| match form {
            0 => Unit(vec![parse(name, text), sync()]),
            1 => extended(name, text, true),
            2 => extended(name, text, false),
            _ => simple(text),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let size = || prop_oneof![1..40_usize, Just(usize::MAX)];
    prop_oneof![
        (0..3_usize, size()).prop_map(|(client, size)| Step::Client(client, size)),
        (0..3_usize, size()).prop_map(|(server, size)| Step::Serve(server, size)),
        (0..3_usize, size()).prop_map(|(server, size)| Step::Reply(server, size)),
        (0..3_usize).prop_map(Step::Cancel),
    ]
}

/// A client as it is driven.
struct Driver {
    /// What is left to send, the next last, and how many ReadyForQuery come before its reply.
    messages: Vec<(Vec<u8>, usize)>,
    is_patient: bool,
    /// What a server of its own answers.
    expected: Vec<Reply>,
    received: Vec<Reply>,
    ready: usize,
    /// What a server of its own listens on in the end.
    heard: BTreeSet<String>,
}

impl Driver {
    fn new(script: &Script, end: &[&str]) -> Self {
        let mut own = Postgres::new(&defaults());
        let (mut messages, mut answered, mut ready) = (Vec::new(), Vec::new(), 0);
        let end = Unit([vec![sync()], end.iter().map(|text| query(text)).collect()].concat());
        for message in script.units.iter().chain([&end]).flat_map(|Unit(messages)| messages) {
            let mut replies = own.take(message);
            messages.push((message.clone(), ready));
            let replies = take_replies(&mut replies);
            ready += replies.iter().filter(|reply| is_ready(reply)).count();
            answered.extend(replies);
        }
        assert!(own.is_at_rest());
        messages.reverse();
        let is_patient = script.is_patient;
        let heard = own.session.listening;
        Self { messages, is_patient, expected: answered, received: Vec::new(), ready: 0, heard }
    }

    fn next_bytes(&mut self, size: usize) -> Vec<u8> {
        let Some((bytes, ready)) = self.messages.last_mut() else {
            return Vec::new();
        };
        if self.is_patient && self.ready < *ready {
            return Vec::new();
        }
        let sent: Vec<u8> = bytes.drain(..size.min(bytes.len())).collect();
        if bytes.is_empty() {
            self.messages.pop();
        }
        sent
    }

    fn receive(&mut self, replies: Vec<Reply>) {
        self.ready += replies.iter().filter(|reply| is_ready(reply)).count();
        self.received.extend(replies);
    }
}

fn is_ready(reply: &Reply) -> bool {
    reply.tag == backend::READY_FOR_QUERY
}

/// The replies without reported settings, and those as the client believes them at each ReadyForQuery.
fn believed(replies: &[Reply]) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
    let (mut told, mut views) = (defaults(), Vec::new());
    for reply in replies {
        if let Ok((name, value)) = backend::parameter_status(&reply.body)
            && reply.tag == backend::PARAMETER_STATUS
        {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            told.insert(text(name), text(value));
        } else if is_ready(reply) {
            views.push(told.clone());
        }
    }
    let others = replies.iter().filter(|reply| reply.tag != backend::PARAMETER_STATUS);
    (others.map(Reply::to_string).collect(), views)
}

/// Whether the streams part where a failed transaction met a statement that its server does not have: PostgreSQL
/// prepares nothing in a failed transaction, so the pooler cannot have it looked at either.
fn is_beyond_reach(received: &[String], expected: &[String]) -> bool {
    let parting = received.iter().zip(expected).find(|(one, other)| one != other);
    parting.is_some_and(|(received, expected)| {
        received.starts_with("ERROR 25P02")
            && (expected.starts_with("ERROR") || expected == "ParameterDescription")
    })
}

fn broken(error: &SessionError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}

fn compare(
    scripts: &[Script],
    server_count: usize,
    limit: usize,
    steps: &[Step],
    end: &[&str],
) -> Result<(), TestCaseError> {
    let mut pooler = Pooler::new(scripts.len(), server_count, limit);
    let mut drivers: Vec<Driver> = scripts.iter().map(|script| Driver::new(script, end)).collect();
    // At the latest after the random steps everybody has a turn.
    let turns = |index| {
        [
            Step::Client(index, usize::MAX),
            Step::Serve(index, usize::MAX),
            Step::Reply(index, usize::MAX),
        ]
    };
    let fair = (0..3).flat_map(turns);
    for (count, step) in steps.iter().copied().chain(fair).cycle().enumerate() {
        if count == STUCK {
            // A client whose replies have parted from what it expects may wait for one that never comes.
            let is_excused = drivers.iter().any(|driver| {
                let (received, _) = believed(&driver.received);
                is_beyond_reach(&received, &believed(&driver.expected).0)
            });
            prop_assert!(is_excused, "stuck: {:?}", pooler.owed(0));
            return Ok(());
        }
        match step {
            Step::Client(index, size) if index < drivers.len() => {
                let bytes = drivers[index].next_bytes(size);
                pooler.send(index, &bytes).map_err(|error| broken(&error))?;
            }
            Step::Serve(index, size) if index < server_count => pooler.serve(index, size),
            Step::Reply(index, size) if index < server_count => {
                pooler.reply(index, size).map_err(|error| broken(&error))?;
            }
            // Only once: a question is not put for ever.
            Step::Cancel(index) if index < server_count && count < steps.len() => {
                pooler.servers[index].postgres.session.cancels = 1;
            }
            _ => {}
        }
        // Some time after it was asked for.
        if count % 3 == 0 {
            pooler.listen();
        }
        for (index, driver) in drivers.iter_mut().enumerate() {
            driver.receive(pooler.take_replies(index));
        }
        for server in &pooler.servers {
            let held = server.statement_count();
            prop_assert!(limit == 0 || held <= limit, "{held} statements with limit {limit}");
        }
        if drivers.iter().all(|driver| driver.messages.is_empty())
            && if end == UNTIED { pooler.is_at_rest() } else { pooler.is_quiet() }
        {
            break;
        }
    }
    for (index, server) in pooler.servers.iter().enumerate() {
        prop_assert_eq!(server.believed(), server.there(), "server {}", index);
    }
    for (index, driver) in drivers.iter().enumerate() {
        let (received, told) = believed(&driver.received);
        let (expected, told_directly) = believed(&driver.expected);
        if is_beyond_reach(&received, &expected) {
            continue;
        }
        prop_assert_eq!(received, expected);
        prop_assert_eq!(told, told_directly);
        prop_assert_eq!(pooler.ties_of(index), pooler.is_tied_by(index), "client {}", index);
        prop_assert_eq!(pooler.hears(index), driver.heard.clone(), "client {}", index);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_client_sees_what_a_server_of_its_own_would_answer(
        scripts in vec(script(), 1..4),
        server_count in 1..4_usize,
        limit in 1..4_usize,
        steps in vec(step(), 0..40),
    ) {
        compare(&scripts, server_count, limit, &steps, UNTIED)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_ties_a_client_is_what_its_server_has(
        scripts in vec(script(), 1..4),
        limit in 1..4_usize,
        steps in vec(step(), 0..40),
    ) {
        compare(&scripts, 3, limit, &steps, TIED)?;
    }
}

/// A text prepared and run.
fn extended(name: &str, text: &str, is_synced: bool) -> Unit {
    let mut messages = vec![parse(name, text), bind("", name), describe_portal(""), execute("", 0)];
    messages.extend(is_synced.then(sync));
    Unit(messages)
}

fn simple(text: &str) -> Unit {
    Unit(vec![sync(), query(text), close_portal("")])
}

#[test]
fn a_setting_among_pipelined_queries_about_channels_and_statements_is_nobody_elses() {
    let shows = |is_patient| Script {
        units: vec![extended("b", "LISTEN a", true), extended("", "SHOW work_mem", true)],
        is_patient,
    };
    for listens in [extended("", "LISTEN a", true), extended("c", "LISTEN a", false)] {
        for sets in [
            simple("SET work_mem TO '7MB'"),
            extended("b", "SET work_mem TO '7MB'", true),
            extended("b", "SET work_mem TO '7MB'", false),
        ] {
            for deallocates in ["DEALLOCATE a", "DEALLOCATE b", "DEALLOCATE c"] {
                let hasty = Script {
                    units: vec![listens.clone(), sets.clone(), simple(deallocates)],
                    is_patient: false,
                };
                for is_patient in [false, true] {
                    let scripts = [shows(is_patient), hasty.clone(), shows(is_patient)];
                    compare(&scripts, 1, 1, &[], UNTIED).unwrap();
                    compare(&scripts, 1, 1, &[Step::Client(1, 8)], UNTIED).unwrap();
                }
            }
        }
    }
}
