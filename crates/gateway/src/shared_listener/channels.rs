//! Which channels a shared listener is to listen on, for whom, and how far PostgreSQL has followed.
//!
//! # Invariant
//! A channel is counted by its subscribers: PostgreSQL is asked for it once, and asked to forget it once nobody
//! is left. What is asked for is the difference between what is wanted and what has been asked, so that it comes
//! out right in whatever order clients come and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::mailbox::{Mailbox, Notification};
use crate::parameters::put_literal;
use crate::report::Refusal;

/// Most channels asked for in one query.
const BATCH: usize = 500;

/// What a client that has subscribed is told: the mark it has to set.
pub type Answer = Result<u64, Box<Refusal>>;

/// One client on one channel.
#[derive(Debug)]
struct Subscription {
    mailbox: Arc<Mailbox>,
    /// Its mark has come by: from here on the channel is delivered by the shared listener. What came before has
    /// been delivered by the server that ran the client's LISTEN.
    is_live: Arc<AtomicBool>,
}

/// A client that waits until PostgreSQL listens on all of these.
#[derive(Debug)]
struct Wish {
    channels: Vec<Box<[u8]>>,
    mark: u64,
    reply: oneshot::Sender<Answer>,
}

/// A query to PostgreSQL that has not been answered.
#[derive(Debug, Default)]
struct Batch {
    added: Vec<Box<[u8]>>,
}

/// Channels, who wants them, and which of them PostgreSQL has acknowledged.
#[derive(Debug, Default)]
pub(super) struct Channels {
    wanted: BTreeMap<Box<[u8]>, BTreeMap<u32, Subscription>>,
    acknowledged: BTreeSet<Box<[u8]>>,
    under_way: Option<Batch>,
    wishes: Vec<Wish>,
    marks: BTreeMap<u64, Arc<AtomicBool>>,
    last_mark: u64,
}

impl Channels {
    /// Deliver these to `mailbox` from a mark on; the mark is told once PostgreSQL listens on all of them.
    pub(super) fn subscribe(
        &mut self,
        mailbox: &Arc<Mailbox>,
        channels: Vec<Box<[u8]>>,
        reply: oneshot::Sender<Answer>,
    ) {
        self.last_mark += 1;
        let is_live = Arc::new(AtomicBool::new(false));
        self.marks.insert(self.last_mark, Arc::clone(&is_live));
        for channel in &channels {
            let subscription =
                Subscription { mailbox: Arc::clone(mailbox), is_live: Arc::clone(&is_live) };
            self.wanted.entry(channel.clone()).or_default().insert(mailbox.entry.id, subscription);
        }
        self.wishes.push(Wish { channels, mark: self.last_mark, reply });
        self.grant();
    }

