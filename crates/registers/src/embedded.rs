//! Tables in memory, loaded from and saved as files of the operator.

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

/// How new the document table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The file was made then; answers say so.
    AsOf(Timestamp),
    /// The table itself is where reports arrive, so an answer is as new as the question.
    Live,
}

/// Plain rows with their indexes. A change makes new tables; readers keep the old ones until they
/// are done.
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

/// Rows that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TablesError {
    /// Two people carry one id.
    #[error("two people have the same id (rows {first} and {second})")]
    PersonTwice {
        /// The first, from 0.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Two people carry, or carried, one national number: it is never reused.
    #[error("two people have or had the same national number (rows {first} and {second})")]
    NumberTwice {
        /// The first, from 0.
        first: usize,
        /// The second.
        second: usize,
    },
    /// One document has two rows.
    #[error("one document has two rows ({first} and {second})")]
    DocumentTwice {
        /// The first, from 0.
        first: usize,
        /// The second.
        second: usize,
    },
}

impl Tables {
    /// Empty tables.
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

    /// Puts rows under their indexes. A document may name a holder of whom the population table
    /// knows nothing: foreigners have passports.
    ///
    /// # Errors
    ///
    /// [`TablesError`] where an id, a national number or a document is there twice.
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

    /// The same tables with these centres.
    #[must_use]
    pub fn with_centres(mut self, centres: Vec<Centre>) -> Self {
        self.centres = centres;
        self
    }

    /// All people.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// All documents.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All centres.
    pub fn centres(&self) -> &[Centre] {
        &self.centres
    }

    /// The names of places.
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The person of an id, or of a current or former number in place of one.
    pub fn person(&self, person: &PersonRef) -> Option<&Person> {
        let row = self.by_person.get(person).copied();
        let row = row.or_else(|| {
            let cpr = Cpr::parse(person.as_str()).ok()?;
            self.by_cpr.get(&cpr).copied()
        });
        self.people.get(row?)
    }

    /// The person of a current or former number.
    pub fn person_by_cpr(&self, cpr: &Cpr) -> Option<&Person> {
        self.people.get(*self.by_cpr.get(cpr)?)
    }

    /// The documents of one number, whatever their kind.
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

/// The registers over tables that can be replaced while they are asked.
#[derive(Debug)]
pub struct EmbeddedRegisters(RwLock<Arc<Tables>>);

impl EmbeddedRegisters {
    /// Answers from these tables.
    pub fn new(tables: Tables) -> Self {
        Self(RwLock::new(Arc::new(tables)))
    }

    /// The tables as they are now.
    pub fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers from other tables from now on.
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

/// The holder of the only such document. Two holders of one number are nobody's proof.
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
