//! LISTEN by a client that does not keep its server: PostgreSQL says what it comes to, the pooler carries that on.
//!
//! A text that may change what the client listens on runs on the client's server as it is. When the transaction is
//! over, and before the client is told so, the server is asked what it listens on now ([`Expect::Channels`]); so
//! commits, rollbacks, savepoints and failed queries need not be understood here. What is new is handed to
//! whoever listens for this client from then on ([`Expect::Listener`]), a mark is set ([`Expect::Mark`]), and the
//! server forgets it all.
//!
//! The server does not know what the client listens on already. LISTEN alone does not need that: what the server
//! then listens on is added. Before an UNLISTEN the client's channels are listened on there, in a *prelude*: in
//! the same transaction, together with a setting that is rolled back with it, so that afterwards the server's list
//! is the client's if the setting is there, and nothing has been taken away if it is not.

mod prelude;

use std::collections::BTreeSet;

use pgwire::backend::{self, Status};
use pgwire::cursor::Cursor;
use pgwire::frame;

use super::expect::Expect;
use super::scan::Marks;
use super::{ClientState, ServerState, SessionError};
use prelude::{Prelude, SETTING};

pub(super) use prelude::{Before, Form};

/// How often a query of the pooler's own is put that something else has hit.
const ATTEMPTS: u8 = 3;

/// Most bytes of notifications kept until it is known whose they are.
const OVERHEARD_LIMIT: usize = 4 * 1024 * 1024;

/// Names of channels.
pub type ChannelSet = BTreeSet<Box<[u8]>>;

/// What may change what a session listens on.
pub const CHANNELS: Marks = Marks::of(&[Marks::LISTEN, Marks::UNLISTEN, Marks::UNDECIDED]);

/// What may have it listen on less.
pub const LESS: Marks = Marks::of(&[Marks::UNLISTEN, Marks::UNDECIDED]);

/// What a client listens on.
#[derive(Debug, Default)]
pub struct Listening {
    /// The channels, as of the last transaction that is over.
    channels: ChannelSet,
    /// What they will be once somebody listens on them for this client.
    next: Option<ChannelSet>,
    /// What is to be listened on, until [`ClientState::take_wanted`].
    wanted: Option<Vec<Box<[u8]>>>,
    /// Fewer channels than before, until [`ClientState::take_kept`].
    has_less: bool,
}

/// What has been done on a server about the channels in the transaction under way.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    prelude: Prelude,
    /// What [`Expect::Channels`] has returned so far.
    rows: Vec<Box<[u8]>>,
    /// Notifications that this server has sent.
    overheard: Vec<Overheard>,
    overheard_bytes: usize,
    /// The mark's channel and number, once it is to be set.
    mark: Option<(Box<[u8]>, u64)>,
    /// What is notified from here on is somebody else's to deliver.
    is_marked: bool,
    /// The client is owed a ReadyForQuery.
    is_owed: bool,
}

/// A notification whose hearer is not known yet.
#[derive(Debug)]
struct Overheard {
    channel: Box<[u8]>,
    message: Box<[u8]>,
}

impl ClientState {
    /// The client is gone: whatever it listens on, nobody will carry it on.
    pub fn leave(&mut self) {
        self.is_gone = true;
    }

    /// Whether what the client listens on is carried on by others, because it does not keep its server.
    fn fans_out(&self) -> bool {
        self.tracking.is_on && !self.is_gone
    }

    /// What the client listens on, as of the last transaction that is over.
    pub fn hears(&self) -> impl Iterator<Item = &[u8]> {
        self.channels().into_iter().flatten().map(AsRef::as_ref)
    }

    /// Whether the client listens, or is about to.
    pub fn listens(&self) -> bool {
        self.listening.is_some()
    }

    /// Channels that somebody is to listen on for this client before it is answered.
    pub fn take_wanted(&mut self) -> Option<Vec<Box<[u8]>>> {
        self.listening.as_mut()?.wanted.take()
    }

    /// All that the client listens on, if that has become less.
    pub fn take_kept(&mut self) -> Option<ChannelSet> {
        let listening = self.listening.as_mut()?;
        if !std::mem::take(&mut listening.has_less) {
            return None;
        }
        let channels = listening.channels.clone();
        if channels.is_empty() && listening.next.is_none() {
            self.listening = None;
        }
        Some(channels)
    }

    /// DISCARD ALL has run.
    pub(super) fn hear_nothing(&mut self) {
        if let Some(listening) = &mut self.listening {
            listening.has_less |= !listening.channels.is_empty();
            listening.channels.clear();
        }
    }

    fn channels(&self) -> Option<&ChannelSet> {
        let listening = self.listening.as_ref()?;
        (!listening.channels.is_empty()).then_some(&listening.channels)
    }
}

