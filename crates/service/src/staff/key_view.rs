//! A passkey as others than its holder see it.

use super::Site;
use recovery::time::Timestamp;

/// The most passkeys of one account.
pub(super) const KEYS_MAX: usize = 10;

/// A passkey as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// The id of the passkey.
    pub id: u128,
    /// The console that it opens; unknown for one of an earlier version.
    pub site: Option<Site>,
    /// Since when; unknown for one of an earlier version.
    pub made_at: Option<Timestamp>,
}
