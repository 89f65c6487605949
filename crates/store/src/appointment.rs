//! Rows of centres, of their times, and of bookings.

use crate::codec::{CodecError, Reader, Writer};
use crate::facade::{Aggregate, Owner};
use crate::fields::{
    TEXT_BYTES_MAX, read_hash, read_hidden, read_instant, read_text, unknown, write_hash,
    write_hidden, write_instant,
};
use crate::keys::Keys;
use crate::kinds;
use crate::{Id, Index, Kind, Lookup, Timestamp};
use recovery::appointment::{Appointment, Centre, Contact, Reminder, Slot, State};
use recovery::id::{AppointmentId, CaseId, CentreId, SlotId};
use recovery::policy::{MONTH, Policy};
use recovery::sensitive::KeyedHash;
use recovery::time::Duration;

const OF_CENTRE_AND_DAY: Index = Index::shared(1);
const BY_REFERENCE: Index = Index::unique(1);
const OPEN_OF_CONTACT: Index = Index::shared(2);

const HOURS_MAX: usize = 64;
const TAKEN_MAX: usize = 256;
const DAY_MS: i64 = 86_400_000;

/// A centre with what its times are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCentre {
    /// The domain's part.
    pub centre: Centre,
    /// The operator's id, as it stands in addresses of pages.
    pub name_in_addresses: String,
    /// Four digits.
    pub municipality: String,
    /// How many people can be seen at once.
    pub desks: u8,
    /// How long one visit takes.
    pub visit: Duration,
    /// When the doors are open, on the centre's own clock. Empty for a centre that was closed down.
    pub hours: Vec<OpenHours>,
}

/// One period of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenHours {
    /// 1 for Monday to 7 for Sunday.
    pub weekday: u8,
    /// Minutes after midnight.
    pub from_minute: u16,
    /// Minutes after midnight.
    pub until_minute: u16,
}

impl Aggregate for StoredCentre {
    const KIND: Kind = kinds::CENTRE;

    fn id(&self) -> Id {
        Id(self.centre.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.centre.id.0);
        w.str(&self.centre.name);
        w.str(&self.centre.address);
        w.str(&self.centre.postcode);
        w.str(&self.centre.town);
        w.str(&self.centre.time_zone);
        w.option(self.centre.position.as_ref(), |w, [north, east]| {
            w.i64(i64::from(*north));
            w.i64(i64::from(*east));
        });
        w.str(&self.name_in_addresses);
        w.str(&self.municipality);
        w.u8(self.desks);
        w.u64(self.visit.as_millis());
        w.seq(self.hours.iter(), |w, hours| {
            w.u8(hours.weekday);
            w.u16(hours.from_minute);
            w.u16(hours.until_minute);
        });
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let centre = Centre {
            id: CentreId(r.u128("centre")?),
            name: read_text(r, "name")?,
            address: read_text(r, "address")?,
            postcode: read_text(r, "postcode")?,
            town: read_text(r, "town")?,
            time_zone: read_text(r, "zone")?,
            position: r.option("position", |r| Ok([read_degrees(r)?, read_degrees(r)?]))?,
        };
        Ok(Self {
            centre,
            name_in_addresses: read_text(r, "name in addresses")?,
            municipality: read_text(r, "municipality")?,
            desks: r.u8("desks")?,
            visit: Duration::from_millis(r.u64("visit")?),
            hours: r.seq("hours", HOURS_MAX, |r| {
                Ok(OpenHours {
                    weekday: r.u8("weekday")?,
                    from_minute: r.u16("from")?,
                    until_minute: r.u16("until")?,
                })
            })?,
        })
    }
}

fn read_degrees(r: &mut Reader<'_>) -> Result<i32, CodecError> {
    i32::try_from(r.i64("degrees")?).map_err(|_| CodecError::Invalid { what: "degrees" })
}

