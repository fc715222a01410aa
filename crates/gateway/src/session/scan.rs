//! Looks through a statement's text for words that may change what its session is.
//!
//! Most texts have none, and that must be known quickly. The others lead to a question to PostgreSQL, which says
//! what is true: so a word that only looks like one (in a string, in a comment, as a column's name) costs a query,
//! and nothing else depends on it. What must not happen is that one is overlooked. So quotes and comments are not
//! followed through the text: every semicolon is taken to end a statement, and every word to stand where it acts.
//! What cannot be decided at all is said to be so.

mod block;
mod lead;
mod marks;
mod names;
mod pieces;
mod reader;
mod sieve;

use std::ops::Range;

use reader::{Reader, is_word};

pub use marks::{Found, Marks};
pub use pieces::Pieces;

/// Stands at an end of a part of a text where the text goes on. No text holds it: it ends them.
const CUT: u8 = 0;

/// Most bytes of comments behind semicolons that are looked through for a statement's first word.
const COMMENT_LIMIT: usize = 64 * 1024;

/// What `text` holds of interest.
pub fn scan(text: &[u8]) -> Found {
    let mut found = Found::default();
    // Nothing begins behind a semicolon at the end, which many texts have.
    let text = text.strip_suffix(b";").unwrap_or(text);
    scan_part(text, 0..text.len(), &mut found);
    found
}

/// [`scan`] for a part of a text, with [`CUT`] at the ends where there is more: constructs that begin in `span` are
/// noted, and the rest is there to understand them. Where that does not suffice, they are undecided. A span that
/// begins at 0 is the text's beginning.
fn scan_part(text: &[u8], span: Range<usize>, found: &mut Found) {
    if span.start == 0 {
        statement(Reader::new(text, 0), found);
    }
    let mut looked_through = 0;
    sieve::each(text, |at| {
        if at >= span.end {
            return false;
        }
        if at < span.start {
            return true;
        }
        if text.get(at) == Some(&b';') {
            looked_through += semicolon(text, at + 1, looked_through, found);
        } else if at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|b| !is_word(*b))
        {
            word(text, at, found);
        }
        true
    });
    if found.marks.has(Marks::BLOCK) {
        block::scan(text, span.end, found);
    }
}

/// A statement begins at `at`, perhaps behind comments; returns how many bytes of them were looked through.
fn semicolon(text: &[u8], at: usize, looked_through: usize, found: &mut Found) -> usize {
    if looked_through > COMMENT_LIMIT {
        // Every semicolon in a comment would have the rest of it read again.
        found.marks |= Marks::UNDECIDED;
        return 0;
    }
    let mut reader = Reader::new(text, at);
    reader.gap();
    statement(reader, found);
    text.len() - at - reader.left()
}

/// A word anywhere in a text.
#[cold]
fn word(text: &[u8], start: usize, found: &mut Found) {
    let mut reader = Reader::new(text, start);
    let word = reader.part();
    let is = |wanted: &[u8]| word.eq_ignore_ascii_case(wanted);
    match (word.first().map(u8::to_ascii_lowercase), word.len()) {
        (Some(b'c'), 7) if is(b"currval") && is_call(reader) => sequence(text, found),
        (Some(b'l'), 7) if is(b"lastval") && is_call(reader) => sequence(text, found),
        (Some(b'e'), 7) if is(b"execute") => found.marks |= Marks::EXECUTE,
        (Some(b's'), 10) if is(b"set_config") => names::set_config(reader, found),
        (Some(b's'), 7) if is(b"setseed") => found.marks |= Marks::SEED,
        (Some(b's'), 9) if is(b"set_limit") => found.ask(b"pg_trgm.similarity_threshold"),
        (Some(b't'), 4) if is(b"temp") => temporary(text, start, found),
        (Some(b't'), 9) if is(b"temporary") => temporary(text, start, found),
        // An identifier with escapes may be any.
        (Some(b'u'), 1) if reader.rest().starts_with(b"&\"") => found.marks |= Marks::UNDECIDED,
        (Some(b'p'), 7..) => of_postgresql(word, text, found),
        (Some(b'd'), 14..) if begins(word, b"dblink_connect") => found.marks |= Marks::BACKEND,
        _ => {}
    }
}

/// Whether a function's name, in quotes or without, is behind the reader, rather than a column's, an alias or a literal.
fn is_call(mut reader: Reader<'_>) -> bool {
    reader.eat(b'"');
    reader.gap();
    matches!(reader.peek(), Some(b'(' | CUT))
}

/// A number of a sequence is asked for; the text may draw it itself.
fn sequence(text: &[u8], found: &mut Found) {
    found.marks |= Marks::SEQUENCE;
    let draws: [&[u8]; 6] = [b"nextval", b"setval", b"insert", b"merge", b"copy", b"call"];
    if draws.iter().any(|word| contains(text, word)) {
        found.marks |= Marks::DRAWS;
    }
}

