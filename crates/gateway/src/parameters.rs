//! Settings a session has: those PostgreSQL reports, and those that were asked for.
//!
//! Both kinds are small sorted lists behind an `Arc`, so that thousands of clients with the same settings
//! share one, and the usual comparison on checkout is of two pointers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use pgwire::frontend;

/// Settings that PostgreSQL reads a statement with: names, literals, what is rewritten.
const READ_WITH: [&str; 20] = [
    "array_nulls",
    "backslash_quote",
    "client_encoding",
    "datestyle",
    "default_text_search_config",
    "intervalstyle",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "restrict_nonsystem_relation_kind",
    "role",
    "row_security",
    "search_path",
    "session_authorization",
    "session_replication_role",
    "standard_conforming_strings",
    "timezone",
    "timezone_abbreviations",
    "transform_null_equals",
    "xmloption",
];

/// Whether a statement that is prepared under another value of the setting means something else, and goes on doing so:
/// PostgreSQL reads it again by itself when the role or `search_path` has changed.
pub(crate) fn is_read_with(name: &[u8]) -> bool {
    let is = |other: &str| other.as_bytes().eq_ignore_ascii_case(name);
    !["role", "search_path", "session_authorization"].into_iter().any(is)
        && READ_WITH.into_iter().any(is)
}

/// Names and values, sorted by lower-case name. GUC names do not depend on case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Parameters {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry {
    key: Box<str>,
    /// The name as PostgreSQL or the client spelled it, for ParameterStatus.
    name: Box<str>,
    value: Box<[u8]>,
}

impl Parameters {
    /// The value of `name`, whatever its case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let key = name.to_ascii_lowercase();
        let at = self.position(&key).ok()?;
        self.entries.get(at).map(|entry| &*entry.value)
    }

    /// Set `name` to `value`.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        let key = name.to_ascii_lowercase();
        match self.position(&key) {
            Ok(at) => {
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.value = value.into();
                }
            }
            Err(at) => {
                self.entries
                    .insert(at, Entry { key: key.into(), name: name.into(), value: value.into() });
            }
        }
    }

    /// Forget `name`.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.position(&name.to_ascii_lowercase()) {
            self.entries.remove(at);
        }
    }

    /// What a statement's meaning may depend on besides its text: PostgreSQL reads literals and names when it
    /// parses, under the settings of that moment. Empty for a session that has set nothing of the kind. The other
    /// settings are left out, or every tenant would have a copy of each statement.
    pub fn parse_context(&self) -> Vec<u8> {
        let mut context = Vec::new();
        for entry in self.entries.iter().filter(|entry| READ_WITH.contains(&&*entry.key)) {
            context.extend_from_slice(entry.key.as_bytes());
            context.push(0);
            context.extend_from_slice(&entry.value);
            context.push(0);
        }
        context
    }

    /// Names and values in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|entry| (&*entry.name, &*entry.value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| (*entry.key).cmp(key))
    }
}

/// Whether a reported parameter says what the server is, rather than what a session has set.
///
/// These cannot be carried from one server to another with a SET.
pub fn is_server_property(name: &str) -> bool {
    [
        "server_version",
        "server_encoding",
        "integer_datetimes",
        "in_hot_standby",
        "is_superuser",
        "session_authorization",
    ]
    .iter()
    .any(|property| name.eq_ignore_ascii_case(property))
}

/// Whether `name` can be spliced into SQL: words of letters, digits and underscores with dots between them,
/// as GUC names are.
pub fn is_safe_name(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    name.len() < 128 && name.split('.').all(is_word)
}

/// Settings that say as whom a session acts, in the order in which they are made.
const IDENTITY: [&str; 2] = ["session_authorization", "role"];

/// Whether the setting says as whom a session acts.
pub(crate) fn is_identity(name: &str) -> bool {
    IDENTITY.iter().any(|identity| name.eq_ignore_ascii_case(identity))
}

