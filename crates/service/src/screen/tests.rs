use crate::tests::rows_come_back;

#[test]
fn rows_of_screens_of_an_earlier_version_come_back() {
    rows_come_back::<crate::screen::reveal::Reveal>();
    rows_come_back::<crate::screen::row::PairedScreen>();
    rows_come_back::<crate::screen::row::ScreenPairing>();
    rows_come_back::<crate::screen::cap::CodesShown>();
}
