//! What the layouts of all backends have in common: they are made step by step, with the same numbers and names.

/// One step of the layout of a database. A released step never changes; a new one is added after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number; the first is 1, without gaps.
    pub number: u32,
    /// What it brings.
    pub name: &'static str,
    /// The statements of this backend.
    pub sql: &'static str,
}

/// What a migration of a database did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The layout of the database before; 0 for a new one.
    pub from: u32,
    /// Its layout now.
    pub to: u32,
}
