//! What a pool holds under its lock: servers at rest, clients in line, and the counts.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::turn::{Call, Turn};
use super::{Plan, millis};
use crate::gateway::Common;
use crate::parameters::Parameters;
use crate::report::Refusal;
use crate::server::{Identity, Server};
use crate::stats::meter::Grant;

/// How many places a waiting client may be overtaken by clients of the worker that releases a server.
pub(super) const OVERTAKE_LIMIT: u64 = 64;

/// Servers at rest, the most recently used last. Boxed, because a lease and a stack hand on a pointer.
pub(super) type Stack = Vec<Box<Server>>;

/// Whether a pool lends.
///
/// | from | to | by |
/// |---|---|---|
/// | Open | Paused | PAUSE, KILL |
/// | Paused | Open | RESUME |
/// | Open, Paused | Ending | SHUTDOWN WAIT_FOR_SERVERS |
/// | any | Retired | a reload without its database, or with another rule for its user |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It does.
    Open,
    /// Whoever wants a server waits in line.
    Paused,
    /// Whoever wants a server is refused.
    Ending,
    /// Whoever wants a server must ask for its pool again.
    Retired,
}

/// Servers, clients in line, and what has been learnt of the server.
#[derive(Debug)]
pub(super) struct Stock {
    /// What the configuration says.
    pub(super) plan: Plan,
    /// Whether it lends.
    pub(super) state: State,
    /// Servers of an older generation are closed.
    pub(super) generation: u64,
    /// How many of `total` are of an older generation.
    pub(super) outdated: usize,
    /// Servers at rest, a stack for each worker.
    pub(super) idle: Vec<Stack>,
    /// Clients in line, a queue for each worker.
    pub(super) waiting: Vec<VecDeque<Waiting>>,
    /// Place of the next client that lines up.
    pub(super) next_place: u64,
    /// All servers.
    pub(super) total: usize,
    /// Those not logged in yet.
    pub(super) connecting: usize,
    /// Those being checked before they are lent.
    pub(super) checking: usize,
    /// The last login failed.
    pub(super) failure: Option<Failure>,
    /// What a server reports after login.
    pub(super) welcome: Option<Arc<Parameters>>,
    /// Every server that has logged in, and some that have been closed since.
    pub(super) servers: Vec<Arc<Identity>>,
    /// Settings that PostgreSQL has accepted once, and the value it reported for each.
    pub(super) valid: HashMap<(String, Vec<u8>), Vec<u8>>,
}

/// A client in line.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) place: u64,
    pub(super) since: Instant,
    pub(super) call: Call,
}

impl Waiting {
    /// The end of the wait, at the time given if there is one: whoever ends it may have looked at the clock.
    pub(super) fn granted(&self, at: Option<Instant>) -> Grant {
        let at = at.unwrap_or_else(Instant::now);
        Grant { at: Some(at), waited: at.saturating_duration_since(self.since) }
    }
}

/// A login that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) at: Instant,
    pub(super) refusal: Refusal,
    /// PostgreSQL had no connection left: worth trying again at once, and nobody's mistake.
    pub(super) is_full: bool,
}