    /// Deliver these to that client no more.
    pub(super) fn unsubscribe<'a>(
        &mut self,
        client: u32,
        channels: impl Iterator<Item = &'a Box<[u8]>>,
    ) {
        for channel in channels {
            if let Some(subscribers) = self.wanted.get_mut(channel) {
                subscribers.remove(&client);
                if subscribers.is_empty() {
                    self.wanted.remove(channel);
                }
            }
        }
        self.wishes.retain(|wish| !wish.reply.is_closed());
        // A mark that nobody waits for will never come.
        self.marks.retain(|_, is_live| Arc::strong_count(is_live) > 1);
    }

    /// What to ask PostgreSQL next; `None` while it has not answered, or when there is nothing.
    pub(super) fn next_query(&mut self) -> Option<Vec<u8>> {
        if self.under_way.is_some() {
            return None;
        }
        let acknowledged = &self.acknowledged;
        let added = self.wanted.keys().filter(|channel| !acknowledged.contains(*channel));
        let added: Vec<_> = added.take(BATCH).cloned().collect();
        let left = acknowledged.iter().filter(|channel| !self.wanted.contains_key(*channel));
        let left: Vec<_> = left.take(BATCH).cloned().collect();
        if added.is_empty() && left.is_empty() {
            return None;
        }
        let mut sql = Vec::new();
        for channel in &left {
            // Whoever wants it again from here on has to wait for another LISTEN.
            self.acknowledged.remove(channel);
            put_command(&mut sql, b"UNLISTEN ", channel);
        }
        for channel in &added {
            put_command(&mut sql, b"LISTEN ", channel);
        }
        self.under_way = Some(Batch { added });
        Some(sql)
    }

    /// PostgreSQL has done what it was asked last.
    pub(super) fn answered(&mut self) {
        if let Some(batch) = self.under_way.take() {
            self.acknowledged.extend(batch.added);
            self.grant();
        }
    }

    fn grant(&mut self) {
        let acknowledged = &self.acknowledged;
        let is_granted =
            |wish: &mut Wish| wish.channels.iter().all(|channel| acknowledged.contains(channel));
        for wish in self.wishes.extract_if(.., is_granted) {
            // A client that is gone needs no answer.
            let _ = wish.reply.send(Ok(wish.mark));
        }
    }

    /// The mark has come by: whoever set it is served from here on.
    pub(super) fn marked(&mut self, mark: u64) {
        if let Some(is_live) = self.marks.remove(&mark) {
            is_live.store(true, Ordering::Relaxed);
        }
    }

    /// Put a notification into the mailboxes of those who want it; returns how many that are.
    pub(super) fn deliver(&self, notification: &Arc<Notification>) -> u64 {
        let mut count = 0;
        for subscription in
            self.wanted.get(&notification.channel).into_iter().flat_map(BTreeMap::values)
        {
            if subscription.is_live.load(Ordering::Relaxed) {
                subscription.mailbox.put(notification);
                count += 1;
            }
        }
        count
    }

    /// End every wish and subscription with the same words; returns how many clients that are.
    pub(super) fn end(&mut self, refusal: &Refusal, send_away: impl Fn(&Mailbox)) -> usize {
        for wish in self.wishes.drain(..) {
            let _ = wish.reply.send(Err(Box::new(refusal.clone())));
        }
        let mut clients = BTreeMap::new();
        for (id, subscription) in std::mem::take(&mut self.wanted).into_values().flatten() {
            clients.insert(id, subscription.mailbox);
        }
        for mailbox in clients.values() {
            send_away(mailbox);
        }
        clients.len()
    }

    /// How many clients wait for PostgreSQL to listen.
    pub(super) fn waiting(&self) -> usize {
        self.wishes.iter().filter(|wish| !wish.reply.is_closed()).count()
    }

    /// End the wish of the client that has come last.
    pub(super) fn refuse_last(&mut self, refusal: &Refusal) {
        while let Some(wish) = self.wishes.pop() {
            if wish.reply.send(Err(Box::new(refusal.clone()))).is_ok() {
                return;
            }
        }
    }

    /// How many channels are wanted.
    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether nobody wants any.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.wishes.is_empty()
    }
}

/// Append a command about a channel, whose name is quoted, because only a quoted one reads the same for ever.
pub fn put_command(sql: &mut Vec<u8>, command: &[u8], channel: &[u8]) {
    sql.extend_from_slice(command);
    sql.push(b'"');
    for byte in channel {
        if *byte == b'"' {
            sql.push(b'"');
        }
        sql.push(*byte);
    }
    sql.extend_from_slice(b"\";");
}

