//! The state's registers as the service sees them: population, passports, driving licences and the
//! status of documents.
//!
//! [`PopulationRegister`], [`PassportRegister`], [`LicenceRegister`] and
//! [`DocumentStatusRegister`] are what the service asks; an operator puts a remote client behind
//! them or uses [`EmbeddedRegisters`], plain tables in memory that are filled by the [`import`]ers
//! and kept as files in a folder. [`Facts`] is what the control questions are made of and
//! [`Distributions`] says how well a stranger could guess them.
//!
//! Nothing here decides: a register answers with what is written in it.

mod sensitive;

mod centre;
mod cpr;
mod document;
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
