//! The HTTP API, the pages for citizens, and the consoles of Support and Citizen Service.
//!
//! A handler decodes the request, calls one use case of `service` and encodes the reply. An extractor establishes who
//! the caller is.

pub mod api;
pub mod assets;
mod byte_range;
pub mod citizen;
pub mod code;
mod console;
mod cookies;
pub mod desk;
pub mod extract;
pub mod failure;
pub mod headers;
pub mod language;
mod language_switch;
mod moment;
mod open_to_all;
mod operations;
pub mod page;
pub mod problem;
mod relay_path;
mod screen;
pub mod sites;
pub mod staff;
mod support;
pub mod words;

pub use api::{api, openapi};
pub use citizen::{CitizenSettings, citizen};
pub use code::Code;
pub use desk::desk;
pub use language::{PageLanguage, ProgramLanguage};
pub use open_to_all::is_open_to_all;
pub use operations::operations;
pub use problem::Refusal;
pub use recovery::Language;
pub use relay_path::relay_in;
pub use screen::screen;
pub use sites::{AnsweringSite, Origin, Sites};
pub use staff::{Oidc, OidcSettings, SiteSettings};
pub use support::support;
pub use words::Words;
