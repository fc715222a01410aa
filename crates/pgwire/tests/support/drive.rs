//! Everything a parser promises about bytes it did not choose, asserted on one packet.
//!
//! The crate forbids unsafe code, so reading out of bounds would be a panic. The assertions go further: what a
//! parser hands back lies inside what it was given, and building it again gives the same bytes.

use pgwire::backend::{self, Authentication, Fields, Status};
use pgwire::frame::{self, HEADER};
use pgwire::frontend::{self, BindNames, Parse, Target};
use pgwire::startup::{self, Initial};

/// Reads one message body, asserts what must hold, and says whether the parser accepted it.
type Check = fn(&[u8]) -> bool;

/// Every parser of a message body, by name.
pub(crate) const PARSERS: [(&str, Check); 14] = [
    ("Parse", parse),
    ("Bind names", bind_names),
    ("Describe and Close target", target),
    ("Query", query),
    ("PasswordMessage", password),
    ("SASLInitialResponse", sasl_initial),
    ("ReadyForQuery", status),
    ("Authentication", authentication),
    ("mechanism list", mechanisms),
    ("ParameterStatus", parameter_status),
    ("BackendKeyData", backend_key_data),
    ("CommandComplete", command_tag),
    ("ErrorResponse fields", fields),
    ("first packet", first_packet),
];

/// How often each of [`PARSERS`] accepted and refused, in the same order.
pub(crate) type Tally = [(u64, u64); PARSERS.len()];

/// Length limits that packets are split under; the last is what PgBouncer's `max_packet_size` allows at most.
const LIMITS: [u32; 4] = [4, 64, 10_004, i32::MAX.cast_unsigned()];

/// Drive every parser over `packet`, as it stands and as a stream that arrives in two pieces, cut at `cut`.
pub(crate) fn drive(packet: &[u8], cut: usize, tally: &mut Tally) {
    every_parser(packet, tally);
    for limit in LIMITS {
        let whole = messages(packet, limit);
        for (_, body) in &whole.found {
            if limit == i32::MAX.cast_unsigned() {
                every_parser(body, tally);
            }
        }
        arrives_in_two(packet, cut.min(packet.len()), limit, &whole);
    }
}

fn every_parser(body: &[u8], tally: &mut Tally) {
    for ((_, check), (accepted, refused)) in PARSERS.iter().zip(tally) {
        *(if check(body) { accepted } else { refused }) += 1;
    }
}

/// What a stream of messages held.
struct Messages<'a> {
    /// Tag and body of each whole message.
    found: Vec<(u8, &'a [u8])>,
    /// What follows the last whole message.
    rest: &'a [u8],
    /// Whether reading ended because a length word was refused.
    is_refused: bool,
}

fn messages(packet: &[u8], limit: u32) -> Messages<'_> {
    let mut found = Vec::new();
    let mut rest = packet;
    loop {
        match frame::split(rest, limit) {
            Ok(Some((tag, body, tail))) => {
                assert_eq!(HEADER + body.len() + tail.len(), rest.len(), "bytes lost or doubled");
                assert!(rest.ends_with(tail) && is_inside(body, rest));
                assert!(body.len() + 4 <= limit as usize, "a message over the limit");
                let header = frame::header(rest, limit);
                assert_eq!(header, Ok(Some(frame::Header { tag, size: HEADER + body.len() })));
                let mut again = Vec::new();
                frame::put(&mut again, tag, |out| out.extend_from_slice(body));
                assert!(rest.starts_with(&again), "a header built again differs");
                found.push((tag, body));
                rest = tail;
            }
            Ok(None) => {
                if let Ok(Some(header)) = frame::header(rest, limit) {
                    assert!(header.size > rest.len(), "a whole message was held back");
                } else {
                    assert!(rest.len() < HEADER, "a whole header was held back");
                }
                return Messages { found, rest, is_refused: false };
            }
            Err(error) => {
                assert_eq!(frame::header(rest, limit), Err(error));
                return Messages { found, rest, is_refused: true };
            }
        }
    }
}

