use crate::tests::rows_come_back;

#[test]
fn notices_of_alarms_of_an_earlier_version_come_back() {
    rows_come_back::<crate::alarm::notice::AlarmNotice>();
}
