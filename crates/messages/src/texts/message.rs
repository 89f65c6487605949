//! The content of messages, without their texts.

use std::borrow::Cow;

use jiff::Zoned;

/// The IANA name of the time zone whose times are shown without the name of a place. This crate depends on no other of
/// ours; a test of `service` makes sure that it is the home time zone of the registers.
pub const HOME_ZONE: &str = "Europe/Copenhagen";

/// The content of a message.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// A temporary PIN, which is sent only by SMS and never with a link.
    TemporaryPin {
        /// The eight digits.
        code: &'a str,
        /// When the message is written. The text names the day only where the code expires on a later one.
        now: &'a Zoned,
        /// When the code expires, in the person's time zone.
        until: &'a Zoned,
    },
    /// The activation code of an enrolment.
    Activation {
        /// The code.
        code: &'a str,
        /// When the code expires.
        until: &'a Zoned,
    },
    /// A code with which a person proves that a number or address is theirs.
    ConfirmChannel {
        /// The code.
        code: &'a str,
        /// When the message is written.
        now: &'a Zoned,
        /// When the code expires.
        until: &'a Zoned,
    },
    /// A notice about an event of the app, which is sent to every channel.
    Notice(Notice<'a>),
    /// The telephone number was registered or changed.
    NumberChanged {
        /// When it happened.
        at: &'a Zoned,
    },
    /// News about an appointment.
    Appointment(AppointmentNews, Appointment<'a>),
    /// A code with which a person proves that an appointment is theirs.
    AppointmentCode {
        /// The reference of the appointment.
        reference: &'a str,
        /// The code.
        code: &'a str,
        /// When the code expires.
        until: &'a Zoned,
    },
    /// The standard reply to a written request (SERVICE.md R11).
    WrittenRequest,
    /// An alarm for the people who operate the service.
    Alarm {
        /// The stable name of the alarm, which `docs/alarms.md` explains.
        alarm: &'a str,
        /// How often the alarm was raised since the last message about it.
        times: u32,
        /// When it was raised.
        at: &'a Zoned,
    },
}

/// An event that people are told about, with the link by which they can stop or contest it.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// A temporary PIN was issued.
    TemporaryPinIssued {
        /// When it happened.
        at: &'a Zoned,
        /// The link that stops the recovery.
        link: &'a str,
    },
    /// The waiting period before a temporary PIN has begun.
    WaitBegun {
        /// When it happened.
        at: &'a Zoned,
        /// The link that stops the recovery.
        link: &'a str,
    },
    /// A new PIN may be set now.
    NewPinAllowed {
        /// When it happened.
        at: &'a Zoned,
        /// The link that stops the recovery.
        link: &'a str,
    },
    /// A new PIN was set.
    Recovered {
        /// When it happened.
        at: &'a Zoned,
        /// The link that blocks the app.
        link: &'a str,
    },
    /// Telephone numbers or e-mail addresses were changed.
    ChannelsChanged {
        /// When it happened.
        at: &'a Zoned,
        /// The link that contests the change.
        link: &'a str,
    },
    /// A foreign document was recorded for the person.
    DocumentRecorded {
        /// When it happened.
        at: &'a Zoned,
        /// The link that contests the record.
        link: &'a str,
    },
    /// The link of an earlier notice was used, and the recovery was stopped.
    Stopped {
        /// When it happened.
        at: &'a Zoned,
    },
}

/// The news about an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentNews {
    /// The appointment was booked.
    Booked,
    /// The appointment was moved to another time or centre.
    Moved,
    /// The appointment is soon.
    Reminder,
    /// The appointment was cancelled.
    Cancelled,
}

/// An appointment at a centre.
#[derive(Clone, Debug)]
pub struct Appointment<'a> {
    /// When the appointment begins, in the centre's time zone.
    pub at: &'a Zoned,
    /// The name of the centre.
    pub centre: &'a str,
    /// The address of the centre, in one line.
    pub address: &'a str,
    /// The reference of the appointment.
    pub reference: &'a str,
    /// The address of the page on which people move or cancel the appointment, or book a new one.
    pub link: &'a str,
}

/// A value that a text may use.
pub(super) enum Argument<'a> {
    Text(Cow<'a, str>),
    Number(i64),
}

