//! Imports files into the tables: CSV files in this project's own layouts, and the batch records of the population
//! register.
//!
//! All CSV files are UTF-8 (ISO 8859-1 is recognised), with a header line, separated by commas or semicolons, quoted as
//! in RFC 4180. Dates are `YYYY-MM-DD`; an empty field means "not known". A file with an error is refused as a whole.
//! The errors name line and column and never repeat the contents.
//!
//! | file | read by | columns |
//! |---|---|---|
//! | population | [`population`] | `person,row,from,until,registered,v1,v2,v3,v4,v5,v6,v7` |
//! | population | [`cpr_direkte`] | fixed positions, see there |
//! | documents | [`documents`] | `person,kind,state,number,issued,expires,carries_cpr,standing,standing_since` |
//! | centres | [`centres`] | `centre,name,municipality,street,postcode,town,latitude,longitude,zone,desks,hours` |
//! | places | [`places`] | `code,name` |

mod table;

pub mod centres;
pub mod cpr_direkte;
pub mod documents;
pub mod places;
pub mod population;

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The header line lacks a column.
    #[error("the header line has no column `{0}`")]
    Header(&'static str),
    /// The file is not CSV.
    #[error("line {line} cannot be split into fields")]
    Csv {
        /// The number of the line, counted from 1.
        line: u64,
    },
    /// A file of fixed positions has no end record, so its end is missing.
    #[error("the file ends without its end record: it is cut off")]
    CutOff,
    /// Fields are wrong; the first of them are listed.
    #[error("{} in the file: {}", count(*total), list(first))]
    Rows {
        /// The number of wrong fields.
        total: usize,
        /// The first wrong fields.
        first: Vec<RowError>,
    },
}

/// One wrong field. It says what was expected in which place, and never what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The number of the line, counted from 1.
    pub line: u64,
    /// The name of the column.
    pub column: &'static str,
    /// What was expected there.
    pub expected: &'static str,
}

/// The most wrong fields that are listed.
const ROW_ERRORS_LISTED_MAX: usize = 20;

fn count(total: usize) -> String {
    if total == 1 { "1 error".to_owned() } else { format!("{total} errors") }
}

fn list(errors: &[RowError]) -> String {
    let each: Vec<String> = errors
        .iter()
        .map(|e| format!("line {}, {}: {} expected", e.line, e.column, e.expected))
        .collect();
    each.join("; ")
}

/// Collects wrong fields, and refuses the file if there are any.
#[derive(Debug, Default)]
struct RowErrors {
    total: usize,
    first: Vec<RowError>,
}

impl RowErrors {
    fn add(&mut self, line: u64, column: &'static str, expected: &'static str) {
        self.total += 1;
        if self.first.len() < ROW_ERRORS_LISTED_MAX {
            self.first.push(RowError { line, column, expected });
        }
    }

    fn into_result<T>(self, value: T) -> Result<T, ImportError> {
        if self.total == 0 {
            return Ok(value);
        }
        Err(ImportError::Rows { total: self.total, first: self.first })
    }
}

/// Decodes UTF-8 without a byte-order mark, or else ISO 8859-1, in which every byte sequence is valid.
fn decode(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
