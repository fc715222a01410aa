//! Damaged packets in the hundred thousands never make a parser panic or break a promise.
//!
//! `PGWIRE_SEED` replaces the seed. The example `mutate` runs the same engine for millions of packets.

mod support;

use pgwire::{backend, frame, frontend, startup};
use support::corpus::Corpus;
use support::drive::{self, PARSERS, drive};
use support::{MOST_FAILURES, run};

/// The seed of every run that does not name one.
const SEED: u64 = 20_251_113;
/// How many packets: three to fifteen seconds without optimisation, by the machine.
const PACKETS: u64 = 400_000;

#[test]
fn damaged_packets_are_answered_with_an_error_or_a_message() {
    let seed = std::env::var("PGWIRE_SEED").map_or(SEED, |text| text.parse().expect("a number"));
    eprintln!("PGWIRE_SEED={seed}");
    let outcome = run(seed, 0..PACKETS, drive, |_| {});
    for failure in &outcome.failures {
        eprintln!("{failure}");
    }
    assert!(outcome.failures.is_empty(), "{} packets failed, seed {seed}", outcome.failures.len());
    for ((name, _), (accepted, refused)) in PARSERS.iter().zip(outcome.tally) {
        eprintln!("{name}: {accepted} accepted, {refused} refused");
        assert!(accepted > 1_000 && refused > 1_000, "the mutations do not reach {name}");
    }
}

#[test]
fn a_packet_is_decided_by_its_seed_and_number() {
    let alone = run(SEED, 41..42, drive, |_| {});
    let before = run(SEED, 0..41, drive, |_| {});
    let together = run(SEED, 0..42, drive, |_| {});
    assert_eq!(together.bytes, before.bytes + alone.bytes);
    let other = run(SEED + 1, 0..42, drive, |_| {});
    assert_ne!(other.tally, together.tally);
}

#[test]
fn a_panic_is_reported_with_its_packet_and_ends_the_run_in_time() {
    fn refuse_every_packet(packet: &[u8], _: usize, _: &mut drive::Tally) {
        assert!(packet.len() > 1 << 20, "too short");
    }
    let outcome = run(7, 0..1_000, refuse_every_packet, |_| {});
    assert_eq!(outcome.failures.len(), MOST_FAILURES);
    let text = outcome.failures[3].to_string();
    let hexadecimal = text.strip_prefix("packet 3 of seed 7: too short: ").expect("its reason");
    assert!(hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
}

#[test]
fn the_corpus_holds_every_message_type_of_both_sides() {
    let corpus = Corpus::new();
    let tags = |messages: &[Vec<u8>]| {
        let mut tags: Vec<u8> = messages
            .iter()
            .map(|message| {
                let (tag, _, rest) =
                    frame::split(message, u32::MAX).expect("sound").expect("whole");
                assert!(rest.is_empty());
                tag
            })
            .collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    };
    let known = |is_known: fn(u8) -> bool| (0..=u8::MAX).filter(|tag| is_known(*tag)).collect();
    let (frontend_tags, backend_tags): (Vec<u8>, Vec<u8>) =
        (known(frontend::is_known), known(backend::is_known));
    assert_eq!(tags(&corpus.frontend), frontend_tags);
    assert_eq!(tags(&corpus.backend), backend_tags);
    for packet in &corpus.first {
        let (_, size) = startup::parse(packet).expect("sound").expect("whole");
        assert_eq!(size, packet.len());
    }
}
