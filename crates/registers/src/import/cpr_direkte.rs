//! Reads the batch files of the population register: records of fixed positions.
//!
//! A file is a start record (000), records of the types below in any order, and an end record (999). There is one
//! record on each line, or the records have their fixed lengths without line breaks. Text is ISO 8859-1 or UTF-8.
//! Positions count characters from 1. The layout is that of the register's interface; the names of the fields in this
//! module are this project's own.
//!
//! These types are read: 001 person, 002 and 003 current address, 004 protection, 005 departure, 008 name, 009 birth
//! registration, 010 citizenship, 012 civil status, 014 children, 015 parents, 017 incapacity, 022 former numbers, 023
//! former addresses, 024 former departures, 026 former names and 029 former civil status. Records of other types are
//! counted and skipped.
//!
//! A value that the register marks as uncertain is not taken as a fact. A former row that the register has annulled or
//! corrected, or whose end is unknown, is skipped.

mod people;
mod record;

use jiff::civil::Date;

use self::people::People;
use super::{ImportError, RowErrors, decode, table::Table};
use crate::{MunicipalityCode, Person};

/// The contents of a batch file.
#[derive(Debug)]
pub struct Batch {
    /// The people, in the order of their national numbers.
    pub people: Vec<Person>,
    /// The day on which the register made the file.
    pub produced: Option<Date>,
    /// The number of records that were read.
    pub records_read: usize,
    /// The number of records that were skipped, because of their type or because they were annulled.
    pub records_passed_over: usize,
    /// The number of error records that the register put into the file (type 910).
    pub errors_reported: usize,
}

/// The names of roads, because former addresses carry only the codes of roads.
#[derive(Debug, Default)]
pub struct Roads(std::collections::BTreeMap<(MunicipalityCode, u16), String>);

impl Roads {
    /// Reads a CSV file with the columns `municipality,road,name`.
    ///
    /// # Errors
    ///
    /// [`ImportError`] where anything in the file is wrong.
    pub fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        let table = Table::read(bytes, &["municipality", "road", "name"])?;
        let mut errors = RowErrors::default();
        let mut roads = Self::default();
        for row in table.rows() {
            let e = &mut errors;
            let municipality =
                row.parsed("municipality", "one to four digits", e, MunicipalityCode::parse);
            let road = row.parsed("road", "one to four digits", e, |t| {
                t.parse::<u16>().ok().filter(|road| *road <= 9_999)
            });
            let name = row.text("name", e);
            if let (Some(municipality), Some(road)) = (municipality, road) {
                roads.0.insert((municipality, road), name.to_owned());
            }
        }
        errors.into_result(roads)
    }

    fn name(&self, municipality: MunicipalityCode, road: &str) -> &str {
        let road = road.trim().parse().ok();
        let name = road.and_then(|road| self.0.get(&(municipality, road)));
        name.map_or("", String::as_str)
    }
}

/// Reads a batch file. `roads` gives the names for the road codes of former addresses; an address whose road has no
/// name there still tells its municipality.
///
/// # Errors
///
/// [`ImportError::CutOff`] where the file has no end record; [`ImportError::Rows`] where a record cannot be assigned to
/// a person or carries an unknown status.
pub fn read(bytes: &[u8], roads: &Roads) -> Result<Batch, ImportError> {
    let text = decode(bytes);
    let mut errors = RowErrors::default();
    let mut people = People::new(roads);
    let mut batch = Batch {
        people: Vec::new(),
        produced: None,
        records_read: 0,
        records_passed_over: 0,
        errors_reported: 0,
    };
    let mut ended = false;
    for record in record::split(&text) {
        let record = record.map_err(|line| ImportError::Csv { line })?;
        if ended {
            errors.add(record.line, "record", "nothing after the end record");
            break;
        }
        match record.kind() {
            "000" => batch.produced = record.plain_day(20),
            "999" => ended = true,
            "910" => batch.errors_reported += 1,
            _ => match people.take(&record, &mut errors) {
                people::Taken::Read => batch.records_read += 1,
                people::Taken::PassedOver => batch.records_passed_over += 1,
            },
        }
    }
    if !ended {
        return Err(ImportError::CutOff);
    }
    batch.people = people.finish();
    errors.into_result(batch)
}

#[cfg(test)]
mod tests;
