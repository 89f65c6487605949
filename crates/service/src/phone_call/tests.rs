use crate::tests::rows_come_back;

#[test]
fn notes_of_calls_of_an_earlier_version_come_back() {
    rows_come_back::<crate::phone_call::notes::CallNotes>();
}
