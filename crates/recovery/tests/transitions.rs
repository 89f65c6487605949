//! The transition table in the docs is the one of the code.

use std::path::Path;

#[test]
fn the_printed_table_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/transitions.md");
    let of_the_code = recovery::table();

    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &of_the_code).unwrap();
    }

    let printed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        printed == of_the_code,
        "docs/transitions.md is out of date; refresh it with: \
         UPDATE=1 cargo nextest run -p recovery the_printed_table"
    );
}
