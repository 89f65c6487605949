//! The state's registers as the service sees them: population, passports, driving licences and the
//! status of documents.
//!
//! The service asks [`PopulationRegister`], [`PassportRegister`], [`LicenceRegister`] and [`DocumentStatusRegister`].
//! An operator implements them by a remote client, or uses [`EmbeddedRegisters`]: tables in memory that are filled by
//! the [`import`]ers and kept as files in a folder. [`Facts`] are what the control questions are made of, and
//! [`Distributions`] say how easily a stranger could guess them.
//!
//! The crate makes no decisions: a register answers with what is written in it.

mod sensitive;

mod centre;
mod cpr;
mod document;
mod home;
mod person;
mod places;
mod residence;
mod status;

mod distributions;
pub mod embedded;
mod facts;
pub mod import;
mod register;

pub use centre::{Centre, CentreId, Opening, Weekday};
pub use cpr::{Cpr, CprError, Sex};
pub use distributions::{Distribution, Distributions, Share};
pub use document::{
    Document, DocumentKind, DocumentNumber, DocumentNumberError, DocumentStatus, IssuingState,
    IssuingStateError, Standing, StatusAnswer,
};
pub use embedded::{EmbeddedRegisters, Freshness, Tables, TablesError};
pub use facts::{Fact, FactKind, FactValue, Facts};
pub use home::{HOME_ZONE, home_zone};
pub use person::{
    Birthplace, Child, CivilPeriod, FormerNumber, Name, Parent, Person, PersonRef, PersonRefError,
};
pub use places::{MunicipalityCode, Places};
pub use register::{
    DocumentStatusRegister, LicenceRegister, PassportRegister, PopulationRegister, RegisterError,
};
pub use residence::{Address, Departure, HouseNumber, Residence};
pub use sensitive::Sensitive;
pub use status::{CivilStatus, PersonStatus};
