//! What a message says, before it has words.

use std::borrow::Cow;

use jiff::Zoned;

/// The zone whose clock needs no name beside it.
const HOME_ZONE: &str = "Europe/Copenhagen";

/// A message.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// The temporary PIN itself. SMS only, and never with a link.
    TemporaryPin {
        /// The eight digits.
        code: &'a str,
        /// When it is written: the day is said only where the code outlives it.
        now: &'a Zoned,
        /// Until when, on the person's clock.
        until: &'a Zoned,
    },
    /// The activation code of an enrolment.
    Activation {
        /// The code.
        code: &'a str,
        /// Until when.
        until: &'a Zoned,
    },
    /// A code that proves that a number or address is the person's.
    ConfirmChannel {
        /// The code.
        code: &'a str,
        /// When it is written.
        now: &'a Zoned,
        /// Until when.
        until: &'a Zoned,
    },
    /// What happened to the app, to every channel.
    Notice(Notice<'a>),
    /// The phone number was registered or changed.
    NumberChanged {
        /// The moment that the message names.
        at: &'a Zoned,
    },
    /// About an appointment.
    Appointment(AppointmentNews, Appointment<'a>),
    /// A code that shows whose appointment it is.
    AppointmentCode {
        /// The appointment's reference.
        reference: &'a str,
        /// The code.
        code: &'a str,
        /// Until when.
        until: &'a Zoned,
    },
    /// The standard reply to a written request (SERVICE.md R11).
    WrittenRequest,
    /// An alarm, to those who run the service.
    Alarm {
        /// Its stable name, by which `docs/alarms.md` explains it.
        alarm: &'a str,
        /// How often since the last message about it.
        times: u32,
        /// The moment that the message names.
        at: &'a Zoned,
    },
}

/// A notice with the moment of what happened and the link that stops it.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// A temporary PIN was issued.
    TemporaryPinIssued {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that stops it.
        link: &'a str,
    },
    /// Somebody has begun to wait for a temporary PIN.
    WaitBegun {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that stops it.
        link: &'a str,
    },
    /// A new PIN is allowed now.
    NewPinAllowed {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that stops it.
        link: &'a str,
    },
    /// A new PIN was set.
    Recovered {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that stops it.
        link: &'a str,
    },
    /// Phone numbers or addresses were changed.
    ChannelsChanged {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that objects to it.
        link: &'a str,
    },
    /// A foreign document was recorded as the person's.
    DocumentRecorded {
        /// The moment that the message names.
        at: &'a Zoned,
        /// The link that objects to it.
        link: &'a str,
    },
    /// A link was followed and the recovery stopped.
    Stopped {
        /// The moment that the message names.
        at: &'a Zoned,
    },
}

/// What is new about an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentNews {
    /// It was booked.
    Booked,
    /// It was moved to another time or centre.
    Moved,
    /// It comes soon.
    Reminder,
    /// It is called off.
    Cancelled,
}

/// An appointment at a centre.
#[derive(Clone, Debug)]
pub struct Appointment<'a> {
    /// When, on the centre's clock.
    pub at: &'a Zoned,
    /// The centre's name.
    pub centre: &'a str,
    /// Where it is, in one line.
    pub address: &'a str,
    /// The reference.
    pub reference: &'a str,
    /// The page that moves or cancels it, or books a new one.
    pub link: &'a str,
}

/// A value that a text may use.
pub(super) enum Argument<'a> {
    Text(Cow<'a, str>),
    Number(i64),
}

impl<'a> Message<'a> {
    /// The first part of the text's name in the language files.
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

    /// The values that its text may use.
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

/// Day and clock; the place only where the clock is not the Danish one.
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
