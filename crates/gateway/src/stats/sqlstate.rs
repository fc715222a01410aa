//! Errors by the class of their SQLSTATE: its first two characters.

use super::counter::{Counter, Writer};

/// PostgreSQL's error classes. Any other, which `RAISE` may make up, counts as the last entry, so that no client can
/// make the list grow.
pub const CLASSES: [&str; 43] = [
    "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "25",
    "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53",
    "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX", "00", "other",
];

/// One of [`CLASSES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class(usize);

impl Class {
    /// The class of a SQLSTATE.
    pub fn of(sqlstate: &[u8]) -> Self {
        let class = sqlstate.get(..2).unwrap_or_default();
        let known = CLASSES.iter().position(|known| known.as_bytes() == class);
        Self(known.unwrap_or(CLASSES.len() - 1))
    }
}

/// Errors counted by class.
#[derive(Debug)]
pub struct Errors([Counter; CLASSES.len()]);

impl Default for Errors {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

impl Errors {
    /// Count errors of a class.
    pub fn add(&self, class: Class, count: u64) {
        if let Some(counter) = self.0.get(class.0) {
            counter.add(count, Writer::Anyone);
        }
    }

    /// The classes that have occurred, and how often.
    pub fn occurred(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = CLASSES.iter().zip(&self.0).map(|(class, counter)| (*class, counter.get()));
        counts.filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_classes_are_counted_together() {
        let errors = Errors::default();
        for sqlstate in [&b"23505"[..], b"23503", b"ZZ000", b"", b"4"] {
            errors.add(Class::of(sqlstate), 1);
        }
        let occurred: Vec<_> = errors.occurred().collect();
        assert_eq!(occurred, [("23", 2), ("other", 3)]);
    }
}
