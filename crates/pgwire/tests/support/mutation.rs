//! Ways to damage a packet that a parser is likely to trip over.

#![allow(
    clippy::ptr_arg,
    reason = "mutations share one signature; some change the length, some do not"
)]

use super::random::Random;
use pgwire::frame;

/// Largest packet a mutation may grow to, in bytes; above the startup limit, and it bounds memory.
pub(crate) const LARGEST: usize = 16 * 1024;

/// Length words and counts at which arithmetic tends to go wrong.
const EDGES: [u32; 14] =
    [0, 1, 3, 4, 5, 7, 8, 9, 10_004, 10_005, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

type Mutation = fn(&mut Vec<u8>, &[Vec<u8>], &mut Random);

const MUTATIONS: [Mutation; 12] = [
    flip_bits,
    overwrite_byte,
    overwrite_word,
    edit_length,
    edit_length,
    edit_first_length,
    truncate,
    splice,
    duplicate,
    insert,
    remove,
    cut_and_repair,
];

/// A packet of the corpus, damaged once to four times. One in sixteen is left as it is.
pub(crate) fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut packet = random.pick(corpus).cloned().unwrap_or_default();
    if random.below(16) > 0 {
        for _ in 0..=random.below(4) {
            if let Some(mutation) = random.pick(&MUTATIONS) {
                mutation(&mut packet, corpus, random);
            }
        }
    }
    packet.truncate(LARGEST);
    packet
}

fn flip_bits(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(8) {
        let position = random.below(packet.len());
        if let Some(byte) = packet.get_mut(position) {
            *byte ^= 1 << random.below(8);
        }
    }
}

fn overwrite_byte(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let position = random.below(packet.len());
    let value = if random.below(2) == 0 { 0 } else { random.byte() };
    if let Some(byte) = packet.get_mut(position) {
        *byte = value;
    }
}

/// Put an edge into two or four bytes anywhere: the counts and lengths inside bodies.
fn overwrite_word(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let word = random.pick(&EDGES).map_or([0; 4], |edge| edge.to_be_bytes());
    let (_, narrow) = word.split_at(2 * random.below(2));
    let start = random.below(packet.len());
    if let Some(place) = packet.get_mut(start..start + narrow.len()) {
        place.copy_from_slice(narrow);
    }
}

/// Change the length word of one of the messages.
fn edit_length(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let mut starts = vec![0];
    let mut rest = packet.as_slice();
    while let Ok(Some((_, _, tail))) = frame::split(rest, u32::MAX) {
        rest = tail;
        starts.push(packet.len() - rest.len());
    }
    if let Some(start) = random.pick(&starts) {
        replace_length(packet, start + 1, random);
    }
}

/// Change the length word of a first packet, which has no type byte before it.
fn edit_first_length(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    replace_length(packet, 0, random);
}

fn replace_length(packet: &mut [u8], position: usize, random: &mut Random) {
    let Some(word) = packet.get_mut(position..).and_then(|tail| tail.first_chunk_mut::<4>()) else {
        return;
    };
    let length = u32::from_be_bytes(*word);
    let near = u32::try_from(random.below(8)).unwrap_or(0);
    let replacement = match random.below(4) {
        0 => length.wrapping_add(near),
        1 => length.wrapping_sub(near),
        2 => u32::from(random.byte()),
        _ => random.pick(&EDGES).copied().unwrap_or(0),
    };
    *word = replacement.to_be_bytes();
}

fn truncate(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    packet.truncate(random.below(packet.len() + 1));
}

/// The head of this packet and the tail of another.
fn splice(packet: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    packet.truncate(random.below(packet.len() + 1));
    if let Some(other) = random.pick(corpus) {
        let start = if random.below(2) == 0 { 0 } else { random.below(other.len()) };
        packet.extend_from_slice(other.get(start..).unwrap_or(&[]));
    }
}

/// Repeat a piece of the packet right after itself.
fn duplicate(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let start = random.below(packet.len());
    let end = start + random.below(packet.len() - start + 1);
    if packet.len() + (end - start) <= LARGEST {
        let piece = packet.get(start..end).unwrap_or(&[]).to_vec();
        packet.splice(end..end, piece);
    }
}

fn insert(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let position = random.below(packet.len() + 1);
    let noise: Vec<u8> = (0..=random.below(8)).map(|_| random.byte()).collect();
    packet.splice(position..position, noise);
}

fn remove(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let start = random.below(packet.len());
    let end = start + random.below((packet.len() - start).min(8) + 1);
    packet.drain(start..end);
}

/// Shorten the last message and give it the length it now has, so that the damage reaches the body's parser.
fn cut_and_repair(packet: &mut Vec<u8>, _: &[Vec<u8>], random: &mut Random) {
    let Ok(Some(header)) = frame::header(packet, u32::MAX) else {
        return;
    };
    packet.truncate(header.size.saturating_sub(random.below(8)).max(frame::HEADER));
    let length = u32::try_from(packet.len() - 1).unwrap_or(u32::MAX);
    if let Some(word) = packet.get_mut(1..frame::HEADER) {
        word.copy_from_slice(&length.to_be_bytes());
    }
}
