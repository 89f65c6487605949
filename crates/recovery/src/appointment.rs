//! Visits to a Citizen Service Centre: slots, bookings, reminders, checking in.
//!
//! Booking needs no login. A slot is an aggregate of its own, so that two people who want the last
//! one race on its version and one of them loses.

#[cfg(test)]
mod tests;

use crate::effect::{AppointmentMessage, Effect, Step};
use crate::event::JournalEvent;
use crate::id::{AppointmentId, CaseId, CentreId, SlotId};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::staff::{Role, StaffMember};
use crate::time::{Duration, Timestamp};

/// A Citizen Service Centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Centre {
    pub id: CentreId,
    pub name: String,
    pub address: String,
    pub postcode: String,
    pub town: String,
    /// IANA name: Copenhagen, or Nuuk in Greenland.
    pub time_zone: String,
    /// Degrees north and east in millionths, for "nearest".
    pub position: Option<[i32; 2]>,
}

/// A time at a centre with room for some people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub id: SlotId,
    pub centre: CentreId,
    pub begins_at: Timestamp,
    pub length: Duration,
    pub capacity: u8,
    pub taken_by: Vec<AppointmentId>,
}

/// A booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub centre: CentreId,
    pub slot: SlotId,
    pub begins_at: Timestamp,
    pub contact: Contact,
    /// Keyed hash of the code that came with the reference; needed to move or cancel.
    pub code: KeyedHash,
    pub language: String,
    pub reminder: Reminder,
    pub state: State,
}

/// Where the booking's code went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    Sms(Sensitive<String>),
    Email(Sensitive<String>),
}

/// Whether the reminder is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reminder {
    Due {
        at: Timestamp,
    },
    Sent,
    /// Booked too late for one.
    NotNeeded,
}

/// Where the booking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Booked,
    CheckedIn {
        case: CaseId,
        at: Timestamp,
    },
    Cancelled,
    /// Nobody came.
    Missed,
}

/// What a booking is made of.
#[derive(Clone, Debug)]
pub struct Booking {
    pub id: AppointmentId,
    pub contact: Contact,
    pub code: KeyedHash,
    pub language: String,
    /// How many open bookings the same contact has.
    pub open_bookings: usize,
}

impl Slot {
    /// Whether one more person can book it now.
    #[must_use]
    pub fn is_free(&self, policy: &Policy, now: Timestamp) -> bool {
        self.check(policy, now).is_ok()
    }

    /// Books it.
    ///
    /// # Errors
    ///
    /// [`Rejection::SlotTaken`], [`Rejection::SlotNotBookable`], [`Rejection::TooManyBookings`].
    pub fn book(
        &self,
        booking: Booking,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Step<Self>, Step<Appointment>), Rejection> {
        self.check(policy, now)?;
        if booking.open_bookings >= usize::from(policy.appointments.open_bookings_per_contact_max) {
            return Err(Rejection::TooManyBookings);
        }
        let appointment = Appointment {
            id: booking.id,
            centre: self.centre,
            slot: self.id,
            begins_at: self.begins_at,
            contact: booking.contact,
            code: booking.code,
            language: booking.language,
            reminder: Reminder::before(self.begins_at, policy, now),
            state: State::Booked,
        };
        let id = appointment.id;
        let booked = Step::to(appointment)
            .owing(Effect::SendAppointment { appointment: id, message: AppointmentMessage::Booked })
            .saying(JournalEvent::Booked { appointment: id, centre: self.centre });
        Ok((Step::to(self.with(id)), booked))
    }

    /// Gives the place of a booking back.
    pub fn released_by(&self, appointment: AppointmentId) -> Step<Self> {
        let mut next = self.clone();
        next.taken_by.retain(|taken| *taken != appointment);
        Step::to(next)
    }

    fn check(&self, policy: &Policy, now: Timestamp) -> Result<(), Rejection> {
        let rules = &policy.appointments;
        let too_late = now.plus(rules.bookable_until) > self.begins_at;
        let too_early = self.begins_at > now.plus(rules.bookable_ahead_max);
        if too_late || too_early {
            return Err(Rejection::SlotNotBookable);
        }
        if self.taken_by.len() >= usize::from(self.capacity) {
            return Err(Rejection::SlotTaken);
        }
        Ok(())
    }

