//! Rows as an answer of the console: columns with PgBouncer's names and types, values as text.

use pgwire::backend::{self, Field};

/// The type of a column, as clients are told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `integer`
    Integer,
    /// `bigint`
    Bigint,
    /// `numeric`
    Numeric,
    /// `bytea`
    Bytes,
}

impl Kind {
    /// OID and size, as in `pg_type`.
    pub fn oid_and_size(self) -> (u32, i16) {
        match self {
            Self::Text => (25, -1),
            Self::Integer => (23, 4),
            Self::Bigint => (20, 8),
            Self::Numeric => (1700, -1),
            Self::Bytes => (17, -1),
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// PgBouncer's name for it.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
}

/// A `text` column.
pub(super) const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

/// An `integer` column.
pub(super) const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer }
}

/// A `bigint` column.
pub(super) const fn bigint(name: &'static str) -> Column {
    Column { name, kind: Kind::Bigint }
}

/// A `numeric` column.
pub(super) const fn numeric(name: &'static str) -> Column {
    Column { name, kind: Kind::Numeric }
}

/// A `bytea` column.
pub(super) const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// NULL.
    Null,
    /// As it is shown.
    Value(String),
}

impl Cell {
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Null => None,
            Self::Value(value) => Some(value.as_bytes()),
        }
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Value(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        u64::from(value).into()
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Self::Value(value.to_string())
    }
}

impl From<u64> for Cell {
    fn from(value: u64) -> Self {
        Self::Value(value.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// An answer in the making.
#[derive(Debug)]
pub struct Rows {
    out: Vec<u8>,
    width: usize,
}

impl Rows {
    /// No row yet, of these columns.
    pub fn new(columns: &[Column]) -> Self {
        let mut out = Vec::new();
        let fields = columns.iter().map(|column| {
            let (kind, size) = column.kind.oid_and_size();
            Field { name: column.name, kind, size }
        });
        backend::put_row_description(&mut out, fields);
        Self { out, width: columns.len() }
    }

    /// Add a row, which has a value for each column.
    pub fn push(&mut self, cells: &[Cell]) {
        debug_assert_eq!(cells.len(), self.width, "a value for each column");
        backend::put_data_row(&mut self.out, cells.iter().map(Cell::bytes));
    }

    /// The messages: the columns and the rows.
    pub fn into_messages(self) -> Vec<u8> {
        self.out
    }
}

/// A row of values of different types.
macro_rules! row {
    ($($value:expr),* $(,)?) => { &[$($crate::console::rows::Cell::from($value)),*] };
}
pub(super) use row;
