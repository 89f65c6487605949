//! Reads and writes the names of places in CSV with the columns `code,name`; one code may have several rows, each with
//! a name.

use super::{
    ImportError, RowErrors,
    table::{Table, write_line},
};
use crate::{MunicipalityCode, Places};

const COLUMNS: [&str; 2] = ["code", "name"];

/// Adds the names in a file to the built-in ones: former municipalities, parishes, names in other languages.
///
/// # Errors
///
/// [`ImportError`] where anything in the file is wrong.
pub fn read(bytes: &[u8]) -> Result<Places, ImportError> {
    let table = Table::read(bytes, &COLUMNS)?;
    let mut errors = RowErrors::default();
    let mut places = Places::built_in();
    for row in table.rows() {
        let code = row.parsed("code", "one to four digits", &mut errors, MunicipalityCode::parse);
        let name = row.parsed("name", "a name", &mut errors, |text| {
            (!text.is_empty()).then(|| text.to_owned())
        });
        if let (Some(code), Some(name)) = (code, name) {
            places.add(code, &name);
        }
    }
    errors.into_result(places)
}

/// Writes all names, the built-in ones included.
pub fn write(places: &Places) -> Vec<u8> {
    let mut file = Vec::new();
    write_line(&mut file, &COLUMNS);
    for (code, names) in places.iter() {
        for name in names {
            write_line(&mut file, &[&code.to_string(), name]);
        }
    }
    file
}
