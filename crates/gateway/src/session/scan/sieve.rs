//! Finds the few places of a text that are worth a look, many bytes at a time.

/// With which three bytes words of interest begin, whatever their case. Few words of most texts do.
const BEGINNINGS: [[u8; 3]; 8] =
    [*b"cur", *b"dbl", *b"exe", *b"las", *b"pg_", *b"set", *b"tem", *b"u&\""];

/// Bytes that are looked at together, which the compiler turns into a few instructions.
const WIDTH: usize = 32;

/// A letter's case, and nothing that tells the others of [`BEGINNINGS`] apart.
const CASE: u8 = 0x20;

/// Call `look` with every position where a word of interest may begin or a semicolon stands, until it returns
/// `false`.
#[inline]
pub(super) fn each(text: &[u8], mut look: impl FnMut(usize) -> bool) {
    let mut at = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let mut hits = if let Some(window) = rest.first_chunk() {
            sift(window)
        } else {
            let mut window = [0; WIDTH + 2];
            for (to, from) in window.iter_mut().zip(rest) {
                *to = *from;
            }
            sift(&window)
        };
        while hits != 0 {
            let hit = hits.trailing_zeros() as usize;
            if is_worth_a_look(rest.get(hit..).unwrap_or(&[])) && !look(at + hit) {
                return;
            }
            hits &= hits - 1;
        }
        at += WIDTH;
        rest = rest.get(WIDTH..).unwrap_or(&[]);
    }
}

/// Whether a word of interest may begin `text`, or a semicolon does.
fn is_worth_a_look(text: &[u8]) -> bool {
    match text {
        [b';', ..] => true,
        [first, second, third, ..] => {
            let begins = [first | CASE, second | CASE, third | CASE];
            BEGINNINGS.iter().any(|word| begins == word.map(|byte| byte | CASE))
        }
        _ => false,
    }
}

/// A bit for each position of the window, without the last two, that may be worth a look: the first and the third
/// byte of a word are enough to rule most out.
#[inline]
fn sift(window: &[u8; WIDTH + 2]) -> u32 {
    let shifted = |by: usize| window.get(by..).and_then(|rest| rest.first_chunk::<WIDTH>());
    let (Some(first), Some(third)) = (shifted(0), shifted(2)) else {
        return 0;
    };
    let mut hits = first.map(|byte| u8::from(byte == b';'));
    let (first, third) = (first.map(|byte| byte | CASE), third.map(|byte| byte | CASE));
    // Arrays of a known length, one simple loop for each word: the compiler does all of it at once.
    for [x, _, z] in BEGINNINGS {
        let (x, z) = (x | CASE, z | CASE);
        for (hit, (a, c)) in hits.iter_mut().zip(first.iter().zip(&third)) {
            *hit |= u8::from(*a == x) & u8::from(*c == z);
        }
    }
    if hits == [0; WIDTH] {
        return 0;
    }
    hits.iter().rev().fold(0, |bits, hit| bits << 1 | u32::from(*hit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_worth_a_look_is_found_wherever_it_stands() {
        let words =
            ["CURRVAL", "dblink", "Execute", "lastval", "PG_locks", "sEt", "temp", "U&\"", ";"];
        for word in words {
            for before in 0..70 {
                for after in [0, 1, 50] {
                    let text = format!("{}{word}{}", "-".repeat(before), "-".repeat(after));
                    let mut found = Vec::new();
                    each(text.as_bytes(), |at| {
                        found.push(at);
                        true
                    });
                    assert_eq!(found, [before], "{text}");
                }
            }
        }
    }
}