/// A stream cut anywhere holds the same messages as one that is not.
fn arrives_in_two(packet: &[u8], cut: usize, limit: u32, whole: &Messages<'_>) {
    let (first, second) = packet.split_at(cut);
    let early = messages(first, limit);
    assert!(whole.found.starts_with(&early.found), "a cut changed a message");
    if early.is_refused {
        assert!(whole.is_refused && whole.found.len() == early.found.len());
        return;
    }
    let joined = [early.rest, second].concat();
    let late = messages(&joined, limit);
    assert!(whole.found.ends_with(&late.found), "a cut changed a message");
    assert_eq!(whole.found.len(), early.found.len() + late.found.len());
    assert_eq!((whole.rest, whole.is_refused), (late.rest, late.is_refused));
}

/// Whether `part` is a piece of the memory of `whole`. An empty slice lies anywhere.
fn is_inside(part: &[u8], whole: &[u8]) -> bool {
    let (inner, outer) = (part.as_ptr_range(), whole.as_ptr_range());
    part.is_empty() || (outer.start <= inner.start && inner.end <= outer.end)
}

/// Assert that `put` appends a message with exactly this body.
fn assert_rebuilds(body: &[u8], put: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::with_capacity(HEADER + body.len());
    put(&mut out);
    assert_eq!(out.get(HEADER..), Some(body), "a message built again differs");
    assert!(matches!(frame::split(&out, u32::MAX), Ok(Some((_, _, [])))), "its length is wrong");
}

fn parse(body: &[u8]) -> bool {
    let Ok(message) = Parse::parse(body) else {
        return false;
    };
    for part in [message.name, message.text, message.types, message.rest] {
        assert!(is_inside(part, body));
    }
    let count = message.types.len() / 4;
    assert_eq!(message.rest.len(), message.text.len() + 3 + count * 4);
    assert!(message.rest.starts_with(message.text) && message.rest.ends_with(message.types));
    assert_rebuilds(body, |out| frontend::put_parse(out, message.name, message.rest));
    true
}

fn bind_names(body: &[u8]) -> bool {
    let Some(names) = BindNames::parse(body) else {
        assert!(body.split(|byte| *byte == 0).count() < 3, "two names were not seen");
        return false;
    };
    assert!(is_inside(names.portal, body) && is_inside(names.statement, body));
    assert_eq!(names.length, names.portal.len() + names.statement.len() + 2);
    let (head, rest) = body.split_at(names.length);
    assert_eq!(BindNames::parse(head), Some(names), "the names depend on what follows them");
    assert_eq!(BindNames::parse(head.split_last().map_or(head, |(_, short)| short)), None);
    assert_rebuilds(body, |out| {
        frontend::put_bind_head(out, names.portal, names.statement, rest.len());
        out.extend_from_slice(rest);
    });
    true
}

fn target(body: &[u8]) -> bool {
    let Ok(message) = Target::parse(body) else {
        return false;
    };
    match message {
        Target::Statement(name) => {
            assert!(is_inside(name, body));
            assert_rebuilds(body, |out| frontend::put_describe_statement(out, name));
            assert_rebuilds(body, |out| frontend::put_close_statement(out, name));
        }
        Target::Portal(name) => {
            assert!(is_inside(name, body));
            assert!(body.starts_with(b"P") && body.len() == name.len() + 2);
        }
    }
    true
}

fn query(body: &[u8]) -> bool {
    let Ok(text) = frontend::query(body) else {
        return false;
    };
    assert!(is_inside(text, body));
    assert_rebuilds(body, |out| frontend::put_query(out, text));
    assert_rebuilds(body, |out| frontend::put_copy_fail(out, text));
    true
}

fn password(body: &[u8]) -> bool {
    let Ok(text) = frontend::password(body) else {
        return false;
    };
    assert!(is_inside(text, body));
    assert_rebuilds(body, |out| frontend::put_password(out, text));
    true
}

fn sasl_initial(body: &[u8]) -> bool {
    let Ok((mechanism, data)) = frontend::sasl_initial(body) else {
        return false;
    };
    assert!(is_inside(mechanism, body) && is_inside(data, body));
    assert_eq!(body.len(), mechanism.len() + 1 + 4 + data.len());
    // A first message that is absent (length -1) reads as empty, which is built with the length 0.
    if !body.ends_with(&[0xff; 4]) || !data.is_empty() {
        assert_rebuilds(body, |out| frontend::put_sasl_initial(out, mechanism, data));
    }
    true
}

fn status(body: &[u8]) -> bool {
    let Ok(status) = Status::parse(body) else {
        return false;
    };
    assert_rebuilds(body, |out| backend::put_ready_for_query(out, status));
    true
}

