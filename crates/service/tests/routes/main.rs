//! The routes of the service and what runs beside them, each over the public API in the test house.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod alarm;
mod appointment;
mod chip_face;
mod conduct;
mod desk;
mod erasure;
mod one_account;
mod operator_token;
mod passkey;
mod phone_call;
mod reading;
mod restore;
mod screen;
mod sign_in;
mod signed_request;
mod staff;
mod sweep;
mod temporary_pin;
mod trusted_clock;
mod veto;
