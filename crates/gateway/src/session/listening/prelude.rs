//! What goes before a text that may have its session listen on less: the client's channels, listened on where it runs.

use pgwire::backend::Status;

use super::{ChannelSet, ServerState};
use crate::session::expect::Expect;

/// The setting that says which prelude has come true.
pub(super) const SETTING: &str = "forebay.listening";

/// Whether the client's channels are listened on where its UNLISTEN runs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prelude {
    /// They are not.
    #[default]
    None,
    /// They are, whatever becomes of the transaction.
    Committed,
    /// They are if [`SETTING`] has this value in the end.
    Pending(u64),
}

/// How a text comes to PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::session) enum Form {
    /// As a Query.
    Simple,
    /// As a Parse or a Bind.
    Extended,
}

/// What a text about channels needs before it can go on.
pub(in crate::session) enum Before {
    /// Nothing.
    Nothing,
    /// Replies that are under way.
    Hold,
    /// This Query.
    Query(Vec<u8>),
    /// This text, in a pipeline.
    Pipelined(Vec<u8>),
}

impl ServerState {
    /// What has to be run before a text that may have the session listen on less than `channels`.
    pub(super) fn prelude(&mut self, channels: &ChannelSet, form: Form) -> Before {
        let known = self.hearing.as_ref().map_or(Prelude::None, |hearing| hearing.prelude);
        if known == Prelude::Committed || self.status == Status::Failed {
            return Before::Nothing;
        }
        let runs = |entry: &&Expect| matches!(entry, Expect::Execute | Expect::Prelude);
        if matches!(self.expected.iter().rev().find(runs), Some(Expect::Prelude)) {
            // It is on its way, and nothing that could undo it is behind it.
            return Before::Nothing;
        }
        let mut listen = Vec::new();
        for channel in channels {
            crate::shared_listener::put_command(&mut listen, b"LISTEN ", channel);
        }
        let is_at_rest = self.expected.iter().all(Expect::is_hidden) && !self.unsynced;
        if is_at_rest && self.status == Status::Idle {
            self.hearing.get_or_insert_default().prelude = Prelude::Committed;
            return Before::Query(listen);
        }
        let number = if let Prelude::Pending(number) = known {
            number
        } else {
            self.preludes += 1;
            self.preludes
        };
        self.hearing.get_or_insert_default().prelude = Prelude::Pending(number);
        // Unless it is done already: what has been left since then must not come back.
        let mut body = format!(
            "BEGIN IF pg_catalog.current_setting('{SETTING}', true) IS DISTINCT FROM '{number}' THEN \
             PERFORM pg_catalog.set_config('{SETTING}', '{number}', false);"
        )
        .into_bytes();
        body.extend_from_slice(&listen);
        body.extend_from_slice(b" END IF; END");
        let text = [b"DO LANGUAGE plpgsql ".to_vec(), in_dollars(&body)].concat();
        // A Query would drop an unnamed portal that the client goes on with in its transaction.
        if self.unsynced || form == Form::Extended {
            Before::Pipelined(text)
        } else {
            Before::Query(text)
        }
    }
}

/// `text` as a string, in dollar quotes that do not occur in it: a DO takes no expression, and in some encodings a
/// backslash may be the second half of a character.
fn in_dollars(text: &[u8]) -> Vec<u8> {
    let mut quote = b"$forebay$".to_vec();
    while text.windows(quote.len()).any(|window| window == quote) {
        quote.splice(1..1, *b"x");
    }
    [&*quote, text, &*quote].concat()
}

#[cfg(test)]
mod tests {
    use super::in_dollars;

    #[test]
    fn a_text_in_dollars_cannot_end_itself() {
        assert_eq!(in_dollars(b"a"), b"$forebay$a$forebay$");
        assert_eq!(in_dollars(b"a$forebay$b"), b"$xforebay$a$forebay$b$xforebay$");
    }
}
