use registers::import::{centres, documents, places, population};

/// Each CSV importer: nothing panics, and what is accepted is written and read back the same.
pub fn run(data: &[u8]) {
    if let Ok(people) = population::read(data) {
        assert_eq!(population::read(&population::write(&people)).expect("our own file"), people);
    }
    if let Ok(rows) = documents::read(data) {
        assert_eq!(documents::read(&documents::write(&rows)).expect("our own file"), rows);
    }
    if let Ok(rows) = centres::read(data) {
        assert_eq!(centres::read(&centres::write(&rows)).expect("our own file"), rows);
    }
    if let Ok(names) = places::read(data) {
        places::read(&places::write(&names)).expect("our own file");
    }
}
