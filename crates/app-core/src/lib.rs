//! The core of an app on a phone: state, PIN, device key, chip reading over a card it is handed, face capture.
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
//!
//! A module uses only those above it in this list: what goes in and out is data, a place is data, the session
//! holds everything, flows go from place to place, and the app chooses the flow.

mod handed_in;
mod text;

mod action;
mod people;

mod phone_check;
mod view;

mod place;
mod session;

mod flows;

mod app;

pub use action::{ActError, Action, CapturedFrame, GreyPicture, HeadMovement, TypedText};
pub use app::{App, StartError};
pub use handed_in::{
    AppParts, CameraState, Card, CardLost, CardSlot, Device, DeviceKeys, KeyError, KeyHandle,
    NoCard, Offline, Progress, Random, ReadPart, ReaderState, Release, Server, ServerRequest,
    ServerResponse, Settings, Vault, VaultError,
};
pub use phone_check::PhoneCheck;
pub use text::{Argument, Text};
pub use view::{
    CaptureEvent, CodeEntry, FaceWay, Help, Home, LiveCapture, LockCard, Notice, NoticeKind,
    NoticeText, PersonView, Screen, SignInCard, Steps, TypedDocument, View,
};
