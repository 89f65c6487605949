//! What the service asks a register.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Cpr, Distributions, DocumentKind, DocumentNumber, IssuingState, Person, PersonRef, Places,
    StatusAnswer,
};

/// A register could not be asked. "Not there" is an answer and not an error.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// No answer came; asking again later may help.
    #[error("asking the {register} register brought no answer")]
    Unreachable {
        /// Which register.
        register: &'static str,
        /// What went wrong on the way.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer does not follow the register's own rules; asking again will not help.
    #[error("the answer of the {register} register cannot be read")]
    Unreadable {
        /// Which register.
        register: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RegisterError {
    /// Whether the same question may be answered later.
    pub const fn may_retry(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Unreadable { .. } => false,
        }
    }
}

/// Who is who, with the facts that control questions are made of.
#[async_trait]
pub trait PopulationRegister: Send + Sync {
    /// The person of the operator's id.
    async fn person(&self, person: &PersonRef) -> Result<Option<Person>, RegisterError>;

    /// The person who carries this number now or carried it earlier.
    async fn person_by_cpr(&self, cpr: &Cpr) -> Result<Option<Person>, RegisterError>;

    /// How common each fact is in the whole register.
    async fn distributions(&self) -> Result<Arc<Distributions>, RegisterError>;

    /// The names of places, for [`Facts::of`](crate::Facts::of).
    async fn places(&self) -> Result<Places, RegisterError>;
}

/// Whose passport or other travel document.
#[async_trait]
pub trait PassportRegister: Send + Sync {
    /// The holder of a passport, identity card or residence permit, or `None` for an unknown one.
    async fn passport_holder(
        &self,
        state: IssuingState,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError>;
}

/// Whose driving licence, Danish or Greenlandic.
#[async_trait]
pub trait LicenceRegister: Send + Sync {
    /// The holder, or `None` for an unknown number.
    async fn licence_holder(
        &self,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError>;
}

/// Whether a document still counts.
#[async_trait]
pub trait DocumentStatusRegister: Send + Sync {
    /// The status at `now`, or `None` where the register does not know the document. Nobody may
    /// take `None` for "valid".
    async fn document_status(
        &self,
        kind: DocumentKind,
        state: IssuingState,
        number: &DocumentNumber,
        now: Timestamp,
    ) -> Result<Option<StatusAnswer>, RegisterError>;
}
