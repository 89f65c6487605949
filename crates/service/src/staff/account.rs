//! Rows of staff accounts.

use recovery::id::{CentreId, StaffId};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::Timestamp;
use store::codec::{CodecError, Reader, Writer};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// The longest name that is kept, in characters.
pub(super) const NAME_CHARS_MAX: usize = 80;
/// The longest of the operator's ids that is kept, in bytes.
pub(super) const PERSON_BYTES_MAX: usize = 64;
/// The longest text that is read from a row, in bytes. It is wider than what is written: an earlier version kept claims of
/// any length and could not read them again, which shut the member out for good.
const READ_BYTES_MAX: usize = 64 * 1024;
const ROLES_MAX: usize = 8;
const KIN_MAX: usize = 16;

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The member of staff.
    pub id: StaffId,
    /// As shown in the console.
    pub name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where they work.
    pub centre: Option<CentreId>,
    /// The operator's ids of the member and of the family, whose cases they are kept away from.
    pub kin: Vec<Sensitive<String>>,
    /// Since when nobody gets in with it, where the operator shut it.
    pub disabled_at: Option<Timestamp>,
    /// A session that began earlier is over.
    pub sessions_from: Timestamp,
}

impl Account {
    /// An account that nobody has used yet.
    #[must_use]
    pub const fn new(id: StaffId, name: String, roles: Vec<Role>) -> Self {
        Self {
            id,
            name,
            roles,
            centre: None,
            kin: Vec::new(),
            disabled_at: None,
            sessions_from: Timestamp(0),
        }
    }

    /// Ends every session that began up to `now`.
    pub(crate) fn end_sessions(&mut self, now: Timestamp) {
        self.sessions_from = self.sessions_from.max(Timestamp(now.0.saturating_add(1)));
    }
}

impl Aggregate for Account {
    const KIND: Kind = kinds::STAFF_ACCOUNT;
    /// 2: `disabled_at`, `sessions_from`.
    const SCHEMA: u16 = 2;

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
        w.option(self.disabled_at.as_ref(), |w, at| w.i64(at.0));
        w.i64(self.sessions_from.0);
    }

    fn read(schema: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut account = Self {
            id: StaffId(r.u128("staff")?),
            name: r.str("name", READ_BYTES_MAX)?.to_owned(),
            roles: r.seq("roles", ROLES_MAX, read_role)?,
            centre: r.option("centre", |r| r.u128("centre").map(CentreId))?,
            kin: r.seq("kin", KIN_MAX, |r| {
                r.str("person", READ_BYTES_MAX).map(|text| Sensitive::new(text.to_owned()))
            })?,
            disabled_at: None,
            sessions_from: Timestamp(0),
        };
        if schema >= 2 {
            account.disabled_at =
                r.option("disabled at", |r| r.i64("disabled at").map(Timestamp))?;
            account.sessions_from = Timestamp(r.i64("sessions from")?);
        }
        Ok(account)
    }
}

pub(super) fn read_role(r: &mut Reader<'_>) -> Result<Role, CodecError> {
    Role::from_code(r.str("role", 16)?).ok_or(CodecError::Invalid { what: "role" })
}
