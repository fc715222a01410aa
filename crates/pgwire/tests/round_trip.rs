//! What a builder writes, the parser of the other side reads back: whole, alone, and among other messages.

use pgwire::backend::{self, Authentication, Fields, Report, Status};
use pgwire::frame;
use pgwire::frontend::{self, BindNames, Parse, Target};
use pgwire::startup::{self, Initial};
use proptest::prelude::*;
use std::ops::RangeInclusive;

/// Any bytes, zero bytes included: what a caller may hand to a builder.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => proptest::collection::vec(prop_oneof![Just(0), Just(b'a'), Just(0xff)], 0..12),
        1 => proptest::collection::vec(1_u8.., 0..3_000),
    ]
}

/// A cancel key of any length the protocol allows.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    const LENGTHS: RangeInclusive<usize> = 4..=startup::LONGEST_KEY;
    proptest::collection::vec(any::<u8>(), LENGTHS)
}

/// Text with the characters that could break a field out of its place.
fn text() -> impl Strategy<Value = String> {
    let odd = proptest::sample::select(vec!['a', ' ', '\0', '\n', '\u{e9}', '\u{1f418}']);
    proptest::collection::vec(odd, 0..20).prop_map(String::from_iter)
}

/// What is left of `text` on the wire: a string ends at its first zero byte.
fn cut(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or(text)
}

/// The body of the one message that `put` appends, after checking its tag, its length, and that appending
/// leaves what was there alone.
#[allow(clippy::expect_used, reason = "only tests call it; the lint knows test functions only")]
fn body(tag: u8, put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = b"before".to_vec();
    put(&mut out);
    out.extend_from_slice(b"S\0\0\0\x04");
    let message = out.strip_prefix(b"before").expect("what was there before");
    let (found, body, rest) = frame::split(message, u32::MAX).expect("sound").expect("whole");
    assert_eq!((char::from(found), rest), (char::from(tag), &b"S\0\0\0\x04"[..]));
    body.to_vec()
}

