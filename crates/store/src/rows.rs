//! The rows of the domain's values: for each kind its id, its owner, its look-ups, its deadline and its bytes. Which kinds
//! there are, and how the rows of each end, stands in [`crate::kinds`].

pub mod appointment;
pub mod authenticator;
pub mod caller_limits;
pub mod case;
pub mod challenge;
pub mod codes_shown;
pub mod desk_notes;
pub mod enrolment;
pub mod face_try;
pub mod grant;
pub mod identity;
pub mod p_code;
pub mod person;
pub mod reply;
pub mod sampled_case;
pub mod sign_in;
pub mod sms_budget;
pub mod staff_account;
pub mod temporary_pin;
pub mod used_once;
pub mod used_sets;
pub mod veto;
