//! The states a server can be in while a client holds it, as the pooler tells them apart.

use crate::messages::{
    bind, close_statement, copy_data, execute, flush, parse, query, sync, terminate,
};
use crate::pooler::Pooler;
use crate::replies::lines;

/// What [`gateway::session::ServerState`] says of itself.
#[derive(Debug, PartialEq, Eq)]
struct State {
    is_idle: bool,
    is_busy: bool,
    awaits_client: bool,
}

const AT_REST: State = State { is_idle: true, is_busy: false, awaits_client: false };
const IN_BLOCK: State = State { is_idle: false, is_busy: false, awaits_client: false };
const MID_PIPELINE: State = State { is_idle: false, is_busy: false, awaits_client: true };
const READS_COPY: State = State { is_idle: false, is_busy: true, awaits_client: true };

fn state(pooler: &Pooler) -> State {
    let state = &pooler.servers[0].state;
    State {
        is_idle: state.is_idle(),
        is_busy: state.is_busy(),
        awaits_client: state.awaits_client(),
    }
}

/// Every state, a way into it, and what is shown on the way.
fn ways() -> Vec<(&'static str, State, Vec<Vec<u8>>)> {
    let copy = "COPY numbers FROM STDIN";
    vec![
        ("nothing sent", AT_REST, vec![]),
        ("answered", AT_REST, vec![query("SELECT 1")]),
        ("answered with an error", AT_REST, vec![query("SELEC")]),
        ("block over", AT_REST, vec![query("BEGIN"), query("COMMIT")]),
        ("block open", IN_BLOCK, vec![query("BEGIN")]),
        ("block failed", IN_BLOCK, vec![query("BEGIN"), query("SELECT 1/0")]),
        ("no Sync yet", MID_PIPELINE, vec![parse("", "SELECT 1"), flush()]),
        ("no Sync yet, nothing sent on", MID_PIPELINE, {
            let known = vec![parse("a", "SELECT 1"), sync(), parse("b", "SELECT 1")];
            [known, vec![bind("", "b"), close_statement("a"), flush()]].concat()
        }),
        ("error, no Sync yet", MID_PIPELINE, vec![parse("", "SELEC"), bind("", "")]),
        ("simple COPY", READS_COPY, vec![query(copy), copy_data("1\n")]),
        (
            "extended COPY",
            READS_COPY,
            vec![parse("", copy), bind("", ""), execute("", 0), copy_data("1\n")],
        ),
        (
            "extended COPY with a void Sync",
            READS_COPY,
            vec![parse("", copy), bind("", ""), execute("", 0), sync()],
        ),
    ]
}

#[test]
fn every_state_is_told_from_the_others() {
    for (name, expected, messages) in ways() {
        let mut pooler = Pooler::new(1, 1, 10);
        pooler.send(0, &messages.concat()).unwrap();
        pooler.settle().unwrap();
        assert_eq!(state(&pooler), expected, "{name}");
        assert_eq!(pooler.is_at_rest(), expected == AT_REST, "{name}: released when at rest only");
    }
}

#[test]
fn every_state_but_an_open_block_is_ended_for_a_client_that_is_gone() {
    for (name, before, messages) in ways() {
        let mut pooler = Pooler::new(1, 1, 10);
        pooler.send(0, &messages.concat()).unwrap();
        pooler.settle().unwrap();
        let server = &mut pooler.servers[0];
        server.state.put_interrupt(&mut server.requests);
        pooler.settle().unwrap();
        let expected = if before == IN_BLOCK { IN_BLOCK } else { AT_REST };
        assert_eq!(state(&pooler), expected, "{name}");
    }
}

#[test]
fn a_block_is_rolled_back_by_a_query_of_the_poolers_own() {
    for failing in ["SELECT 1", "SELECT 1/0"] {
        let mut pooler = Pooler::new(1, 1, 10);
        pooler.send(0, &[query("BEGIN"), query(failing)].concat()).unwrap();
        pooler.settle().unwrap();
        pooler.take_replies(0);
        let server = &mut pooler.servers[0];
        server.state.put_hidden_query(b"ROLLBACK", &mut server.requests);
        pooler.settle().unwrap();
        assert_eq!(state(&pooler), AT_REST, "{failing}");
        assert_eq!(lines(&pooler.take_replies(0)), <[&str; 0]>::default(), "{failing}");
    }
}

#[test]
fn a_server_is_busy_until_all_of_its_answer_is_there() {
    let mut pooler = Pooler::new(1, 1, 10);
    pooler.send(0, &query("SELECT 1")).unwrap();
    pooler.serve(0, usize::MAX);
    while pooler.servers[0].replies.len() > 1 {
        pooler.reply(0, 1).unwrap();
        assert!(!pooler.servers[0].state.is_idle());
    }
    pooler.reply(0, 1).unwrap();
    assert!(pooler.is_at_rest());
}

#[test]
fn a_good_bye_takes_no_server() {
    let mut pooler = Pooler::new(1, 1, 10);
    pooler.send(0, &terminate()).unwrap();
    assert!(pooler.is_at_rest());
    assert_eq!(pooler.servers[0].requests, b"");
}

#[test]
fn a_client_without_a_server_is_answered_without_one() {
    let mut pooler = Pooler::new(1, 0, 10);
    let messages = [sync(), flush(), close_statement("a"), copy_data("late\n"), sync()];
    pooler.send(0, &messages.concat()).unwrap();
    let shown = ["ReadyForQuery I", "CloseComplete", "ReadyForQuery I"];
    assert_eq!(lines(&pooler.take_replies(0)), shown);
}
