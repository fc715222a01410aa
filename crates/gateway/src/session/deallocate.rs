//! Recognises `DEALLOCATE name`, which names a statement that exists only between client and pooler.

/// The statement name in `text`, if `text` is exactly one `DEALLOCATE [PREPARE] name`.
///
/// `DEALLOCATE ALL` is not one: PostgreSQL answers it, and its command tag tells the pooler. Comments are not
/// looked through: drivers do not send any, and PostgreSQL's own error is the answer then.
pub fn name(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = keyword(text.trim_ascii_start(), b"deallocate")?;
    let mut quoted_or_word = rest;
    if let Some(after) = keyword(rest, b"prepare") {
        // `DEALLOCATE prepare` alone names a statement called "prepare" to no driver we know; PostgreSQL
        // reads it as the keyword and fails, and so it does when sent on.
        quoted_or_word = after;
    }
    let (name, after) = identifier(quoted_or_word)?;
    rest = after.trim_ascii();
    if let Some(stripped) = rest.strip_prefix(b";") {
        rest = stripped.trim_ascii();
    }
    rest.is_empty().then_some(name)
}

/// Whether `text` may contain a `DEALLOCATE ALL` or `DISCARD ALL`. One behind a comment is not seen.
pub fn may_drop_all(text: &[u8]) -> bool {
    text.split(|byte| *byte == b';').any(|part| {
        let begins = |word| keyword(part.trim_ascii_start(), word).is_some();
        begins(b"discard") || begins(b"deallocate")
    })
}

/// What follows `word` and the white space behind it.
fn keyword<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    // Most texts are told by their first letter.
    if !text.first()?.eq_ignore_ascii_case(word.first()?) {
        return None;
    }
    let (head, tail) = text.split_at_checked(word.len())?;
    let ends = tail.first().is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'"');
    (head.eq_ignore_ascii_case(word) && ends).then(|| tail.trim_ascii_start())
}

/// An identifier, folded or unquoted as PostgreSQL does it, and what follows.
fn identifier(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    if let Some(mut rest) = text.strip_prefix(b"\"") {
        let mut name = Vec::new();
        loop {
            let (byte, tail) = rest.split_first()?;
            rest = tail;
            if *byte != b'"' {
                name.push(*byte);
            } else if let Some(tail) = rest.strip_prefix(b"\"") {
                name.push(b'"');
                rest = tail;
            } else {
                return (!name.is_empty()).then_some((name, rest));
            }
        }
    }
    let is_word =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || *byte >= 0x80;
    let length = text.iter().position(|byte| !is_word(byte)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(length)?;
    let name = word.to_ascii_lowercase();
    let begins_well = word.first().is_some_and(|byte| !byte.is_ascii_digit() && *byte != b'$');
    (begins_well && name != b"all").then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::{may_drop_all, name};

    #[test]
    fn what_drops_every_statement_is_suspected() {
        for text in ["discard all", " DEALLOCATE ALL", "select 1; Deallocate prepare all"] {
            assert!(may_drop_all(text.as_bytes()), "{text}");
        }
        for text in ["select 1", "delete from t", "select 'discard'", "select 1; drop table t;"] {
            assert!(!may_drop_all(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn names_are_read_as_postgresql_reads_them() {
        for (text, expected) in [
            ("DEALLOCATE _pg3_0", Some("_pg3_0")),
            ("  deallocate PREPARE Foo ; ", Some("foo")),
            ("DEALLOCATE \"A b\"\"c\"", Some("A b\"c")),
            ("DEALLOCATE\"x\"", Some("x")),
            ("DEALLOCATE ALL", None),
            ("DEALLOCATE a; SELECT 1", None),
            ("DEALLOCATE", None),
            ("DEALLOCATE \"\"", None),
            ("DEALLOCATE \"open", None),
            ("DEALLOCATED x", None),
            ("DEALLOCATE 1a", None),
            ("SELECT 1", None),
        ] {
            let read = name(text.as_bytes());
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }
}