fn begins(word: &[u8], start: &[u8]) -> bool {
    word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A word that may be one of PostgreSQL's own, which begin with `pg_`.
fn of_postgresql(word: &[u8], text: &[u8], found: &mut Found) {
    if !begins(word, b"pg_") {
        return;
    }
    if begins(word, b"pg_advisory_") || begins(word, b"pg_try_advisory_") {
        if contains(word, b"unlock") {
            found.marks |= Marks::UNLOCK;
        } else if !contains(word, b"xact") {
            found.marks |= Marks::LOCK;
        }
    } else if begins(word, b"pg_temp") {
        found.marks |= Marks::TEMPORARY;
    } else if word.eq_ignore_ascii_case(b"pg_settings") {
        // An UPDATE of that view is a SET of whatever its WHERE finds.
        if contains(text, b"update") || text.first() == Some(&CUT) {
            found.marks |= Marks::UNDECIDED;
        }
    } else if contains(word, b"_replication_slot") {
        if begins(word, b"pg_create_") || begins(word, b"pg_copy_") {
            found.marks |= Marks::SLOT;
        } else if begins(word, b"pg_drop_") {
            found.marks |= Marks::UNSLOT;
        }
    } else if BACKEND.iter().any(|start| begins(word, start)) {
        found.marks |= Marks::BACKEND;
    }
}

/// What begins something that only ends with PostgreSQL's process, or that nothing is known to end.
const BACKEND: [&[u8]; 3] =
    [b"pg_backup_start", b"pg_start_backup", b"pg_replication_origin_session_setup"];

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// The word for temporary things stands at `at`: whether it is one that is made here shows in what stands before.
fn temporary(text: &[u8], at: usize, found: &mut Found) {
    let before = text.get(..at).unwrap_or(&[]);
    let mut from = 0;
    while let Some(byte) = before.get(from) {
        if !is_word(*byte) {
            from += 1;
            continue;
        }
        let mut reader = Reader::new(text, from);
        let word = reader.part();
        from += word.len();
        if word.eq_ignore_ascii_case(b"create") {
            if reader.eat_word(b"or") {
                reader.eat_word(b"replace");
            }
        } else if !word.eq_ignore_ascii_case(b"into") {
            continue;
        }
        if !reader.eat_word(b"local") {
            reader.eat_word(b"global");
        }
        reader.gap();
        if text.len() - reader.left() == at {
            found.marks |= Marks::TEMPORARY;
            return;
        }
    }
    if before.first() == Some(&CUT) && follows_gap(before) {
        found.marks |= Marks::UNDECIDED;
    }
}

/// Most bytes of CREATE or INTO, with a [`CUT`], of which a part has been cut off.
const CUT_WORD: usize = 6;

/// Whether a comment stands before what may stand between CREATE or INTO and a word for temporary things, or
/// nothing but white space: then that may have been cut off.
fn follows_gap(before: &[u8]) -> bool {
    let mut before = before;
    let ends_line = loop {
        let gap = before.len() - before.trim_ascii_end().len();
        let (rest, gap) = before.split_at(before.len() - gap);
        let word = rest.len() - rest.iter().rev().take_while(|byte| is_word(**byte)).count();
        before = rest;
        let (rest, word) = rest.split_at(word);
        let words: [&[u8]; 4] = [b"local", b"global", b"or", b"replace"];
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            break gap.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        }
        before = rest;
    };
    let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or(before);
    let is_line = ends_line && (contains(line, b"--") || line.first() == Some(&CUT));
    // The word itself may have been cut.
    is_line || before.ends_with(b"*/") || before.len() <= CUT_WORD
}

/// Whether `text` may make something that is temporary where `search_path` says so.
pub fn may_create(text: &[u8]) -> bool {
    contains(text, b"create") || contains(text, b"into")
}

/// The first words of a statement.
#[inline]
fn statement(mut reader: Reader<'_>, found: &mut Found) {
    reader.gap();
    let Some(first) = reader.peek() else {
        return;
    };
    if first == CUT {
        found.marks |= Marks::UNDECIDED;
    }
    let may_be_of_interest = match first.to_ascii_lowercase() {
        // SET, and not SELECT.
        b's' => matches!(reader.rest(), [_, _, b't' | b'T', ..]),
        b'c' | b'd' | b'l' | b'p' | b'r' | b'u' => true,
        _ => false,
    };
    if may_be_of_interest {
        command(reader, found);
    }
}

/// A statement that may be a command of interest.
fn command(mut reader: Reader<'_>, found: &mut Found) {
    let word = reader.word();
    let is = |wanted: &[u8]| word.eq_ignore_ascii_case(wanted);
    match word.len() {
        2 if is(b"do") => found.marks |= Marks::BLOCK,
        3 if is(b"set") => names::set(reader, found),
        5 if is(b"reset") => names::reset(reader, found),
        4 if is(b"load") => found.marks |= Marks::LOAD,
        4 if is(b"drop") => found.marks |= Marks::DROP,
        5 if is(b"close") => found.marks |= Marks::CLOSE,
        6 if is(b"listen") => found.marks |= Marks::LISTEN,
        8 if is(b"unlisten") => found.marks |= Marks::UNLISTEN,
        7 if is(b"prepare") && !reader.eat_word(b"transaction") => found.marks |= Marks::PREPARE,
        10 if is(b"deallocate") => found.marks |= Marks::DEALLOCATE,
        7 if is(b"declare") && (contains(reader.rest(), b"hold") || reader.is_part()) => {
            found.marks |= Marks::CURSOR;
        }
        7 if is(b"discard") => names::discard(reader, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
