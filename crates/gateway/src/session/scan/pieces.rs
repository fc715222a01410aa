//! Looks through a text that comes in pieces, of which only the last few bytes are kept.

use super::lead::Lead;
use super::{CUT, Found, scan_part};

/// Bytes that a construct may need to be understood, so that many are seen again with the next piece.
const TAIL: usize = 1024;

/// A text that comes in pieces.
#[derive(Debug)]
pub struct Pieces {
    /// In what the text begins with, which may be longer than what is kept; `None` behind it.
    lead: Option<Lead>,
    /// What constructs that are not all there yet may need of the last piece, and what stands before them.
    tail: Vec<u8>,
    /// Up to where that has been looked at; 0 at the text's beginning.
    seen: usize,
    /// The text has ended: what comes is the rest of its message.
    is_over: bool,
    /// What has been found.
    pub found: Found,
}

impl Default for Pieces {
    fn default() -> Self {
        Self {
            lead: Some(Lead::default()),
            tail: Vec::new(),
            seen: 0,
            is_over: false,
            found: Found::default(),
        }
    }
}

impl Pieces {
    /// Look at another piece.
    pub fn add(&mut self, piece: &[u8], is_last: bool) {
        if self.is_over {
            return;
        }
        let mut piece = piece;
        if let Some(lead) = &mut self.lead {
            let Some((half, rest)) = lead.pass(piece) else {
                self.is_over = is_last;
                return;
            };
            self.tail.extend(half);
            self.lead = None;
            piece = rest;
        }
        let mut parts = piece.split(|byte| *byte == CUT);
        self.tail.extend_from_slice(parts.next().unwrap_or(&[]));
        self.is_over = is_last || parts.next().is_some();
        if self.is_over {
            let text = std::mem::take(&mut self.tail);
            return scan_part(&text, self.seen..text.len(), &mut self.found);
        }
        let end = self.tail.len().saturating_sub(TAIL);
        // Not for every byte of a text that comes byte by byte.
        if end < 3 * TAIL {
            return;
        }
        self.tail.push(CUT);
        scan_part(&self.tail, self.seen..end, &mut self.found);
        self.tail.pop();
        // What stands before a word may matter to it, too.
        self.tail.splice(..end - TAIL, [CUT]);
        self.seen = TAIL + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Marks, scan};
    use super::*;

    const FILLING: &str = "select 'xxxx' as \"set\"; ";

    /// What is found in `text` where it comes in pieces of `size` bytes.
    fn in_pieces(text: &str, size: usize) -> Found {
        let mut pieces = Pieces::default();
        let count = text.len().div_ceil(size);
        for (index, piece) in text.as_bytes().chunks(size).enumerate() {
            pieces.add(piece, index + 1 == count);
        }
        pieces.found
    }

    #[test]
    fn a_text_in_pieces_holds_what_it_holds_whole() {
        let filling = FILLING.repeat(300);
        for text in [
            "set a.b = 1",
            "create or replace temp view v as select 1",
            "select set_config('a.b', '1', false)",
            "declare c cursor with hold for select 1",
            "create table x (a int) -- temp",
            "load 'x'",
            "select 1",
        ] {
            for before in (0..40).step_by(5) {
                let text = format!("{}{filling}{text};{filling}", " ".repeat(before));
                for size in [1, 700, 1777, 4096] {
                    assert!(in_pieces(&text, size) == scan(text.as_bytes()), "{before} {size}");
                }
            }
        }
    }

    #[test]
    fn a_long_gap_hides_nothing() {
        let gaps = [
            format!("/* {} */", "x".repeat(1500)),
            format!("-- {}\n", "x".repeat(1500)),
            " ".repeat(1500),
            "/* x */ ".repeat(200),
        ];
        let texts = [
            ("; GAP set a.b = 1", Marks::SETTINGS),
            ("set GAP a.b = 1", Marks::SETTINGS),
            ("set xml GAP option document", Marks::SETTINGS),
            ("select set_config GAP ('a.b', '1', false)", Marks::SETTINGS),
            ("select set_config( GAP 'a.b', '1', false)", Marks::SETTINGS),
            ("reset GAP all", Marks::RESET_ALL),
            ("reset xml GAP option", Marks::SETTINGS),
            ("create GAP temp table t (a int)", Marks::TEMPORARY),
            ("create GAP or replace local temporary view t as select 1", Marks::TEMPORARY),
            ("declare GAP c cursor with hold for select 1", Marks::CURSOR),
            ("declare c cursor GAP with hold for select 1", Marks::CURSOR),
            ("update GAP pg_settings set setting = 1", Marks::UNDECIDED),
            ("; GAP load 'x'", Marks::LOAD),
            ("; GAP listen x", Marks::LISTEN),
            ("do 'begin se' GAP \n 't a.b = 1; end'", Marks::UNDECIDED),
        ];
        for (text, mark) in texts {
            for gap in &gaps {
                let text = text.replace("GAP", gap);
                for before in (0..200).step_by(13) {
                    let text = format!("{};{text};{}", FILLING.repeat(before), FILLING.repeat(99));
                    let found = in_pieces(&text, 4096).marks;
                    assert!(found.has(mark | Marks::UNDECIDED), "{before} {mark:?}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_begins_with_a_long_comment_is_read_as_without() {
        let comments = ["/* GAP */ ", "-- GAP\n", "/* /* GAP */ */\n -- GAP\r", "GAP"];
        for (text, name) in [("set a = 1", Some("a")), ("select 1 -- set a = 1", None)] {
            for comment in comments {
                let gap = if comment == "GAP" { " ".repeat(9000) } else { "set x; ".repeat(1300) };
                let text = format!("{}{text}", comment.replace("GAP", &gap));
                for size in [1, 1000, 4096, 16_384, 100_000] {
                    let found = in_pieces(&text, size);
                    assert!(!found.marks.has(Marks::UNDECIDED), "{size}");
                    assert_eq!(found.names.first().map(|name| &**name), name, "{size}");
                }
            }
        }
    }

    #[test]
    fn what_stands_behind_a_text_is_not_part_of_it() {
        let text = format!("{}select 1;\0set a = 1", FILLING.repeat(300));
        for size in [1000, 4096, 100_000] {
            assert_eq!(in_pieces(&text, size).marks, Marks::NONE);
        }
    }
}
