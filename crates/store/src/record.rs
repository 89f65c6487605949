//! Rows as a backend sees them: kind, id, version, bytes, look-up keys and one deadline.

use crate::Timestamp;
use std::fmt;

/// The kind of aggregate that a row holds. Codes are stored and never reused; 1 to 15 are reserved for rows of this
/// crate itself, 900 and above for tests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind {
    code: u16,
    name: &'static str,
}

impl Kind {
    /// Makes a kind: `code` is what the backend stores, `name` is for errors and logs.
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

/// Lets the ids of the domain name rows. A row whose id is none of these has one of its own, by [`row_ids!`].
macro_rules! of_the_domain {
    ($( $name:ident ),+ $(,)?) => {
        $( impl From<recovery::id::$name> for Id {
            fn from(id: recovery::id::$name) -> Self {
                Self(id.0)
            }
        } )+
    };
}

of_the_domain! {
    AppointmentId, CaseId, CentreId, EnrolmentId, GrantId, InstanceId, PCodeId, PersonId, ScreenId, SlotId, StaffId,
    TemporaryPinId, TicketId, VetoId,
}

/// Makes the ids of rows that no id of the domain names: ids as [`recovery::ids!`] makes them, which name a row and can
/// be part of a saved state.
#[macro_export]
macro_rules! row_ids {
    ($( $(#[$meta:meta])* $vis:vis $name:ident; )+) => {
        ::recovery::ids! { $( $(#[$meta])* $vis $name; )+ }
        $(
            impl ::core::convert::From<$name> for $crate::Id {
                fn from(id: $name) -> Self {
                    Self(id.0)
                }
            }

            $crate::stored! { new $name }
        )+
    };
}

row_ids! {
    /// The count of text messages to one number or range: a keyed hash, so that it names nobody.
    pub SmsBudgetId;
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

/// An index: a family of look-up keys within one kind, such as "document number". Codes are never reused.
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

/// A look-up: one way to find a row other than by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lookup {
    /// The index that the key belongs to.
    pub index: Index,
    /// The keyed hash of the value that is looked up.
    pub key: LookupKey,
}

/// The parts of an aggregate that are saved.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The kind of the row.
    pub kind: Kind,
    /// The id of the row.
    pub id: Id,
    /// The version of the byte format of `state`.
    pub schema: u16,
    /// The bytes of the façade, in which personal parts are sealed.
    pub state: Vec<u8>,
    /// Every look-up that finds this row; a save replaces all earlier ones.
    pub lookups: Vec<Lookup>,
    /// When the sweeper must process this row next.
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

/// A record as it was loaded, with its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The version to hand back to [`crate::Transaction::put`].
    pub version: Version,
    /// The record as it was saved.
    pub record: Record,
}
