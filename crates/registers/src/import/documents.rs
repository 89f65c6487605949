//! Reads and writes documents in CSV: their holders, how long they are valid, and what was reported about them.
//!
//! `kind` is one of `passport`, `emergency-passport`, `identity-card`, `municipal-id-card`,
//! `foreign-ministry-card`, `driving-licence`, `residence-permit`, `health-card`,
//! `special-health-card`, `certificate`; `carries_cpr` is `yes` or `no`; `standing` is `in-force`,
//! `lost`, `stolen` or `revoked`.

use super::{
    ImportError, RowErrors,
    table::{Table, write_line},
};
use crate::{Document, DocumentKind, DocumentNumber, IssuingState, PersonRef, Standing};

const COLUMNS: [&str; 9] = [
    "person",
    "kind",
    "state",
    "number",
    "issued",
    "expires",
    "carries_cpr",
    "standing",
    "standing_since",
];

/// Reads a documents file.
///
/// # Errors
///
/// [`ImportError`] where anything in the file is wrong; then nothing is imported.
pub fn read(bytes: &[u8]) -> Result<Vec<Document>, ImportError> {
    let table = Table::read(bytes, &COLUMNS)?;
    let mut errors = RowErrors::default();
    let mut documents = Vec::new();
    for row in table.rows() {
        let e = &mut errors;
        let holder =
            row.parsed("person", "an id of 1 to 64 characters", e, |t| PersonRef::parse(t).ok());
        let kind = row.parsed("kind", "a kind of document", e, DocumentKind::of_word);
        let state = row.parsed("state", "one to three letters", e, |t| IssuingState::parse(t).ok());
        let number = row
            .parsed("number", "1 to 22 letters and digits", e, |t| DocumentNumber::parse(t).ok());
        let carries_cpr = row.parsed("carries_cpr", "yes or no", e, |t| match t {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        });
        let standing = row.parsed("standing", "a standing", e, Standing::of_word);
        let (issued, expires) = (row.day("issued", e), row.day("expires", e));
        let standing_since = row.day("standing_since", e);
        if let (
            Some(holder),
            Some(kind),
            Some(state),
            Some(number),
            Some(carries_cpr),
            Some(standing),
        ) = (holder, kind, state, number, carries_cpr, standing)
        {
            documents.push(Document {
                holder,
                kind,
                state,
                number,
                issued,
                expires,
                carries_cpr,
                standing,
                standing_since,
            });
        }
    }
    errors.into_result(documents)
}

/// Writes documents in the layout that [`read`] takes.
pub fn write(documents: &[Document]) -> Vec<u8> {
    let mut file = Vec::new();
    write_line(&mut file, &COLUMNS);
    for document in documents {
        let day = |day: Option<jiff::civil::Date>| day.map(|d| d.to_string()).unwrap_or_default();
        let fields = [
            document.holder.as_str(),
            document.kind.word(),
            document.state.as_str(),
            document.number.as_str(),
            &day(document.issued),
            &day(document.expires),
            if document.carries_cpr { "yes" } else { "no" },
            document.standing.word(),
            &day(document.standing_since),
        ];
        write_line(&mut file, &fields);
    }
    file
}