    fn with(&self, appointment: AppointmentId) -> Self {
        let mut next = self.clone();
        next.taken_by.push(appointment);
        next
    }
}

impl Reminder {
    fn before(begins_at: Timestamp, policy: &Policy, now: Timestamp) -> Self {
        let at = begins_at.minus(policy.appointments.reminder_before);
        if now < at { Self::Due { at } } else { Self::NotNeeded }
    }
}

impl Appointment {
    /// Whether the reference's code fits; an unknown reference has to look the same to the caller.
    #[must_use]
    pub fn is_opened_by(&self, code: KeyedHash) -> bool {
        self.code == code
    }

    /// Moves to another slot. The old one is released, the new one taken, in one transaction.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`] where it is not booked, or as for [`Slot::book`].
    pub fn move_to(
        &self,
        slot: &Slot,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(Step<Slot>, Step<Self>), Rejection> {
        self.require_booked()?;
        slot.check(policy, now)?;
        let next = Self {
            centre: slot.centre,
            slot: slot.id,
            begins_at: slot.begins_at,
            reminder: Reminder::before(slot.begins_at, policy, now),
            ..self.clone()
        };
        let moved = Step::to(next)
            .owing(self.send(AppointmentMessage::Moved))
            .saying(JournalEvent::BookingMoved { appointment: self.id });
        Ok((Step::to(slot.with(self.id)), moved))
    }

    /// Cancels it; the caller releases the slot.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`] where it is not booked.
    pub fn cancel(&self) -> Result<Step<Self>, Rejection> {
        self.require_booked()?;
        Ok(Step::to(Self { state: State::Cancelled, ..self.clone() })
            .owing(self.send(AppointmentMessage::Cancelled))
            .saying(JournalEvent::BookingCancelled { appointment: self.id }))
    }

    /// Checks the person in, and opens the case at the desk.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`], [`Rejection::NotCheckInTime`], or the desk's own.
    pub fn check_in(
        &self,
        case: CaseId,
        by: &StaffMember,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Step<Self>, Rejection> {
        by.require(Role::Clerk)?;
        // Another centre's booking looks like none.
        if by.centre != Some(self.centre) {
            return Err(Rejection::NoSuchBooking);
        }
        self.require_booked()?;
        let rules = &policy.appointments;
        let early = now < self.begins_at.minus(rules.check_in_early_max);
        let late = now > self.begins_at.plus(rules.check_in_late_max);
        if early || late {
            return Err(Rejection::NotCheckInTime);
        }
        Ok(Step::to(Self { state: State::CheckedIn { case, at: now }, ..self.clone() }))
    }

    /// What time alone does: the reminder goes out, or nobody came.
    #[must_use]
    pub fn elapse(&self, policy: &Policy, now: Timestamp) -> Option<Step<Self>> {
        match self.state {
            State::Booked => {}
            State::CheckedIn { .. } | State::Cancelled | State::Missed => return None,
        }
        if now > self.begins_at.plus(policy.appointments.check_in_late_max) {
            return Some(Step::to(Self { state: State::Missed, ..self.clone() }));
        }
        match self.reminder {
            Reminder::Due { at } if now >= at => Some(
                Step::to(Self { reminder: Reminder::Sent, ..self.clone() })
                    .owing(self.send(AppointmentMessage::Reminder))
                    .saying(JournalEvent::ReminderSent { appointment: self.id }),
            ),
            Reminder::Due { .. } | Reminder::Sent | Reminder::NotNeeded => None,
        }
    }

    /// When [`Self::elapse`] will next change something.
    #[must_use]
    pub fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let missed = self.begins_at.plus(policy.appointments.check_in_late_max);
        let missed = missed.plus(Duration::from_millis(1));
        match (self.state, self.reminder) {
            (State::Booked, Reminder::Due { at }) => Some(at),
            (State::Booked, Reminder::Sent | Reminder::NotNeeded) => Some(missed),
            (State::CheckedIn { .. } | State::Cancelled | State::Missed, _) => None,
        }
    }

    const fn require_booked(&self) -> Result<(), Rejection> {
        match self.state {
            State::Booked => Ok(()),
            State::CheckedIn { .. } | State::Cancelled | State::Missed => {
                Err(Rejection::NoSuchBooking)
            }
        }
    }

    const fn send(&self, message: AppointmentMessage) -> Effect {
        Effect::SendAppointment { appointment: self.id, message }
    }
}