/// Append simple Queries that turn a session with `applied` into one with `wanted`; returns how many, 0 when
/// they are equal.
///
/// `client_encoding` goes first, in a Query of its own, because what follows is read in that encoding. The others
/// share one. A session that acts as somebody else goes back to itself first, and to whom it is to act as last:
/// some settings are only for those who may make them, who set them before they became somebody else.
/// `set_config` rather than `SET`, because it reads a list such as `search_path` the way the server prints it.
pub fn put_difference(out: &mut Vec<u8>, applied: &Parameters, wanted: &Parameters) -> usize {
    if applied == wanted {
        return 0;
    }
    let is_encoding = |name: &str| name.eq_ignore_ascii_case("client_encoding");
    let mut queries = 0;
    let mut encoding = Vec::new();
    put_changes(&mut encoding, applied, wanted, is_encoding);
    let mut sql = Vec::new();
    let acts = IDENTITY.iter().any(|name| applied.get(name).is_some());
    if acts {
        sql.extend_from_slice(b"RESET ROLE;RESET SESSION AUTHORIZATION");
    }
    put_changes(&mut sql, applied, wanted, |name| !is_encoding(name) && !is_identity(name));
    let acts_as_before = |name: &&str| wanted.get(name) == applied.get(name);
    let differs = !IDENTITY.iter().all(acts_as_before);
    let is_rest_equal = sql.len() == if acts { IDENTITY_RESET } else { 0 };
    if is_rest_equal && !differs {
        sql.clear();
    } else {
        for name in IDENTITY {
            if let Some(value) = wanted.get(name) {
                separate(&mut sql);
                sql.extend_from_slice(b"SELECT ");
                put_set(&mut sql, name, value);
            }
        }
    }
    for query in [encoding, sql] {
        if !query.is_empty() {
            frontend::put_query(out, &query);
            queries += 1;
        }
    }
    queries
}

/// Length of what takes both back.
const IDENTITY_RESET: usize = "RESET ROLE;RESET SESSION AUTHORIZATION".len();

/// Whether the two differ in nothing but `name`.
pub fn differ_only_in(one: &Parameters, other: &Parameters, name: &str) -> bool {
    let rest = |parameters: &Parameters| {
        let mut rest = parameters.clone();
        rest.remove(name);
        rest
    };
    rest(one) == rest(other)
}

fn separate(sql: &mut Vec<u8>) {
    if !sql.is_empty() {
        sql.push(b';');
    }
}

/// Append what makes the difference in the settings that `is_meant`.
fn put_changes(
    sql: &mut Vec<u8>,
    applied: &Parameters,
    wanted: &Parameters,
    is_meant: impl Fn(&str) -> bool,
) {
    for (name, _) in applied.iter().filter(|(name, _)| is_meant(name)) {
        if wanted.get(name).is_none() {
            separate(sql);
            sql.extend_from_slice(b"RESET ");
            put_name(sql, name);
        }
    }
    let mut first = true;
    for (name, value) in wanted.iter().filter(|(name, _)| is_meant(name)) {
        if applied.get(name) != Some(value) {
            if std::mem::take(&mut first) {
                separate(sql);
                sql.extend_from_slice(b"SELECT ");
            } else {
                sql.push(b',');
            }
            put_set(sql, name, value);
        }
    }
}

fn put_set(sql: &mut Vec<u8>, name: &str, value: &[u8]) {
    sql.extend_from_slice(b"pg_catalog.set_config('");
    sql.extend_from_slice(name.as_bytes());
    sql.extend_from_slice(b"',");
    put_literal(sql, value);
    sql.extend_from_slice(b",false)");
}

/// Append a setting's name, each part quoted, because a part may be a reserved word.
fn put_name(sql: &mut Vec<u8>, name: &str) {
    for (index, part) in name.split('.').enumerate() {
        if index > 0 {
            sql.push(b'.');
        }
        sql.push(b'"');
        sql.extend_from_slice(part.as_bytes());
        sql.push(b'"');
    }
}

/// Append a string literal that reads the same whatever `standard_conforming_strings` and `client_encoding` are.
pub(crate) fn put_literal(sql: &mut Vec<u8>, value: &[u8]) {
    if !value.is_ascii() {
        // In some encodings a backslash may be the second half of a character.
        sql.extend_from_slice(b" pg_catalog.convert_from(pg_catalog.decode('");
        for byte in value {
            let digits = b"0123456789abcdef";
            for digit in [byte >> 4, byte & 15] {
                sql.extend(digits.get(usize::from(digit)));
            }
        }
        sql.extend_from_slice(b"','hex'),pg_catalog.pg_client_encoding())");
        return;
    }
    sql.extend_from_slice(b" E'");
    for byte in value {
        if matches!(byte, b'\'' | b'\\') {
            sql.push(*byte);
        }
        sql.push(*byte);
    }
    sql.push(b'\'');
}

