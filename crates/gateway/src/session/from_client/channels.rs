//! Sends ahead what a text about channels needs on the server that it runs on.

use pgwire::frontend;

use super::Session;
use crate::session::expect::Expect;
use crate::session::listening::{Before, Form, LESS};
use crate::session::scan::Marks;

/// Names a statement and a portal that live for one prelude.
const PRELUDE: &[u8] = b"forebay_prelude";

/// How many messages a prelude in the middle of a pipeline is: two Closes, Parse, Bind, Execute, two Closes.
const PRELUDE_MESSAGES: usize = 7;

impl Session<'_, '_, '_, '_> {
    /// See to it that a text finds on its server what it needs to; `false` when it has to wait for replies.
    pub(super) fn make_way(&mut self, marks: Marks, form: Form) -> bool {
        match self.server.before_channels(self.client, marks, form) {
            Before::Nothing => {}
            Before::Hold => return false,
            Before::Query(sql) => {
                let server = &mut *self.server;
                self.to_server.insert(|out| server.put_hidden_query(&sql, out));
                // A simple query destroys the unnamed statement.
                self.server.unnamed_is_clients = false;
            }
            Before::Pipelined(text) => self.run_in_pipeline(&text),
        }
        true
    }

    /// [`Self::make_way`] for a text that is only prepared: in its own time it may stand in the middle of a pipeline.
    pub(super) fn make_way_early(&mut self, marks: Marks, form: Form) -> bool {
        let has_reason = marks.has(LESS) && self.client.tracking.is_on && self.client.listens();
        !has_reason || self.make_way(marks, form)
    }

    /// [`Self::make_way`] for the text of a Query that is not known yet.
    pub(super) fn make_way_for_long(&mut self) -> bool {
        self.make_way_early(LESS, Form::Simple)
    }

    /// Run `text` in the pipeline that is under way, or begins with it, without a word to the client unless it fails.
    fn run_in_pipeline(&mut self, text: &[u8]) {
        let mut rest = text.to_vec();
        rest.extend_from_slice(&[0, 0, 0]);
        self.to_server.insert(|out| {
            // Both may be there from an earlier one, which has failed.
            frontend::put_close_portal(out, PRELUDE);
            frontend::put_close_statement(out, PRELUDE);
            frontend::put_parse(out, PRELUDE, &rest);
            // No parameters, and results as text.
            frontend::put_bind_head(out, PRELUDE, PRELUDE, 6);
            out.extend_from_slice(&[0; 6]);
            frontend::put_execute(out, PRELUDE);
            frontend::put_close_portal(out, PRELUDE);
            frontend::put_close_statement(out, PRELUDE);
        });
        for _ in 0..PRELUDE_MESSAGES {
            self.server.expect(Expect::Prelude);
        }
        self.server.unsynced = true;
    }
}
