//! The registers that the service asks.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Cpr, Distributions, DocumentKind, DocumentNumber, IssuingState, Person, PersonRef, Places,
    StatusAnswer,
};

/// Why a register could not be asked. That a register holds no such entry is an answer and no error.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There was no answer; asking again later may help.
    #[error("asking the {register} register brought no answer")]
    Unreachable {
        /// The name of the register.
        register: &'static str,
        /// What went wrong on the way.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer does not follow the rules of the register; asking again will not help.
    #[error("the answer of the {register} register cannot be read")]
    Unreadable {
        /// The name of the register.
        register: &'static str,
        /// What is wrong with the answer.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RegisterError {
    /// Whether asking again later may help.
    pub const fn may_retry(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }
}

/// The population register: who people are, with the facts that control questions are made of.
#[async_trait]
pub trait PopulationRegister: Send + Sync {
    /// The person with this id of the operator.
    async fn person(&self, person: &PersonRef) -> Result<Option<Person>, RegisterError>;

    /// The person who has or had this national number.
    async fn person_by_cpr(&self, cpr: &Cpr) -> Result<Option<Person>, RegisterError>;

    /// How common each fact is in the whole register.
    async fn distributions(&self) -> Result<Arc<Distributions>, RegisterError>;

    /// The names of places, for [`Facts::of`](crate::Facts::of).
    async fn places(&self) -> Result<Places, RegisterError>;
}

/// The passport register: who holds a passport or another travel document.
#[async_trait]
pub trait PassportRegister: Send + Sync {
    /// The holder of a passport, identity card or residence permit; `None` where the register does not know the
    /// document.
    async fn passport_holder(
        &self,
        state: IssuingState,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError>;
}

/// The register of Danish and Greenlandic driving licences: who holds a licence.
#[async_trait]
pub trait LicenceRegister: Send + Sync {
    /// The holder of a driving licence; `None` for an unknown number.
    async fn licence_holder(
        &self,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError>;
}

/// The register of document status: whether a document is still valid.
#[async_trait]
pub trait DocumentStatusRegister: Send + Sync {
    /// The status of a document at `now`; `None` where the register does not know the document, which never means that
    /// it is valid.
    async fn document_status(
        &self,
        kind: DocumentKind,
        state: IssuingState,
        number: &DocumentNumber,
        now: Timestamp,
    ) -> Result<Option<StatusAnswer>, RegisterError>;
}
