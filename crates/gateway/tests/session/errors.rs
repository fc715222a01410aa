//! Transcripts of what goes wrong: what the client is told, and what the pooler has learnt.

use gateway::session::SessionError;
use pgwire::{backend, frame};

use crate::messages::{
    bind, close_statement, copy_data, copy_done, copy_fail, describe_statement, execute, parse,
    query, sync, tagged,
};
use crate::pooler::Pooler;
use crate::replies::lines;

/// Sends messages, lets them be answered, and returns the replies as lines.
fn ask(pooler: &mut Pooler, client: usize, messages: &[Vec<u8>]) -> Vec<String> {
    pooler.send(client, &messages.concat()).unwrap();
    pooler.settle().unwrap();
    lines(&pooler.take_replies(client))
}

fn run(name: &str) -> Vec<Vec<u8>> {
    vec![bind("", name), execute("", 0), sync()]
}

const RAN: [&str; 4] = ["BindComplete", "DataRow 1", "CommandComplete SELECT 1", "ReadyForQuery I"];

#[test]
fn an_error_skips_up_to_the_next_sync_and_undoes_what_it_skips() {
    let mut pooler = Pooler::new(1, 1, 10);
    ask(&mut pooler, 0, &[parse("kept", "SELECT 1"), sync()]);
    let failing = [
        parse("bad", "SELEC"),
        parse("skipped", "SELECT 2"),
        close_statement("kept"),
        query("SELECT 2"),
        sync(),
    ];
    let error = "ERROR 42601: syntax error at or near \"SELEC\"";
    assert_eq!(ask(&mut pooler, 0, &failing), [error, "ReadyForQuery I"]);
    assert_eq!(ask(&mut pooler, 0, &run("kept")), RAN);
    let missing = "ERROR 26000: prepared statement \"skipped\" does not exist";
    assert_eq!(ask(&mut pooler, 0, &run("skipped")), [missing, "ReadyForQuery I"]);
    let prepared = ask(&mut pooler, 0, &[parse("bad", "SELECT 1"), sync()]);
    assert_eq!(prepared, ["ParseComplete", "ReadyForQuery I"]);
}

#[test]
fn errors_name_statements_as_the_client_does() {
    let mut pooler = Pooler::new(1, 1, 10);
    ask(&mut pooler, 0, &[parse("mine", "SELECT 1"), sync()]);
    let again = ask(&mut pooler, 0, &[parse("mine", "SELECT 2"), sync()]);
    assert_eq!(again[0], "ERROR 42P05: prepared statement \"mine\" already exists");
    // Dropped behind the pooler's back, as a DEALLOCATE inside a function would.
    pooler.servers[0].postgres.session.statements.clear();
    let gone = ask(&mut pooler, 0, &[describe_statement("mine"), sync()]);
    assert_eq!(gone[0], "ERROR 26000: prepared statement \"mine\" does not exist");
    assert_eq!(ask(&mut pooler, 0, &run("mine")), RAN, "prepared anew");
}

#[test]
fn a_statement_whose_columns_have_changed_is_prepared_again() {
    let mut pooler = Pooler::new(2, 1, 10);
    let versioned = [parse("v", "SELECT * FROM versioned"), sync()];
    ask(&mut pooler, 0, &versioned);
    ask(&mut pooler, 1, &versioned);
    pooler.servers[0].postgres.session.schema += 1;
    let stale = ask(&mut pooler, 0, &run("v"));
    assert_eq!(stale, ["ERROR 0A000: cached plan must not change result type", "ReadyForQuery I"]);
    pooler.servers[0].postgres.seen.clear();
    let fresh = ask(&mut pooler, 1, &run("v"));
    assert_eq!(fresh, RAN, "the other client is not told at all");
    let seen = &pooler.servers[0].postgres.seen;
    assert_eq!(seen[..2], ["Close forebay_1", "Parse forebay_1: SELECT * FROM versioned"]);
}

