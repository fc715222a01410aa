//! Moves over what a text that comes in pieces begins with and that says nothing: white space and comments, however
//! long they are.

/// Where in what a text begins with a piece has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lead {
    /// Outside of comments.
    #[default]
    Gap,
    /// Behind a byte that begins a comment if the next is the right one.
    Half(u8),
    /// In a comment that ends with its line.
    Line,
    /// In so many comments, and behind this byte, if it may be the first half of an end or of another beginning.
    Inside(usize, Option<u8>),
}

impl Lead {
    /// What of `piece` does not belong to it, with a byte of an earlier piece that stands before that; `None` while
    /// everything belongs to it.
    pub(super) fn pass<'a>(&mut self, piece: &'a [u8]) -> Option<(Option<u8>, &'a [u8])> {
        for (at, byte) in piece.iter().enumerate() {
            let rest = || piece.get(at..).unwrap_or(&[]);
            *self = match (*self, *byte) {
                (Self::Gap, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
                | (Self::Line, b'\n' | b'\r')
                | (Self::Inside(1, Some(b'*')), b'/') => Self::Gap,
                (Self::Gap, half @ (b'-' | b'/')) => Self::Half(half),
                (Self::Gap, _) | (Self::Line | Self::Inside(..), super::CUT) => {
                    return Some((None, rest()));
                }
                (Self::Half(b'-'), b'-') | (Self::Line, _) => Self::Line,
                (Self::Half(b'/'), b'*') => Self::Inside(1, None),
                (Self::Half(half), _) => return Some((Some(half), rest())),
                (Self::Inside(depth, Some(b'*')), b'/') => Self::Inside(depth - 1, None),
                (Self::Inside(depth, Some(b'/')), b'*') => Self::Inside(depth + 1, None),
                (Self::Inside(depth, _), byte) => Self::Inside(depth, Some(byte)),
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of `text` where it comes in pieces of `size` bytes.
    fn left(text: &str, size: usize) -> String {
        let (mut lead, mut left, mut is_over) = (Lead::default(), Vec::new(), false);
        for piece in text.as_bytes().chunks(size) {
            if is_over {
                left.extend_from_slice(piece);
            } else if let Some((half, rest)) = lead.pass(piece) {
                is_over = true;
                left.extend(half);
                left.extend_from_slice(rest);
            }
        }
        String::from_utf8(left).unwrap()
    }

    #[test]
    fn what_says_nothing_is_passed_wherever_pieces_end() {
        for (text, rest) in [
            ("select 1", "select 1"),
            (" \n\t-- a /* b\n /* c -- */ select 1 -- d", "select 1 -- d"),
            ("/* a /* b */ c */set x", "set x"),
            ("/*/ a */ set x", "set x"),
            ("/***/set x", "set x"),
            ("/* **//**/*/ x", "*/ x"),
            ("- 1", "- 1"),
            ("/ 1", "/ 1"),
            ("-/* 1", "-/* 1"),
            ("--a\r/**/b", "b"),
            ("/* never", ""),
            ("/* ends\0set a", "\0set a"),
            ("--ends\0set a", "\0set a"),
        ] {
            for size in 1..=text.len() {
                assert_eq!(left(text, size), rest, "{text:?} in pieces of {size}");
            }
        }
    }
}
