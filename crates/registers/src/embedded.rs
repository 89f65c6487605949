//! The registers as tables in memory, which are loaded from the operator's files and saved to them.

mod files;
mod update;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{
    Centre, Cpr, Distributions, Document, DocumentKind, DocumentNumber, DocumentStatusRegister,
    IssuingState, LicenceRegister, PassportRegister, Person, PersonRef, Places, PopulationRegister,
    RegisterError, StatusAnswer, document::day_in_denmark,
};

pub use files::FileError;

/// How current the document table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The file was made at this instant, and answers about documents say so.
    AsOf(Timestamp),
    /// Reports arrive in the table itself, so an answer is as current as the question.
    Live,
}

/// The tables with their indexes. A change makes new tables; readers keep the old ones until they are done.
#[derive(Debug)]
pub struct Tables {
    people: Vec<Person>,
    documents: Vec<Document>,
    centres: Vec<Centre>,
    places: Places,
    freshness: Freshness,
    by_person: HashMap<PersonRef, usize>,
    by_cpr: HashMap<Cpr, usize>,
    by_document: HashMap<(IssuingState, DocumentNumber), Vec<usize>>,
    distributions: Arc<Distributions>,
}

/// Two rows of a table contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TablesError {
    /// Two people have the same id.
    #[error("two people have the same id (rows {first} and {second})")]
    PersonTwice {
        /// The number of the first row, counted from 0.
        first: usize,
        /// The number of the second row.
        second: usize,
    },
    /// Two people have or had the same national number, although a number is never reused.
    #[error("two people have or had the same national number (rows {first} and {second})")]
    NumberTwice {
        /// The number of the first row, counted from 0.
        first: usize,
        /// The number of the second row.
        second: usize,
    },
    /// Two rows describe the same document.
    #[error("one document has two rows ({first} and {second})")]
    DocumentTwice {
        /// The number of the first row, counted from 0.
        first: usize,
        /// The number of the second row.
        second: usize,
    },
}

impl Tables {
    /// Tables without rows.
    pub fn empty() -> Self {
        Self {
            people: Vec::new(),
            documents: Vec::new(),
            centres: Vec::new(),
            places: Places::built_in(),
            freshness: Freshness::Live,
            by_person: HashMap::new(),
            by_cpr: HashMap::new(),
            by_document: HashMap::new(),
            distributions: Arc::new(Distributions::default()),
        }
    }

    /// Builds the tables and their indexes from rows. The holder of a document may be missing in the population table,
    /// because foreigners have passports too.
    ///
    /// # Errors
    ///
    /// [`TablesError`] where two rows have the same id, national number or document.
    pub fn new(
        people: Vec<Person>,
        documents: Vec<Document>,
        places: Places,
        freshness: Freshness,
    ) -> Result<Self, TablesError> {
        let mut by_person = HashMap::with_capacity(people.len());
        let mut by_cpr = HashMap::with_capacity(people.len());
        for (second, person) in people.iter().enumerate() {
            if let Some(first) = by_person.insert(person.person.clone(), second) {
                return Err(TablesError::PersonTwice { first, second });
            }
            for cpr in person.numbers() {
                match by_cpr.insert(cpr.clone(), second) {
                    Some(first) if first != second => {
                        return Err(TablesError::NumberTwice { first, second });
                    }
                    Some(_) | None => {}
                }
            }
        }
        let mut by_document: HashMap<_, Vec<usize>> = HashMap::with_capacity(documents.len());
        for (second, document) in documents.iter().enumerate() {
            let rows = by_document.entry((document.state, document.number.clone())).or_default();
            let twice = |row: &&usize| {
                documents.get(**row).is_some_and(|other| other.kind == document.kind)
            };
            if let Some(&first) = rows.iter().find(twice) {
                return Err(TablesError::DocumentTwice { first, second });
            }
            rows.push(second);
        }
        let distributions = Arc::new(Distributions::of(&people, &places));
        let centres = Vec::new();
        Ok(Self {
            people,
            documents,
            centres,
            places,
            freshness,
            by_person,
            by_cpr,
            by_document,
            distributions,
        })
    }

    /// Replaces the centres.
    #[must_use]
    pub fn with_centres(mut self, centres: Vec<Centre>) -> Self {
        self.centres = centres;
        self
    }

    /// All people, as rows of the population table.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// All documents, as rows of the document table.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All Citizen Service Centres.
    pub fn centres(&self) -> &[Centre] {
        &self.centres
    }

