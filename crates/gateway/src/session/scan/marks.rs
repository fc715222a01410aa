//! What a scan finds.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

/// Most settings that one text is asked about by name.
const NAME_LIMIT: usize = 64;

/// Kinds of things that a text may do to its session, or ask of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u32);

impl Marks {
    /// Takes session advisory locks.
    pub const LOCK: Self = Self(1);
    /// Gives some back.
    pub const UNLOCK: Self = Self(1 << 1);
    /// PREPARE.
    pub const PREPARE: Self = Self(1 << 2);
    /// DEALLOCATE.
    pub const DEALLOCATE: Self = Self(1 << 3);
    /// EXECUTE, which does what the PREPARE says.
    pub const EXECUTE: Self = Self(1 << 4);
    /// A cursor WITH HOLD.
    pub const CURSOR: Self = Self(1 << 5);
    /// CLOSE.
    pub const CLOSE: Self = Self(1 << 6);
    /// Makes something temporary.
    pub const TEMPORARY: Self = Self(1 << 7);
    /// DROP.
    pub const DROP: Self = Self(1 << 9);
    /// LISTEN.
    pub const LISTEN: Self = Self(1 << 10);
    /// UNLISTEN.
    pub const UNLISTEN: Self = Self(1 << 11);
    /// LOAD.
    pub const LOAD: Self = Self(1 << 12);
    /// DISCARD.
    pub const DISCARD: Self = Self(1 << 13);
    /// Seeds `random()`.
    pub const SEED: Self = Self(1 << 14);
    /// Asks for the number last drawn from a sequence.
    pub const SEQUENCE: Self = Self(1 << 15);
    /// Asks for one, and may draw it itself.
    pub const DRAWS: Self = Self(1 << 16);
    /// Changes settings that are named.
    pub const SETTINGS: Self = Self(1 << 17);
    /// RESET ALL.
    pub const RESET_ALL: Self = Self(1 << 18);
    /// DO: any word in it may be a command.
    pub const BLOCK: Self = Self(1 << 19);
    /// Changes what PostgreSQL reads a statement with, if only for the transaction.
    pub const READING: Self = Self(1 << 8);
    /// Something that cannot be decided.
    pub const UNDECIDED: Self = Self(1 << 20);
    /// Makes replication slots, which may be temporary.
    pub const SLOT: Self = Self(1 << 21);
    /// Drops one.
    pub const UNSLOT: Self = Self(1 << 22);
    /// Begins what only ends with PostgreSQL's process.
    pub const BACKEND: Self = Self(1 << 23);

    /// Nothing.
    pub const NONE: Self = Self(0);

    /// What is only of interest beside something else.
    pub const ASIDE: Self = Self(Self::DRAWS.0 | Self::BLOCK.0 | Self::READING.0);

    /// What may tie a client to its server.
    pub const MAY_PIN: Self = Self(
        Self::LOCK.0
            | Self::PREPARE.0
            | Self::CURSOR.0
            | Self::TEMPORARY.0
            | Self::LOAD.0
            | Self::SEED.0
            | Self::SLOT.0
            | Self::BACKEND.0
            | Self::UNDECIDED.0,
    );

    /// All of these.
    pub const fn of(all: &[Self]) -> Self {
        let (mut sum, mut rest) = (0, all);
        while let [first, others @ ..] = rest {
            sum |= first.0;
            rest = others;
        }
        Self(sum)
    }

    /// Whether any of `others` is among these.
    pub const fn has(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Marks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Marks {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Marks {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What a scan has found. Owns no memory unless settings are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Of what kinds.
    pub marks: Marks,
    /// Settings that it may change.
    pub names: Vec<Box<str>>,
    /// Those of them that it last takes back to what they were when the session began.
    pub resets: Vec<Box<str>>,
    /// Whether it takes all of them back.
    pub resets_all: bool,
    /// Parameters, counted from 0, in which the names of others stand.
    pub parameters: Vec<u16>,
}

impl Found {
    /// Whether it is worth a second look.
    pub fn is_of_interest(&self) -> bool {
        !(self.marks & !Marks::ASIDE).is_empty()
    }

    /// The setting `name` may have been changed.
    pub fn ask(&mut self, name: &[u8]) {
        self.resets.retain(|reset| !reset.as_bytes().eq_ignore_ascii_case(name));
        self.note(name);
    }

    /// The setting `name` may have been taken back to what it was when the session began.
    pub fn reset(&mut self, name: &[u8]) {
        self.ask(name);
        if let Ok(name) = std::str::from_utf8(name) {
            self.resets.push(name.into());
        }
    }

    fn note(&mut self, name: &[u8]) {
        self.marks |= Marks::SETTINGS;
        if self.names.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name)) {
            return;
        }
        match std::str::from_utf8(name) {
            Ok(name) if self.names.len() < NAME_LIMIT => self.names.push(name.into()),
            _ => self.marks |= Marks::UNDECIDED,
        }
    }

    /// Note that this or the `older` text will be run. What the older takes back is only asked for then.
    #[must_use]
    pub fn instead_of(mut self, older: &Self) -> Self {
        self.marks |= older.marks;
        for name in &older.names {
            self.note(name.as_bytes());
        }
        self.add_parameters(older);
        self
    }

    fn add_parameters(&mut self, other: &Self) {
        for parameter in &other.parameters {
            if !self.parameters.contains(parameter) {
                self.parameters.push(*parameter);
            }
        }
    }

    /// Add what a text behind this one has.
    pub fn merge(&mut self, other: &Self) {
        self.marks |= other.marks;
        self.resets_all |= other.resets_all;
        for name in &other.names {
            self.ask(name.as_bytes());
        }
        for name in &other.resets {
            self.reset(name.as_bytes());
        }
        self.add_parameters(other);
    }
}
