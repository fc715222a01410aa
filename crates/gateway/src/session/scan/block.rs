//! Looks through the body of a DO, where commands stand behind any word.

use super::reader::{Reader, is_word};
use super::{Found, Marks, command};

/// Note every word of `text` that begins before `end` and may be a command.
pub(super) fn scan(text: &[u8], end: usize, found: &mut Found) {
    let mut at = 0;
    while let Some(byte) = text.get(at).filter(|_| at < end) {
        if !is_word(*byte) {
            if *byte == b'\'' && goes_on(text, at + 1) {
                found.marks |= Marks::UNDECIDED;
            }
            at += 1;
            continue;
        }
        let start = at;
        while text.get(at).is_some_and(|byte| is_word(*byte)) {
            at += 1;
        }
        let word = text.get(start..at).unwrap_or(&[]);
        if word.eq_ignore_ascii_case(b"execute") {
            // What it runs is put together only then.
            found.marks |= Marks::UNDECIDED;
        } else if word.eq_ignore_ascii_case(b"language") {
            let mut reader = Reader::new(text, at);
            if !reader.eat_word(b"plpgsql") {
                found.marks |= Marks::UNDECIDED;
            }
        } else if has_escapes(word, text, at) {
            found.marks |= Marks::UNDECIDED;
        } else {
            command(Reader::new(text, start), found);
        }
    }
}

/// Whether a literal that ends before `at` goes on in another line: a word of the body may be in two parts.
fn goes_on(text: &[u8], at: usize) -> bool {
    let mut reader = Reader::new(text, at);
    reader.gap();
    let between = text.get(at..text.len() - reader.left()).unwrap_or(&[]);
    reader.is_cut()
        || reader.peek() == Some(b'\'') && between.iter().any(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Whether a literal with escapes begins: it may be the body.
fn has_escapes(word: &[u8], text: &[u8], at: usize) -> bool {
    let behind = text.get(at..).unwrap_or(&[]);
    (word.eq_ignore_ascii_case(b"e") && behind.starts_with(b"'"))
        || (word.eq_ignore_ascii_case(b"u") && behind.starts_with(b"&"))
}
