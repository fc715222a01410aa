//! Well-formed packets of every kind, and whole sessions made of them, to start mutating from.

use pgwire::backend::{self, Authentication, Report, Status};
use pgwire::{frame, frontend, startup};

/// Packets that PostgreSQL or a driver could have sent.
pub(crate) struct Corpus {
    /// Packets without a type byte: what a connection begins with.
    pub(crate) first: Vec<Vec<u8>>,
    /// One message each, as a client sends them.
    pub(crate) frontend: Vec<Vec<u8>>,
    /// One message each, as a server sends them.
    pub(crate) backend: Vec<Vec<u8>>,
    /// Several messages in the order they have on a connection.
    pub(crate) sessions: Vec<Vec<u8>>,
}

impl Corpus {
    /// The corpus. It does not change from call to call, so that a seed means the same packets everywhere.
    pub(crate) fn new() -> Self {
        let (first, frontend, backend) = (first(), frontend(), backend());
        let sessions = vec![
            [first.first().cloned().unwrap_or_default(), frontend.concat()].concat(),
            frontend.concat(),
            backend.concat(),
            extended_query(),
            extended_answer(),
            login_answer(),
        ];
        Self { first, frontend, backend, sessions }
    }

    /// Every packet and session in one list.
    pub(crate) fn flatten(self) -> Vec<Vec<u8>> {
        [self.first, self.frontend, self.backend, self.sessions].concat()
    }
}

fn built(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out);
    out
}

fn message(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    built(|out| frame::put(out, tag, |out| out.extend_from_slice(&parts.concat())))
}

fn first() -> Vec<Vec<u8>> {
    let pairs: [(&[u8], &[u8]); 5] = [
        (b"user", b"app"),
        (b"database", b"orders"),
        (b"application_name", "caf\u{e9} \u{2603}".as_bytes()),
        (b"options", b"-c search_path=a,b"),
        (b"_pq_.unknown", b""),
    ];
    let long = vec![b'x'; 9_000];
    vec![
        built(|out| startup::put_startup(out, startup::VERSION_3_0, pairs)),
        built(|out| startup::put_startup(out, startup::VERSION_3_2, pairs.into_iter().take(1))),
        built(|out| startup::put_startup(out, startup::VERSION_3_2, [])),
        built(|out| startup::put_startup(out, startup::VERSION_3_0, [(&b"user"[..], &*long)])),
        built(startup::put_ssl),
        built(startup::put_gss),
        built(|out| startup::put_cancel(out, 4_711, &[1, 2, 3, 4])),
        built(|out| startup::put_cancel(out, u32::MAX, &[0xa5; startup::LONGEST_KEY])),
    ]
}

fn frontend() -> Vec<Vec<u8>> {
    let typed = b"select $1\0\0\x02\0\0\0\x17\0\0\0\x19";
    vec![
        built(|out| frontend::put_query(out, b"select 1")),
        built(|out| frontend::put_query(out, b"")),
        built(|out| frontend::put_parse(out, b"s_1", typed)),
        built(|out| frontend::put_parse(out, b"", b"select 1\0\0\0")),
        bind(b"", b"s_1"),
        bind(b"portal", b""),
        built(|out| frontend::put_describe_statement(out, b"s_1")),
        message(frontend::DESCRIBE, &[b"Pportal\0"]),
        built(|out| frontend::put_execute(out, b"portal")),
        built(|out| frontend::put_close_statement(out, b"s_1")),
        message(frontend::CLOSE, &[b"P\0"]),
        message(frontend::FLUSH, &[]),
        built(frontend::put_sync),
        message(frontend::COPY_DATA, &[b"1\tone\n2\ttwo\n"]),
        message(frontend::COPY_DONE, &[]),
        built(|out| frontend::put_copy_fail(out, b"client gave up")),
        message(frontend::FUNCTION_CALL, &[b"\0\0\x05\x29\0\0\0\x01\0\0\0\x04abcd\0\x01"]),
        built(|out| frontend::put_password(out, b"md5d41d8cd98f00b204e9800998ecf8427e")),
        built(|out| frontend::put_sasl_initial(out, b"SCRAM-SHA-256", b"n,,n=,r=abc")),
        message(frontend::PASSWORD, &[b"SCRAM-SHA-256\0\xff\xff\xff\xff"]),
        built(|out| frontend::put_sasl_response(out, b"c=biws,r=abcdef,p=AAAA")),
        built(frontend::put_terminate),
    ]
}

/// A Bind with one text parameter and binary results.
fn bind(portal: &[u8], statement: &[u8]) -> Vec<u8> {
    let rest = b"\0\x01\0\0\0\x01\0\0\0\x0242\0\x01\0\x01";
    built(|out| {
        frontend::put_bind_head(out, portal, statement, rest.len());
        out.extend_from_slice(rest);
    })
}