#[test]
fn deallocate_all_and_discard_all_drop_the_names_of_their_client_only() {
    for command in ["DEALLOCATE ALL", "DISCARD ALL"] {
        let mut pooler = Pooler::new(2, 1, 10);
        for client in 0..2 {
            ask(&mut pooler, client, &[parse("a", "SELECT 1"), sync()]);
        }
        ask(&mut pooler, 0, &[query(command)]);
        let missing = "ERROR 26000: prepared statement \"a\" does not exist";
        assert_eq!(ask(&mut pooler, 0, &run("a"))[0], missing, "{command}");
        assert_eq!(ask(&mut pooler, 1, &run("a")), RAN, "{command}");
    }
}

#[test]
fn discard_all_goes_back_to_the_settings_of_startup() {
    let mut pooler = Pooler::new(1, 2, 10);
    let set = ask(&mut pooler, 0, &[query("SET TimeZone TO 'Asia/Tokyo'")]);
    assert_eq!(
        set,
        ["CommandComplete SET", "ParameterStatus TimeZone=Asia/Tokyo", "ReadyForQuery I"]
    );
    // On the other server.
    assert_eq!(ask(&mut pooler, 0, &[query("SHOW TimeZone")])[1], "DataRow Asia/Tokyo");
    let discarded = ask(&mut pooler, 0, &[query("DISCARD ALL")]);
    assert!(discarded.contains(&"ParameterStatus TimeZone=Etc/UTC".to_owned()), "{discarded:?}");
    for _ in 0..2 {
        assert_eq!(ask(&mut pooler, 0, &[query("SHOW TimeZone")])[1], "DataRow Etc/UTC");
    }
}

#[test]
fn deallocate_of_a_name_works_in_every_way_a_client_may_say_it() {
    let gone = "ERROR 26000: prepared statement \"a\" does not exist";
    let simple = vec![query("DEALLOCATE a")];
    let extended = vec![parse("", "DEALLOCATE a"), bind("", ""), execute("", 0), sync()];
    for (messages, tag) in [(simple, 0), (extended, 2)] {
        let mut pooler = Pooler::new(1, 1, 10);
        ask(&mut pooler, 0, &[parse("a", "SELECT 1"), sync()]);
        let shown = ask(&mut pooler, 0, &messages);
        assert_eq!(shown[tag], "CommandComplete DEALLOCATE", "{shown:?}");
        assert_eq!(ask(&mut pooler, 0, &run("a"))[0], gone);
        let again = ask(&mut pooler, 0, &messages);
        assert!(again.contains(&gone.to_owned()), "{again:?}");
    }
    // In a failed block nothing is dropped.
    let mut pooler = Pooler::new(1, 1, 10);
    ask(&mut pooler, 0, &[parse("a", "SELECT 1"), sync(), query("BEGIN"), query("SELEC")]);
    let refused = ask(&mut pooler, 0, &[query("DEALLOCATE a")]);
    assert!(
        refused[0].starts_with("ERROR 25P02") && refused[1] == "ReadyForQuery E",
        "{refused:?}"
    );
    ask(&mut pooler, 0, &[query("ROLLBACK")]);
    assert_eq!(ask(&mut pooler, 0, &run("a")), RAN);
}

#[test]
fn copy_ends_well_or_badly_with_any_number_of_void_syncs() {
    let begin = [parse("", "COPY numbers FROM STDIN"), bind("", ""), execute("", 0)];
    let started = ["ParseComplete", "BindComplete", "CopyInResponse"];
    for void_syncs in 0..3 {
        for (data, ending) in [
            (vec![copy_data("1\n"), copy_done()], "CommandComplete COPY 1"),
            (vec![copy_fail("why not")], "ERROR 57014: COPY from stdin failed: why not"),
            (
                vec![copy_data("bad\n"), copy_data("1\n"), copy_done()],
                "ERROR 22P02: invalid input syntax for type integer: \"bad\"",
            ),
        ] {
            let syncs = vec![sync(); void_syncs];
            let messages = [begin.to_vec(), syncs, data, vec![sync()]].concat();
            // At once, and one by one with the answers in between.
            let mut pooler = Pooler::new(1, 1, 10);
            let at_once = ask(&mut pooler, 0, &messages);
            assert_eq!(at_once, [&started[..], &[ending, "ReadyForQuery I"]].concat());
            let one_by_one: Vec<String> = messages
                .iter()
                .flat_map(|message| ask(&mut pooler, 0, std::slice::from_ref(message)))
                .collect();
            assert_eq!(one_by_one, at_once);
            assert!(pooler.is_at_rest());
        }
    }
}