    /// The names of municipalities and other places.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The person with this id, or with this current or former national number where it is used as the id.
    pub fn person(&self, person: &PersonRef) -> Option<&Person> {
        let row = self.by_person.get(person).copied();
        let row = row.or_else(|| {
            let cpr = Cpr::parse(person.as_str()).ok()?;
            self.by_cpr.get(&cpr).copied()
        });
        self.people.get(row?)
    }

    /// The person with this current or former national number.
    pub fn person_by_cpr(&self, cpr: &Cpr) -> Option<&Person> {
        self.people.get(*self.by_cpr.get(cpr)?)
    }

    /// The documents with this number, of any kind.
    pub fn documents_of(
        &self,
        state: IssuingState,
        number: &DocumentNumber,
    ) -> impl Iterator<Item = &Document> {
        let rows = self.by_document.get(&(state, number.clone())).map_or(&[][..], Vec::as_slice);
        rows.iter().filter_map(|row| self.documents.get(*row))
    }

    fn status(&self, document: &Document, now: Timestamp) -> StatusAnswer {
        let as_of = match self.freshness {
            Freshness::AsOf(made) => made.min(now),
            Freshness::Live => now,
        };
        StatusAnswer { status: document.status(day_in_denmark(now)), as_of }
    }
}

/// The registers, answered from tables that can be replaced while they are in use.
#[derive(Debug)]
pub struct EmbeddedRegisters(RwLock<Arc<Tables>>);

impl EmbeddedRegisters {
    /// Registers that answer from these tables.
    pub fn new(tables: Tables) -> Self {
        Self(RwLock::new(Arc::new(tables)))
    }

    /// The present tables.
    pub fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers from these tables from now on.
    pub fn replace(&self, tables: Tables) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(tables);
    }
}

#[async_trait]
impl PopulationRegister for EmbeddedRegisters {
    async fn person(&self, person: &PersonRef) -> Result<Option<Person>, RegisterError> {
        Ok(self.tables().person(person).cloned())
    }

    async fn person_by_cpr(&self, cpr: &Cpr) -> Result<Option<Person>, RegisterError> {
        Ok(self.tables().person_by_cpr(cpr).cloned())
    }

    async fn distributions(&self) -> Result<Arc<Distributions>, RegisterError> {
        Ok(Arc::clone(&self.tables().distributions))
    }

    async fn places(&self) -> Result<Places, RegisterError> {
        Ok(self.tables().places.clone())
    }
}

#[async_trait]
impl PassportRegister for EmbeddedRegisters {
    async fn passport_holder(
        &self,
        state: IssuingState,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError> {
        let travels = |document: &&Document| match document.kind {
            DocumentKind::Passport
            | DocumentKind::EmergencyPassport
            | DocumentKind::IdentityCard
            | DocumentKind::ResidencePermit => true,
            DocumentKind::MunicipalIdCard
            | DocumentKind::ForeignMinistryCard
            | DocumentKind::DrivingLicence
            | DocumentKind::HealthCard
            | DocumentKind::SpecialHealthCard
            | DocumentKind::Certificate => false,
        };
        Ok(holder(&self.tables(), state, number, travels))
    }
}

#[async_trait]
impl LicenceRegister for EmbeddedRegisters {
    async fn licence_holder(
        &self,
        number: &DocumentNumber,
    ) -> Result<Option<PersonRef>, RegisterError> {
        let licence = |document: &&Document| document.kind == DocumentKind::DrivingLicence;
        Ok(holder(&self.tables(), IssuingState::DENMARK, number, licence))
    }
}

#[async_trait]
impl DocumentStatusRegister for EmbeddedRegisters {
    async fn document_status(
        &self,
        kind: DocumentKind,
        state: IssuingState,
        number: &DocumentNumber,
        now: Timestamp,
    ) -> Result<Option<StatusAnswer>, RegisterError> {
        let tables = self.tables();
        let document = tables.documents_of(state, number).find(|document| document.kind == kind);
        Ok(document.map(|document| tables.status(document, now)))
    }
}

/// The holder of the document, if only one document fits. Where two people have documents with the same number, the
/// number proves neither.
fn holder(
    tables: &Tables,
    state: IssuingState,
    number: &DocumentNumber,
    counts: impl Fn(&&Document) -> bool,
) -> Option<PersonRef> {
    let mut holders = tables.documents_of(state, number).filter(counts).map(|d| &d.holder);
    let first = holders.next()?;
    holders.all(|other| other == first).then(|| first.clone())
}

#[cfg(test)]
mod tests;
