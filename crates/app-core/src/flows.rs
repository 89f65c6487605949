//! Flows: what happens between two places when a person does something.
//!
//! Each flow takes the session, checks that it stands at the right place, asks the server and goes to the next place.

pub(crate) mod activation;
pub(crate) mod chip_face;
pub(crate) mod face_capture;
pub(crate) mod new_pin;
pub(crate) mod phone_check;
pub(crate) mod pin_try;
pub(crate) mod reading;
pub(crate) mod sign_in;
pub(crate) mod temporary_pin;
