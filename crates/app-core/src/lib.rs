//! What a phone runs: state, PIN, device key, chip reading over a card it is handed, face capture.
//!
//! ```text
//! page ── Action ──► App::act ── signed request ──► Server (handed in)
//!      ◄─ View ───── App::view ◄─ answer ──────────
//! ```
//!
//! Everything that a person sees comes out as a [`View`]; everything they do goes in as an
//! [`Action`]. Server, device keys, storage, card and randomness are handed in, so that a phone in
//! the hand, a phone on a desk and a test drive the same code. There is no clock here: countdowns
//! use the seconds that the server said remain (PROTOCOLS.md section 3).

mod action;
mod activation;
mod app;
mod face_capture;
mod handed_in;
mod navigation;
mod new_pin;
mod people;
mod phone_check;
mod pin_try;
mod place;
mod reading;
mod recovery;
mod session;
mod sign_in;
mod temporary_pin;
mod text;
mod view;

pub use action::{Action, CapturedFrame, GreyPicture, Head, Typed};
pub use app::{ActError, App, AppParts, Settings, StartError};
pub use handed_in::{
    CameraState, Card, CardLost, CardSlot, Device, DeviceKeys, KeyError, KeyHandle, NoCard,
    Offline, Random, ReaderState, Release, Server, ServerRequest, ServerResponse, Vault,
    VaultError,
};
pub use phone_check::PhoneCheck;
pub use reading::{Progress, ReadPart};
pub use text::{Argument, Text};
pub use view::{
    CaptureEvent, CaptureShown, CodeEntry, FaceWay, Help, Home, LockCard, Notice, NoticeKind,
    NoticeText, PersonView, Screen, SignInCard, Steps, TypedDocument, View,
};
