//! Rows that an earlier version saved, to be read and written again byte for byte.

use store::codec::{Reader, to_bytes};
use store::facade::Aggregate;

/// Reads every row of the kind of `A` in a list of rows in clear, and writes those of today's schema version again. A line of the list is
/// the code of the kind, the schema version and the bytes in hexadecimal digits; `#` begins a comment.
///
/// Two fields of one type that change places are not found: they are read and written alike.
///
/// # Panics
///
/// A row that is not read whole, or is written otherwise than it was; a list without a row of the kind.
pub fn come_back<A: Aggregate>(rows: &str) {
    let mut seen = 0_usize;
    for row in rows.lines().filter(|line| !line.starts_with('#')) {
        let [kind, schema, bytes] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("kind, schema version and bytes: {row}")
        };
        if kind != A::KIND.code().to_string() {
            continue;
        }
        let schema: u16 = schema.parse().expect("a schema version is a number");
        let bytes = unhex(bytes);
        let mut reader = Reader::of_schema(schema, &bytes);
        let value = A::restore(&mut reader, A::KIND.name()).expect("an earlier version wrote it");
        assert!(reader.finish().is_ok(), "bytes are left over: {row}");
        assert!(
            schema != A::SCHEMA || *to_bytes(&value) == bytes,
            "it is written otherwise: {row}"
        );
        seen += 1;
    }
    assert!(seen > 0, "the list has no row of the kind {}", A::KIND);
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("two hexadecimal digits"))
        .collect()
}
