//! Rows of staff accounts.

use recovery::id::{CentreId, StaffId};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::{Id, Kind};

/// Staff accounts; the id is the member's.
pub const STAFF_ACCOUNT: Kind = Kind::new(40, "staff account");

/// The longest name that is kept, in characters.
pub(super) const NAME_CHARS_MAX: usize = 80;
const ROLES_MAX: usize = 8;
const KIN_MAX: usize = 16;
const PERSON_BYTES_MAX: usize = 64;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub id: StaffId,
    /// As shown in the console.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where they work.
    pub centre: Option<CentreId>,
    /// The operator's ids of the member and of the family, whose cases they are kept away from.
    pub kin: Vec<Sensitive<String>>,
}

impl Aggregate for Account {
    const KIND: Kind = STAFF_ACCOUNT;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.str(&self.name);
        w.seq(self.roles.iter(), |w, role| w.str(role.code()));
        w.option(self.centre.as_ref(), |w, centre| w.u128(centre.0));
        w.seq(self.kin.iter(), |w, person| w.str(person.expose()));
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: StaffId(r.u128("staff")?),
            name: r.str("name", NAME_CHARS_MAX * 4)?.to_owned(),
            roles: r.seq("roles", ROLES_MAX, read_role)?,
            centre: r.option("centre", |r| r.u128("centre").map(CentreId))?,
            kin: r.seq("kin", KIN_MAX, |r| {
                r.str("person", PERSON_BYTES_MAX).map(|text| Sensitive::new(text.to_owned()))
            })?,
        })
    }
}

pub(super) fn read_role(r: &mut Reader<'_>) -> Result<Role, CodecError> {
    Role::from_code(r.str("role", 16)?).ok_or(CodecError::Invalid { what: "role" })
}