fn backend() -> Vec<Vec<u8>> {
    let report = Report {
        severity: "ERROR",
        sqlstate: "53300",
        message: "too many connections",
        detail: "The limit is 100.",
        hint: "Raise max_client_conn.",
    };
    let mut messages: Vec<Vec<u8>> = [
        Authentication::Ok,
        Authentication::Cleartext,
        Authentication::Md5([1, 0, 255, 4]),
        Authentication::Sasl(b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"),
        Authentication::SaslContinue(b"r=abcdef,s=AAAA,i=4096"),
        Authentication::SaslFinal(b"v=AAAA"),
        Authentication::Other(7),
    ]
    .iter()
    .map(|request| built(|out| backend::put_authentication(out, request)))
    .collect();
    for status in [Status::Idle, Status::Transaction, Status::Failed] {
        messages.push(built(|out| backend::put_ready_for_query(out, status)));
    }
    messages.extend([
        built(|out| backend::put_backend_key_data(out, 4_711, &[9, 8, 7, 6])),
        built(|out| backend::put_backend_key_data(out, 0, &[0; startup::LONGEST_KEY])),
        built(|out| backend::put_parameter_status(out, b"client_encoding", b"UTF8")),
        built(|out| backend::put_parameter_status(out, b"session_authorization", b"")),
        built(|out| backend::put_command_complete(out, b"INSERT 0 1")),
        built(|out| backend::put_negotiate_protocol_version(out, 2, &[b"_pq_.a", b"_pq_.b"])),
        built(|out| backend::put_error(out, &report)),
        built(|out| backend::put_notice(out, &Report { detail: "", hint: "", ..report })),
        backend::PARSE_COMPLETE_MESSAGE.to_vec(),
        backend::CLOSE_COMPLETE_MESSAGE.to_vec(),
        message(backend::BIND_COMPLETE, &[]),
        message(backend::NO_DATA, &[]),
        message(backend::EMPTY_QUERY_RESPONSE, &[]),
        message(backend::PORTAL_SUSPENDED, &[]),
        message(backend::PARAMETER_DESCRIPTION, &[b"\0\x01\0\0\0\x17"]),
        message(
            backend::ROW_DESCRIPTION,
            &[b"\0\x01id\0", &[0; 4], &[0; 2], b"\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0"],
        ),
        message(backend::DATA_ROW, &[b"\0\x02\0\0\0\x0242\xff\xff\xff\xff"]),
        message(backend::FUNCTION_CALL_RESPONSE, &[b"\0\0\0\x011"]),
        message(backend::NOTIFICATION_RESPONSE, &[b"\0\0\x12\x67channel\0payload\0"]),
        message(backend::COPY_IN_RESPONSE, &[b"\0\0\x02\0\0\0\0"]),
        message(backend::COPY_OUT_RESPONSE, &[b"\x01\0\x01\0\x01"]),
        message(backend::COPY_BOTH_RESPONSE, &[b"\0\0\0"]),
        message(backend::COPY_DATA, &[b"1\tone\n"]),
        message(backend::COPY_DONE, &[]),
    ]);
    messages
}

/// What a driver sends for a prepared statement, twice in one pipeline.
fn extended_query() -> Vec<u8> {
    built(|out| {
        for name in [&b"s_1"[..], b"s_2"] {
            frontend::put_parse(out, name, b"select $1\0\0\0");
            frontend::put_describe_statement(out, name);
            out.extend(bind(b"", name));
            frontend::put_execute(out, b"");
            frontend::put_close_statement(out, name);
        }
        frontend::put_sync(out);
    })
}

/// What a server answers to it.
fn extended_answer() -> Vec<u8> {
    built(|out| {
        out.extend(backend::PARSE_COMPLETE_MESSAGE);
        out.extend(message(backend::PARAMETER_DESCRIPTION, &[b"\0\x01\0\0\0\x19"]));
        out.extend(message(backend::NO_DATA, &[]));
        out.extend(message(backend::BIND_COMPLETE, &[]));
        for _ in 0..8 {
            out.extend(message(backend::DATA_ROW, &[b"\0\x01\0\0\0\x0242"]));
        }
        backend::put_command_complete(out, b"SELECT 8");
        out.extend(backend::CLOSE_COMPLETE_MESSAGE);
        backend::put_ready_for_query(out, Status::Idle);
    })
}

/// What a server says once a client is in.
fn login_answer() -> Vec<u8> {
    built(|out| {
        backend::put_authentication(out, &Authentication::Ok);
        backend::put_parameter_status(out, b"server_version", b"18.0");
        backend::put_parameter_status(out, b"standard_conforming_strings", b"on");
        backend::put_backend_key_data(out, 1, &[0; 4]);
        backend::put_ready_for_query(out, Status::Idle);
    })
}