/// Finds the `Arc` already in use for equal parameters, so that pointers can be compared.
#[derive(Debug, Default)]
pub struct Interner {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sets: HashSet<Arc<Parameters>>,
    /// Size at which sets that nobody holds any more are dropped.
    sweep_at: usize,
}

impl Interner {
    const SMALLEST_SWEEP: usize = 1024;

    /// An `Arc` equal to `parameters`, shared with earlier callers who hold theirs still.
    pub fn intern(&self, parameters: Parameters) -> Arc<Parameters> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.sets.get(&parameters) {
            return Arc::clone(found);
        }
        if known.sets.len() >= known.sweep_at {
            known.sets.retain(|held| Arc::strong_count(held) > 1);
            known.sweep_at = (known.sets.len() * 2).max(Self::SMALLEST_SWEEP);
        }
        let added = Arc::new(parameters);
        known.sets.insert(Arc::clone(&added));
        added
    }
}

/// The settings in a startup packet's `options` value: `-c name=value` and `--name=value`.
///
/// A backslash takes the next character as it is. Source: PostgreSQL's `process_postgres_switches`.
///
/// # Errors
/// The part that is not understood.
pub fn parse_options(options: &str) -> Result<Vec<(String, String)>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = options.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.get_or_insert_default().extend(characters.next()),
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    let mut settings = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let setting = if word == "-c" {
            words.next().unwrap_or_default()
        } else if let Some(rest) = word.strip_prefix("--").or_else(|| word.strip_prefix("-c")) {
            rest.to_owned()
        } else {
            return Err(word);
        };
        match setting.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                settings.push((name.replace('-', "_"), value.to_owned()));
            }
            _ => return Err(format!("{word} {setting}").trim().to_owned()),
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_depend_on_case() {
        let mut parameters = Parameters::default();
        parameters.set("DateStyle", b"ISO, MDY");
        parameters.set("datestyle", b"German");
        assert_eq!(parameters.get("DATESTYLE"), Some(&b"German"[..]));
        assert_eq!(parameters.iter().count(), 1);
        parameters.remove("dateStyle");
        assert!(parameters.is_empty());
    }

    #[test]
    fn a_difference_sets_and_resets() {
        let (mut applied, mut wanted) = (Parameters::default(), Parameters::default());
        applied.set("application_name", b"a");
        applied.set("TimeZone", b"UTC");
        wanted.set("TimeZone", b"UTC");
        wanted.set("search_path", b"o'x, \\y");
        let mut out = Vec::new();
        assert_eq!(put_difference(&mut out, &applied, &wanted), 1);
        let text = String::from_utf8(out[5..out.len() - 1].to_vec()).unwrap();
        assert_eq!(
            text,
            "RESET \"application_name\";SELECT pg_catalog.set_config('search_path', E'o''x, \\\\y',false)"
        );
        assert_eq!(put_difference(&mut out, &wanted, &wanted), 0);
        wanted.set("client_encoding", b"LATIN1");
        assert_eq!(put_difference(&mut out, &applied, &wanted), 2);
    }

    #[test]
    fn options_are_read_as_postgresql_reads_them() {
        let read = parse_options(r"-c search_path=a\ b -csome=1 --statement-timeout=5s").unwrap();
        let expected = [("search_path", "a b"), ("some", "1"), ("statement_timeout", "5s")];
        assert_eq!(read.len(), 3);
        for ((name, value), (expected_name, expected_value)) in read.iter().zip(expected) {
            assert_eq!((name.as_str(), value.as_str()), (expected_name, expected_value));
        }
        assert!(parse_options("-x 1").is_err());
        assert!(parse_options("-c").is_err());
    }

    #[test]
    fn names_that_are_not_names_are_not_safe() {
        assert!(is_safe_name("app.tenant") && is_safe_name("TimeZone"));
        for name in ["", "a;b", "a..b", "1a", "a b", "a'", ".a"] {
            assert!(!is_safe_name(name), "{name}");
        }
    }
}
