//! Looks through a statement's text for words that may change what its session is.
//!
//! Most texts have none, and that must be known quickly. The others lead to a question to PostgreSQL, which says
//! what is true: so a word that only looks like one (in a string, in a comment, as a column's name) costs a query,
//! and nothing else depends on it. What must not happen is that one is overlooked. So quotes and comments are not
//! followed through the text: every semicolon is taken to end a statement, and every word to stand where it acts.
//! What cannot be decided at all is said to be so.

mod block;
mod marks;
mod names;
mod reader;

use reader::{Reader, is_word};

pub use marks::{Found, Marks};

/// Bytes that a construct may need to be understood, so that many of a text that comes in pieces are seen again.
pub const TAIL: usize = 1024;

/// Most bytes of comments behind semicolons that are looked through for a statement's first word.
const COMMENT_LIMIT: usize = 64 * 1024;

/// What a byte is to the search for words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// No part of a word.
    Other,
    /// Ends a statement.
    Semicolon,
    /// Part of a word; none of interest begins with it.
    Word,
    /// May begin a word of interest.
    Candidate,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    loop {
        #[expect(clippy::indexing_slicing, reason = "a byte is within 256")]
        let class = &mut classes[byte as usize];
        if byte == b';' {
            *class = Class::Semicolon;
        } else if is_word(byte) {
            let begins = matches!(
                byte.to_ascii_lowercase(),
                b'c' | b'd' | b'e' | b'i' | b'l' | b'm' | b'n' | b'p' | b's' | b'u'
            );
            *class = if begins { Class::Candidate } else { Class::Word };
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Other)
}

/// What `text` holds of interest.
pub fn scan(text: &[u8]) -> Found {
    let mut found = Found::default();
    scan_part(text, true, text.len(), &mut found);
    found
}

/// [`scan`] for a part of a text: constructs that begin before `end` are noted, and the rest of `text` is there to
/// understand them. `is_start` says that the text begins here.
pub fn scan_part(text: &[u8], is_start: bool, end: usize, found: &mut Found) {
    if is_start {
        statement(Reader::new(text, 0), found);
    }
    let (mut at, mut looked_through) = (0, 0);
    while let Some(byte) = text.get(at) {
        match class(*byte) {
            Class::Other => at += 1,
            Class::Semicolon if at >= end => break,
            Class::Semicolon => {
                at += 1;
                if looked_through > COMMENT_LIMIT {
                    // Every semicolon in a comment would have the rest of it read again.
                    found.marks |= Marks::UNDECIDED;
                    continue;
                }
                let mut reader = Reader::new(text, at);
                reader.gap();
                looked_through += text.len() - at - reader.left();
                statement(reader, found);
            }
            kind => {
                let start = at;
                at += 1;
                while text.get(at).is_some_and(|byte| is_word(*byte)) {
                    at += 1;
                }
                if kind == Class::Candidate {
                    if start >= end {
                        break;
                    }
                    word(text, start, at, found);
                }
            }
        }
    }
    if found.marks.has(Marks::BLOCK) {
        block::scan(text, end, found);
    }
}

/// A word anywhere in a text.
#[inline]
fn word(text: &[u8], start: usize, end: usize, found: &mut Found) {
    let word = text.get(start..end).unwrap_or(&[]);
    let is = |wanted: &[u8]| word.eq_ignore_ascii_case(wanted);
    match (word.first().map(u8::to_ascii_lowercase), word.len()) {
        (Some(b'c'), 6) if is(b"create") => create(Reader::new(text, end), found),
        (Some(b'c'), 7) if is(b"currval") => found.marks |= Marks::SEQUENCE,
        (Some(b'l'), 7) if is(b"lastval") => found.marks |= Marks::SEQUENCE,
        (Some(b'c'), 4) if is(b"copy") || is(b"call") => found.marks |= Marks::DRAWS,
        (Some(b'i'), 6) if is(b"insert") => found.marks |= Marks::DRAWS,
        (Some(b'm'), 5) if is(b"merge") => found.marks |= Marks::DRAWS,
        (Some(b'n'), 7) if is(b"nextval") => found.marks |= Marks::DRAWS,
        (Some(b's'), 6) if is(b"setval") => found.marks |= Marks::DRAWS,
        (Some(b'i'), 4) if is(b"into") => temporary(Reader::new(text, end), found),
        (Some(b'e'), 7) if is(b"execute") => found.marks |= Marks::EXECUTE,
        (Some(b's'), 10) if is(b"set_config") => {
            names::set_config(Reader::new(text, end), found);
        }
        (Some(b's'), 7) if is(b"setseed") => found.marks |= Marks::SEED,
        (Some(b's'), 9) if is(b"set_limit") => found.ask(b"pg_trgm.similarity_threshold"),
        (Some(b'u'), 1) => {
            // An identifier with escapes may be any.
            let next = text.get(end..end + 2);
            if next == Some(b"&\"") {
                found.marks |= Marks::UNDECIDED;
            }
        }
        (Some(b'p'), 7..) => of_postgresql(word, text, found),
        (Some(b'd'), 14..) if begins(word, b"dblink_connect") => found.marks |= Marks::UNDECIDED,
        _ => {}
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
    } else if (word.eq_ignore_ascii_case(b"pg_settings") && contains(text, b"update"))
        || begins(word, b"pg_replication_origin_session")
    {
        // An UPDATE of that view is a SET of whatever its WHERE finds.
        found.marks |= Marks::UNDECIDED;
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// What stands behind CREATE.
fn create(mut reader: Reader<'_>, found: &mut Found) {
    found.marks |= Marks::CREATES;
    if reader.eat_word(b"or") {
        reader.eat_word(b"replace");
    }
    temporary(reader, found);
}

/// What stands behind CREATE or INTO, if that is the word for a temporary thing.
fn temporary(mut reader: Reader<'_>, found: &mut Found) {
    if !reader.eat_word(b"local") {
        reader.eat_word(b"global");
    }
    if reader.eat_word(b"temporary") || reader.eat_word(b"temp") {
        found.marks |= Marks::TEMPORARY;
    }
}

/// The first words of a statement.
#[inline]
fn statement(mut reader: Reader<'_>, found: &mut Found) {
    reader.gap();
    let Some(first) = reader.peek() else {
        return;
    };
    if matches!(first.to_ascii_lowercase(), b'c' | b'd' | b'l' | b'p' | b'r' | b's' | b'u') {
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
        7 if is(b"declare") && contains(reader.rest(), b"hold") => found.marks |= Marks::CURSOR,
        7 if is(b"discard") => names::discard(reader, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
