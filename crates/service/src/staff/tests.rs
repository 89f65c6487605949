use crate::tests::rows_come_back;

#[test]
fn rows_of_staff_of_an_earlier_version_come_back() {
    rows_come_back::<crate::staff::account::Account>();
    rows_come_back::<crate::staff::invitation::Invitation>();
    rows_come_back::<crate::staff::session::Session>();
    rows_come_back::<crate::staff::used_once::UsedOnce>();
    rows_come_back::<crate::staff::provider_session::ProviderSession>();
    rows_come_back::<crate::staff::passkey::Passkey>();
}
