use crate::tests::rows_come_back;

#[test]
fn rows_of_a_case_in_the_app_of_an_earlier_version_come_back() {
    rows_come_back::<crate::chip_face::challenge::Challenge>();
    rows_come_back::<crate::chip_face::agreement::Agreeing>();
    rows_come_back::<crate::chip_face::face_try::FaceTry>();
    rows_come_back::<crate::chip_face::capture::Capture>();
}
