//! What earlier versions saved is read, and written again byte for byte.

use recovery::appointment::Slot;
use recovery::authenticator::Authenticator;
use recovery::caller_limits::{AgentLimit, CentreLimit};
use recovery::enrolment::Enrolment;
use recovery::grant::Grant;
use recovery::person::Person;
use recovery::sms_budget::SmsBudget;
use recovery::temporary_pin::TemporaryPin;
use recovery::veto::Veto;
use store::rows::appointment::{StoredAppointment, StoredCentre};
use store::rows::case::StoredCase;
use store::rows::p_code::StoredPCode;
use store::rows::used_sets::UsedSets;
use testkit::stored_rows::come_back;

const ROWS: &str = include_str!("rows.txt");

#[test]
fn what_an_earlier_version_saved_comes_back_byte_for_byte() {
    come_back::<Authenticator>(ROWS);
    come_back::<Grant>(ROWS);
    come_back::<Enrolment>(ROWS);
    come_back::<TemporaryPin>(ROWS);
    come_back::<StoredPCode>(ROWS);
    come_back::<Person>(ROWS);
    come_back::<StoredCase>(ROWS);
    come_back::<UsedSets>(ROWS);
    come_back::<Veto>(ROWS);
    come_back::<AgentLimit>(ROWS);
    come_back::<CentreLimit>(ROWS);
    come_back::<StoredCentre>(ROWS);
    come_back::<Slot>(ROWS);
    come_back::<StoredAppointment>(ROWS);
    come_back::<SmsBudget>(ROWS);
}
