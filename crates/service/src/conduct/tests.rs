use crate::tests::rows_come_back;

#[test]
fn rows_of_conduct_of_an_earlier_version_come_back() {
    rows_come_back::<crate::conduct::sample::SampledCase>();
    rows_come_back::<crate::conduct::person::StaffPerson>();
}
