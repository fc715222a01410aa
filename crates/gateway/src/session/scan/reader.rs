//! Reads a text token by token, from where a word of interest stands.

use super::CUT;

/// A position in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// Whether `byte` may stand in a word. A dollar sign may too, but it also begins and ends dollar quotes.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8], at: usize) -> Self {
        Self { rest: text.get(at..).unwrap_or(&[]) }
    }

    /// How much is left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or(&[]);
    }

    /// Move over `byte` if it comes next.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        if is_next {
            self.advance(1);
        }
        is_next
    }

    /// Move over white space and comments.
    pub(super) fn gap(&mut self) {
        loop {
            match self.rest {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => self.advance(1),
                [b'-', b'-', ..] => {
                    let end =
                        self.rest.iter().position(|byte| matches!(*byte, b'\n' | b'\r' | CUT));
                    self.advance(end.unwrap_or(self.rest.len()));
                }
                [b'/', b'*', ..] => self.comment(),
                _ => return,
            }
        }
    }

    /// Whether the text goes on behind what there is of it.
    pub(super) fn is_part(&self) -> bool {
        self.rest.last() == Some(&CUT)
    }

    /// Whether the text is cut off behind white space and comments.
    pub(super) fn is_cut(mut self) -> bool {
        self.gap();
        self.peek() == Some(CUT)
    }

    /// Move over a comment, with those inside it, or to where it is cut off.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            match self.rest {
                [CUT, ..] => return,
                [b'/', b'*', ..] => {
                    depth += 1;
                    self.advance(2);
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.advance(2);
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.advance(1),
            }
        }
    }

    /// The word that comes next; empty if none does.
    pub(super) fn word(&mut self) -> &'a [u8] {
        let is_end = |byte: &u8| !is_word(*byte) && *byte != b'$';
        let length = if self.peek().is_some_and(is_word) {
            self.rest.iter().position(is_end).unwrap_or(self.rest.len())
        } else {
            0
        };
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        word
    }

    /// The word that comes next, without dollar signs, which may be those of a dollar quote.
    pub(super) fn part(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !is_word(*byte));
        let (word, rest) =
            self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or_default();
        self.rest = rest;
        word
    }

    /// Move over white space, comments and `word`, if that comes next.
    pub(super) fn eat_word(&mut self, word: &[u8]) -> bool {
        let mut ahead = *self;
        ahead.gap();
        let is_next = ahead.word().eq_ignore_ascii_case(word);
        if is_next {
            *self = ahead;
        }
        is_next
    }

    /// An identifier, folded or unquoted; `None` where there is none that can be read.
    pub(super) fn identifier(&mut self) -> Option<Vec<u8>> {
        if self.peek() == Some(b'"') {
            return self.quoted(b'"').filter(|name| !name.is_empty());
        }
        let word = self.word();
        let is_escaped = word.eq_ignore_ascii_case(b"u") && self.peek() == Some(b'&');
        let begins_well = word.first().is_some_and(|byte| !byte.is_ascii_digit());
        (begins_well && !is_escaped).then(|| word.to_ascii_lowercase())
    }

    /// What stands between two of `quote`, doubled ones made one; `None` where the end is missing.
    pub(super) fn quoted(&mut self, quote: u8) -> Option<Vec<u8>> {
        if !self.eat(quote) {
            return None;
        }
        let mut text = Vec::new();
        loop {
            let byte = self.peek()?;
            self.advance(1);
            if byte != quote {
                text.push(byte);
            } else if self.eat(quote) {
                text.push(quote);
            } else {
                return Some(text);
            }
        }
    }

    /// Move over the rest of an argument, to the comma or the parenthesis behind it; `false` where that cannot be
    /// told.
    pub(super) fn argument(&mut self) -> bool {
        let mut depth = 0_usize;
        loop {
            self.gap();
            let Some(byte) = self.peek() else {
                return false;
            };
            match byte {
                b',' | b')' if depth == 0 => return true,
                b'(' | b'[' => depth += 1,
                b')' | b']' if depth > 0 => depth -= 1,
                // What a backslash means depends on a setting and on the kind of literal.
                b'\\' | b';' | b']' => return false,
                b'\'' | b'"' => match self.quoted(byte) {
                    Some(text) if !text.contains(&b'\\') => continue,
                    _ => return false,
                },
                b'$' if !self.is_parameter() => return false,
                _ => {}
            }
            self.advance(1);
        }
    }

    fn is_parameter(&self) -> bool {
        self.rest.get(1).is_some_and(u8::is_ascii_digit)
    }
}
