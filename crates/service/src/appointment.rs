//! Visits to a Citizen Service Centre: finding one, free times, booking, moving, cancelling, reminding (PROTOCOLS.md section 14).
//!
//! Booking needs no login. Whoever has the reference and the code of a booking may move or cancel it; an unknown reference
//! gets the same answer as a wrong code.

mod calendar;
mod centres;
mod clock;
mod contact;

pub use centres::{centre_id, nearest};
pub(crate) use clock::date_in;
pub use clock::{on_clock, zone_of};
pub use contact::{by_email, by_sms};
pub use store::appointment::StoredCentre;

use crate::caller::Command;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service, even_time};
use clock::{days_from, instant, shifted, times_of};
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use recovery::Rejection;
use recovery::appointment::{Appointment, Booking, Contact, Slot, State};
use recovery::id::{AppointmentId, CentreId};
use recovery::sensitive::KeyedHash;
use recovery::sms_budget::{Counted, SmsBudget, counted};
use recovery::time::Timestamp;
use store::Id;
use store::appointment::{
    StoredAppointment, by_reference, open_of_contact, slot_id, slots_of_day, utc_day,
};
use store::facade::Loaded;
use store::kinds;
use zeroize::Zeroizing;

/// The one answer to an unknown reference, a wrong code and a code of another booking.
const NOT_FOUND: RefusalCode = RefusalCode::Rejected(Rejection::NoSuchBooking);
/// An unknown reference and a wrong code are refused after the same time; otherwise the time would tell which references
/// exist.
const REFUSAL_MILLIS: u64 = 150;
/// The letters and digits of references and codes: none that is mistaken for another, read aloud or on a small screen.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a reference and of a code: 40 bits each, so that neither is found by trying.
const REFERENCE_CHARS: usize = 8;
/// The number of days that one page shows.
const DAYS_SHOWN: i8 = 7;

/// The free times of a centre in one week.
#[derive(Clone, Debug)]
pub struct FreeTimes {
    /// The centre.
    pub centre: StoredCentre,
    /// The first day shown, on the centre's own calendar.
    pub from: Date,
    /// Days with a free time, each with its times on the centre's own clock.
    pub days: Vec<(Date, Vec<Zoned>)>,
    /// The first day of the earlier week, unless that week is over.
    pub earlier: Option<Date>,
    /// The first day of the later week, unless it is too far ahead to be booked.
    pub later: Option<Date>,
}

/// The booking that a citizen asks for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The id of the centre as it stands in the addresses of pages.
    pub centre: String,
    /// The beginning of the appointment.
    pub at: Timestamp,
    /// The address to which the reference and the code of the booking are sent.
    pub contact: Contact,
    /// The language of the messages, BCP 47.
    pub language: String,
    /// A random value that was drawn with the form: the same form sent twice books once.
    pub form: String,
}

/// A booking as whoever has its reference and code sees it.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The reference of the booking, as it stands in the messages.
    pub reference: String,
    /// The centre.
    pub centre: StoredCentre,
    /// The beginning of the appointment, on the centre's own clock.
    pub at: Zoned,
    /// The state of the booking.
    pub state: State,
    /// Whether the messages are sent by SMS; otherwise by e-mail.
    pub by_sms: bool,
    /// How often it was changed.
    pub changes: u32,
}

impl Service {
    /// Draws the random value that names a form, so that the same form sent twice books once.
    #[must_use]
    pub fn form_name(&self) -> String {
        format!("{:032x}", self.draw_id())
    }

    /// The free times of a centre in the week that begins on `from`, or on today where `from` is `None`.
    ///
    /// # Errors
    ///
    /// `centre-not-found`.
    pub async fn free_times(&self, centre: &str, from: Option<Date>) -> Result<FreeTimes, Failure> {
        let mut work = Work::begin(self).await?;
        let centre = work.centre_by_name(centre).await?.value;
        let policy = self.parts().policy.clone();
        let now = work.now();
        let zone = zone_of(&centre);
        let today = date_in(now, &zone);
        let last = date_in(now.plus(policy.appointments.bookable_ahead_max), &zone);
        let from = from.unwrap_or(today).clamp(today, last);
        let taken = work.slots_between(centre.centre.id, from, DAYS_SHOWN, &zone).await?;
        let mut days = Vec::new();
        for day in days_from(from, DAYS_SHOWN) {
            let free: Vec<Zoned> = times_of(&centre, day, &zone)
                .into_iter()
                .filter(|at| {
                    let slot = self.slot_at(&centre, instant(at), &taken);
                    slot.is_free(&policy, now)
                })
                .collect();
            if !free.is_empty() {
                days.push((day, free));
            }
        }
        let earlier = (from > today).then(|| shifted(from, -DAYS_SHOWN).max(today));
        let later = Some(shifted(from, DAYS_SHOWN)).filter(|day| *day <= last);
        Ok(FreeTimes { centre, from, days, earlier, later })
    }

