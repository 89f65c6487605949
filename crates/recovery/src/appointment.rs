//! Visits to a Citizen Service Centre: slots, bookings, reminders, checking in.
//!
//! Booking needs no login. Every slot is an aggregate of its own: when two people book the last place at once, both
//! save the same version of the slot, and the second save fails.

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
    /// IANA name of the centre's time zone: that of Copenhagen, or of Nuuk in Greenland.
    pub time_zone: String,
    /// Degrees north and degrees east in millionths, to find the nearest centre.
    pub position: Option<[i32; 2]>,
}

/// A period at a centre that at most `capacity` people can book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub id: SlotId,
    pub centre: CentreId,
    pub begins_at: Timestamp,
    pub length: Duration,
    pub capacity: u8,
    pub taken_by: Vec<AppointmentId>,
}

/// One person's booked visit to a centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub id: AppointmentId,
    pub centre: CentreId,
    pub slot: SlotId,
    pub begins_at: Timestamp,
    pub contact: Contact,
    /// Keyed hash of the secret code that was sent with the booking's reference; moving or cancelling the booking
    /// requires the code.
    pub code: KeyedHash,
    /// The language of the messages about this booking.
    pub language: String,
    pub reminder: Reminder,
    pub state: State,
}

/// Where the messages about a booking are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contact {
    Sms(Sensitive<String>),
    Email(Sensitive<String>),
}

/// Whether the reminder of a booking has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reminder {
    /// Not sent yet; it is sent at `at`.
    Due {
        at: Timestamp,
    },
    Sent,
    /// The booking was made too late for a reminder.
    NotNeeded,
}

/// The state of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Booked,
    /// The person has arrived, and this case was opened at the desk.
    CheckedIn {
        case: CaseId,
        at: Timestamp,
    },
    Cancelled,
    /// Nobody came before the latest time for checking in.
    Missed,
}

/// The values that a new [`Appointment`] is made from.
#[derive(Clone, Debug)]
pub struct Booking {
    pub id: AppointmentId,
    pub contact: Contact,
    pub code: KeyedHash,
    pub language: String,
    /// How many open bookings the same phone number or e-mail address already has.
    pub open_bookings: usize,
}

impl Slot {
    /// Whether this slot has a free place and can be booked at `now`.
    #[must_use]
    pub fn is_free(&self, policy: &Policy, now: Timestamp) -> bool {
        self.check(policy, now).is_ok()
    }

    /// Books a place in this slot: the steps of the slot and of the new appointment, which are saved together.
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

    /// Frees the place that this booking held in the slot.
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
    /// Whether this is the keyed hash of the booking's code. The caller answers a wrong code and an unknown reference
    /// alike.
    #[must_use]
    pub fn is_opened_by(&self, code: KeyedHash) -> bool {
        self.code == code
    }

    /// Moves the booking to `slot`: the steps of that slot and of the booking. The caller saves them in one transaction
    /// with the release of the old slot.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`] where the booking is not open, or a reason why `slot` cannot be booked.
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

    /// Cancels the booking; the caller frees its place in the slot.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`] where the booking is not open.
    pub fn cancel(&self) -> Result<Step<Self>, Rejection> {
        self.require_booked()?;
        Ok(Step::to(Self { state: State::Cancelled, ..self.clone() })
            .owing(self.send(AppointmentMessage::Cancelled))
            .saying(JournalEvent::BookingCancelled { appointment: self.id }))
    }

    /// Marks the person as arrived for this case. The caller opens the case at the desk in the same transaction.
    ///
    /// # Errors
    ///
    /// [`Rejection::NoSuchBooking`] where the booking is not open or is another centre's,
    /// [`Rejection::NotCheckInTime`], or [`Rejection::RoleNotAllowed`] where the member of staff is no clerk.
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

    /// Applies the passing of time: sends a due reminder, or marks the booking as missed. `None` where nothing changes.
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

    /// When [`Self::elapse`] next changes the booking.
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
