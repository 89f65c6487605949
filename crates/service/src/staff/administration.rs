//! What the operator does with accounts: `genvej staff` and the operator's API.

use super::invitation::{distinct, token};
use super::key_view::{KEYS_MAX, KeyView};
use super::passkey::Passkey;
use super::{Account, Site};
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, StaffId};
use recovery::staff::Role;
use recovery::time::Timestamp;
use store::kinds;
use store::rows::appointment::StoredCentre;
use store::{Kind, Row};
use zeroize::Zeroizing;

/// The most accounts that one call lists.
pub const LISTED_MAX: usize = 200;
/// Rows of one page of a walk.
const PAGE: usize = 256;

/// The most passkeys that a walk looks at: a service has fewer members of staff.
const ROWS_MAX: usize = 100_000;

/// An account as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The member of staff.
    pub id: StaffId,
    /// As shown in the console.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// The operator's own id of the centre, where it is still known.
    pub centre: Option<String>,
    /// Since when nobody gets in with it.
    pub disabled_at: Option<Timestamp>,
    /// Registered passkeys; empty in a list.
    pub keys: Vec<KeyView>,
}

/// What an account may do from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoles {
    /// All of them.
    pub roles: Vec<Role>,
    /// The operator's own id of the centre; where nothing is said it stays.
    pub centre: Option<String>,
}

/// Why somebody needs another passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReason {
    /// The earlier ones stay good.
    Another,
    /// The earlier ones are taken out at once, and sessions end.
    Lost,
}

impl Service {
    /// Accounts in the order of their ids, at most [`LISTED_MAX`], those after `after`.
    ///
    /// # Errors
    ///
    /// The store's own.
    pub async fn staff_accounts(
        &self,
        after: Option<StaffId>,
    ) -> Result<Vec<AccountView>, Failure> {
        let mut work = Work::begin(self).await?;
        let after = after.map(Into::into);
        let rows = self.parts().store.scan(kinds::STAFF_ACCOUNT, after, LISTED_MAX).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let account = work.open::<Account>(row).await?;
            found.push(work.account_view(account, Vec::new()).await?);
        }
        Ok(found)
    }

    /// One account with its passkeys.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn staff_account(&self, id: StaffId) -> Result<AccountView, Failure> {
        let mut work = Work::begin(self).await?;
        let account = work.known_account(id).await?;
        let keys = work.keys_of(id).await?.into_iter().map(|it| it.view()).collect();
        work.account_view(account, keys).await
    }

    /// Shuts an account: its sessions are over at once, and nobody gets in with it.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn disable_staff(&self, id: StaffId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            let now = work.now();
            let mut next = account;
            if next.disabled_at.is_none() {
                let said = JournalEvent::StaffAccountDisabled { staff: id };
                work.say(Subject::Nobody { matter: id.0 }, said);
                work.person_of_shut_account(id, true).await?;
            }
            next.disabled_at = next.disabled_at.or(Some(now));
            next.end_sessions(now);
            work.set(&next);
            Ok(())
        })
    }

    /// Opens an account again that was shut.
    ///
    /// # Errors
    ///
    /// `not-found`, `staff-person-of-another` where another account carries the same person since.
    pub async fn enable_staff(&self, id: StaffId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            if account.disabled_at.is_some() {
                let next = Account { disabled_at: None, ..account };
                work.set(&next);
                work.person_of_shut_account(id, false).await?;
                let said = JournalEvent::StaffAccountEnabled { staff: id };
                work.say(Subject::Nobody { matter: id.0 }, said);
            }
            Ok(())
        })
    }

    /// Sets what an account may do. It counts with the next request of every session.
    ///
    /// # Errors
    ///
    /// `not-found`, `staff-by-provider` where the provider's word decides, `role-missing`, `role-not-for-console` for a role
    /// that no console admits where the account has a passkey, `centre-missing`, `centre-not-found`.
    pub async fn set_staff_roles(&self, id: StaffId, new: &NewRoles) -> Result<(), Failure> {
        self.require_passkeys(Site::Support)?;
        let roles = distinct(&new.roles);
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            let keys = work.keys_of(id).await?;
            let sites = sites(keys.iter().map(Passkey::site));
            if !roles.iter().all(|role| sites.iter().any(|site| site.is_for(*role))) {
                return Err(Failure::refused(RefusalCode::RoleNotForConsole));
            }
            let centre = match (&new.centre, account.centre) {
                (None, Some(centre)) if !roles.is_empty() => Some(centre),
                (centre, _) => work.workplace(&roles, centre.as_deref()).await?,
            };
            let next = Account { roles: roles.clone(), centre, ..account };
            work.set(&next);
            let codes = roles.iter().map(|role| role.code()).collect();
            let said = JournalEvent::StaffAccountChanged { staff: id, roles: codes };
            work.say(Subject::Nobody { matter: id.0 }, said);
            Ok(())
        })
    }

    /// Makes a link by which the account's holder registers one more passkey.
    ///
    /// # Errors
    ///
    /// `not-found`, `staff-by-provider`, `account-disabled`, `role-not-for-console` where the account has nothing to do at
    /// this console, `too-many-keys`.
    pub async fn add_staff_key(
        &self,
        id: StaffId,
        site: Site,
        reason: KeyReason,
    ) -> Result<Zeroizing<String>, Failure> {
        self.require_passkeys(site)?;
        let token = token(self.draw());
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            if account.disabled_at.is_some() {
                return Err(Failure::refused(RefusalCode::AccountDisabled));
            }
            if !account.roles.iter().any(|role| site.is_for(*role)) {
                return Err(Failure::refused(RefusalCode::RoleNotForConsole));
            }
            let keys = work.keys_of(id).await?;
            if reason == KeyReason::Another && keys.len() >= KEYS_MAX {
                return Err(Failure::refused(RefusalCode::TooManyKeys));
            }
            work.invite_key(&token, &account, site);
            if reason == KeyReason::Lost {
                for key in &keys {
                    work.remove(key);
                }
                let mut next = account;
                next.end_sessions(work.now());
                work.set(&next);
                let keys = u8::try_from(keys.len()).unwrap_or(u8::MAX);
                let said = JournalEvent::StaffKeysWithdrawn { staff: id, keys };
                work.say(Subject::Nobody { matter: id.0 }, said);
            }
            Ok(())
        })?;
        Ok(token)
    }
}

