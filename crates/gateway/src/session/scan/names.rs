//! Reads which settings a SET, RESET, DISCARD or `set_config` is about.

use super::reader::Reader;
use super::{Found, Marks};
use crate::parameters::is_read_with;

/// Settings of a transaction, which nothing of a session's depends on.
const OF_TRANSACTION: [&[u8]; 3] =
    [b"transaction_isolation", b"transaction_read_only", b"transaction_deferrable"];

/// What SET SESSION CHARACTERISTICS may set.
const CHARACTERISTICS: [&[u8]; 3] = [
    b"default_transaction_isolation",
    b"default_transaction_read_only",
    b"default_transaction_deferrable",
];

/// What stands behind SET.
pub(super) fn set(mut reader: Reader<'_>, found: &mut Found) {
    let mut ahead = reader;
    if ahead.eat_word(b"local") {
        return reading(ahead, found);
    }
    if ahead.eat_word(b"session") {
        if ahead.eat_word(b"authorization") {
            return authorization(found, ahead.eat_word(b"default"));
        }
        if ahead.eat_word(b"characteristics") {
            return CHARACTERISTICS.iter().for_each(|name| found.ask(name));
        }
        reader = ahead;
    } else if ahead.eat_word(b"transaction") || ahead.eat_word(b"constraints") {
        return;
    }
    if let Some(name) = spelt_out(&mut reader) {
        let ends = reader.eat_word(b"default") || reader.eat_word(b"local");
        return note(name, ends, found);
    }
    if reader.eat_word(b"seed") {
        found.marks |= Marks::SEED;
        return;
    }
    reader.gap();
    if reader.peek() == Some(b'(') {
        // UPDATE … SET (one, other) = …, in a block.
        return;
    }
    let Some(name) = dotted(&mut reader) else {
        found.marks |= Marks::UNDECIDED;
        return;
    };
    if reader.is_cut() {
        found.marks |= Marks::UNDECIDED;
    }
    reader.gap();
    let is_assigned = reader.eat(b'=') || reader.eat_word(b"to");
    // `SET ROLE name` and `SET SESSION ROLE name` have nothing in between.
    let is_default = reader.eat_word(b"default") && is_assigned;
    note(&name, is_default, found);
}

/// What stands behind SET LOCAL, which matters to what is prepared in the transaction.
fn reading(mut reader: Reader<'_>, found: &mut Found) {
    let name = match spelt_out(&mut reader) {
        Some(name) => Some(name.to_ascii_lowercase()),
        None => dotted(&mut reader),
    };
    if name.is_none_or(|name| is_read_with(&name)) {
        found.marks |= Marks::READING;
    }
}