proptest! {
    #[test]
    fn parse(name in bytes(), text in bytes(), types in proptest::collection::vec(any::<u32>(), 0..30)) {
        let count = u16::try_from(types.len()).expect("few types");
        let types: Vec<u8> = types.iter().flat_map(|oid| oid.to_be_bytes()).collect();
        let rest = [cut(&text), &[0], &count.to_be_bytes(), &types].concat();
        let body = body(frontend::PARSE, |out| frontend::put_parse(out, &name, &rest));
        let expected = Parse { name: cut(&name), text: cut(&text), types: &types, rest: &rest };
        prop_assert_eq!(Parse::parse(&body), Ok(expected));
    }

    #[test]
    fn bind_head(portal in bytes(), statement in bytes(), rest in bytes()) {
        let body = body(frontend::BIND, |out| {
            frontend::put_bind_head(out, &portal, &statement, rest.len());
            out.extend_from_slice(&rest);
        });
        let names = BindNames::parse(&body).expect("both names");
        prop_assert_eq!((names.portal, names.statement), (cut(&portal), cut(&statement)));
        prop_assert_eq!(body.get(names.length..), Some(&*rest));
        for end in 0..names.length {
            prop_assert_eq!(BindNames::parse(&body[..end]), None);
        }
    }

    #[test]
    fn bind_head_of_any_size_is_written_without_overflow(remaining in any::<usize>()) {
        let mut out = Vec::new();
        frontend::put_bind_head(&mut out, b"p", b"s", remaining);
        let length = u32::try_from(remaining.saturating_add(8)).unwrap_or(u32::MAX);
        prop_assert_eq!(out, [&b"B"[..], &length.to_be_bytes(), b"p\0s\0"].concat());
    }

    #[test]
    fn describe_and_close(name in bytes()) {
        let describe = body(frontend::DESCRIBE, |out| frontend::put_describe_statement(out, &name));
        let close = body(frontend::CLOSE, |out| frontend::put_close_statement(out, &name));
        prop_assert_eq!(Target::parse(&describe), Ok(Target::Statement(cut(&name))));
        prop_assert_eq!(&describe, &close);
        let portal = [b"P", describe.get(1..).unwrap_or(&[])].concat();
        prop_assert_eq!(Target::parse(&portal), Ok(Target::Portal(cut(&name))));
    }

    #[test]
    fn execute(portal in bytes()) {
        let body = body(frontend::EXECUTE, |out| frontend::put_execute(out, &portal));
        prop_assert_eq!(body, [cut(&portal), &[0; 5]].concat());
    }

    #[test]
    fn strings(text in bytes()) {
        let query = body(frontend::QUERY, |out| frontend::put_query(out, &text));
        prop_assert_eq!(frontend::query(&query), Ok(cut(&text)));
        let password = body(frontend::PASSWORD, |out| frontend::put_password(out, &text));
        prop_assert_eq!(frontend::password(&password), Ok(cut(&text)));
        let fail = body(frontend::COPY_FAIL, |out| frontend::put_copy_fail(out, &text));
        prop_assert_eq!(fail, [cut(&text), &[0]].concat());
        let tag = body(backend::COMMAND_COMPLETE, |out| backend::put_command_complete(out, &text));
        prop_assert_eq!(backend::command_tag(&tag), Ok(cut(&text)));
    }

    #[test]
    fn sasl(mechanism in bytes(), data in bytes()) {
        let first = body(frontend::PASSWORD, |out| frontend::put_sasl_initial(out, &mechanism, &data));
        prop_assert_eq!(frontend::sasl_initial(&first), Ok((cut(&mechanism), &*data)));
        let next = body(frontend::PASSWORD, |out| frontend::put_sasl_response(out, &data));
        prop_assert_eq!(next, data);
    }

    #[test]
    fn authentication(salt in any::<[u8; 4]>(), data in bytes(), code in any::<u32>()) {
        let mut requests = vec![
            Authentication::Ok,
            Authentication::Cleartext,
            Authentication::Md5(salt),
            Authentication::Sasl(&data),
            Authentication::SaslContinue(&data),
            Authentication::SaslFinal(&data),
        ];
        if ![0, 3, 5, 10, 11, 12].contains(&code) {
            requests.push(Authentication::Other(code));
        }
        for request in requests {
            let body =
                body(backend::AUTHENTICATION, |out| backend::put_authentication(out, &request));
            prop_assert_eq!(Authentication::parse(&body), Ok(request));
        }
    }

    #[test]
    fn mechanisms(names in proptest::collection::vec("[A-Z0-9-]{1,20}", 0..5), other in "[a-z]{1,20}") {
        let mut list: Vec<u8> = Vec::new();
        for name in &names {
            frame::put_string(&mut list, name.as_bytes());
        }
        list.push(0);
        for name in &names {
            prop_assert!(backend::offers_mechanism(&list, name));
            let part = name.get(1..).unwrap_or("");
            prop_assert!(part.is_empty() || names.iter().any(|known| known == part)
                || !backend::offers_mechanism(&list, part));
        }
        prop_assert!(!backend::offers_mechanism(&list, &other));
    }

    #[test]
    fn settings_and_keys(name in bytes(), value in bytes(), process in any::<u32>(), key in keys()) {
        let setting = body(backend::PARAMETER_STATUS, |out| {
            backend::put_parameter_status(out, &name, &value);
        });
        prop_assert_eq!(backend::parameter_status(&setting), Ok((cut(&name), cut(&value))));
        let data = body(backend::BACKEND_KEY_DATA, |out| {
            backend::put_backend_key_data(out, process, &key);
        });
        prop_assert_eq!(backend::backend_key_data(&data), Ok((process, &*key)));
    }

    #[test]
    fn reports(texts in proptest::array::uniform5(text())) {
        let [severity, sqlstate, message, detail, hint] = &texts;
        let report = Report { severity, sqlstate, message, detail, hint };
        let error = body(backend::ERROR_RESPONSE, |out| backend::put_error(out, &report));
        let notice = body(backend::NOTICE_RESPONSE, |out| backend::put_notice(out, &report));
        prop_assert_eq!(&error, &notice);
        let expected: Vec<_> = b"SVCMDH"
            .iter()
            .zip([severity, severity, sqlstate, message, detail, hint])
            .filter(|(_, value)| !value.is_empty())
            .map(|(code, value)| Ok((*code, cut(value.as_bytes()))))
            .collect();
        prop_assert_eq!(Fields::new(&error).collect::<Vec<_>>(), expected.clone());
        for field in expected {
            let (code, value) = field.expect("built above");
            prop_assert_eq!(Fields::new(&error).get(code), Some(value));
        }
        prop_assert_eq!(Fields::new(&error).get(b'R'), None);
    }

    #[test]
    fn negotiation(newest in any::<u32>(), options in proptest::collection::vec(bytes(), 0..5)) {
        let slices: Vec<&[u8]> = options.iter().map(Vec::as_slice).collect();
        let body = body(backend::NEGOTIATE_PROTOCOL_VERSION, |out| {
            backend::put_negotiate_protocol_version(out, newest, &slices);
        });
        let mut cursor = pgwire::cursor::Cursor::new(&body);
        prop_assert_eq!(cursor.u32("newest"), Ok(newest));
        prop_assert_eq!(cursor.u32("count"), Ok(u32::try_from(options.len()).expect("few")));
        for option in &options {
            prop_assert_eq!(cursor.string("option"), Ok(cut(option)));
        }
        prop_assert_eq!(cursor.finish(), Ok(()));
    }

    #[test]
    fn startup(
        minor in any::<u16>(),
        pairs in proptest::collection::vec((bytes(), bytes()), 0..6),
        after in bytes(),
    ) {
        let parameters = || pairs.iter().map(|(name, value)| (&**name, &**value));
        let mut packet = Vec::new();
        startup::put_startup(&mut packet, 3 << 16 | u32::from(minor), parameters());
        let size = packet.len();
        prop_assume!(size <= startup::LIMIT as usize);
        let expected: Vec<_> = parameters()
            .map(|(name, value)| (cut(name), cut(value)))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        for end in 0..size {
            prop_assert_eq!(startup::parse(&packet[..end]), Ok(None));
        }
        packet.extend_from_slice(&after);
        let parsed = startup::parse(&packet);
        let Ok(Some((Initial::Startup(message), taken))) = parsed else {
            return Err(TestCaseError::fail(format!("{parsed:?}")));
        };
        prop_assert_eq!((message.minor, taken), (minor, size));
        prop_assert_eq!(&message.parameters, &expected);
        for (name, _) in &expected {
            let last = expected.iter().rfind(|(key, _)| key == name).map(|(_, value)| *value);
            if let Ok(name) = std::str::from_utf8(name) {
                prop_assert_eq!(message.get(name), last);
            }
        }
    }

    #[test]
    fn cancel(process in any::<u32>(), key in keys(), after in bytes()) {
        let mut packet = Vec::new();
        startup::put_cancel(&mut packet, process, &key);
        let size = packet.len();
        packet.extend_from_slice(&after);
        prop_assert_eq!(
            startup::parse(&packet),
            Ok(Some((Initial::Cancel { process, key: &key }, size)))
        );
    }
}

#[test]
fn messages_without_fields() {
    assert_eq!(body(frontend::SYNC, frontend::put_sync), b"");
    assert_eq!(body(frontend::TERMINATE, frontend::put_terminate), b"");
    let complete = |message: [u8; 5]| move |out: &mut Vec<u8>| out.extend(message);
    assert_eq!(body(backend::PARSE_COMPLETE, complete(backend::PARSE_COMPLETE_MESSAGE)), b"");
    assert_eq!(body(backend::CLOSE_COMPLETE, complete(backend::CLOSE_COMPLETE_MESSAGE)), b"");
    for status in [Status::Idle, Status::Transaction, Status::Failed] {
        let ready = body(backend::READY_FOR_QUERY, |out| backend::put_ready_for_query(out, status));
        assert_eq!(Status::parse(&ready), Ok(status));
    }
}
