//! A phone on a desk: hosts `app-core` for a page in the browser.
//!
//! One phone is one page on one origin. The page holds no rule and no secret: it sends what the
//! person does as small JSON commands and shows the picture that comes back. The phone keeps its
//! own key store, and speaks to the server over its public HTTP API alone.
//!
//! PROTOCOLS.md section 16: an unknown `Host` or `Origin` is refused, and every command carries a
//! token that is drawn at each start. There are no cookies.

mod assets;
mod camera;
mod card_slot;
mod desk;
mod desk_reader;
mod device;
mod face_words;
mod guard;
mod key_store;
mod page;
mod phone;
mod phone_check;
mod sealed_file;
mod server_line;
mod vault;
mod web;
mod words;

pub use app_core::{
    Action, Card, CardLost, CardSlot, LockCard, NoCard, PhoneCheck, Random, ReaderState, Screen,
    TypedText, View,
};
pub use camera::{Asked, Camera};
pub use card_slot::EmptySlot;
pub use desk_reader::DeskReader;
pub use phone::{Phone, PhoneConfig, StartError};
pub use pin::Stretch;
pub use words::{Language, UnknownLanguage};