impl<'a> Message<'a> {
    /// The first part of the names of the message's texts in the language files.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::TemporaryPin { .. } => "temporary-pin",
            Self::Activation { .. } => "activation",
            Self::ConfirmChannel { .. } => "confirm-channel",
            Self::Notice(Notice::TemporaryPinIssued { .. }) => "temporary-pin-issued",
            Self::Notice(Notice::WaitBegun { .. }) => "wait-begun",
            Self::Notice(Notice::NewPinAllowed { .. }) => "new-pin-allowed",
            Self::Notice(Notice::Recovered { .. }) => "recovered",
            Self::Notice(Notice::ChannelsChanged { .. }) => "channels-changed",
            Self::Notice(Notice::DocumentRecorded { .. }) => "document-recorded",
            Self::Notice(Notice::Stopped { .. }) => "stopped",
            Self::NumberChanged { .. } => "number-changed",
            Self::Appointment(AppointmentNews::Booked, _) => "appointment-booked",
            Self::Appointment(AppointmentNews::Moved, _) => "appointment-moved",
            Self::Appointment(AppointmentNews::Reminder, _) => "appointment-reminder",
            Self::Appointment(AppointmentNews::Cancelled, _) => "appointment-cancelled",
            Self::AppointmentCode { .. } => "appointment-code",
            Self::WrittenRequest => "written-request",
            Self::Alarm { .. } => "alarm",
        }
    }

    /// The values that the texts of the message may use.
    pub(super) fn arguments(&self) -> Vec<(&'static str, Argument<'a>)> {
        let text = |name, value: &'a str| (name, Argument::Text(Cow::Borrowed(value)));
        match self {
            Self::TemporaryPin { code, now, until } | Self::ConfirmChannel { code, now, until } => {
                let mut arguments = moment(until);
                let days = if now.date() == until.date() { "today" } else { "other" };
                arguments.extend([text("code", code), text("days", days)]);
                arguments
            }
            Self::Activation { code, until } => {
                let mut arguments = moment(until);
                arguments.push(text("code", code));
                arguments
            }
            Self::Notice(
                Notice::TemporaryPinIssued { at, link }
                | Notice::WaitBegun { at, link }
                | Notice::NewPinAllowed { at, link }
                | Notice::Recovered { at, link }
                | Notice::ChannelsChanged { at, link }
                | Notice::DocumentRecorded { at, link },
            ) => {
                let mut arguments = moment(at);
                arguments.push(text("link", link));
                arguments
            }
            Self::Notice(Notice::Stopped { at }) | Self::NumberChanged { at } => moment(at),
            Self::Appointment(_, appointment) => {
                let mut arguments = moment(appointment.at);
                arguments.extend([
                    text("centre", appointment.centre),
                    text("address", appointment.address),
                    text("reference", appointment.reference),
                    text("link", appointment.link),
                ]);
                arguments
            }
            Self::AppointmentCode { reference, code, until } => {
                let mut arguments = moment(until);
                arguments.extend([text("reference", reference), text("code", code)]);
                arguments
            }
            Self::WrittenRequest => Vec::new(),
            Self::Alarm { alarm, times, at } => {
                let mut arguments = moment(at);
                arguments.push(text("alarm", alarm));
                arguments.push(("times", Argument::Number(i64::from(*times))));
                arguments
            }
        }
    }
}

/// The date and time as arguments of a text, with the place where the time zone is not the Danish one.
fn moment<'a>(at: &Zoned) -> Vec<(&'static str, Argument<'a>)> {
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    let place = match zone {
        HOME_ZONE => "none".to_owned(),
        zone => zone.rsplit('/').next().unwrap_or(zone).replace('_', " "),
    };
    let time = format!("{:02}:{:02}", at.hour(), at.minute());
    let weekday = i64::from(at.weekday().to_monday_one_offset());
    vec![
        ("time", Argument::Text(Cow::Owned(time))),
        ("place", Argument::Text(Cow::Owned(place))),
        ("weekday", Argument::Number(weekday)),
        ("day", Argument::Text(Cow::Owned(at.day().to_string()))),
        ("month", Argument::Number(i64::from(at.month()))),
        ("year", Argument::Text(Cow::Owned(at.year().to_string()))),
    ]
}