    /// Books a time. Two requests for the last place compete for the slot's row, and one of them is refused.
    ///
    /// # Errors
    ///
    /// `centre-not-found`, `slot-not-bookable`, `slot-taken`, `too-many-bookings`, `sms-cap-reached`.
    pub async fn book(&self, wish: &Wish) -> Result<Visit, Failure> {
        let content = format!("{}/{}", wish.centre, wish.at.0);
        let command =
            Command { caller: "booking form", key: &wish.form, content: content.as_bytes() };
        attempt!(self, |work| {
            if let Some(outcome) = work.recall(command).await?
                && let Ok(bytes) = <[u8; 16]>::try_from(outcome.as_slice())
                && let Some(before) =
                    work.load::<StoredAppointment>(Id(u128::from_be_bytes(bytes))).await?
            {
                return work.visit(&before.value).await;
            }
            work.book(wish, command).await
        })
    }

    /// The booking with this reference and code.
    ///
    /// # Errors
    ///
    /// `no-such-booking`.
    pub async fn booking(&self, reference: &str, code: &str) -> Result<Visit, Failure> {
        even_time::refusing_after(REFUSAL_MILLIS, async {
            let mut work = Work::begin(self).await?;
            let stored = work.opened_booking(reference, code).await?.value;
            work.visit(&stored).await
        })
        .await
    }

    /// Moves a booking to another time, at the same or another centre.
    ///
    /// # Errors
    ///
    /// `no-such-booking`, or as for [`Service::book`].
    pub async fn move_booking(
        &self,
        reference: &str,
        code: &str,
        centre: &str,
        at: Timestamp,
    ) -> Result<Visit, Failure> {
        even_time::refusing_after(REFUSAL_MILLIS, async {
            attempt!(self, |work| {
                let stored = work.opened_booking(reference, code).await?;
                let centre = work.centre_by_name(centre).await?.value;
                work.move_booking(&stored, &centre, at).await
            })
        })
        .await
    }

    /// Cancels a booking; its place is free at once.
    ///
    /// # Errors
    ///
    /// `no-such-booking`.
    pub async fn cancel_booking(&self, reference: &str, code: &str) -> Result<Visit, Failure> {
        even_time::refusing_after(REFUSAL_MILLIS, async {
            attempt!(self, |work| {
                let stored = work.opened_booking(reference, code).await?;
                let step =
                    stored.value.appointment.cancel().map_err(|_| Failure::refused(NOT_FOUND))?;
                let next = work.take(matter(stored.value.appointment.id), step);
                work.release(&stored.value.appointment).await?;
                let next = stored.value.after(next);
                work.appointments.insert(next.appointment.id, next.appointment.clone());
                work.put(&stored, &next);
                work.visit(&next).await
            })
        })
        .await
    }

    /// Does what is due for bookings: sends reminders, marks visits to which nobody came, deletes bookings that are over.
    /// Returns the number of rows that were looked at.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn sweep_appointments(&self, limit: usize) -> Result<usize, Failure> {
        let now = self.now().await?;
        let due = self.parts().store.due(kinds::APPOINTMENT, now, limit).await?;
        for row in &due {
            attempt!(self, |work| work.elapse_booking(row.record.id).await)?;
        }
        Ok(due.len())
    }

    /// The slot at an instant: the row in `known`, or a slot without bookings.
    fn slot_at(&self, centre: &StoredCentre, at: Timestamp, known: &[Slot]) -> Slot {
        let id = slot_id(&self.parts().keys, centre.centre.id, at);
        let taken_by = known.iter().find(|slot| slot.id == id).map(|slot| slot.taken_by.clone());
        Slot {
            id,
            centre: centre.centre.id,
            begins_at: at,
            length: centre.visit,
            capacity: centre.desks,
            taken_by: taken_by.unwrap_or_default(),
        }
    }

    fn booking_code_hash(&self, id: AppointmentId, code: &str) -> KeyedHash {
        KeyedHash(self.parts().keys.code_hash("booking", &[&id.0.to_be_bytes(), code.as_bytes()]))
    }

    fn sms_budget_id(&self, under: &str) -> u128 {
        let hash = self.parts().keys.code_hash("sms budget", &[under.as_bytes()]);
        let mut head = [0; 16];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        u128::from_be_bytes(head)
    }

    fn draw_letters(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(REFERENCE_CHARS));
        for byte in self.draw::<REFERENCE_CHARS>() {
            text.extend(ALPHABET.get(usize::from(byte & 31)).map(|letter| char::from(*letter)));
        }
        text
    }
}

