//! Reads a CSV file as rows with named fields, and writes lines of CSV.

use jiff::civil::Date;

use super::{ImportError, RowErrors, decode};
use crate::Cpr;

/// The longest field in bytes.
const FIELD_BYTES_MAX: usize = 256;

/// The rows of a CSV file. The columns of its header line may have any order; further columns are ignored.
pub(super) struct Table {
    rows: Vec<(u64, Vec<String>)>,
    columns: Vec<(&'static str, usize)>,
}

/// One row of the file.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    fields: &'a [String],
    columns: &'a [(&'static str, usize)],
}

impl Table {
    pub(super) fn read(bytes: &[u8], wanted: &[&'static str]) -> Result<Self, ImportError> {
        let text = decode(bytes);
        let header_line = text.lines().next().unwrap_or_default();
        let semicolons = header_line.matches(';').count();
        let delimiter = if semicolons > header_line.matches(',').count() { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| ImportError::Csv { line: 1 })?.clone();
        let columns = wanted
            .iter()
            .map(|name| {
                let place = header.iter().position(|h| h.eq_ignore_ascii_case(name));
                place.map(|place| (*name, place)).ok_or(ImportError::Header(name))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| ImportError::Csv {
                line: error.position().map_or(0, csv::Position::line),
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push((line, record.iter().map(str::to_owned).collect()));
        }
        Ok(Self { rows, columns })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, fields)| Row { line: *line, fields, columns: &self.columns })
    }
}

impl Row<'_> {
    /// The text of a field, empty where the row is too short. A field that is too long is recorded as an error.
    pub(super) fn text(&self, column: &'static str, errors: &mut RowErrors) -> &str {
        let place = self.columns.iter().find(|(name, _)| *name == column).map(|(_, place)| *place);
        let field = place.and_then(|place| self.fields.get(place)).map_or("", String::as_str);
        if field.len() > FIELD_BYTES_MAX || field.chars().any(char::is_control) {
            errors.add(self.line, column, "at most 256 bytes of plain text");
            return "";
        }
        field
    }

    /// The date in a field; `None` where it is empty.
    pub(super) fn day(&self, column: &'static str, errors: &mut RowErrors) -> Option<Date> {
        let text = self.text(column, errors);
        if text.is_empty() {
            return None;
        }
        let day = parse_day(text);
        if day.is_none() {
            errors.add(self.line, column, "a day YYYY-MM-DD");
        }
        day
    }

    /// The birth date in a field; `None` where it is empty, or where only part of it is known and the rest is written
    /// as zeros, as in a machine-readable zone.
    pub(super) fn birth_day(&self, column: &'static str, errors: &mut RowErrors) -> Option<Date> {
        let text = self.text(column, errors);
        if is_partly_unknown(text) { None } else { self.day(column, errors) }
    }

    /// The national number in a field; `None` where it is empty.
    pub(super) fn cpr(&self, column: &'static str, errors: &mut RowErrors) -> Option<Cpr> {
        let text = self.text(column, errors);
        if text.is_empty() {
            return None;
        }
        let cpr = Cpr::parse(text).ok();
        if cpr.is_none() {
            errors.add(self.line, column, "a national number DDMMYY-SSSS");
        }
        cpr
    }

    /// The field as parsed by `parse`; an error is recorded where that fails.
    pub(super) fn parsed<T>(
        &self,
        column: &'static str,
        expected: &'static str,
        errors: &mut RowErrors,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = parse(self.text(column, errors));
        if value.is_none() {
            errors.add(self.line, column, expected);
        }
        value
    }
}

/// Whether the text is a date of which part is unknown: `YYYY-MM-00`, `YYYY-00-00` or `0000-00-00`.
fn is_partly_unknown(text: &str) -> bool {
    /// The part of a date, where it is known; an unknown month or day is `00`.
    fn known(part: Option<&str>) -> Option<&str> {
        part.filter(|part| *part != "00")
    }
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
    let form = text.len() == 10 && parts.next().is_none() && day.is_some();
    let day_unknown = form && known(day).is_none() && year.is_some_and(digits);
    day_unknown && month.is_some_and(|month| month.parse().is_ok_and(|month: u8| month <= 12))
}

/// The date in the form `YYYY-MM-DD`; `None` where there is no such day.
pub(super) fn parse_day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let form = bytes.len() == 10
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !form {
        return None;
    }
    let mut parts = text.split('-');
    let year = parts.next()?.parse().ok()?;
    Date::new(year, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?).ok()
}

/// Writes one line of CSV as in RFC 4180.
pub(super) fn write_line(file: &mut Vec<u8>, fields: &[&str]) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            file.push(b',');
        }
        if field.contains([',', ';', '"', '\n', '\r']) {
            file.push(b'"');
            file.extend(field.replace('"', "\"\"").into_bytes());
            file.push(b'"');
        } else {
            file.extend(field.bytes());
        }
    }
    file.push(b'\n');
}
