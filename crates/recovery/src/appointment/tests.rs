use super::{Appointment, Booking, Contact, Reminder, Slot, State};
use crate::Rejection;
use crate::effect::{AppointmentMessage, Effect};
use crate::id::{AppointmentId, CentreId, SlotId};
use crate::policy::{Policy, Profile};
use crate::sensitive::Sensitive;
use crate::specimen::{CASE, CENTRE, CODE, NOW, agent, clerk};
use crate::staff::StaffMember;
use crate::time::{Duration, Timestamp};

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn slot(begins_at: Timestamp) -> Slot {
    Slot {
        id: SlotId(1),
        centre: CENTRE,
        begins_at,
        length: Duration::from_mins(15),
        capacity: 1,
        taken_by: Vec::new(),
    }
}

fn booking(id: u128) -> Booking {
    let contact = Contact::Email(Sensitive::new("a@example.org".to_owned()));
    Booking {
        id: AppointmentId(id),
        contact,
        code: CODE,
        language: "da".to_owned(),
        open_bookings: 0,
    }
}

fn booked(begins_at: Timestamp) -> (Slot, Appointment) {
    let (slot, appointment) = slot(begins_at).book(booking(1), &policy(), NOW).unwrap();
    (slot.next, appointment.next)
}

#[test]
fn the_last_place_goes_once_and_comes_back_when_released() {
    let (taken, appointment) = booked(NOW.plus(Duration::from_days(3)));

    let second = taken.book(booking(2), &policy(), NOW).map(|_| ());

    assert_eq!(second, Err(Rejection::SlotTaken));
    assert!(taken.released_by(appointment.id).next.is_free(&policy(), NOW));
    let many = Booking { open_bookings: 2, ..booking(3) };
    let many = slot(NOW.plus(Duration::from_days(3))).book(many, &policy(), NOW).map(|_| ());
    assert_eq!(many, Err(Rejection::TooManyBookings));
}

#[test]
fn what_has_begun_and_what_is_too_far_ahead_cannot_be_booked() {
    let bookable = |begins_at| slot(begins_at).is_free(&policy(), NOW);

    assert!(bookable(NOW.plus(Duration::from_mins(15))));
    assert!(!bookable(NOW.plus(Duration::from_mins(14))));
    assert!(bookable(NOW.plus(Duration::from_days(60))));
    assert!(!bookable(NOW.plus(Duration::from_days(61))));
}

#[test]
fn a_reminder_goes_out_once_a_day_before() {
    let (_, appointment) = booked(NOW.plus(Duration::from_days(3)));
    let due = NOW.plus(Duration::from_days(2));

    assert_eq!(appointment.elapse(&policy(), due.minus(Duration::from_millis(1))), None);
    let reminded = appointment.elapse(&policy(), due).unwrap();
    let message = AppointmentMessage::Reminder;
    assert_eq!(
        reminded.effects,
        [Effect::SendAppointment { appointment: appointment.id, message }]
    );
    assert_eq!(reminded.next.elapse(&policy(), due), None);
    assert_eq!(booked(NOW.plus(Duration::from_hours(20))).1.reminder, Reminder::NotNeeded);
}

#[test]
fn a_booking_is_moved_cancelled_or_checked_in_once() {
    let begins_at = NOW.plus(Duration::from_days(3));
    let (_, appointment) = booked(begins_at);
    let later = slot(begins_at.plus(Duration::from_days(1)));
    let (_, moved) = appointment.move_to(&later, &policy(), NOW).unwrap();
    assert_eq!(moved.next.begins_at, later.begins_at);

    let check_in =
        |by: &StaffMember, now| appointment.check_in(CASE, by, &policy(), now).map(|it| it.next);
    assert_eq!(check_in(&agent(), begins_at), Err(Rejection::RoleNotAllowed));
    let elsewhere = StaffMember { centre: Some(CentreId(99)), ..clerk() };
    assert_eq!(check_in(&elsewhere, begins_at), Err(Rejection::NoSuchBooking));
    assert_eq!(check_in(&clerk(), NOW), Err(Rejection::NotCheckInTime));
    let present = check_in(&clerk(), begins_at).unwrap();
    assert_eq!(present.state, State::CheckedIn { case: CASE, at: begins_at });
    assert!(present.cancel().is_err());
    assert!(appointment.cancel().unwrap().next.move_to(&later, &policy(), NOW).is_err());
}
