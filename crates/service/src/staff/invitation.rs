//! Links that work once (PROTOCOLS.md section 15): `genvej staff invite` makes an account, `genvej staff add-key` gives one
//! more passkey to an account that is there.

use super::Site;
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
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};
use zeroize::Zeroizing;

store::row_ids! {
    /// An invitation of a member of staff: the first half of a keyed hash of the link's token.
    pub InvitationId;
}

/// How long a link works.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(48);

const NOT_VALID: RefusalCode = RefusalCode::InvitationNotValid;

/// Somebody who is to get an account.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// As shown in the console.
    pub name: String,
    /// What they will be allowed.
    pub roles: Vec<Role>,
    /// The operator's own id of the centre where they will work.
    pub centre: Option<String>,
    /// The console that the link is for.
    pub site: Site,
    /// Whose cases the member is kept from.
    pub own: OwnPerson,
}

/// What an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It makes the account.
    NewAccount,
    /// It adds a passkey to the account.
    AddKey,
}

/// A link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    id: InvitationId,
    /// Whom it is for.
    pub name: String,
    /// What they will be allowed.
    pub roles: Vec<Role>,
    /// Where they will work.
    pub centre: Option<CentreId>,
    /// The operator's ids of the member and of the family.
    pub kin: Vec<Sensitive<String>>,
    /// The first moment at which it is over.
    pub until: Timestamp,
    /// What it is for.
    pub purpose: Purpose,
    /// The account that it makes or changes.
    pub staff: StaffId,
    /// The console that it is for; none in links of an earlier version, which either console takes.
    pub site: Option<Site>,
}

/// The member of an invitation that was made before members had numbers of their own.
impl From<InvitationId> for StaffId {
    fn from(invitation: InvitationId) -> Self {
        Self(invitation.0)
    }
}

impl Aggregate for Invitation {
    type Id = InvitationId;
    const KIND: Kind = kinds::STAFF_INVITATION;
    /// 2: `purpose`, `staff`, `site`.
    const SCHEMA: u16 = 2;

    fn id(&self) -> InvitationId {
        self.id
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
    since 2 { purpose = Purpose::NewAccount, staff = StaffId::from(id), site }
}
store::stored! { enum Purpose { 0 => NewAccount, 1 => AddKey } }

impl Service {
    /// Invites somebody; the token makes a link that works once within 48 hours and is kept nowhere.
    ///
    /// # Errors
    ///
    /// `staff-by-provider` where a provider is configured, `staff-name-invalid`, `role-missing`, `role-not-for-console` for
    /// a role that the console does not admit, `centre-missing` for an agent or clerk without a centre, `centre-not-found`.
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
                id: work.invitation_id(&token),
                name: name.clone(),
                roles: roles.clone(),
                centre,
                kin: Vec::new(),
                until: work.now().plus(INVITATION_LIFETIME),
                purpose: Purpose::NewAccount,
                staff,
                site: Some(member.site),
            };
            work.take_person_of_invitation(invitation.id, &member.own, invitation.until).await?;
            let said = JournalEvent::StaffInvited {
                invitation: invitation.id.0,
                roles: roles.iter().map(|role| role.code()).collect(),
            };
            work.say(Subject::Nobody { matter: invitation.id.0 }, said);
            work.insert(&invitation);
            Ok(())
        })?;
        Ok(token)
    }

    /// Whom a link is for, so that a person finds the passkey again among others.
    ///
    /// # Errors
    ///
    /// `invitation-not-valid`, `staff-by-provider`.
    pub async fn staff_invitation(&self, token: &str, site: Site) -> Result<Invitation, Failure> {
        self.require_passkeys(site)?;
        Work::begin(self).await?.invitation(token, site).await
    }

    /// Refuses passkeys where the operator's provider signs staff in: there is one door, and a person has one account.
    pub(super) fn require_passkeys(&self, site: Site) -> Result<(), Failure> {
        if self.is_by_provider(site) {
            return Err(Failure::refused(RefusalCode::StaffByProvider));
        }
        Ok(())
    }

    /// Whether the operator's provider opens this console. The operations pages have to open while a provider may be as wrong
    /// about the time as this server is: always by passkey.
    pub(super) fn is_by_provider(&self, site: Site) -> bool {
        self.parts().settings.staff_by_provider && site != Site::Operations
    }
}

impl Work<'_> {
    pub(super) fn invitation_id(&self, token: &str) -> InvitationId {
        let keys = &self.service.parts().keys;
        InvitationId(crate::head(keys.code_hash("staff invitation", &[token.as_bytes()])))
    }

    /// The invitation of this token, at the console that it is for.
    pub(super) async fn invitation(
        &mut self,
        token: &str,
        site: Site,
    ) -> Result<Invitation, Failure> {
        let id = self.invitation_id(token);
        let now = self.now();
        self.get::<Invitation>(id)
            .await?
            .filter(|it| now < it.until && it.site.is_none_or(|it| it == site))
            .ok_or(Failure::refused(NOT_VALID))
    }

    /// Makes a link that gives one more passkey to an account.
    pub(super) fn invite_key(&mut self, token: &str, account: &super::Account, site: Site) {
        let invitation = Invitation {
            id: self.invitation_id(token),
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

    /// The centre where somebody with these roles works.
    pub(super) async fn workplace(
        &mut self,
        roles: &[Role],
        centre: Option<&str>,
    ) -> Result<Option<CentreId>, Failure> {
        if roles.is_empty() {
            return Err(Failure::refused(RefusalCode::RoleMissing));
        }
        match centre {
            Some(name) => Ok(Some(self.centre_by_name(name).await?.centre.id)),
            None if roles.iter().any(|role| needs_centre(*role)) => {
                Err(Failure::refused(RefusalCode::CentreMissing))
            }
            None => Ok(None),
        }
    }
}

/// Agents and clerks work somewhere: limits are counted by centre, and a clerk's day is the centre's.
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

/// Each role once, in the order in which they are declared.
pub(super) fn distinct(roles: &[Role]) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| roles.contains(role)).collect()
}

/// A name without control characters.
pub(super) fn staff_name(text: &str) -> Result<String, Failure> {
    let name = text.trim();
    if name.is_empty()
        || name.chars().count() > super::NAME_CHARS_MAX
        || name.chars().any(crate::text::is_never_shown)
    {
        return Err(Failure::refused(RefusalCode::StaffNameInvalid));
    }
    Ok(name.to_owned())
}