/// Append the query that has the server which runs it, and the shared listener, meet the same mark.
pub fn put_mark(sql: &mut Vec<u8>, channel: &[u8], mark: u64) {
    put_command(sql, b"LISTEN ", channel);
    sql.extend_from_slice(b"SELECT pg_catalog.pg_notify(");
    put_literal(sql, channel);
    sql.push(b',');
    put_literal(sql, mark.to_string().as_bytes());
    sql.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Clients;

    type Receiver = oneshot::Receiver<Answer>;

    /// Clients of one shared listener, and PostgreSQL as it answers.
    struct Scene {
        channels: Channels,
        mailboxes: Vec<Arc<Mailbox>>,
    }

    impl Scene {
        fn new(count: usize) -> Self {
            let clients = Clients::default();
            let mailbox = |_| Arc::new(Mailbox::new(&clients.register(0, count).unwrap().unwrap()));
            Self { channels: Channels::default(), mailboxes: (0..count).map(mailbox).collect() }
        }

        fn subscribe(&mut self, client: usize, channels: &[&str]) -> Receiver {
            let (sender, receiver) = oneshot::channel();
            let channels = channels.iter().map(|name| name.as_bytes().into()).collect();
            self.channels.subscribe(&self.mailboxes[client], channels, sender);
            receiver
        }

        fn leave(&mut self, client: usize, channels: &[&str]) {
            let channels: Vec<Box<[u8]>> =
                channels.iter().map(|name| name.as_bytes().into()).collect();
            self.channels.unsubscribe(self.mailboxes[client].entry.id, channels.iter());
        }

        fn asks(&mut self) -> String {
            let query = self.channels.next_query().unwrap_or_default();
            String::from_utf8(query).unwrap()
        }

        fn notify(&self, channel: &str) -> u64 {
            let (channel, message) = (channel.as_bytes().into(), [b'A'].into());
            self.channels.deliver(&Arc::new(Notification { channel, message }))
        }
    }

    fn is_granted(receiver: &mut Receiver) -> bool {
        receiver.try_recv().is_ok_and(|answer| answer.is_ok())
    }

    #[test]
    fn a_channel_is_listened_on_once_and_left_once() {
        let mut scene = Scene::new(2);
        let mut first = scene.subscribe(0, &["a", "b"]);
        assert_eq!(scene.asks(), "LISTEN \"a\";LISTEN \"b\";");
        let mut second = scene.subscribe(1, &["a"]);
        assert_eq!(scene.asks(), "", "one thing at a time");
        assert!(!is_granted(&mut first) && !is_granted(&mut second));
        scene.channels.answered();
        assert!(is_granted(&mut first) && is_granted(&mut second));
        assert_eq!(scene.asks(), "", "it listens already");

        scene.leave(0, &["a", "b"]);
        assert_eq!(scene.asks(), "UNLISTEN \"b\";");
        scene.channels.answered();
        scene.leave(1, &["a"]);
        assert!(scene.channels.is_empty());
        assert_eq!(scene.asks(), "UNLISTEN \"a\";");
    }

    #[test]
    fn a_channel_that_is_wanted_again_while_it_is_left_is_asked_for_again() {
        let mut scene = Scene::new(2);
        drop(scene.subscribe(0, &["a"]));
        scene.asks();
        scene.channels.answered();
        scene.leave(0, &["a"]);
        assert_eq!(scene.asks(), "UNLISTEN \"a\";");
        let mut again = scene.subscribe(1, &["a"]);
        assert!(!is_granted(&mut again), "PostgreSQL may have left it by now");
        scene.channels.answered();
        assert!(!is_granted(&mut again));
        assert_eq!(scene.asks(), "LISTEN \"a\";");
        scene.channels.answered();
        assert!(is_granted(&mut again));
    }

    #[test]
    fn each_is_served_from_its_mark_on() {
        let mut scene = Scene::new(2);
        let mut marks = [0; 2];
        for (client, mark) in marks.iter_mut().enumerate() {
            let mut receiver = scene.subscribe(client, &["a"]);
            scene.asks();
            scene.channels.answered();
            *mark = receiver.try_recv().unwrap().unwrap();
        }
        assert_eq!(scene.notify("a"), 0);
        scene.channels.marked(marks[1]);
        assert_eq!(scene.notify("a"), 1);
        assert!(scene.mailboxes[1].has_mail() && !scene.mailboxes[0].has_mail());
        scene.channels.marked(marks[0]);
        assert_eq!((scene.notify("a"), scene.notify("A")), (2, 0));
    }

    #[test]
    fn what_a_client_that_is_gone_was_waiting_for_is_forgotten() {
        let mut scene = Scene::new(1);
        drop(scene.subscribe(0, &["a"]));
        scene.leave(0, &["a"]);
        assert!(scene.channels.is_empty() && scene.channels.marks.is_empty());
        assert_eq!(scene.asks(), "", "never asked for, never left");
    }

    #[test]
    fn everybody_hears_of_the_end_once() {
        let mut scene = Scene::new(2);
        let mut waiting = scene.subscribe(0, &["a"]);
        let _other = scene.subscribe(1, &["a", "b"]);
        let told = std::cell::RefCell::new(Vec::new());
        let refusal = Refusal::shutting_down();
        let count =
            scene.channels.end(&refusal, |mailbox| told.borrow_mut().push(mailbox.entry.id));
        assert_eq!((count, told.borrow().len()), (2, 2));
        assert_eq!(waiting.try_recv().unwrap(), Err(Box::new(refusal)));
        assert!(scene.channels.is_empty());
    }

    #[test]
    fn names_are_quoted() {
        let mut sql = Vec::new();
        put_command(&mut sql, b"LISTEN ", br#"a"; DROP TABLE "b"#);
        assert_eq!(sql, br#"LISTEN "a""; DROP TABLE ""b";"#);
        let mut sql = Vec::new();
        put_mark(&mut sql, b"m", 7);
        assert_eq!(sql, b"LISTEN \"m\";SELECT pg_catalog.pg_notify( E'm', E'7')");
    }
}