fn authentication(body: &[u8]) -> bool {
    let Ok(request) = Authentication::parse(body) else {
        return false;
    };
    match request {
        // A method that is not spoken keeps its code only.
        Authentication::Other(code) => assert!(body.starts_with(&code.to_be_bytes())),
        request => {
            if let Authentication::Sasl(data)
            | Authentication::SaslContinue(data)
            | Authentication::SaslFinal(data) = request
            {
                assert!(is_inside(data, body));
            }
            assert_rebuilds(body, |out| backend::put_authentication(out, &request));
        }
    }
    true
}

fn mechanisms(body: &[u8]) -> bool {
    let offered = backend::offers_mechanism(body, "SCRAM-SHA-256");
    assert!(!offered || body.windows(13).any(|window| window == b"SCRAM-SHA-256"));
    offered
}

fn parameter_status(body: &[u8]) -> bool {
    let Ok((name, value)) = backend::parameter_status(body) else {
        return false;
    };
    assert!(is_inside(name, body) && is_inside(value, body));
    assert_rebuilds(body, |out| backend::put_parameter_status(out, name, value));
    true
}

fn backend_key_data(body: &[u8]) -> bool {
    let Ok((process, key)) = backend::backend_key_data(body) else {
        assert!(!(8..=260).contains(&body.len()), "a key of a legal length was refused");
        return false;
    };
    assert!(is_inside(key, body) && (4..=startup::LONGEST_KEY).contains(&key.len()));
    assert_rebuilds(body, |out| backend::put_backend_key_data(out, process, key));
    true
}

fn command_tag(body: &[u8]) -> bool {
    let Ok(tag) = backend::command_tag(body) else {
        return false;
    };
    assert!(is_inside(tag, body));
    assert_rebuilds(body, |out| backend::put_command_complete(out, tag));
    true
}

/// Accepted means: at least one field, and none of them broken.
fn fields(body: &[u8]) -> bool {
    let mut left = Fields::new(body);
    let mut first_message = None;
    let mut consumed = 0;
    while let Some(field) = left.next() {
        let Ok((code, value)) = field else {
            assert!(left.next().is_none(), "fields after a broken one");
            assert_eq!(Fields::new(body).get(b'M'), first_message);
            return false;
        };
        assert!(code != 0 && is_inside(value, body) && !value.contains(&0));
        consumed += value.len() + 2;
        assert!(consumed <= body.len(), "more fields than bytes");
        if code == b'M' {
            first_message = first_message.or(Some(value));
        }
    }
    assert!(left.next().is_none(), "fields after the end");
    assert_eq!(Fields::new(body).get(b'M'), first_message);
    assert_eq!(Fields::new(body).get(0), None);
    consumed > 0
}

fn first_packet(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk::<4>().map(|word| u32::from_be_bytes(*word));
    let (initial, size) = match startup::parse(bytes) {
        Ok(Some(found)) => found,
        Ok(None) => {
            assert!(length.is_none_or(|length| (8..=startup::LIMIT).contains(&length)));
            assert!(length.is_none_or(|length| bytes.len() < length as usize), "held back");
            return false;
        }
        Err(_) => return false,
    };
    let (packet, _) = bytes.split_at(size);
    assert_eq!(length.map(|length| length as usize), Some(size));
    assert_eq!(startup::parse(packet), Ok(Some((initial.clone(), size))), "read past its end");
    let short = packet.split_last().map_or(packet, |(_, short)| short);
    assert_eq!(startup::parse(short), Ok(None), "an incomplete packet was answered");
    let mut again = Vec::with_capacity(size);
    match &initial {
        Initial::Ssl => startup::put_ssl(&mut again),
        Initial::Gss => startup::put_gss(&mut again),
        Initial::Cancel { process, key } => {
            assert!(is_inside(key, packet));
            startup::put_cancel(&mut again, *process, key);
        }
        Initial::Startup(message) => {
            for (name, value) in &message.parameters {
                assert!(is_inside(name, packet) && is_inside(value, packet) && !name.is_empty());
            }
            let version = 3 << 16 | u32::from(message.minor);
            startup::put_startup(&mut again, version, message.parameters.iter().copied());
        }
    }
    assert_eq!(again, packet, "a first packet built again differs");
    true
}