impl ServerState {
    /// Note that a text that may change the channels is about to be sent; says what has to go before it.
    pub(super) fn before_channels(
        &mut self,
        client: &ClientState,
        marks: Marks,
        form: Form,
    ) -> Before {
        if !marks.has(CHANNELS) || !client.fans_out() {
            return Before::Nothing;
        }
        if self.owes_ready() {
            // Whether a transaction is open then is not known yet, and its end is not to be taken for this one's.
            return Before::Hold;
        }
        let before = match client.channels() {
            Some(channels) if marks.has(LESS) => self.prelude(channels, form),
            _ => Before::Nothing,
        };
        self.hearing.get_or_insert_default();
        before
    }

    /// Whether a message must wait because what has been sent before may change the channels: the client is to be
    /// told that its transaction is over only after that has been dealt with.
    pub(super) fn settles_channels(&self) -> bool {
        // Where a cancel hits the UNLISTEN it is put once more, and nothing is to have come between.
        self.unlistens
            || (self.hearing.is_some()
                && (self.owes_ready()
                    || self.expected.iter().any(|entry| matches!(entry, Expect::Listener))))
    }

    /// Whether the end of something that has been sent has not been told yet, settings aside.
    fn owes_ready(&self) -> bool {
        let ends = |entry: &Expect| {
            let is_behind =
                matches!(entry, Expect::HiddenQuery | Expect::Inquiry(_) | Expect::Unlisten);
            entry.ends_with_ready() && !is_behind
        };
        self.expected.iter().any(ends)
    }

    /// Note that a long text has been sent, if it may change the channels.
    pub(super) fn note_long(&mut self, client: &mut ClientState) {
        if std::mem::take(&mut client.is_to_be_heard) && client.fans_out() {
            self.hearing.get_or_insert_default();
        }
    }

    /// The client's transaction is over: ask what the server listens on, if something may have changed that. Says
    /// whether the client has to wait for its ReadyForQuery.
    pub(super) fn ask_channels(
        &mut self,
        client: &ClientState,
        is_owed: bool,
        to_server: &mut Vec<u8>,
    ) -> bool {
        let Some(hearing) = &mut self.hearing else {
            return false;
        };
        if !client.fans_out() || self.status != Status::Idle {
            return false;
        }
        hearing.is_owed = is_owed;
        self.channel_failures = 0;
        self.put_question(to_server);
        // A simple query destroys the unnamed statement.
        self.unnamed_is_clients = false;
        true
    }

    fn put_question(&mut self, to_server: &mut Vec<u8>) {
        if let Some(hearing) = &mut self.hearing {
            hearing.rows.clear();
        }
        let sql = format!(
            "SELECT pg_catalog.concat('s', pg_catalog.current_setting('{SETTING}', true)) \
             UNION ALL SELECT pg_catalog.concat('c', c) FROM pg_catalog.pg_listening_channels() AS c"
        );
        pgwire::frontend::put_query(to_server, sql.as_bytes());
        self.expected.push_back(Expect::Channels);
    }

    /// A row of the answer to [`Self::ask_channels`].
    pub(super) fn note_channel(&mut self, body: &[u8]) -> Result<(), SessionError> {
        let mut cursor = Cursor::new(body);
        let value = cursor
            .u16("columns")
            .and_then(|_| cursor.u32("length"))
            .and_then(|length| cursor.bytes(length as usize, "value"))
            .map_err(|error| SessionError::Server(error.to_string()))?;
        if let Some(hearing) = &mut self.hearing {
            hearing.rows.push(value.into());
        }
        Ok(())
    }

    /// What the server listens on is known: note what the client listens on from now on, or what somebody has to
    /// listen on for it first. Says whether the client is now to be told that its transaction is over.
    pub(super) fn weigh_channels(
        &mut self,
        client: &mut ClientState,
        to_server: &mut Vec<u8>,
    ) -> bool {
        let Some(hearing) = &mut self.hearing else {
            return false;
        };
        if client.is_gone {
            // Nobody will listen for it, and nothing is to wait for that; what the server hears is ended by whoever
            // cleans it.
            hearing.rows.clear();
            return false;
        }
        let is_owed = hearing.is_owed;
        let mut heard = ChannelSet::new();
        let mut setting = Vec::new();
        for row in hearing.rows.drain(..) {
            match row.split_first() {
                Some((b'c', channel)) => _ = heard.insert(channel.into()),
                Some((_, value)) => setting = value.to_vec(),
                None => {}
            }
        }
        let is_whole = match hearing.prelude {
            Prelude::None => false,
            Prelude::Committed => true,
            Prelude::Pending(number) => setting == number.to_string().as_bytes(),
        };
        let is_clean = heard.is_empty();
        let now = client.channels().cloned().unwrap_or_default();
        let next = if is_whole { heard } else { now.union(&heard).cloned().collect() };
        let wanted: Vec<Box<[u8]>> = next.difference(&now).cloned().collect();
        if !wanted.is_empty() {
            let listening = client.listening.get_or_insert_default();
            listening.wanted = Some(wanted);
            listening.next = Some(next);
            self.expected.push_back(Expect::Listener);
            return false;
        }
        self.hearing = None;
        if let Some(listening) = &mut client.listening {
            listening.has_less |= next.len() < now.len();
            listening.channels = next;
        }
        if !is_clean {
            self.put_unlisten(to_server);
        }
        is_owed
    }

