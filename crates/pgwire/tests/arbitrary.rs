//! Bytes that nobody chose: no parser panics or reads past its slice, however the bytes are cut into pieces.

#[path = "support/drive.rs"]
mod drive;

use pgwire::cursor::Cursor;
use pgwire::{WireError, frame};
use proptest::prelude::*;

/// Bytes that often look like the protocol: zeros, small counts, tags, and texts the parsers know.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 0..12),
        3 => proptest::collection::vec(0_u8..6, 0..12),
        1 => Just(b"user\0app\0".to_vec()),
        1 => Just(b"\0\x03\0\0".to_vec()),
        1 => Just(b"SCRAM-SHA-256\0".to_vec()),
        1 => Just(b"SERROR\0C42601\0M\0\0".to_vec()),
        1 => (0_u32..20).prop_map(|length| length.to_be_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Messages with any tag and any body, as they follow each other on a connection.
fn messages() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    proptest::collection::vec((any::<u8>(), bytes()), 0..12)
}

/// One read of a cursor.
#[derive(Debug, Clone)]
enum Read {
    U8,
    U16,
    U32,
    String,
    Bytes(usize),
}

fn reads() -> impl Strategy<Value = Vec<Read>> {
    let read = prop_oneof![
        Just(Read::U8),
        Just(Read::U16),
        Just(Read::U32),
        Just(Read::String),
        (0_usize..10).prop_map(Read::Bytes),
        (usize::MAX - 2..=usize::MAX).prop_map(Read::Bytes),
    ];
    proptest::collection::vec(read, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_parser_panics(packet in bytes(), cut in any::<proptest::sample::Index>()) {
        drive::drive(&packet, cut.index(packet.len() + 1), &mut drive::Tally::default());
    }

    #[test]
    fn no_parser_panics_on_a_well_framed_message(tag in any::<u8>(), body in bytes(), cut in 0_usize..20) {
        let mut packet = Vec::new();
        frame::put(&mut packet, tag, |out| out.extend_from_slice(&body));
        drive::drive(&packet, cut, &mut drive::Tally::default());
    }

    #[test]
    fn no_parser_panics_on_a_well_sized_first_packet(body in bytes(), cut in 0_usize..20) {
        let mut packet = Vec::new();
        frame::put_sized(&mut packet, |out| out.extend_from_slice(&body));
        drive::drive(&packet, cut, &mut drive::Tally::default());
    }

    #[test]
    fn split_finds_the_same_messages_however_the_stream_is_cut(
        sent in messages(),
        sizes in proptest::collection::vec(1_usize..30, 1..10),
        missing in 0_usize..3,
    ) {
        let mut stream = Vec::new();
        for (tag, body) in &sent {
            frame::put(&mut stream, *tag, |out| out.extend_from_slice(body));
        }
        stream.truncate(stream.len() - missing.min(stream.len()));
        let mut received = Vec::new();
        let mut held: Vec<u8> = Vec::new();
        let mut pieces = sizes.iter().cycle();
        let mut left = stream.as_slice();
        while !left.is_empty() {
            let size = pieces.next().map_or(left.len(), |size| (*size).min(left.len()));
            let (piece, tail) = left.split_at(size);
            left = tail;
            held.extend_from_slice(piece);
            while let Some((tag, body, rest)) = frame::split(&held, u32::MAX).expect("sound") {
                received.push((tag, body.to_vec()));
                held = rest.to_vec();
            }
        }
        let whole = if missing == 0 { sent.len() } else { sent.len().saturating_sub(1) };
        prop_assert_eq!(received.as_slice(), &sent[..whole]);
        prop_assert_eq!(held.is_empty(), missing == 0 || sent.is_empty());
    }

    #[test]
    fn a_length_is_judged_by_its_limit(tag in any::<u8>(), length in any::<u32>(), limit in any::<u32>()) {
        let bytes = [&[tag], &length.to_be_bytes()[..]].concat();
        let expected = if (4..=limit).contains(&length) {
            Ok(Some(frame::Header { tag, size: length as usize + 1 }))
        } else {
            Err(WireError::Length { tag, length, limit })
        };
        prop_assert_eq!(frame::header(&bytes, limit), expected);
        for end in 0..bytes.len() {
            prop_assert_eq!(frame::header(&bytes[..end], limit), Ok(None));
            prop_assert_eq!(frame::split(&bytes[..end], limit), Ok(None));
        }
    }

    #[test]
    fn a_cursor_moves_past_what_it_returned_and_no_further(body in bytes(), reads in reads()) {
        let mut cursor = Cursor::new(&body);
        for read in reads {
            let before = cursor.rest();
            let (taken, expected) = match read {
                Read::U8 => (cursor.u8("a").ok().map(|value| vec![value]), before.get(..1)),
                Read::U16 => {
                    (cursor.u16("b").ok().map(|value| value.to_be_bytes().to_vec()), before.get(..2))
                }
                Read::U32 => {
                    (cursor.u32("c").ok().map(|value| value.to_be_bytes().to_vec()), before.get(..4))
                }
                Read::Bytes(count) => {
                    (cursor.bytes(count, "d").ok().map(<[u8]>::to_vec), before.get(..count))
                }
                Read::String => {
                    let end = before.iter().position(|byte| *byte == 0).map(|end| end + 1);
                    let text = cursor.string("e").ok().map(|text| [text, &[0]].concat());
                    (text, end.and_then(|end| before.get(..end)))
                }
            };
            prop_assert_eq!(taken.as_deref(), expected);
            let moved = expected.map_or(0, <[u8]>::len);
            prop_assert_eq!(cursor.rest(), &before[moved..]);
        }
        let left = cursor.rest().len();
        let expected = if left == 0 { Ok(()) } else { Err(WireError::Trailing { count: left }) };
        prop_assert_eq!(cursor.finish(), expected);
    }

    #[test]
    fn an_error_never_repeats_what_was_sent(noise in "[g-z]{12}") {
        // Letters that no error text of this crate has twelve of in this order.
        let body = noise.as_bytes();
        let errors = [
            pgwire::frontend::Parse::parse(body).err(),
            pgwire::frontend::Target::parse(body).err(),
            pgwire::frontend::query(body).err(),
            pgwire::frontend::password(body).err(),
            pgwire::frontend::sasl_initial(body).err(),
            pgwire::backend::parameter_status(body).err(),
            pgwire::backend::command_tag(body).err(),
            pgwire::startup::parse(body).err(),
            frame::header(body, 100).err(),
        ];
        for error in errors {
            let text = error.expect("nothing here is terminated").to_string();
            prop_assert!(!text.is_empty() && !text.contains(&noise), "{}", text);
        }
    }
}
