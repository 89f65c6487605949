//! Calendar files (RFC 5545, RFC 5546).

use jiff::{Timestamp, tz::TimeZone};

use crate::Sensitive;

/// The longest line in octets, without the line break (RFC 5545 §3.1).
const LINE_OCTETS_MAX: usize = 75;

/// An appointment for a person's calendar.
///
/// A later entry with the same `uid` and a higher `sequence` moves or cancels the appointment there.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The id of the appointment, which stays the same when it is moved.
    pub uid: String,
    /// The number of changes of the appointment: 0 for the booking.
    pub sequence: u32,
    /// When this entry was written.
    pub written_at: Timestamp,
    /// When the appointment begins.
    pub start: Timestamp,
    /// When the appointment ends.
    pub end: Timestamp,
    /// The title.
    pub summary: Sensitive<String>,
    /// The place of the appointment, as calendars show it.
    pub location: Sensitive<String>,
    /// A description, which says what to bring and how to move the appointment.
    pub description: Sensitive<String>,
    /// Whether the appointment is cancelled, so that calendars remove it.
    pub cancelled: bool,
}

impl Invitation {
    /// The calendar method: `PUBLISH`, or `CANCEL` for a cancelled appointment.
    pub const fn method(&self) -> &'static str {
        if self.cancelled { "CANCEL" } else { "PUBLISH" }
    }

    /// Writes the `.ics` file. Its times are in UTC, so that it needs no definitions of time zones.
    pub fn to_ics(&self) -> Sensitive<String> {
        let mut file = String::new();
        let status = if self.cancelled { "CANCELLED" } else { "CONFIRMED" };
        let lines = [
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            "PRODID:-//Genvej//Citizen Service//DA".to_owned(),
            format!("METHOD:{}", self.method()),
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", escape(&self.uid)),
            format!("SEQUENCE:{}", self.sequence),
            format!("DTSTAMP:{}", instant(self.written_at)),
            format!("DTSTART:{}", instant(self.start)),
            format!("DTEND:{}", instant(self.end)),
            format!("SUMMARY:{}", escape(self.summary.expose())),
            format!("LOCATION:{}", escape(self.location.expose())),
            format!("DESCRIPTION:{}", escape(self.description.expose())),
            format!("STATUS:{status}"),
            "END:VEVENT".to_owned(),
            "END:VCALENDAR".to_owned(),
        ];
        for line in lines {
            fold(&line, &mut file);
        }
        Sensitive::new(file)
    }
}

/// An instant in the form `19980119T070000Z`.
fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Escapes a text value (RFC 5545 §3.3.11). Control characters such as a carriage return, which would end the line, are
/// left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            ';' => escaped.push_str("\\;"),
            ',' => escaped.push_str("\\,"),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Folds a line after at most 75 octets and never inside a character. Each continuation line begins with a blank.
fn fold(line: &str, file: &mut String) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > LINE_OCTETS_MAX {
            file.push_str("\r\n ");
            octets = 1;
        }
        file.push(c);
        octets += c.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(cancelled: bool) -> Invitation {
        Invitation {
            uid: "A1B2@genvej.example".to_owned(),
            sequence: 2,
            written_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            start: "2026-12-01T09:15:00Z".parse().unwrap(),
            end: "2026-12-01T09:30:00Z".parse().unwrap(),
            summary: "Borgerservice; tid".into(),
            location: "Rådhuspladsen 1, 2300 København S".into(),
            description: "Medbring pas\r\nBEGIN:VEVENT ".into(),
            cancelled,
        }
    }

    #[test]
    fn an_entry_is_written_after_rfc_5545() {
        let ics = invitation(false).to_ics().expose().clone();

        assert!(ics.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
        assert!(ics.contains("\r\nMETHOD:PUBLISH\r\n"));
        assert!(ics.contains("\r\nDTSTART:20261201T091500Z\r\nDTEND:20261201T093000Z\r\n"));
        assert!(ics.contains("\r\nSUMMARY:Borgerservice\\; tid\r\n"));
        assert!(ics.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
    }

    #[test]
    fn a_value_cannot_begin_a_line_of_its_own() {
        let ics = invitation(false).to_ics().expose().clone();

        assert_eq!(ics.matches("\r\nBEGIN:VEVENT\r\n").count(), 1);
        assert!(ics.contains("DESCRIPTION:Medbring pas\\nBEGIN:VEVENT"));
    }

    #[test]
    fn no_line_is_longer_than_75_octets_and_no_character_is_broken() {
        let mut long = invitation(true);
        long.description = Sensitive::new("æøå€😀".repeat(60));

        let ics = long.to_ics().expose().clone();

        assert!(ics.split("\r\n").all(|line| line.len() <= LINE_OCTETS_MAX));
        assert!(ics.replace("\r\n ", "").contains(&"æøå€😀".repeat(60)));
        assert!(ics.contains("METHOD:CANCEL") && ics.contains("STATUS:CANCELLED"));
    }
}