impl Work<'_> {
    async fn known_account(&mut self, id: StaffId) -> Result<Account, Failure> {
        self.account(id).await?.ok_or_else(|| Failure::refused(RefusalCode::NotFound))
    }

    /// Every passkey of an account.
    pub(super) async fn keys_of(&mut self, staff: StaffId) -> Result<Vec<Passkey>, Failure> {
        let mut keys = Vec::new();
        for row in self.every(kinds::PASSKEY).await? {
            let key = self.open::<Passkey>(&row).await?;
            if key.staff == staff {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    async fn every(&mut self, kind: Kind) -> Result<Vec<Row>, Failure> {
        let store = self.service.parts().store.clone();
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.record.id);
            let more = store.scan(kind, after, PAGE).await?;
            let last = more.len() < PAGE;
            rows.extend(more);
            if last || rows.len() >= ROWS_MAX {
                return Ok(rows);
            }
        }
    }

    async fn account_view(
        &mut self,
        account: Account,
        keys: Vec<KeyView>,
    ) -> Result<AccountView, Failure> {
        Ok(AccountView {
            id: account.id,
            name: account.name,
            roles: account.roles,
            centre: match account.centre {
                Some(centre) => self.centre_name(centre).await?,
                None => None,
            },
            disabled_at: account.disabled_at,
            keys,
        })
    }

    async fn centre_name(&mut self, centre: CentreId) -> Result<Option<String>, Failure> {
        let stored = self.get::<StoredCentre>(centre).await?;
        Ok(stored.map(|it| it.name_in_addresses))
    }
}

/// Where an account gets in. One without a passkey, and one whose passkey is older than this record, may get in anywhere.
fn sites(known: impl Iterator<Item = Option<Site>>) -> Vec<Site> {
    match known.collect::<Option<Vec<_>>>() {
        Some(sites) if !sites.is_empty() => sites,
        Some(_) | None => vec![Site::Support, Site::Desk, Site::Operations],
    }
}
