//! Links that can be used once (PROTOCOLS.md section 15). `genvej staff invite` makes a link that opens an account, and
//! `genvej staff add-key` one that adds a passkey to an account.

use super::{Site, head};
use crate::conduct::OwnPerson;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use recovery::event::JournalEvent;
use recovery::id::{CentreId, StaffId};
use recovery::policy::Policy;
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::{Duration, Timestamp};
use store::facade::{Aggregate, Loaded, Owner};
use store::kinds;
use store::{Id, Kind};
use zeroize::Zeroizing;

/// How long a link can be used.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(48);

const NOT_VALID: RefusalCode = RefusalCode::InvitationNotValid;

/// A person who is invited to open an account.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// The name that the console will show.
    pub name: String,
    /// The roles of the account.
    pub roles: Vec<Role>,
    /// The operator's id of the centre where the person will work.
    pub centre: Option<String>,
    /// The console to which the link belongs.
    pub site: Site,
    /// The person id or the declared list, which decide whose cases the member of staff must not handle.
    pub own: OwnPerson,
}

/// The purpose of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The invitation opens the account.
    NewAccount,
    /// The invitation adds a passkey to the account.
    AddKey,
}

/// An invitation, whose link can be used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    id: u128,
    /// The name of the invited person.
    pub name: String,
    /// The roles of the account.
    pub roles: Vec<Role>,
    /// The centre where the person will work.
    pub centre: Option<CentreId>,
    /// The operator's ids of the person and of their family.
    pub kin: Vec<Sensitive<String>>,
    /// When the invitation expires.
    pub until: Timestamp,
    /// The purpose of the invitation.
    pub purpose: Purpose,
    /// The account that the invitation opens or changes.
    pub staff: StaffId,
    /// The console to which the invitation belongs; `None` for one of an earlier version, which every console accepts.
    pub site: Option<Site>,
}

impl Aggregate for Invitation {
    const KIND: Kind = kinds::STAFF_INVITATION;
    /// Schema 2 added `purpose`, `staff` and `site`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

store::stored! {
    struct Invitation { id, name, roles, centre, kin, until }
    since 2 { purpose = Purpose::NewAccount, staff = StaffId(id), site }
}
store::stored! { enum Purpose { 0 => NewAccount, 1 => AddKey } }

impl Service {
    /// Invites a person and returns the token of the link, which can be used once within 48 hours. The token is not
    /// stored.
    ///
    /// # Errors
    ///
    /// `staff-by-provider` where a provider is configured; `staff-name-invalid`, `role-missing`; `role-not-for-console`
    /// for a role that the console does not admit; `centre-missing` for an agent or clerk without a centre;
    /// `centre-not-found`.
    pub async fn invite_staff(&self, member: &NewMember) -> Result<Zeroizing<String>, Failure> {
        self.require_passkeys(member.site)?;
        let name = staff_name(&member.name)?;
        let roles = distinct(&member.roles);
        if !roles.iter().all(|role| member.site.is_for(*role)) {
            return Err(Failure::refused(RefusalCode::RoleNotForConsole));
        }
        let (secret, staff) = (self.draw(), StaffId(self.draw_id()));
        let token = token(secret);
        attempt!(self, |work| {
            let centre = work.workplace(&roles, member.centre.as_deref()).await?;
            let invitation = Invitation {
                id: work.invitation_id(&token).0,
                name: name.clone(),
                roles: roles.clone(),
                centre,
                kin: Vec::new(),
                until: work.now().plus(INVITATION_LIFETIME),
                purpose: Purpose::NewAccount,
                staff,
                site: Some(member.site),
            };
            work.take_person_of_invitation(Id(invitation.id), &member.own, invitation.until)
                .await?;
            let said = JournalEvent::StaffInvited {
                invitation: invitation.id,
                roles: roles.iter().map(|role| role.code()).collect(),
            };
            work.say(Subject::Nobody { matter: invitation.id }, said);
            work.insert(&invitation);
            Ok(())
        })?;
        Ok(token)
    }

