//! `genvej staff invite`: a link that works once (PROTOCOLS.md section 15).

use super::account::{NAME_CHARS_MAX, read_role};
use super::head;
use crate::work::Work;
use crate::{Failure, Service};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use recovery::id::CentreId;
use recovery::policy::Policy;
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::{Duration, Timestamp};
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Loaded, Owner};
use store::{Id, Kind};
use zeroize::Zeroizing;

/// Invitations; the id is the head of a keyed hash of the link's token.
pub const STAFF_INVITATION: Kind = Kind::new(42, "staff invitation");

/// How long a link works.
const INVITATION_LIFETIME: Duration = Duration::from_hours(48);

const NOT_VALID: &str = "invitation-not-valid";

/// A link that makes one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    id: u128,
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
}

impl Aggregate for Invitation {
    const KIND: Kind = STAFF_INVITATION;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<store::Timestamp> {
        Some(self.until.into())
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id);
        w.str(&self.name);
        w.seq(self.roles.iter(), |w, role| w.str(role.code()));
        w.option(self.centre.as_ref(), |w, centre| w.u128(centre.0));
        w.seq(self.kin.iter(), |w, person| w.str(person.expose()));
        w.i64(self.until.0);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: r.u128("invitation")?,
            name: r.str("name", NAME_CHARS_MAX * 4)?.to_owned(),
            roles: r.seq("roles", 8, read_role)?,
            centre: r.option("centre", |r| r.u128("centre").map(CentreId))?,
            kin: r.seq("kin", 16, |r| {
                r.str("person", 64).map(|text| Sensitive::new(text.to_owned()))
            })?,
            until: Timestamp(r.i64("until")?),
        })
    }
}

impl Service {
    /// Invites somebody; the token makes a link that works once within 48 hours and is kept nowhere.
    ///
    /// # Errors
    ///
    /// `staff-name-invalid`, `role-missing`, or `centre-missing` for an agent or clerk without one.
    pub async fn invite_staff(
        &self,
        name: &str,
        roles: &[Role],
        centre: Option<CentreId>,
    ) -> Result<Zeroizing<String>, Failure> {
        let name = staff_name(name)?;
        if roles.is_empty() {
            return Err(Failure::refused("role-missing"));
        }
        if centre.is_none() && roles.iter().any(|role| matches!(role, Role::Agent | Role::Clerk)) {
            return Err(Failure::refused("centre-missing"));
        }
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(self.draw());
        let token = Zeroizing::new(Base64UrlUnpadded::encode_string(&*secret));
        attempt!(self, |work| {
            let invitation = Invitation {
                id: work.invitation_id(&token).0,
                name: name.clone(),
                roles: roles.to_vec(),
                centre,
                kin: Vec::new(),
                until: work.now().plus(INVITATION_LIFETIME),
            };
            work.insert(&invitation);
            Ok(())
        })?;
        Ok(token)
    }
}

impl Work<'_> {
    fn invitation_id(&self, token: &str) -> Id {
        head(self.service.parts().keys.code_hash("staff invitation", &[token.as_bytes()]))
    }

    pub(super) async fn invitation(&mut self, token: &str) -> Result<Loaded<Invitation>, Failure> {
        let id = self.invitation_id(token);
        let now = self.now();
        self.load::<Invitation>(id)
            .await?
            .filter(|it| now < it.value.until)
            .ok_or(Failure::refused(NOT_VALID))
    }
}

/// A name without control characters.
pub(super) fn staff_name(text: &str) -> Result<String, Failure> {
    let name = text.trim();
    if name.is_empty()
        || name.chars().count() > NAME_CHARS_MAX
        || name.chars().any(char::is_control)
    {
        return Err(Failure::refused("staff-name-invalid"));
    }
    Ok(name.to_owned())
}