impl Stock {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            state: State::Open,
            generation: 0,
            outdated: 0,
            idle: Vec::new(),
            waiting: Vec::new(),
            next_place: 0,
            total: 0,
            connecting: 0,
            checking: 0,
            failure: None,
            welcome: None,
            servers: Vec::new(),
            valid: HashMap::new(),
        }
    }

    /// Begin a new generation; the servers at rest are handed out to be closed.
    pub(super) fn begin_generation(&mut self) -> Stack {
        self.generation += 1;
        self.outdated = self.total;
        self.weed(|_| true)
    }

    /// Forget what has been learnt of the server: another may answer now.
    pub(super) fn forget_target(&mut self) {
        self.failure = None;
        self.welcome = None;
        self.valid.clear();
    }

    /// Take out servers at rest, those unused for longest first, as far as there are more than the size allows.
    pub(super) fn surplus(&mut self) -> Stack {
        let over = self.total.saturating_sub(self.plan.rules.most());
        std::iter::from_fn(|| self.take_oldest()).take(over).collect()
    }

    /// Take out every client in line.
    pub(super) fn take_line(&mut self) -> Vec<Waiting> {
        self.waiting.iter_mut().flat_map(std::mem::take).collect()
    }

    /// Whether there is a server, or one coming, that may be lent to a client in line.
    pub(super) fn has_hope(&self) -> bool {
        self.total > self.outdated
    }

    /// Count out a server of that generation.
    pub(super) fn forget(&mut self, generation: u64) {
        self.total -= 1;
        if generation != self.generation {
            self.outdated -= 1;
        }
    }

    /// Why a server that comes back, or `is_new`, is not to be lent, if it is not. Without a lifetime it is lent once.
    pub(super) fn has_no_use_for(
        &self,
        server: &Server,
        now: u64,
        is_new: bool,
    ) -> Option<&'static str> {
        if server.generation != self.generation {
            Some("obsolete: paused, reconnecting, or its connect string changed")
        } else if self.total > self.plan.rules.most() {
            Some("the pool has become smaller")
        } else if !is_new && now - server.born.min(now) >= millis(self.plan.rules.server_lifetime) {
            Some("server_lifetime")
        } else {
            None
        }
    }

    /// Take out the servers at rest that are of no more use.
    pub(super) fn weed(&mut self, mut is_useless: impl FnMut(&mut Server) -> bool) -> Stack {
        let stacks = self.idle.iter_mut();
        stacks
            .flat_map(|stack| stack.extract_if(.., |server| is_useless(server)).collect::<Stack>())
            .collect()
    }

    /// Take out the clients in line for whom `is_late` holds, and forget those that are gone.
    pub(super) fn late(&mut self, is_late: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let mut late = Vec::new();
        self.forget_gone();
        for queue in &mut self.waiting {
            while queue.front().is_some_and(&is_late) {
                late.extend(queue.pop_front());
            }
        }
        late
    }

    /// Forget the clients in line that are gone.
    pub(super) fn forget_gone(&mut self) {
        for queue in &mut self.waiting {
            queue.retain(|waiting| !waiting.call.is_gone());
        }
    }

    /// How many clients have been in line for that long.
    pub(super) fn waiting_for(&self, time: Duration) -> usize {
        let queues = self.waiting.iter().filter(|queue| !queue.is_empty());
        let is_old = |waiting: &&Waiting| waiting.since.elapsed() >= time;
        queues.map(|queue| queue.iter().take_while(is_old).count()).sum()
    }

    /// The server that has been at rest longest.
    pub(super) fn take_oldest(&mut self) -> Option<Box<Server>> {
        let first = |stack: &Stack| stack.first().map(|server| server.idle_since);
        let stacks = self.idle.iter_mut().filter(|stack| !stack.is_empty());
        let oldest = stacks.min_by_key(|stack| first(stack))?;
        Some(oldest.remove(0))
    }

    /// The most recently used server, of this worker if it has one.
    pub(super) fn take_idle(&mut self, worker: usize) -> Option<Box<Server>> {
        if self.plan.rules.takes_oldest {
            return self.take_oldest();
        }
        if let Some(server) = self.idle.get_mut(worker).and_then(Vec::pop) {
            return Some(server);
        }
        self.idle.iter_mut().find_map(Vec::pop)
    }

    /// The server with that number, if it is at rest.
    pub(super) fn take_numbered(&mut self, number: u64) -> Option<Box<Server>> {
        self.idle.iter_mut().find_map(|stack| {
            let at = stack.iter().position(|server| server.identity.number == number)?;
            Some(stack.remove(at))
        })
    }

    /// Give out the last place in line; `used` is one whose turn has come, if there is one.
    pub(super) fn line_up(&mut self, worker: usize, used: Option<Turn>) -> Turn {
        let (turn, call) = Turn::line_up(used);
        let place = self.next_place;
        self.next_place += 1;
        if let Some(queue) = self.waiting.get_mut(worker) {
            queue.push_back(Waiting { place, since: Instant::now(), call });
        }
        turn
    }

    pub(super) fn next_in_line(&mut self, worker: usize) -> Option<Waiting> {
        let first = |queue: &VecDeque<Waiting>| queue.front().map(|waiting| waiting.place);
        let (oldest, at) = self
            .waiting
            .iter()
            .enumerate()
            .filter_map(|(index, queue)| first(queue).map(|place| (place, index)))
            .min()?;
        let own = self.waiting.get(worker).and_then(first);
        let at = match own {
            Some(place) if place - oldest <= OVERTAKE_LIMIT => worker,
            _ => at,
        };
        self.waiting.get_mut(at)?.pop_front()
    }

    /// The worker with most clients in line.
    pub(super) fn busiest_line(&self) -> usize {
        let lengths = self.waiting.iter().map(VecDeque::len).enumerate();
        lengths.max_by_key(|(_, length)| *length).map_or(0, |(worker, _)| worker)
    }

    /// How long the client that has waited longest has done so.
    pub(super) fn longest_wait(&self) -> Duration {
        let fronts = self.waiting.iter().filter_map(VecDeque::front);
        fronts.map(|waiting| waiting.since.elapsed()).max().unwrap_or_default()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// Whether no login is to be tried at present.
    pub(super) fn is_pausing(&self, common: &Common) -> bool {
        self.failure.as_ref().is_some_and(|failure| {
            let pause = if failure.is_full {
                FULL_RETRY
            } else {
                common.configuration().server_login_retry
            };
            failure.at.elapsed() < pause
        })
    }

    /// The refusal for a client that would only wait for a login that is not going to be tried.
    pub(super) fn fails_fast(&self, common: &Common) -> Option<Refusal> {
        let failure = self.failure.as_ref()?;
        (!self.has_hope() && !failure.is_full && self.is_pausing(common)).then(|| Refusal {
            hint: format!(
                "{} (the next login is tried at most server_login_retry, {} s, after the last)",
                failure.refusal.hint,
                common.configuration().server_login_retry.as_secs_f64()
            ),
            ..failure.refusal.clone()
        })
    }
}

/// Pause after PostgreSQL had no connection left.
const FULL_RETRY: Duration = Duration::from_millis(200);