    /// Somebody listens for the client now: set the mark behind which nothing of this server's is delivered.
    pub fn put_mark(&mut self, channel: &[u8], mark: u64, to_server: &mut Vec<u8>) {
        if !matches!(self.expected.front(), Some(Expect::Listener)) {
            return;
        }
        self.expected.pop_front();
        if let Some(hearing) = &mut self.hearing {
            hearing.mark = Some((channel.into(), mark));
        }
        self.set_mark(to_server);
    }

    fn set_mark(&mut self, to_server: &mut Vec<u8>) {
        let Some((channel, mark)) = self.hearing.as_ref().and_then(|hearing| hearing.mark.as_ref())
        else {
            return;
        };
        let mut sql = Vec::new();
        crate::shared_listener::put_mark(&mut sql, channel, *mark);
        pgwire::frontend::put_query(to_server, &sql);
        self.expected.push_back(Expect::Mark);
    }

    /// Have the server listen on nothing.
    pub fn put_unlisten(&mut self, to_server: &mut Vec<u8>) {
        pgwire::frontend::put_query(to_server, b"UNLISTEN *");
        self.unlistens = true;
        self.expected.push_back(Expect::Unlisten);
    }

    /// Put a query of the pooler's own once more where a cancel or a time limit has hit it that was meant for what
    /// came before; `false` where that is of no use.
    pub(super) fn asks_again(
        &mut self,
        failed: &Expect,
        sqlstate: &str,
        to_server: &mut Vec<u8>,
    ) -> bool {
        self.channel_failures += 1;
        if sqlstate != "57014" || self.channel_failures > ATTEMPTS {
            return false;
        }
        match failed {
            Expect::Channels => self.put_question(to_server),
            Expect::Mark => self.set_mark(to_server),
            _ => self.put_unlisten(to_server),
        }
        true
    }

    /// A notification has come from the server itself; keep it until it is known whether it is for the client.
    pub(super) fn overhear(&mut self, body: &[u8]) -> Result<(), SessionError> {
        let Some(hearing) = &mut self.hearing else {
            // A function has listened, or a transaction that is over: no client is to hear of it.
            return Ok(());
        };
        let mut cursor = Cursor::new(body);
        let read = cursor
            .u32("process")
            .and_then(|_| Ok((cursor.string("channel")?, cursor.string("payload")?)));
        let (channel, payload) = read.map_err(|error| SessionError::Server(error.to_string()))?;
        if let Some((marker, mark)) = &hearing.mark
            && **marker == *channel
        {
            hearing.is_marked |= mark.to_string().as_bytes() == payload;
        } else if !hearing.is_marked {
            hearing.overheard_bytes += body.len();
            if hearing.overheard_bytes > OVERHEARD_LIMIT {
                let what = format!("more than {OVERHEARD_LIMIT} bytes of notifications");
                return Err(SessionError::Server(what));
            }
            let mut message = Vec::new();
            frame::put(&mut message, backend::NOTIFICATION_RESPONSE, |out| {
                out.extend_from_slice(body);
            });
            hearing.overheard.push(Overheard { channel: channel.into(), message: message.into() });
        }
        Ok(())
    }

    /// The mark is set: the client listens. Emits what this server has heard for it up to there, and says whether
    /// the client is now to be told that its transaction is over.
    pub(super) fn hand_over(
        &mut self,
        client: &mut ClientState,
        mut emit: impl FnMut(&[u8]),
    ) -> bool {
        let Some(hearing) = self.hearing.take() else {
            return false;
        };
        let Some(listening) = &mut client.listening else {
            return hearing.is_owed;
        };
        let next = listening.next.take().unwrap_or_default();
        let is_new =
            |channel: &[u8]| !listening.channels.contains(channel) && next.contains(channel);
        for Overheard { channel, message } in &hearing.overheard {
            if is_new(channel) {
                emit(message);
            }
        }
        listening.has_less |= !listening.channels.is_subset(&next);
        listening.channels = next;
        hearing.is_owed
    }

    /// Whether the server may listen on what a client that is gone has asked for.
    pub fn may_hear(&self) -> bool {
        self.hearing.is_some()
    }

    /// The client is gone and the server listens on nothing any more.
    pub fn hears_nothing(&mut self) {
        self.hearing = None;
    }
}
