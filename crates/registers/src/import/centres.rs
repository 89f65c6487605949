//! Reads and writes Citizen Service Centres in CSV.
//!
//! `hours` lists the periods in which the centre is open, separated by spaces, in the centre's own time zone: `mon
//! 10:00-15:00 thu 10:00-12:00 thu 13:00-18:00`; `zone` is an IANA name; latitude and longitude are degrees and may be
//! empty.

use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};

use super::{
    ImportError, RowErrors,
    table::{Table, write_line},
};
use crate::{Centre, CentreId, MunicipalityCode, Opening};

const COLUMNS: [&str; 11] = [
    "centre",
    "name",
    "municipality",
    "street",
    "postcode",
    "town",
    "latitude",
    "longitude",
    "zone",
    "desks",
    "hours",
];

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Reads a centres file.
///
/// # Errors
///
/// [`ImportError`] where anything in the file is wrong; then nothing is imported.
pub fn read(bytes: &[u8]) -> Result<Vec<Centre>, ImportError> {
    let table = Table::read(bytes, &COLUMNS)?;
    let mut errors = RowErrors::default();
    let mut centres: Vec<Centre> = Vec::new();
    for row in table.rows() {
        let e = &mut errors;
        let id = row.parsed("centre", "up to 32 of a-z, 0-9 and -", e, CentreId::parse);
        let municipality =
            row.parsed("municipality", "a municipality of four digits", e, MunicipalityCode::parse);
        let zone = row.parsed("zone", "an IANA time zone", e, |text| {
            TimeZone::get(text).ok().filter(|_| text.contains('/') || text == "UTC")
        });
        let desks =
            row.parsed("desks", "1 to 255", e, |t| t.parse().ok().filter(|desks| *desks > 0));
        let hours = row.parsed("hours", "periods like `mon 10:00-15:00`", e, parse_hours);
        let latitude = row.parsed("latitude", "degrees, -90 to 90", e, |t| degrees(t, 90.0));
        let longitude = row.parsed("longitude", "degrees, -180 to 180", e, |t| degrees(t, 180.0));
        let [name, street, postcode, town] =
            ["name", "street", "postcode", "town"].map(|column| row.text(column, e).to_owned());
        if name.is_empty() {
            e.add(row.line, "name", "a name");
        }
        if let Some(id) = &id
            && centres.iter().any(|centre| centre.id == *id)
        {
            e.add(row.line, "centre", "each centre once");
        }
        if let (Some(id), Some(municipality), Some(zone), Some(desks), Some(hours)) =
            (id, municipality, zone, desks, hours)
        {
            centres.push(Centre {
                id,
                name,
                municipality,
                street,
                postcode,
                town,
                latitude: latitude.flatten(),
                longitude: longitude.flatten(),
                zone,
                desks,
                hours,
            });
        }
    }
    errors.into_result(centres)
}

/// Writes centres in the layout that [`read`] takes.
pub fn write(centres: &[Centre]) -> Vec<u8> {
    let mut file = Vec::new();
    write_line(&mut file, &COLUMNS);
    for centre in centres {
        let degrees = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let fields = [
            centre.id.as_str(),
            &centre.name,
            &centre.municipality.to_string(),
            &centre.street,
            &centre.postcode,
            &centre.town,
            &degrees(centre.latitude),
            &degrees(centre.longitude),
            centre.zone_name(),
            &centre.desks.to_string(),
            &write_hours(&centre.hours),
        ];
        write_line(&mut file, &fields);
    }
    file
}

/// An empty field, or degrees within the limit.
fn degrees(text: &str, limit: f64) -> Option<Option<f64>> {
    if text.is_empty() {
        return Some(None);
    }
    text.parse::<f64>().ok().filter(|v| v.is_finite() && v.abs() <= limit).map(Some)
}

/// Opening periods that do not overlap, sorted in the order of the week.
fn parse_hours(text: &str) -> Option<Vec<Opening>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut hours = Vec::new();
    for pair in words.chunks(2) {
        let [day, period] = pair else { return None };
        let (_, day) = DAYS.into_iter().find(|(word, _)| word == day)?;
        let (from, until) = period.split_once('-')?;
        let (from, until) = (clock(from)?, clock(until)?);
        if until <= from {
            return None;
        }
        hours.push(Opening { day, from, until });
    }
    hours.sort_by_key(|opening| (opening.day.to_monday_zero_offset(), opening.from));
    let overlap = hours.windows(2).any(|pair| match pair {
        [first, second] => first.day == second.day && second.from < first.until,
        _ => false,
    });
    (!overlap).then_some(hours)
}

/// A time in the form `HH:MM`.
fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two(hour) || !two(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn write_hours(hours: &[Opening]) -> String {
    let words: Vec<String> = hours
        .iter()
        .map(|opening| {
            let day = DAYS.into_iter().find(|(_, day)| *day == opening.day).map_or("", |(w, _)| w);
            let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
            format!("{day} {}-{}", clock(opening.from), clock(opening.until))
        })
        .collect();
    words.join(" ")
}
