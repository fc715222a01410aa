//! How many connections a gateway may hold, computed from one look at PostgreSQL after another. No I/O.
//!
//! Every gateway publishes how many connections it *has*, how many are *coming*, and its *claim*, beyond which it does
//! not go until it has said so. It publishes a claim before it looks, and grows into it only if what it then sees of the
//! others' claims leaves room. Of two that grow at the same moment at least one sees the other's.
//!
//! # Invariant
//! Growing never brings the sum of the claims above what there is to share, whatever a gateway does not know yet.
//! The sum is above it only after others have taken connections or another gateway has come: then everybody shrinks.

use super::look::Look;

/// Least that a gateway that can connect at all holds: its control connection and one server.
const LEAST: usize = 2;

/// The share of `max_connections` that nobody uses: one connection in so many.
const BUFFER_PART: usize = 20;

/// Fewest connections that nobody uses.
const LEAST_BUFFER: usize = 3;

/// What a gateway publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Published {
    /// Connections that it has.
    pub(super) has: usize,
    /// Connections that it is making.
    pub(super) coming: usize,
    /// The most it lets itself hold.
    pub(super) claim: usize,
}

impl Published {
    /// Connections that it has or is making.
    pub(super) fn held(self) -> usize {
        self.has + self.coming
    }
}

/// The arithmetic of one look, as `SHOW BUDGET` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// `max_connections`.
    pub max_connections: usize,
    /// What of it is for superusers and other privileged roles.
    pub reserved: usize,
    /// Client backends that belong to no gateway.
    pub foreign: usize,
    /// What is kept free.
    pub buffer: usize,
    /// Gateways, this one included.
    pub gateways: usize,
    /// What the other gateways hold or claim.
    pub others: usize,
    /// An equal part for each gateway.
    pub share: usize,
    /// The most this gateway may hold now.
    pub cap: usize,
}

impl Sum {
    fn of(look: &Look, foreign: usize, others: usize) -> Self {
        let buffer = (look.max_connections / BUFFER_PART).max(LEAST_BUFFER);
        let mut sum = Self {
            max_connections: look.max_connections,
            reserved: look.reserved,
            foreign,
            buffer,
            gateways: look.gateways.len().max(1),
            others,
            ..Self::default()
        };
        sum.share = sum.shared() / sum.gateways;
        sum
    }

    /// What the gateways share.
    pub fn shared(&self) -> usize {
        let usable = self.max_connections.saturating_sub(self.reserved);
        usable.saturating_sub(self.foreign + self.buffer)
    }

    /// What the other gateways leave.
    pub fn room(&self) -> usize {
        self.shared().saturating_sub(self.others)
    }
}

/// What has been decided so far.
#[derive(Debug, Default)]
pub(super) struct Planner {
    /// The most this gateway may hold.
    cap: usize,
    /// What it claims.
    claim: usize,
    /// What was seen, and would have been right, at the look before this one.
    before: Option<Before>,
}

#[derive(Debug, Clone, Copy)]
struct Before {
    foreign: usize,
    target: usize,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    /// How it was computed.
    pub(super) sum: Sum,
    /// Nothing is going to change as long as nobody does anything.
    pub(super) is_settled: bool,
}

impl From<usize> for Planner {
    /// One that goes on with what is held already.
    fn from(held: usize) -> Self {
        Self { cap: held, claim: held, before: None }
    }
}

impl Planner {
    /// What to publish before the next look, with so many connections, of which so many are being made.
    pub(super) fn publish(&self, held: usize, coming: usize) -> Published {
        let coming = coming.min(held);
        Published { has: held - coming, coming, claim: self.claim.max(held) }
    }

    /// The most that may be held.
    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    /// Hold no more than is held, because PostgreSQL has none left or cannot be asked.
    pub(super) fn hold(&mut self, held: usize) {
        self.cap = self.cap.min(held);
        self.claim = self.cap;
        self.before = None;
    }

    /// Decide after a look, made when `published` had been published. Without `may_grow` nothing grows yet.
    pub(super) fn decide(&mut self, look: &Look, published: Published, may_grow: bool) -> Decision {
        let of_gateways = || look.gateways.iter().map(|(_, of)| *of);
        let others = look.gateways.iter().filter(|(pid, _)| *pid != look.own);
        let others = others.map(|(_, of)| of.held().max(of.claim)).sum();
        // Whose a backend is may be unknown for a moment. To grow, everything that nobody has accounted for counts as
        // somebody else's; to shrink, only what was there before and no gateway can have opened.
        let at_most = look.backends.saturating_sub(of_gateways().map(|of| of.has).sum());
        let foreign = look.settled.saturating_sub(of_gateways().map(Published::held).sum());
        let sum = Sum::of(look, at_most, others);
        // And only when two looks have seen it: a server may be closed in between.
        let lasting = self.before.map_or(foreign, |before| before.foreign.min(foreign));
        let most = Sum::of(look, lasting, others).share;

        let usable = look.max_connections.saturating_sub(look.reserved);
        let has_one_free = look.backends < usable || published.held() >= LEAST;
        let least = if has_one_free { LEAST } else { published.held().min(LEAST) };
        let target = sum.share.min(sum.room()).max(least);
        let stable = self.before.map_or(0, |before| before.target.min(target));
        if self.cap > most.max(least) {
            self.cap = most.max(least);
        } else if may_grow {
            self.cap = self.cap.max(stable.min(published.claim));
        }
        let claim = self.cap.max(if may_grow { target } else { 0 });
        let has_changed = self.before.is_none_or(|before| before.foreign != foreign)
            || claim != published.claim
            || self.cap != claim
            || look.backends != look.settled;
        self.claim = claim;
        self.before = Some(Before { foreign, target });
        Decision { sum: Sum { cap: self.cap, ..sum }, is_settled: !has_changed }
    }
}

#[cfg(test)]
#[path = "arithmetic_tests.rs"]
mod tests;
