//! Aggregates as a backend sees them: kind, id, version, bytes, look-up keys and one deadline.

use crate::Timestamp;
use std::fmt;

/// What sort of aggregate a row holds. Codes are stored and never reused; 1 to 15 are kept for what
/// this crate saves itself, 900 and up for tests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    code: u16,
    name: &'static str,
}

impl Kind {
    /// Names a kind; `code` is what the backend keeps, `name` is for errors and logs.
    #[must_use]
    pub const fn new(code: u16, name: &'static str) -> Self {
        Self { code, name }
    }

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.code
    }

    /// The name that errors print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.code)
    }
}

/// The id of an aggregate, unique within its kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u128);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How often a row was saved: 1 after its insert, one more with each put, never lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// The version of a row that does not exist; of use in [`crate::Transaction::expect`].
    pub const ABSENT: Self = Self(0);
    /// The version of a row just inserted.
    pub const FIRST: Self = Self(1);

    /// The version after one more save.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A family of look-up keys within one kind, such as "document number". Codes are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Index {
    code: u8,
    unique: bool,
}

impl Index {
    /// Keys that many rows of the kind may share.
    #[must_use]
    pub const fn shared(code: u8) -> Self {
        Self { code, unique: false }
    }

    /// Keys that at most one row of the kind holds.
    #[must_use]
    pub const fn unique(code: u8) -> Self {
        Self { code, unique: true }
    }

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self.code
    }

    /// Whether one key belongs to at most one row.
    #[must_use]
    pub const fn is_unique(self) -> bool {
        self.unique
    }
}

/// A keyed hash of what is looked up: a backend never sees a number or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LookupKey(pub [u8; 32]);

/// One way to find a row other than by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookup {
    /// The family the key belongs to.
    pub index: Index,
    /// The key.
    pub key: LookupKey,
}

/// What is saved of an aggregate.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// What sort of aggregate this is.
    pub kind: Kind,
    /// Which one.
    pub id: Id,
    /// The version of the byte format of `state`.
    pub schema: u16,
    /// The façade's bytes; personal parts are sealed in them.
    pub state: Vec<u8>,
    /// Every look-up that finds this row; a save replaces all earlier ones.
    pub lookups: Vec<Lookup>,
    /// When a sweep must see this row next.
    pub deadline: Option<Timestamp>,
}

impl Record {
    /// A record without look-ups or deadline.
    #[must_use]
    pub const fn new(kind: Kind, id: Id, schema: u16, state: Vec<u8>) -> Self {
        Self { kind, id, schema, state, lookups: Vec::new(), deadline: None }
    }

    /// Adds a look-up.
    #[must_use]
    pub fn lookup(mut self, index: Index, key: LookupKey) -> Self {
        self.lookups.push(Lookup { index, key });
        self
    }

    /// Sets the deadline.
    #[must_use]
    pub const fn deadline(mut self, at: Timestamp) -> Self {
        self.deadline = Some(at);
        self
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("schema", &self.schema)
            .field("state_bytes", &self.state.len())
            .field("lookups", &self.lookups.len())
            .field("deadline", &self.deadline)
            .finish()
    }
}

/// A record as it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The version to hand back to [`crate::Transaction::put`].
    pub version: Version,
    /// What was saved.
    pub record: Record,
}
