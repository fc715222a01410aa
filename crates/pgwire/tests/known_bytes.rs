//! Packets as PostgreSQL's documentation spells them, so that builder and parser cannot be wrong together.
//!
//! Source: PostgreSQL documentation, "Message Formats" and "Error and Notice Message Fields".

use pgwire::backend::{self, Authentication, Fields, Report, Status};
use pgwire::frontend::{self, BindNames, Parse, Target};
use pgwire::startup::{self, Initial};
use pgwire::{WireError, frame};

fn built(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out);
    out
}

#[test]
fn first_packets() {
    assert_eq!(built(startup::put_ssl), [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
    assert_eq!(built(startup::put_gss), [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);
    let cancel = b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\x12\x67\x01\x02\x03\x04";
    assert_eq!(built(|out| startup::put_cancel(out, 4_711, &[1, 2, 3, 4])), cancel);
    let session = b"\0\0\0\x20\0\x03\0\0user\0app\0database\0shop\0\0";
    let pairs = [(&b"user"[..], &b"app"[..]), (b"database", b"shop")];
    assert_eq!(built(|out| startup::put_startup(out, startup::VERSION_3_0, pairs)), session);
    let Ok(Some((Initial::Startup(message), 32))) = startup::parse(session) else {
        panic!("{:?}", startup::parse(session));
    };
    assert_eq!((message.minor, message.get("database")), (0, Some(&b"shop"[..])));
    assert_eq!(message.get("options"), None);
    let twice = b"\0\0\0\x17\0\x03\0\x02user\0a\0user\0b\0\0";
    assert!(matches!(
        startup::parse(twice),
        Ok(Some((Initial::Startup(message), 23)))
            if message.minor == 2 && message.get("user") == Some(b"b")
    ));
}

#[test]
fn first_packets_that_are_refused() {
    let refusals: [(&[u8], WireError); 9] = [
        (b"\0\0\0\x07", WireError::Length { tag: 0, length: 7, limit: startup::LIMIT }),
        // The first bytes of a TLS handshake, which is no PostgreSQL packet.
        (
            b"\x16\x03\x01\x02",
            WireError::Length { tag: 0, length: 0x1603_0102, limit: startup::LIMIT },
        ),
        (b"\0\0\0\x08\0\x02\0\0", WireError::Version { major: 2, minor: 0 }),
        (b"\0\0\0\x08\0\x04\0\x01", WireError::Version { major: 4, minor: 1 }),
        (b"\0\0\0\x08\0\x03\0\0", WireError::Unterminated { field: "parameter name" }),
        (b"\0\0\0\x0d\0\x03\0\0user\0", WireError::Unterminated { field: "parameter value" }),
        (b"\0\0\0\x0a\0\x03\0\0\0x", WireError::Trailing { count: 1 }),
        (b"\0\0\0\x09\x04\xd2\x16\x2fx", WireError::Trailing { count: 1 }),
        (b"\0\0\0\x0f\x04\xd2\x16\x2e\0\0\0\x01abc", WireError::Truncated { field: "cancel key" }),
    ];
    for (packet, refusal) in refusals {
        assert_eq!(startup::parse(packet), Err(refusal), "{packet:?}");
    }
}

#[test]
fn the_largest_first_packet_is_postgresqls() {
    // PostgreSQL compares with 10,000 what is left after the length word.
    let packet = |length: usize| {
        let value = vec![b'x'; length - 4 - 4 - 5 - 1 - 1];
        built(|out| startup::put_startup(out, startup::VERSION_3_0, [(&b"user"[..], &*value)]))
    };
    assert_eq!(packet(10_004).len(), 10_004);
    assert!(matches!(startup::parse(&packet(10_004)), Ok(Some((_, 10_004)))));
    let refusal = WireError::Length { tag: 0, length: 10_005, limit: 10_004 };
    assert_eq!(startup::parse(&packet(10_005)), Err(refusal));
}

#[test]
fn a_cancel_key_has_4_to_256_bytes() {
    for (length, refusal) in [
        (0, Some(WireError::Truncated { field: "cancel key" })),
        (3, Some(WireError::Truncated { field: "cancel key" })),
        (4, None),
        (256, None),
        (257, Some(WireError::Trailing { count: 1 })),
    ] {
        let key = vec![7; length];
        let cancel = built(|out| startup::put_cancel(out, 1, &key));
        assert_eq!(startup::parse(&cancel).err(), refusal, "cancel request, {length} bytes");
        let data = [&[0, 0, 0, 1], &*key].concat();
        assert_eq!(backend::backend_key_data(&data).err(), refusal, "key data, {length} bytes");
    }
}

#[test]
fn a_length_word_goes_from_4_to_the_limit() {
    let header =
        |length: u32, limit| frame::header(&[&b"Q"[..], &length.to_be_bytes()].concat(), limit);
    for limit in [4, 100, i32::MAX.cast_unsigned()] {
        let refusal = |length| Err(WireError::Length { tag: b'Q', length, limit });
        assert_eq!(header(3, limit), refusal(3));
        assert_eq!(header(4, limit), Ok(Some(frame::Header { tag: b'Q', size: 5 })));
        let largest = frame::Header { tag: b'Q', size: limit as usize + 1 };
        assert_eq!(header(limit, limit), Ok(Some(largest)));
        assert_eq!(header(limit + 1, limit), refusal(limit + 1));
    }
}

#[test]
fn what_a_client_sends() {
    assert_eq!(built(|out| frontend::put_query(out, b"select 1")), b"Q\0\0\0\x0dselect 1\0");
    let rest = b"select $1\0\0\x01\0\0\0\x17";
    // 4 for the length, 3 for the name, 10 for the text, 2 for the count, 4 for one type.
    let parse = b"P\0\0\0\x17s1\0select $1\0\0\x01\0\0\0\x17";
    assert_eq!(built(|out| frontend::put_parse(out, b"s1", rest)), parse);
    let expected = Parse { name: b"s1", text: b"select $1", types: &[0, 0, 0, 0x17], rest };
    assert_eq!(Parse::parse(&parse[frame::HEADER..]), Ok(expected));
    assert_eq!(built(|out| frontend::put_bind_head(out, b"p", b"s1", 6)), b"B\0\0\0\x0fp\0s1\0");
    let names = BindNames { portal: b"p", statement: b"s1", length: 5 };
    assert_eq!(BindNames::parse(b"p\0s1\0\0\0\0\0\0\0"), Some(names));
    assert_eq!(built(|out| frontend::put_describe_statement(out, b"s1")), b"D\0\0\0\x08Ss1\0");
    assert_eq!(built(|out| frontend::put_close_statement(out, b"s1")), b"C\0\0\0\x08Ss1\0");
    assert_eq!(Target::parse(b"Pp\0"), Ok(Target::Portal(b"p")));
    let unknown = WireError::Value { field: "target kind", value: 88 };
    assert_eq!(Target::parse(b"Xp\0"), Err(unknown));
    assert_eq!(built(|out| frontend::put_execute(out, b"p")), b"E\0\0\0\x0ap\0\0\0\0\0");
    assert_eq!(built(frontend::put_sync), b"S\0\0\0\x04");
    assert_eq!(built(frontend::put_terminate), b"X\0\0\0\x04");
    assert_eq!(built(|out| frontend::put_copy_fail(out, b"no")), b"f\0\0\0\x07no\0");
    assert_eq!(built(|out| frontend::put_password(out, b"pw")), b"p\0\0\0\x07pw\0");
    let initial = b"p\0\0\0\x18SCRAM-SHA-256\0\0\0\0\x02n,";
    assert_eq!(built(|out| frontend::put_sasl_initial(out, b"SCRAM-SHA-256", b"n,")), initial);
    let absent = b"SCRAM-SHA-256\0\xff\xff\xff\xff";
    assert_eq!(frontend::sasl_initial(absent), Ok((&b"SCRAM-SHA-256"[..], &b""[..])));
    assert_eq!(built(|out| frontend::put_sasl_response(out, b"c=")), b"p\0\0\0\x06c=");
}

#[test]
fn a_name_with_a_zero_byte_cannot_move_the_messages_after_it() {
    let stream = built(|out| {
        frontend::put_bind_head(out, b"p\0hidden", b"s\0hidden", 2);
        out.extend_from_slice(b"\0\0");
        frontend::put_sync(out);
    });
    assert_eq!(stream, b"B\0\0\0\x0ap\0s\0\0\0S\0\0\0\x04");
    let pairs = [(&b""[..], &b"a"[..]), (b"user", b"app\0database\0other"), (b"\0database", b"x")];
    let packet = built(|out| startup::put_startup(out, startup::VERSION_3_0, pairs));
    let Ok(Some((Initial::Startup(message), _))) = startup::parse(&packet) else {
        panic!("{:?}", startup::parse(&packet));
    };
    assert_eq!(message.parameters, [(&b"user"[..], &b"app"[..])]);
}

#[test]
fn what_a_server_sends() {
    for (request, message) in [
        (Authentication::Ok, &b"R\0\0\0\x08\0\0\0\0"[..]),
        (Authentication::Cleartext, b"R\0\0\0\x08\0\0\0\x03"),
        (Authentication::Md5([1, 2, 3, 4]), b"R\0\0\0\x0c\0\0\0\x05\x01\x02\x03\x04"),
        (Authentication::Sasl(b"X\0\0"), b"R\0\0\0\x0b\0\0\0\x0aX\0\0"),
        (Authentication::SaslContinue(b"r="), b"R\0\0\0\x0a\0\0\0\x0br="),
        (Authentication::SaslFinal(b"v="), b"R\0\0\0\x0a\0\0\0\x0cv="),
    ] {
        assert_eq!(built(|out| backend::put_authentication(out, &request)), message);
        assert_eq!(Authentication::parse(&message[frame::HEADER..]), Ok(request));
    }
    assert_eq!(Authentication::parse(&[0, 0, 0, 7]), Ok(Authentication::Other(7)));
    assert_eq!(Authentication::parse(&[0, 0, 0, 0, 0]), Err(WireError::Trailing { count: 1 }));
    let key = b"K\0\0\0\x0c\0\0\x12\x67\x01\x02\x03\x04";
    assert_eq!(built(|out| backend::put_backend_key_data(out, 4_711, &[1, 2, 3, 4])), key);
    let setting = b"S\0\0\0\x15TimeZone\0Etc/UTC\0";
    assert_eq!(built(|out| backend::put_parameter_status(out, b"TimeZone", b"Etc/UTC")), setting);
    let ready = |status| built(|out| backend::put_ready_for_query(out, status));
    assert_eq!(ready(Status::Idle), b"Z\0\0\0\x05I");
    assert_eq!(ready(Status::Transaction), b"Z\0\0\0\x05T");
    assert_eq!(ready(Status::Failed), b"Z\0\0\0\x05E");
    let unknown = WireError::Value { field: "transaction status", value: 88 };
    assert_eq!(Status::parse(b"X"), Err(unknown));
    assert_eq!(built(|out| backend::put_command_complete(out, b"BEGIN")), b"C\0\0\0\x0aBEGIN\0");
    let negotiation = b"v\0\0\0\x13\0\0\0\x02\0\0\0\x01_pq_.a\0";
    assert_eq!(
        built(|out| backend::put_negotiate_protocol_version(out, 2, &[b"_pq_.a"])),
        negotiation
    );
}

#[test]
fn error_fields() {
    let report =
        Report { severity: "FATAL", sqlstate: "57P01", message: "bye", detail: "", hint: "" };
    let message = built(|out| backend::put_error(out, &report));
    assert_eq!(message, b"E\0\0\0\x1fSFATAL\0VFATAL\0C57P01\0Mbye\0\0");
    let fields = Fields::new(&message[frame::HEADER..]);
    assert_eq!(fields.get(b'C'), Some(&b"57P01"[..]));
    assert_eq!(fields.get(b'H'), None);
    assert_eq!(fields.count(), 4);
}

#[test]
fn error_fields_that_are_broken_end_the_list_once() {
    let broken = WireError::Unterminated { field: "field value" };
    let mut fields = Fields::new(b"SERROR\0Mcut");
    assert_eq!(fields.next(), Some(Ok((b'S', &b"ERROR"[..]))));
    assert_eq!(fields.next(), Some(Err(broken)));
    assert_eq!(fields.next(), None);
    let mut fields = Fields::new(b"SERROR\0\0Mafter the end\0\0");
    assert_eq!(fields.next(), Some(Ok((b'S', &b"ERROR"[..]))));
    assert_eq!((fields.next(), fields.next()), (None, None));
    assert_eq!(fields.get(b'M'), None);
    // The first of two fields with the same code counts.
    assert_eq!(Fields::new(b"Ma\0Mb\0\0").get(b'M'), Some(&b"a"[..]));
}

#[test]
fn mechanisms_are_compared_whole() {
    let list = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
    assert!(backend::offers_mechanism(list, "SCRAM-SHA-256"));
    assert!(!backend::offers_mechanism(list, "SCRAM-SHA-1"));
    assert!(!backend::offers_mechanism(b"SCRAM-SHA-256-PLUS\0\0", "SCRAM-SHA-256"));
    assert!(!backend::offers_mechanism(b"scram-sha-256\0\0", "SCRAM-SHA-256"));
}
