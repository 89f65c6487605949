//! Scopes: groups of API calls that a client of the operator may make.

use std::collections::BTreeSet;

/// One group of calls of the operator's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Offer apps to people.
    Enrolments,
    /// List, unbind and report lost apps.
    Apps,
    /// Set the channels of people.
    Channels,
    /// Issue P codes and record foreign documents.
    Documents,
    /// Ask people to sign in.
    SignIns,
    /// Administer the accounts of staff.
    Staff,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] =
        [Self::Enrolments, Self::Apps, Self::Channels, Self::Documents, Self::SignIns, Self::Staff];

    /// The name of the scope in configuration and tokens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrolments => "enrolments",
            Self::Apps => "apps",
            Self::Channels => "channels",
            Self::Documents => "documents",
            Self::SignIns => "sign-ins",
            Self::Staff => "staff",
        }
    }

    /// The scope with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// All scopes that exist.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::ALL.into())
    }

    /// Parses names separated by spaces; `None` where one is unknown or there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let scopes: BTreeSet<_> = text
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(Scope::named)
            .collect::<Option<_>>()?;
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// The names of the scopes, joined with `between`.
    #[must_use]
    pub fn joined(&self, between: &str) -> String {
        self.0.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(between)
    }

    /// Whether this scope is among them.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub(super) fn are_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    pub(super) fn both(&self, others: &Self) -> Self {
        Self(self.0.intersection(&others.0).copied().collect())
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}