#[test]
fn a_client_that_breaks_the_protocol_is_refused() {
    for (message, expected) in [
        (tagged(b'!', |_| {}), "invalid frontend message type 33"),
        (tagged(b'p', |out| out.push(0)), "invalid frontend message type 112"),
        (vec![b'Q', 0, 0, 0, 3], "length"),
        (tagged(b'B', |out| out.push(b'x')), "statement name"),
        (tagged(b'P', |_| {}), "statement name"),
        (tagged(b'D', |out| out.extend_from_slice(b"x\0")), "target kind"),
    ] {
        // With and without a server in hand.
        for before in [vec![], query("BEGIN")] {
            let mut pooler = Pooler::new(1, 1, 10);
            pooler.send(0, &before).unwrap();
            pooler.settle().unwrap();
            let error = pooler.send(0, &message).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} does not say {expected}");
        }
    }
}

#[test]
fn a_server_that_says_what_nobody_asked_for_is_not_used_again() {
    let answers: [fn(&mut Vec<u8>); 5] = [
        |out| out.extend_from_slice(&backend::PARSE_COMPLETE_MESSAGE),
        |out| out.extend_from_slice(&backend::CLOSE_COMPLETE_MESSAGE),
        |out| frame::put(out, backend::BIND_COMPLETE, |_| {}),
        |out| frame::put(out, backend::COPY_BOTH_RESPONSE, |_| {}),
        |out| frame::put(out, b'?', |_| {}),
    ];
    for answer in answers {
        let mut pooler = Pooler::new(1, 1, 10);
        pooler.send(0, &query("SELECT 1")).unwrap();
        answer(&mut pooler.servers[0].replies);
        let error = pooler.reply(0, usize::MAX).unwrap_err();
        assert!(matches!(error, SessionError::Server(_)), "{error:?}");
    }
}

#[test]
fn a_farewell_reaches_the_client_in_the_middle_of_anything() {
    let farewell = backend::Report {
        severity: "FATAL",
        sqlstate: "57P01",
        message: "terminating connection due to administrator command",
        detail: "",
        hint: "",
    };
    for messages in [query("SELECT 1"), parse("", "SELECT 1"), [query("BEGIN"), sync()].concat()] {
        let mut pooler = Pooler::new(1, 1, 10);
        pooler.send(0, &messages).unwrap();
        backend::put_error(&mut pooler.servers[0].replies, &farewell);
        pooler.reply(0, usize::MAX).unwrap();
        assert!(pooler.servers[0].state.is_ending());
        let shown = lines(&pooler.take_replies(0));
        assert_eq!(shown, ["FATAL 57P01: terminating connection due to administrator command"]);
    }
}

#[test]
fn a_cancel_that_meets_one_of_several_queries_before_a_clients_own_has_all_made_once_more() {
    let mut pooler = Pooler::new(2, 1, 1);
    for (client, text) in [(0, "SET work_mem TO '7MB'"), (1, "SELECT 1")] {
        pooler.clients[client].state.tracking.pins().note_sequences();
        pooler.send(client, &query(text)).unwrap();
        pooler.settle().unwrap();
        pooler.take_replies(client);
    }
    pooler.servers[0].postgres.seen.clear();
    pooler.servers[0].postgres.session.cancels = 1;
    pooler.send(0, &query("SHOW work_mem")).unwrap();
    assert_eq!(pooler.owed(0), ["HiddenQuery", "HiddenQuery"]);
    pooler.settle().unwrap();
    assert_eq!(lines(&pooler.take_replies(0))[1], "DataRow 7MB");
    let seen = &pooler.servers[0].postgres.seen;
    assert_eq!(
        seen.iter().filter(|line| *line == "Query DISCARD SEQUENCES").count(),
        2,
        "{seen:?}"
    );
}
