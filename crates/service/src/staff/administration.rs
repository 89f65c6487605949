//! The administration of accounts by the operator, with `genvej staff` and the operator's API.

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
use store::appointment::StoredCentre;
use store::facade::Loaded;
use store::kinds;
use store::{Id, Kind, Row};
use zeroize::Zeroizing;

/// The largest number of accounts in one page of a list.
pub const LISTED_MAX: usize = 200;
/// The number of rows that are read at a time.
const PAGE: usize = 256;

/// The largest number of rows that are read in all; a service has fewer members of staff.
const ROWS_MAX: usize = 100_000;

/// An account as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The member of staff.
    pub id: StaffId,
    /// The name that the console shows.
    pub name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// The operator's id of the centre, where the centre still exists.
    pub centre: Option<String>,
    /// Since when the account is disabled; `None` for an enabled account.
    pub disabled_at: Option<Timestamp>,
    /// The registered passkeys; empty in a list of accounts.
    pub keys: Vec<KeyView>,
}

/// The new roles and centre of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoles {
    /// All roles of the account.
    pub roles: Vec<Role>,
    /// The operator's id of the centre; `None` leaves the centre unchanged.
    pub centre: Option<String>,
}

/// Why an account needs another passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyReason {
    /// The member of staff wants one more. The earlier passkeys stay valid.
    Another,
    /// The earlier passkeys are lost. They are removed at once, and the sessions of the account end.
    Lost,
}

impl Service {
    /// Lists accounts in the order of their ids, from the first after `after`, at most [`LISTED_MAX`].
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn staff_accounts(
        &self,
        after: Option<StaffId>,
    ) -> Result<Vec<AccountView>, Failure> {
        let mut work = Work::begin(self).await?;
        let after = after.map(|it| Id(it.0));
        let rows = self.parts().store.scan(kinds::STAFF_ACCOUNT, after, LISTED_MAX).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let account = work.open::<Account>(row).await?.value;
            found.push(work.account_view(account, Vec::new()).await?);
        }
        Ok(found)
    }

    /// An account with its passkeys.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn staff_account(&self, id: StaffId) -> Result<AccountView, Failure> {
        let mut work = Work::begin(self).await?;
        let account = work.known_account(id).await?.value;
        let keys = work.keys_of(id).await?.into_iter().map(|it| it.value.view()).collect();
        work.account_view(account, keys).await
    }

    /// Disables an account: its sessions end at once, and nobody can sign in with it.
    ///
    /// # Errors
    ///
    /// `not-found`.
    pub async fn disable_staff(&self, id: StaffId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            let now = work.now();
            let mut next = account.value.clone();
            if next.disabled_at.is_none() {
                let said = JournalEvent::StaffAccountDisabled { staff: id };
                work.say(Subject::Nobody { matter: id.0 }, said);
                work.person_of_shut_account(id, true).await?;
            }
            next.disabled_at = next.disabled_at.or(Some(now));
            next.end_sessions(now);
            work.put(&account, &next);
            Ok(())
        })
    }

    /// Enables a disabled account.
    ///
    /// # Errors
    ///
    /// `not-found`; `staff-person-of-another` where another account has been linked to the same person since.
    pub async fn enable_staff(&self, id: StaffId) -> Result<(), Failure> {
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            if account.value.disabled_at.is_some() {
                let next = Account { disabled_at: None, ..account.value.clone() };
                work.put(&account, &next);
                work.person_of_shut_account(id, false).await?;
                let said = JournalEvent::StaffAccountEnabled { staff: id };
                work.say(Subject::Nobody { matter: id.0 }, said);
            }
            Ok(())
        })
    }

    /// Replaces the roles and the centre of an account. The change takes effect at the next request of every session.
    ///
    /// # Errors
    ///
    /// `not-found`; `staff-by-provider` where the provider decides the roles; `role-missing`; `role-not-for-console`
    /// for a role that no console with a passkey of the account admits; `centre-missing`, `centre-not-found`.
    pub async fn set_staff_roles(&self, id: StaffId, new: &NewRoles) -> Result<(), Failure> {
        self.require_passkeys(Site::Support)?;
        let roles = distinct(&new.roles);
        attempt!(self, |work| {
            let account = work.known_account(id).await?;
            let keys = work.keys_of(id).await?;
            let sites = sites(keys.iter().map(|it| it.value.site()));
            if !roles.iter().all(|role| sites.iter().any(|site| site.is_for(*role))) {
                return Err(Failure::refused(RefusalCode::RoleNotForConsole));
            }
            let centre = match (&new.centre, account.value.centre) {
                (None, Some(centre)) if !roles.is_empty() => Some(centre),
                (centre, _) => work.workplace(&roles, centre.as_deref()).await?,
            };
            let next = Account { roles: roles.clone(), centre, ..account.value.clone() };
            work.put(&account, &next);
            let codes = roles.iter().map(|role| role.code()).collect();
            let said = JournalEvent::StaffAccountChanged { staff: id, roles: codes };
            work.say(Subject::Nobody { matter: id.0 }, said);
            Ok(())
        })
    }

    /// Makes a link by which the holder of the account registers one more passkey.
    ///
    /// # Errors
    ///
    /// `not-found`, `staff-by-provider`, `account-disabled`; `role-not-for-console` where the console admits no role of
    /// the account; `too-many-keys`.
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
            if account.value.disabled_at.is_some() {
                return Err(Failure::refused(RefusalCode::AccountDisabled));
            }
            if !account.value.roles.iter().any(|role| site.is_for(*role)) {
                return Err(Failure::refused(RefusalCode::RoleNotForConsole));
            }
            let keys = work.keys_of(id).await?;
            if reason == KeyReason::Another && keys.len() >= KEYS_MAX {
                return Err(Failure::refused(RefusalCode::TooManyKeys));
            }
            work.invite_key(&token, &account.value, site);
            if reason == KeyReason::Lost {
                for key in &keys {
                    work.delete(key);
                }
                let mut next = account.value.clone();
                next.end_sessions(work.now());
                work.put(&account, &next);
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
    async fn known_account(&mut self, id: StaffId) -> Result<Loaded<Account>, Failure> {
        self.account(id).await?.ok_or_else(|| Failure::refused(RefusalCode::NotFound))
    }

    /// All passkeys of an account.
    pub(super) async fn keys_of(
        &mut self,
        staff: StaffId,
    ) -> Result<Vec<Loaded<Passkey>>, Failure> {
        let mut keys = Vec::new();
        for row in self.every(kinds::PASSKEY).await? {
            let key = self.open::<Passkey>(&row).await?;
            if key.value.staff == staff {
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
        let stored = self.load::<StoredCentre>(Id(centre.0)).await?;
        Ok(stored.map(|it| it.value.name_in_addresses))
    }
}

/// The consoles to which an account has access, from those of its passkeys. An account without passkeys, or with a
/// passkey whose console was not recorded, may have access to every console.
fn sites(known: impl Iterator<Item = Option<Site>>) -> Vec<Site> {
    match known.collect::<Option<Vec<_>>>() {
        Some(sites) if !sites.is_empty() => sites,
        Some(_) | None => vec![Site::Support, Site::Desk, Site::Operations],
    }
}