    /// The invitation of a link, whose name lets the person find the passkey again among others.
    ///
    /// # Errors
    ///
    /// `invitation-not-valid`, `staff-by-provider`.
    pub async fn staff_invitation(&self, token: &str, site: Site) -> Result<Invitation, Failure> {
        self.require_passkeys(site)?;
        Ok(Work::begin(self).await?.invitation(token, site).await?.value)
    }

    /// Refuses passkeys where staff sign in at the operator's provider, so that there is one method of sign-in and a
    /// person has one account.
    pub(super) fn require_passkeys(&self, site: Site) -> Result<(), Failure> {
        if self.is_by_provider(site) {
            return Err(Failure::refused(RefusalCode::StaffByProvider));
        }
        Ok(())
    }

    /// Whether staff sign in to this console at the operator's provider. The operations pages always use passkeys,
    /// because they must be accessible even when the provider's clock is as wrong as that of this server.
    pub(super) fn is_by_provider(&self, site: Site) -> bool {
        self.parts().settings.staff_by_provider && site != Site::Operations
    }
}

impl Work<'_> {
    pub(super) fn invitation_id(&self, token: &str) -> Id {
        head(self.service.parts().keys.code_hash("staff invitation", &[token.as_bytes()]))
    }

    /// The invitation with this token, where it belongs to this console and has not expired.
    pub(super) async fn invitation(
        &mut self,
        token: &str,
        site: Site,
    ) -> Result<Loaded<Invitation>, Failure> {
        let id = self.invitation_id(token);
        let now = self.now();
        self.load::<Invitation>(id)
            .await?
            .filter(|it| now < it.value.until && it.value.site.is_none_or(|it| it == site))
            .ok_or(Failure::refused(NOT_VALID))
    }

    /// Saves an invitation that adds a passkey to an account.
    pub(super) fn invite_key(&mut self, token: &str, account: &super::Account, site: Site) {
        let invitation = Invitation {
            id: self.invitation_id(token).0,
            name: account.name.clone(),
            roles: account.roles.clone(),
            centre: account.centre,
            kin: Vec::new(),
            until: self.now().plus(INVITATION_LIFETIME),
            purpose: Purpose::AddKey,
            staff: account.id,
            site: Some(site),
        };
        self.insert(&invitation);
    }

    /// The centre where a member of staff with these roles works.
    pub(super) async fn workplace(
        &mut self,
        roles: &[Role],
        centre: Option<&str>,
    ) -> Result<Option<CentreId>, Failure> {
        if roles.is_empty() {
            return Err(Failure::refused(RefusalCode::RoleMissing));
        }
        match centre {
            Some(name) => Ok(Some(self.centre_by_name(name).await?.value.centre.id)),
            None if roles.iter().any(|role| needs_centre(*role)) => {
                Err(Failure::refused(RefusalCode::CentreMissing))
            }
            None => Ok(None),
        }
    }
}

/// Whether a role needs a centre. Agents and clerks do, because some limits are counted for each centre and a clerk
/// sees the bookings of a centre.
pub(super) const fn needs_centre(role: Role) -> bool {
    match role {
        Role::Agent | Role::Clerk => true,
        Role::Supervisor | Role::Operator | Role::Auditor => false,
    }
}

pub(super) fn token(secret: [u8; 32]) -> Zeroizing<String> {
    let secret = Zeroizing::new(secret);
    Zeroizing::new(Base64UrlUnpadded::encode_string(&*secret))
}

/// The roles without duplicates, in the order of their declaration.
pub(super) fn distinct(roles: &[Role]) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| roles.contains(role)).collect()
}

/// Checks the name of a member of staff: not empty, not too long, and without characters that cannot be shown.
pub(super) fn staff_name(text: &str) -> Result<String, Failure> {
    let name = text.trim();
    if name.is_empty()
        || name.chars().count() > super::account::NAME_CHARS_MAX
        || name.chars().any(crate::text::is_never_shown)
    {
        return Err(Failure::refused(RefusalCode::StaffNameInvalid));
    }
    Ok(name.to_owned())
}
