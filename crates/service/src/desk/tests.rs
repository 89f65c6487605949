use crate::tests::rows_come_back;

#[test]
fn notes_of_the_desk_of_an_earlier_version_come_back() {
    rows_come_back::<crate::desk::notes::DeskNotes>();
}
