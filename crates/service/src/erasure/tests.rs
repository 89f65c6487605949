use crate::tests::rows_come_back;

#[test]
fn tombstones_of_an_earlier_version_come_back() {
    rows_come_back::<crate::erasure::tombstone::Tombstone>();
}
