//! What an operator has typed: a command with at most one argument, or a `SET`.
//!
//! The grammar is PgBouncer's: words do not depend on case, a name may stand in double quotes, a value in
//! single ones, and one semicolon may follow.

/// A command, understood as far as its words go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// `word [argument]`.
    Command {
        /// The first word, in lower case.
        word: String,
        /// The second word as it was written, without its quotes.
        argument: Option<String>,
    },
    /// `SET key = value`.
    Set {
        /// What is to change, in lower case.
        key: String,
        /// What it is to become.
        value: String,
    },
}

/// Understand `text`; `None` when it is no command.
pub fn parse(text: &str) -> Option<Parsed> {
    let mut rest = Rest(text);
    rest.space();
    let word = rest.word()?.to_ascii_lowercase();
    let is_apart = rest.space();
    if rest.is_end() {
        return Some(Parsed::Command { word, argument: None });
    }
    if !is_apart {
        return None;
    }
    let argument = rest.word()?;
    rest.space();
    if rest.is_end() {
        let argument = Some(argument).filter(|argument| !argument.is_empty());
        return Some(Parsed::Command { word, argument });
    }
    if word != "set" || argument.is_empty() {
        return None;
    }
    if !rest.take("=") && !rest.word()?.eq_ignore_ascii_case("to") {
        return None;
    }
    rest.space();
    let value = if rest.0.starts_with('\'') { rest.quoted('\'')? } else { rest.word()? };
    rest.space();
    rest.is_end().then(|| Parsed::Set { key: argument.to_ascii_lowercase(), value })
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Read white space; whether there was any.
    fn space(&mut self) -> bool {
        let after = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
        let is_some = after.len() < self.0.len();
        self.0 = after;
        is_some
    }

    fn take(&mut self, token: &str) -> bool {
        let after = self.0.strip_prefix(token);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// Whether nothing is left but one semicolon and space behind it.
    fn is_end(&self) -> bool {
        let behind = self.0.strip_prefix(';').unwrap_or(self.0);
        behind.trim_start_matches([' ', '\t', '\n', '\r']).is_empty()
    }

    /// Letters, digits and underscores, or anything in double quotes.
    fn word(&mut self) -> Option<String> {
        if self.0.starts_with('"') {
            return self.quoted('"');
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let after = self.0.trim_start_matches(is_part);
        let word = self.0.strip_suffix(after).filter(|word| !word.is_empty())?;
        self.0 = after;
        Some(word.to_owned())
    }

    /// Text between quotes, in which a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut characters = self.0.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character != quote {
                text.push(character);
            } else if characters.next_if(|(_, next)| *next == quote).is_some() {
                text.push(quote);
            } else {
                self.0 = self.0.get(at + quote.len_utf8()..)?;
                return Some(text);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "as parse returns it")]
    fn command(word: &str, argument: Option<&str>) -> Option<Parsed> {
        Some(Parsed::Command { word: word.to_owned(), argument: argument.map(str::to_owned) })
    }

    #[expect(clippy::unnecessary_wraps, reason = "as parse returns it")]
    fn set(key: &str, value: &str) -> Option<Parsed> {
        Some(Parsed::Set { key: key.to_owned(), value: value.to_owned() })
    }

    #[test]
    fn case_space_quotes_and_one_semicolon_do_not_matter() {
        for text in ["show stats", "SHOW STATS;", "\t\"show\"\n \"stats\" ; ", "Show stats ;"] {
            let Some(Parsed::Command { word, argument }) = parse(text) else {
                panic!("{text} is a command");
            };
            assert_eq!(
                (word.as_str(), argument.unwrap().to_lowercase().as_str()),
                ("show", "stats")
            );
        }
        assert_eq!(parse("RELOAD"), command("reload", None));
        assert_eq!(parse("pause \"\""), command("pause", None));
    }

    #[test]
    fn a_quoted_name_keeps_its_case_and_its_doubled_quotes() {
        assert_eq!(parse("PAUSE \"My \"\"own\"\" db;\""), command("pause", Some("My \"own\" db;")));
        assert_eq!(parse("PAUSE App"), command("pause", Some("App")));
    }

    #[test]
    fn set_takes_words_and_quoted_text() {
        assert_eq!(parse("set a=1"), set("a", "1"));
        assert_eq!(parse("SET Default_Pool_Size TO 8;"), set("default_pool_size", "8"));
        assert_eq!(parse("set \"a\" = \"B c\" ; "), set("a", "B c"));
        assert_eq!(parse("set a = 'it''s; =x'"), set("a", "it's; =x"));
        assert_eq!(parse("set a=''"), set("a", ""));
    }

    #[test]
    fn what_is_no_command_is_none() {
        for text in [
            "",
            ";",
            "  ",
            "show stats;;",
            "show stats; show stats",
            "show stats -- x",
            "show 'stats'",
            "set a=",
            "set =1",
            "set \"\"=1",
            "set a 1",
            "set a=1.5",
            "set a='x",
            "\"show",
            "show é",
            "show\"stats\"",
            "show a b",
            "select 1 = 1",
            "set a=1 2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn what_looks_like_a_command_does_not_panic_either(text in "[sSeEtT \"';=a_0\n]{0,24}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_quoted_argument_comes_out_as_it_went_in(name in "[^\0]{1,20}") {
            let text = format!("pause \"{}\"", name.replace('"', "\"\""));
            assert_eq!(parse(&text), command("pause", Some(&name)));
        }

        #[test]
        fn a_quoted_value_comes_out_as_it_went_in(value in "[^\0]{0,20}") {
            let text = format!("set key='{}';", value.replace('\'', "''"));
            assert_eq!(parse(&text), set("key", &value));
        }
    }
}