impl Work<'_> {
    async fn book(&mut self, wish: &Wish, command: Command<'_>) -> Result<Visit, Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let centre = self.centre_by_name(&wish.centre).await?.value;
        let (loaded, slot) = self.bookable_slot(&centre, wish.at).await?;
        // The confirmation, and the code in a message of its own.
        self.spend_sms(&wish.contact, 2).await?;
        let open = open_of_contact(&self.service.parts().keys, &wish.contact);
        let open_bookings = self.find::<StoredAppointment>(open).await?.len();
        let id = AppointmentId(self.service.draw_id());
        let (reference, code) = (self.service.draw_letters(), self.service.draw_letters());
        let booking = Booking {
            id,
            contact: wish.contact.clone(),
            code: self.service.booking_code_hash(id, &code),
            language: wish.language.clone(),
            open_bookings,
        };
        let (taken, booked) = slot.book(booking, &policy, now)?;
        let taken = self.take(matter(id), taken);
        self.save(loaded.as_ref(), &taken);
        let appointment = self.take(matter(id), booked);
        let stored =
            StoredAppointment { appointment, reference: reference.to_string(), changes: 0 };
        self.insert(&stored);
        let says = crate::outgoing::Says::AppointmentCode {
            appointment: id,
            reference: stored.reference.clone(),
            code,
        };
        let with_code = self.to_contact(&stored.appointment, says);
        self.owe_to_nobody(&with_code);
        self.appointments.insert(id, stored.appointment.clone());
        self.remember(command, None, id.0.to_be_bytes().to_vec());
        self.visit(&stored).await
    }

    async fn move_booking(
        &mut self,
        stored: &Loaded<StoredAppointment>,
        centre: &StoredCentre,
        at: Timestamp,
    ) -> Result<Visit, Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let old = &stored.value.appointment;
        let (loaded, slot) = self.bookable_slot(centre, at).await?;
        if slot.id == old.slot {
            return self.visit(&stored.value).await;
        }
        self.spend_sms(&old.contact, 1).await?;
        let (taken, moved) = old.move_to(&slot, &policy, now)?;
        let taken = self.take(matter(old.id), taken);
        self.save(loaded.as_ref(), &taken);
        self.release(old).await?;
        let next = stored.value.after(self.take(matter(old.id), moved));
        self.appointments.insert(old.id, next.appointment.clone());
        self.put(stored, &next);
        self.visit(&next).await
    }

    /// Counts the text messages that a booking without login sends against the caps; e-mail is not capped.
    async fn spend_sms(&mut self, contact: &Contact, messages: u16) -> Result<(), Failure> {
        let Contact::Sms(number) = contact else { return Ok(()) };
        let policy = self.service.parts().policy.clone();
        for Counted { under, max } in counted(number.expose(), &policy.appointments) {
            let id = self.service.sms_budget_id(under);
            match self.load::<SmsBudget>(Id(id)).await? {
                Some(loaded) => {
                    let next = loaded.value.spend(messages, max, self.now())?;
                    self.put(&loaded, &next);
                }
                None => {
                    let first = SmsBudget::new(id).spend(messages, max, self.now())?;
                    self.insert(&first);
                }
            }
        }
        Ok(())
    }

    async fn release(&mut self, appointment: &Appointment) -> Result<(), Failure> {
        if let Some(slot) = self.load::<Slot>(Id(appointment.slot.0)).await? {
            let next = self.take(matter(appointment.id), slot.value.released_by(appointment.id));
            self.put(&slot, &next);
        }
        Ok(())
    }

    /// A time that the centre offers; any other time is refused.
    async fn bookable_slot(
        &mut self,
        centre: &StoredCentre,
        at: Timestamp,
    ) -> Result<(Option<Loaded<Slot>>, Slot), Failure> {
        let zone = zone_of(centre);
        let offered =
            times_of(centre, date_in(at, &zone), &zone).iter().any(|time| instant(time) == at);
        if !offered {
            return Err(recovery::Rejection::SlotNotBookable.into());
        }
        let id = slot_id(&self.service.parts().keys, centre.centre.id, at);
        let loaded = self.load::<Slot>(Id(id.0)).await?;
        let known: Vec<Slot> = loaded.iter().map(|it| it.value.clone()).collect();
        let slot = self.service.slot_at(centre, at, &known);
        Ok((loaded, slot))
    }

    /// The rows of the slots of these days that were booked at least once.
    pub(crate) async fn slots_between(
        &mut self,
        centre: CentreId,
        from: Date,
        days: i8,
        zone: &TimeZone,
    ) -> Result<Vec<Slot>, Failure> {
        let begin = from.to_zoned(zone.clone()).map_or(0, |at| at.timestamp().as_millisecond());
        let end = shifted(from, days)
            .to_zoned(zone.clone())
            .map_or(0, |at| at.timestamp().as_millisecond());
        let mut slots = Vec::new();
        for day in utc_day(Timestamp(begin))..=utc_day(Timestamp(end.saturating_sub(1))) {
            let lookup = slots_of_day(&self.service.parts().keys, centre, day);
            slots.extend(self.find::<Slot>(lookup).await?.into_iter().map(|it| it.value));
        }
        slots.retain(|slot| (begin..end).contains(&slot.begins_at.0));
        slots.sort_by_key(|slot| slot.begins_at);
        Ok(slots)
    }

    /// The booking with this reference.
    pub(crate) async fn booking_by_reference(
        &mut self,
        reference: &str,
    ) -> Result<Option<Loaded<StoredAppointment>>, Failure> {
        let lookup = by_reference(&self.service.parts().keys, &plain(reference));
        self.find_one(lookup).await
    }

    async fn opened_booking(
        &mut self,
        reference: &str,
        code: &str,
    ) -> Result<Loaded<StoredAppointment>, Failure> {
        let found = self.booking_by_reference(reference).await?;
        // An unknown reference costs the same hash as a known one.
        let id = found.as_ref().map_or(AppointmentId(0), |it| it.value.appointment.id);
        let presented = self.service.booking_code_hash(id, &plain(code));
        found
            .filter(|it| it.value.appointment.is_opened_by(presented))
            .ok_or_else(|| Failure::refused(NOT_FOUND))
    }

    pub(crate) async fn visit(&mut self, stored: &StoredAppointment) -> Result<Visit, Failure> {
        let appointment = &stored.appointment;
        let centre = self
            .load::<StoredCentre>(Id(appointment.centre.0))
            .await?
            .ok_or_else(|| Failure::fault("a booking has no centre", "missing centre"))?
            .value;
        let at = on_clock(appointment.begins_at, &zone_of(&centre));
        Ok(Visit {
            reference: stored.reference.clone(),
            centre,
            at,
            state: appointment.state,
            by_sms: matches!(appointment.contact, Contact::Sms(_)),
            changes: stored.changes,
        })
    }

    async fn elapse_booking(&mut self, id: Id) -> Result<(), Failure> {
        let Some(stored) = self.load::<StoredAppointment>(id).await? else { return Ok(()) };
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let appointment = &stored.value.appointment;
        if let Some(step) = appointment.elapse(&policy, now) {
            let next = self.take(matter(appointment.id), step);
            self.appointments.insert(next.id, next.clone());
            self.put(&stored, &StoredAppointment { appointment: next, ..stored.value.clone() });
        } else if appointment.deadline(&policy).is_none()
            && now >= appointment.begins_at.plus(recovery::policy::MONTH)
        {
            self.delete(&stored);
        }
        Ok(())
    }
}

/// Under what the journal files the entries of one booking; a booking belongs to no person until its person is identified.
pub(crate) const fn matter(id: AppointmentId) -> Subject {
    Subject::Nobody { matter: id.0 }
}

/// Normalises a typed reference or code: case, spaces and hyphens do not matter.
fn plain(text: &str) -> Zeroizing<String> {
    Zeroizing::new(
        text.chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .take(32)
            .map(|c| c.to_ascii_uppercase())
            .collect(),
    )
}
