//! Rows of centres, of slots, and of bookings.

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::appointment::{Appointment, Centre, Contact, Reminder, Slot, State};
use recovery::id::{AppointmentId, CentreId, SlotId};
use recovery::policy::{MONTH, Policy};
use recovery::sensitive::KeyedHash;
use recovery::time::Duration;

const OF_CENTRE_AND_DAY: Index = Index::shared(1);
const BY_REFERENCE: Index = Index::unique(1);
const OPEN_OF_CONTACT: Index = Index::shared(2);

const DAY_MS: i64 = 86_400_000;

/// A centre, with everything that its slots are computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCentre {
    /// The centre as the domain knows it.
    pub centre: Centre,
    /// The operator's id of the centre, as it appears in the addresses of pages.
    pub name_in_addresses: String,
    /// The four digits of the centre's municipality.
    pub municipality: String,
    /// How many people can be seen at the same time.
    pub desks: u8,
    /// How long one visit takes.
    pub visit: Duration,
    /// When the centre is open, on its own clock. Empty for a centre that was closed down.
    pub hours: Vec<OpenHours>,
}

/// One period on one weekday in which a centre is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenHours {
    /// 1 for Monday to 7 for Sunday.
    pub weekday: u8,
    /// When the centre opens, in minutes after midnight.
    pub from_minute: u16,
    /// When the centre closes, in minutes after midnight.
    pub until_minute: u16,
}

impl Aggregate for StoredCentre {
    type Id = CentreId;
    const KIND: Kind = kinds::CENTRE;

    fn id(&self) -> CentreId {
        self.centre.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

stored! { struct StoredCentre {
    centre, name_in_addresses, municipality, desks, visit, hours,
} }
stored! { struct Centre { id, name, address, postcode, town, time_zone, position } }
stored! { struct OpenHours { weekday, from_minute, until_minute } }

/// A position is stored as its degrees north and degrees east.
impl Stored for [i32; 2] {
    fn store(&self, w: &mut Writer) {
        self.iter().for_each(|degrees| w.i64(i64::from(*degrees)));
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let mut degrees = || i32::try_from(r.i64(what)?).map_err(|_| CodecError::Invalid { what });
        Ok([degrees()?, degrees()?])
    }
}

/// The number of the UTC day of an instant, counted from 1970-01-01.
#[must_use]
pub const fn utc_day(at: recovery::time::Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// The look-up of those slots of a centre that begin on a UTC day and were booked at least once.
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
    type Id = SlotId;
    const KIND: Kind = kinds::SLOT;

    fn id(&self) -> SlotId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.begins_at.plus(MONTH))
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![slots_of_day(keys, self.centre, utc_day(self.begins_at))]
    }
}

stored! { struct Slot { id, centre, begins_at, length, capacity, taken_by } }

/// A booking with its reference and how often it was changed, as a calendar counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAppointment {
    /// The booking as the domain knows it.
    pub appointment: Appointment,
    /// The reference that the messages about the booking carry.
    pub reference: String,
    /// How often the booking was changed, as a calendar file counts it: 0 at first, one more with each change.
    pub changes: u32,
}

impl StoredAppointment {
    /// The row after a change of the booking.
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

/// The look-up of the open bookings of a phone number or an e-mail address.
#[must_use]
pub fn open_of_contact(keys: &Keys, contact: &Contact) -> Lookup {
    let text = match contact {
        Contact::Sms(text) | Contact::Email(text) => text.expose(),
    };
    let key = keys.lookup_key(kinds::APPOINTMENT, OPEN_OF_CONTACT, text.as_bytes());
    Lookup { index: OPEN_OF_CONTACT, key }
}

impl Aggregate for StoredAppointment {
    type Id = AppointmentId;
    const KIND: Kind = kinds::APPOINTMENT;

    fn id(&self) -> AppointmentId {
        self.appointment.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    /// A booking that is over is kept as long as somebody may ask about it; then the sweeper deletes it with its
    /// contact.
    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let over = self.appointment.begins_at.plus(MONTH);
        Some(self.appointment.deadline(policy).unwrap_or(over))
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let open = match self.appointment.state {
            State::Booked => Some(open_of_contact(keys, &self.appointment.contact)),
            State::CheckedIn { .. } | State::Cancelled | State::Missed => None,
        };
        std::iter::once(by_reference(keys, &self.reference)).chain(open).collect()
    }
}

stored! { struct StoredAppointment { appointment, reference, changes } }
stored! { struct Appointment {
    id, centre, slot, begins_at, contact, code, language, reminder, state,
} }
stored! { enum Contact { 0 => Sms(number), 1 => Email(address) } }
stored! { enum Reminder { 0 => Due { at }, 1 => Sent, 2 => NotNeeded } }
stored! { enum State { 0 => Booked, 1 => CheckedIn { case, at }, 2 => Cancelled, 3 => Missed } }

/// The id of the slot of a centre that begins at an instant. It is always the same, so that rival bookings meet on one
/// row.
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
    use recovery::id::{AppointmentId, CaseId};
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
