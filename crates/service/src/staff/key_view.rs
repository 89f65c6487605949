//! A passkey as the operator sees it.

use super::Site;
use recovery::time::Timestamp;

/// The largest number of passkeys of one account.
pub(super) const KEYS_MAX: usize = 10;

/// The properties of a passkey that the operator sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// The id of the passkey.
    pub id: u128,
    /// The console to which the passkey gives access; `None` for one of an earlier version.
    pub site: Option<Site>,
    /// When the passkey was made; `None` for one of an earlier version.
    pub made_at: Option<Timestamp>,
}
