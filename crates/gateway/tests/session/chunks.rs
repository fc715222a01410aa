//! However the bytes are cut into pieces, what comes out is the same.

use std::sync::Arc;

use gateway::parameters::Parameters;
use gateway::session::output::Output;
use gateway::session::{ClientState, ServerState, Shared, from_server};
use pgwire::backend::{self, Status};

use crate::messages::{
    bind, bind_padded, close_statement, copy_data, copy_done, describe_portal, describe_statement,
    execute, flush, function_call, parse, query, sync,
};
use crate::pooler::Pooler;
use crate::replies::{lines, take_replies};

/// One conversation with everything in it that the pooler looks at.
fn conversation() -> Vec<u8> {
    [
        parse("a", "SELECT 1"),
        describe_statement("a"),
        sync(),
        parse("b", "SELECT 1"),
        bind_padded("p", "b", 40),
        describe_portal("p"),
        // Answered here, right behind a reply that goes on piece by piece.
        parse("c", "SELECT 1"),
        close_statement("c"),
        execute("p", 0),
        flush(),
        sync(),
        query("BEGIN"),
        query("SELECT generate_series(1,3)"),
        query("DEALLOCATE a"),
        parse("bad", "SELEC"),
        bind("", "bad"),
        sync(),
        query("ROLLBACK"),
        parse("", "COPY numbers FROM STDIN"),
        bind("", ""),
        execute("", 0),
        sync(),
        copy_data("1\n"),
        copy_done(),
        sync(),
        query("SET TimeZone TO 'Asia/Tokyo'"),
        query("COPY (SELECT 1) TO STDOUT"),
        function_call(1),
        parse("d", "SELECT 2"),
        sync(),
    ]
    .concat()
}

/// Everything that comes out of a conversation whose directions are cut into pieces of these sizes.
fn outcome(bytes: &[u8], up: usize, down: usize) -> (Vec<u8>, Vec<String>) {
    let mut pooler = Pooler::new(1, 1, 2);
    let (mut received, mut chunks) = (Vec::new(), bytes.chunks(up));
    loop {
        let chunk = chunks.next();
        if let Some(chunk) = chunk {
            pooler.send(0, chunk).unwrap();
        }
        pooler.serve(0, usize::MAX);
        while !pooler.servers[0].replies.is_empty() {
            pooler.reply(0, down).unwrap();
            received.extend(pooler.take_bytes(0));
        }
        received.extend(pooler.take_bytes(0));
        if chunk.is_none() && pooler.servers[0].requests.is_empty() {
            break;
        }
    }
    assert!(pooler.is_at_rest());
    (received, pooler.servers[0].postgres.seen.clone())
}

#[test]
fn pieces_of_every_size_make_the_same_conversation() {
    let bytes = conversation();
    let expected = outcome(&bytes, 1, 1);
    for size in 1..80 {
        assert_eq!(outcome(&bytes, size, 1).0, expected.0, "{size} bytes of the client at a time");
        assert_eq!(outcome(&bytes, 1, size), expected, "{size} bytes of the server at a time");
    }
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    let bytes = conversation();
    let whole = outcome(&bytes, bytes.len(), usize::MAX);
    for cut in 1..bytes.len() {
        let mut pooler = Pooler::new(1, 1, 2);
        pooler.send(0, &bytes[..cut]).unwrap();
        pooler.send(0, &bytes[cut..]).unwrap();
        pooler.settle().unwrap();
        assert_eq!(pooler.take_bytes(0), whole.0, "cut at byte {cut}");
        assert_eq!(pooler.servers[0].postgres.seen, whole.1, "cut at byte {cut}");
    }
}

#[test]
fn an_answer_cut_at_any_byte_changes_nothing() {
    let bytes = conversation();
    let whole = outcome(&bytes, bytes.len(), usize::MAX);
    let answer_size = whole.0.len() * 2;
    for cut in 1..answer_size {
        let mut pooler = Pooler::new(1, 1, 2);
        pooler.send(0, &bytes).unwrap();
        pooler.serve(0, usize::MAX);
        if cut >= pooler.servers[0].replies.len() {
            return;
        }
        pooler.reply(0, cut).unwrap();
        pooler.settle().unwrap();
        assert_eq!(pooler.take_bytes(0), whole.0, "cut at byte {cut}");
    }
    panic!("the answer is longer than {answer_size} bytes");
}

#[test]
fn messages_larger_than_any_buffer_are_streamed() {
    for columns in [9_000, 40_000] {
        let mut pooler = Pooler::new(1, 1, 2);
        let bytes = [parse("a", "SELECT 1"), bind_padded("", "a", columns), execute("", 0), sync()]
            .concat();
        for chunk in bytes.chunks(1000) {
            pooler.send(0, chunk).unwrap();
            pooler.settle().unwrap();
        }
        let shown = crate::replies::lines(&pooler.take_replies(0));
        let expected = [
            "ParseComplete",
            "BindComplete",
            "DataRow 1",
            "CommandComplete SELECT 1",
            "ReadyForQuery I",
        ];
        assert_eq!(shown, expected);
        assert!(pooler.is_at_rest());
    }
}

/// What makes a client's settings takes two queries when its encoding is another: between them the server has the
/// one's encoding and the other's time zone, which is nobody's business.
#[test]
fn settings_that_are_half_made_are_not_shown() {
    let shared = Shared::default();
    let settings = |pairs: &[(&str, &str)]| {
        let mut settings = Parameters::default();
        for (name, value) in pairs {
            settings.set(name, value.as_bytes());
        }
        shared.parameters.intern(settings)
    };
    let [before, wanted] = [[("client_encoding", "UTF8"), ("TimeZone", "UTC")], {
        [("client_encoding", "LATIN1"), ("TimeZone", "Asia/Tokyo")]
    }]
    .map(|pairs| settings(&pairs));
    let mut client = ClientState::new(Arc::default(), Arc::clone(&wanted), Arc::clone(&wanted));
    let mut server = ServerState::new(Arc::clone(&before));
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    server.link_safely(&mut client, &mut to_server, &mut to_client);
    for (name, value) in [("client_encoding", "LATIN1"), ("TimeZone", "Asia/Tokyo")] {
        assert!(server.is_busy());
        let mut reply = Vec::new();
        backend::put_parameter_status(&mut reply, name.as_bytes(), value.as_bytes());
        backend::put_command_complete(&mut reply, b"SELECT 1");
        backend::put_ready_for_query(&mut reply, Status::Idle);
        let mut gathered = Vec::new();
        let mut output = Output::new(&reply, &mut gathered);
        from_server::take(&mut client, &mut server, &shared, &reply, &mut output, &mut to_server)
            .unwrap();
        output.gather();
        to_client.extend_from_slice(&gathered);
    }
    assert!(!server.is_busy());
    assert_eq!(lines(&take_replies(&mut to_client)), [""; 0]);
}