/// The number of the UTC day of an instant.
#[must_use]
pub const fn utc_day(at: recovery::time::Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// The look-up of the times of a centre that begin on a UTC day and were booked at least once.
#[must_use]
pub fn slots_of_day(keys: &Keys, centre: CentreId, utc_day: i64) -> Lookup {
    let mut value = Vec::with_capacity(24);
    value.extend_from_slice(&centre.0.to_be_bytes());
    value.extend_from_slice(&utc_day.to_be_bytes());
    Lookup {
        index: OF_CENTRE_AND_DAY,
        key: keys.lookup_key(kinds::SLOT, OF_CENTRE_AND_DAY, &value),
    }
}

impl Aggregate for Slot {
    const KIND: Kind = kinds::SLOT;

    fn id(&self) -> Id {
        Id(self.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.begins_at.plus(MONTH).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![slots_of_day(keys, self.centre, utc_day(self.begins_at))]
    }

    fn write(&self, w: &mut Writer) {
        w.u128(self.id.0);
        w.u128(self.centre.0);
        write_instant(w, self.begins_at);
        w.u64(self.length.as_millis());
        w.u8(self.capacity);
        w.seq(self.taken_by.iter(), |w, id| w.u128(id.0));
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            id: SlotId(r.u128("slot")?),
            centre: CentreId(r.u128("centre")?),
            begins_at: read_instant(r, "begins at")?,
            length: Duration::from_millis(r.u64("length")?),
            capacity: r.u8("capacity")?,
            taken_by: r.seq("taken by", TAKEN_MAX, |r| r.u128("appointment").map(AppointmentId))?,
        })
    }
}

/// A booking with its reference and how often it was changed, as a calendar counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAppointment {
    /// The domain's part.
    pub appointment: Appointment,
    /// What stands in the messages.
    pub reference: String,
    /// 0 for the booking, one more with each change.
    pub changes: u32,
}

impl StoredAppointment {
    /// The same row after a change.
    #[must_use]
    pub fn after(&self, appointment: Appointment) -> Self {
        Self {
            appointment,
            reference: self.reference.clone(),
            changes: self.changes.saturating_add(1),
        }
    }
}

/// The look-up of a booking by its reference.
#[must_use]
pub fn by_reference(keys: &Keys, reference: &str) -> Lookup {
    let key = keys.lookup_key(kinds::APPOINTMENT, BY_REFERENCE, reference.as_bytes());
    Lookup { index: BY_REFERENCE, key }
}

/// The look-up of the open bookings under a number or address.
#[must_use]
pub fn open_of_contact(keys: &Keys, contact: &Contact) -> Lookup {
    let text = match contact {
        Contact::Sms(text) | Contact::Email(text) => text.expose(),
    };
    let key = keys.lookup_key(kinds::APPOINTMENT, OPEN_OF_CONTACT, text.as_bytes());
    Lookup { index: OPEN_OF_CONTACT, key }
}

impl Aggregate for StoredAppointment {
    const KIND: Kind = kinds::APPOINTMENT;

    fn id(&self) -> Id {
        Id(self.appointment.id.0)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    /// What is over is kept as long as a booking may be asked about, then the sweeper deletes it with its address.
    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let over = self.appointment.begins_at.plus(MONTH);
        Some(self.appointment.deadline(policy).unwrap_or(over).into())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let open = match self.appointment.state {
            State::Booked => Some(open_of_contact(keys, &self.appointment.contact)),
            State::CheckedIn { .. } | State::Cancelled | State::Missed => None,
        };
        std::iter::once(by_reference(keys, &self.reference)).chain(open).collect()
    }

    fn write(&self, w: &mut Writer) {
        let it = &self.appointment;
        w.u128(it.id.0);
        w.u128(it.centre.0);
        w.u128(it.slot.0);
        write_instant(w, it.begins_at);
        match &it.contact {
            Contact::Sms(number) => {
                w.u8(0);
                write_hidden(w, number);
            }
            Contact::Email(address) => {
                w.u8(1);
                write_hidden(w, address);
            }
        }
        write_hash(w, &it.code);
        w.str(&it.language);
        match it.reminder {
            Reminder::Due { at } => {
                w.u8(0);
                write_instant(w, at);
            }
            Reminder::Sent => w.u8(1),
            Reminder::NotNeeded => w.u8(2),
        }
        match it.state {
            State::Booked => w.u8(0),
            State::CheckedIn { case, at } => {
                w.u8(1);
                w.u128(case.0);
                write_instant(w, at);
            }
            State::Cancelled => w.u8(2),
            State::Missed => w.u8(3),
        }
        w.str(&self.reference);
        w.u32(self.changes);
    }

