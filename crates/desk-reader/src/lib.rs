//! Lends the smart card reader of a clerk's machine to the page of the Citizen Service console.
//!
//! A page cannot reach a reader, so this small program listens on 127.0.0.1 and carries commands from the page to the chip
//! and answers back. It holds no key and understands nothing of what it carries: the server runs the session, the page
//! relays (PROTOCOLS.md section 7). What passes is personal, so no octet of it is logged or kept.
//!
//! | call | answer |
//! |---|---|
//! | `GET /status` | `{"reader": name or null, "card_present": …, "connected": …}` |
//! | `POST /connect` | `{"session": …}`: the chip was woken up, a session that was open is over |
//! | `POST /transmit` `{"session", "commands": [hex…]}` | `{"answers": [hex…], "lost": …}` |
//! | `POST /disconnect` `{"session"}` | `{}`: the chip was let go |
//!
//! `/transmit` sends the commands in turn and stops after the first status other than 9000, after a lost chip, and where
//! the answers of one call have grown to [`ANSWERS_BYTES_MAX`]: fewer answers than commands, the last one good and the
//! chip not lost, means "send the rest again". A failure is `{"code": …}` with a status of its own.
//!
//! Who may call: one page alone (`--desk-origin`), with the token of this start ([`TOKEN_HEADER`]) that the clerk pastes
//! into it once (section 16). One session at a time: whoever connects takes the chip over.

mod answer;
mod guard;
mod line;
mod origin;
mod problem;
mod slot;

pub use guard::TOKEN_HEADER;
pub use line::{ANSWERS_BYTES_MAX, COMMAND_BYTES_MAX, COMMANDS_MAX, Lent, Line, Random};
pub use origin::{DeskOrigin, OriginError};
pub use slot::{Contact, Lost, NoContact, OnReader, Slot};