/// The setting that has a grammar of its own.
fn spelt_out(reader: &mut Reader<'_>) -> Option<&'static [u8]> {
    let mut ahead = *reader;
    let name: &[u8] = if ahead.eat_word(b"time") && ahead.eat_word(b"zone") {
        b"TimeZone"
    } else {
        ahead = *reader;
        if ahead.eat_word(b"names") {
            b"client_encoding"
        } else if ahead.eat_word(b"schema") {
            b"search_path"
        } else if ahead.eat_word(b"xml") && ahead.eat_word(b"option") {
            b"xmloption"
        } else {
            return None;
        }
    };
    *reader = ahead;
    Some(name)
}

fn authorization(found: &mut Found, is_default: bool) {
    // It takes the role back too.
    for name in [&b"session_authorization"[..], b"role"] {
        if is_default { found.reset(name) } else { found.ask(name) }
    }
}

fn note(name: &[u8], is_reset: bool, found: &mut Found) {
    if is_read_with(name) {
        found.marks |= Marks::READING;
    }
    if OF_TRANSACTION.contains(&name) {
        return;
    }
    match (name, is_reset) {
        (b"session_authorization", is_reset) => authorization(found, is_reset),
        (name, true) => found.reset(name),
        (name, false) => found.ask(name),
    }
}

/// What stands behind RESET.
pub(super) fn reset(mut reader: Reader<'_>, found: &mut Found) {
    if reader.eat_word(b"all") {
        found.marks |= Marks::RESET_ALL;
        found.resets_all = true;
        return;
    }
    if reader.eat_word(b"session") {
        return authorization(found, true);
    }
    if let Some(name) = spelt_out(&mut reader) {
        return note(name, true, found);
    }
    match dotted(&mut reader) {
        // RESET TRANSACTION ISOLATION LEVEL.
        Some(name) if name == b"transaction" => {}
        Some(_) if reader.is_cut() => found.marks |= Marks::UNDECIDED,
        Some(name) => note(&name, true, found),
        None => found.marks |= Marks::UNDECIDED,
    }
}

/// What stands behind DISCARD.
pub(super) fn discard(mut reader: Reader<'_>, found: &mut Found) {
    if reader.eat_word(b"plans") {
        return;
    }
    found.marks |= Marks::DISCARD;
    if reader.eat_word(b"all") {
        found.marks |= Marks::RESET_ALL;
        found.resets_all = true;
    }
}

/// A name of several parts.
fn dotted(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    reader.gap();
    let mut name = reader.identifier()?;
    loop {
        let mut ahead = *reader;
        ahead.gap();
        if !ahead.eat(b'.') {
            return Some(name);
        }
        ahead.gap();
        name.push(b'.');
        name.extend(ahead.identifier()?);
        *reader = ahead;
    }
}

/// What the name in a call of `set_config` is.
enum Name {
    Known(Vec<u8>),
    Parameter(u16),
    Unknown,
}

/// What stands behind `set_config`.
pub(super) fn set_config(mut reader: Reader<'_>, found: &mut Found) {
    // The name may have been quoted.
    reader.eat(b'"');
    reader.gap();
    if !reader.eat(b'(') {
        if reader.is_cut() {
            found.marks |= Marks::UNDECIDED;
        }
        return;
    }
    let name = first_argument(&mut reader);
    if is_local(reader) {
        if matches!(name, Name::Known(name) if is_read_with(&name)) {
            found.marks |= Marks::READING;
        }
        return;
    }
    match name {
        Name::Known(name) => note(&name.to_ascii_lowercase(), false, found),
        Name::Parameter(number) => {
            found.marks |= Marks::SETTINGS;
            if !found.parameters.contains(&number) {
                found.parameters.push(number);
            }
        }
        Name::Unknown => found.marks |= Marks::UNDECIDED,
    }
}

/// Reads the first argument, as far as it is a literal or a parameter, with a cast perhaps.
fn first_argument(reader: &mut Reader<'_>) -> Name {
    reader.gap();
    let mut ahead = *reader;
    let name = match ahead.peek() {
        Some(b'\'') => literal(&mut ahead),
        Some(b'e' | b'E') if ahead.word().len() == 1 => literal(&mut ahead),
        Some(b'$') if ahead.eat(b'$') => number(&mut ahead),
        _ => Name::Unknown,
    };
    let mut behind = ahead;
    behind.gap();
    if behind.eat(b':') && behind.eat(b':') {
        behind.gap();
        behind.word();
        behind.gap();
    }
    if behind.peek() == Some(b',') {
        *reader = behind;
        return name;
    }
    Name::Unknown
}

fn literal(reader: &mut Reader<'_>) -> Name {
    match reader.quoted(b'\'') {
        Some(name) if !name.contains(&b'\\') => Name::Known(name),
        _ => Name::Unknown,
    }
}

fn number(reader: &mut Reader<'_>) -> Name {
    let digits = std::str::from_utf8(reader.word()).ok();
    let number = digits.and_then(|digits| digits.parse::<u16>().ok());
    number.and_then(|number| number.checked_sub(1)).map_or(Name::Unknown, Name::Parameter)
}

/// Whether the third argument says that the setting ends with the transaction.
fn is_local(mut reader: Reader<'_>) -> bool {
    for _ in 0..2 {
        if !reader.argument() || !reader.eat(b',') {
            return false;
        }
    }
    if !reader.eat_word(b"true") {
        return false;
    }
    // A cast of it may be part of something that is false.
    reader.gap();
    if reader.eat(b':') {
        reader.eat(b':');
        reader.gap();
        reader.word();
        reader.gap();
    }
    reader.peek() == Some(b')')
}