    fn read(_: u16, r: &mut Reader<'_>) -> Result<Self, CodecError> {
        let appointment = Appointment {
            id: AppointmentId(r.u128("appointment")?),
            centre: CentreId(r.u128("centre")?),
            slot: SlotId(r.u128("slot")?),
            begins_at: read_instant(r, "begins at")?,
            contact: match r.u8("contact")? {
                0 => Contact::Sms(read_hidden(r, "number")?),
                1 => Contact::Email(read_hidden(r, "address")?),
                other => return Err(unknown("contact", other)),
            },
            code: read_hash(r, "code")?,
            language: r.str("language", TEXT_BYTES_MAX)?.to_owned(),
            reminder: match r.u8("reminder")? {
                0 => Reminder::Due { at: read_instant(r, "reminder at")? },
                1 => Reminder::Sent,
                2 => Reminder::NotNeeded,
                other => return Err(unknown("reminder", other)),
            },
            state: match r.u8("appointment state")? {
                0 => State::Booked,
                1 => State::CheckedIn {
                    case: CaseId(r.u128("case")?),
                    at: read_instant(r, "checked in at")?,
                },
                2 => State::Cancelled,
                3 => State::Missed,
                other => return Err(unknown("appointment state", other)),
            },
        };
        Ok(Self { appointment, reference: read_text(r, "reference")?, changes: r.u32("changes")? })
    }
}

/// The id of the slot of a centre that begins at an instant: always the same, so that rivals meet on one row.
#[must_use]
pub fn slot_id(keys: &Keys, centre: CentreId, begins_at: recovery::time::Timestamp) -> SlotId {
    let hash =
        KeyedHash(keys.code_hash("slot", &[&centre.0.to_be_bytes(), &begins_at.0.to_be_bytes()]));
    let mut head = [0; 16];
    head.iter_mut().zip(hash.0).for_each(|(to, from)| *to = from);
    SlotId(u128::from_be_bytes(head))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facade;
    use crate::seal::Nonce;
    use recovery::policy::Profile;
    use recovery::sensitive::Sensitive;
    use zeroize::Zeroizing;

    const NOW: recovery::time::Timestamp = recovery::time::Timestamp(1_795_000_000_000);

    fn again<A: Aggregate>(value: &A) -> A {
        let keys = Keys::generate(&Zeroizing::new([7; 96]));
        let policy = Policy::of(Profile::PublicService);
        let version = crate::Version::FIRST;
        let record = facade::record(value, version, (&policy, &keys), None, Nonce([1; 24]));
        let row = crate::Row { version, record };
        facade::open(&row, &keys, None).unwrap().value
    }

    #[test]
    fn a_centre_is_read_as_it_was_written() {
        let centre = StoredCentre {
            centre: Centre {
                id: CentreId(3),
                name: "Borgerservice".to_owned(),
                address: "Torvet 1".to_owned(),
                postcode: "3900".to_owned(),
                town: "Nuuk".to_owned(),
                time_zone: "America/Nuuk".to_owned(),
                position: Some([64_175_000, -51_738_000]),
            },
            name_in_addresses: "nuuk".to_owned(),
            municipality: "0956".to_owned(),
            desks: 2,
            visit: Duration::from_mins(20),
            hours: vec![OpenHours { weekday: 1, from_minute: 600, until_minute: 900 }],
        };

        assert_eq!(again(&centre), centre);
    }

    #[test]
    fn a_slot_and_every_state_of_a_booking_are_read_as_they_were_written() {
        let slot = Slot {
            id: SlotId(1),
            centre: CentreId(3),
            begins_at: NOW,
            length: Duration::from_mins(20),
            capacity: 2,
            taken_by: vec![AppointmentId(9)],
        };
        assert_eq!(again(&slot), slot);

        let states = [
            State::Booked,
            State::CheckedIn { case: CaseId(5), at: NOW },
            State::Cancelled,
            State::Missed,
        ];
        for (state, reminder) in states.into_iter().zip([
            Reminder::Due { at: NOW },
            Reminder::Sent,
            Reminder::NotNeeded,
            Reminder::Sent,
        ]) {
            let stored = StoredAppointment {
                appointment: Appointment {
                    id: AppointmentId(9),
                    centre: CentreId(3),
                    slot: SlotId(1),
                    begins_at: NOW,
                    contact: Contact::Email(Sensitive::new("a@example.org".to_owned())),
                    code: KeyedHash([4; 32]),
                    language: "da".to_owned(),
                    reminder,
                    state,
                },
                reference: "ABCD-EFGH".to_owned(),
                changes: 2,
            };
            assert_eq!(again(&stored), stored);
        }
    }
}
