//! The notes that are kept of a call beside its case: enough for the agent's own list, and nothing about the person.

use recovery::evidence::QuotedDocument;
use recovery::id::{CaseId, StaffId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use store::codec::{CodecError, Reader, Stored, Writer};
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::{Index, Kind, Lookup};

const BY_AGENT: Index = Index::shared(1);
/// How far an agent's list of calls goes back.
const KEPT: Duration = Duration::from_hours(24);

/// The settings that the agent chose when the call began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The language that is spoken, BCP 47.
    pub language: String,
}

/// The notes of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallNotes {
    pub(super) case: CaseId,
    pub(super) agent: StaffId,
    pub(super) opened_at: Timestamp,
    pub(super) language: String,
    /// The kind of document whose number the caller read out.
    pub(super) document: Option<QuotedDocument>,
}

impl CallNotes {
    pub(super) fn begin(case: CaseId, agent: StaffId, caller: &Caller, now: Timestamp) -> Self {
        let language = caller.language.chars().take(8).collect();
        Self { case, agent, opened_at: now, language, document: None }
    }

    pub(super) fn about(&self, document: QuotedDocument) -> Self {
        Self { document: Some(document), ..self.clone() }
    }
}

/// The look-up that finds an agent's calls.
pub(super) fn by_agent(keys: &Keys, agent: StaffId) -> Lookup {
    Lookup {
        index: BY_AGENT,
        key: keys.lookup_key(kinds::CALL_NOTES, BY_AGENT, &agent.0.to_be_bytes()),
    }
}

impl Aggregate for CallNotes {
    type Id = CaseId;
    const KIND: Kind = kinds::CALL_NOTES;

    fn id(&self) -> CaseId {
        self.case
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.opened_at.plus(KEPT))
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        vec![by_agent(keys, self.agent)]
    }
}

impl Stored for CallNotes {
    fn store(&self, w: &mut Writer) {
        (self.case, self.agent, self.opened_at).store(w);
        self.language.store(w);
        w.u8(match self.document {
            None => 0,
            Some(QuotedDocument::Passport) => 1,
            Some(QuotedDocument::DrivingLicence) => 2,
        });
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        let (case, agent, opened_at) = Stored::restore(r, what)?;
        let language = Stored::restore(r, "language")?;
        let document = match r.u8("document")? {
            0 => None,
            1 => Some(QuotedDocument::Passport),
            2 => Some(QuotedDocument::DrivingLicence),
            other => return Err(CodecError::unknown("document", other)),
        };
        Ok(Self { case, agent, opened_at, language, document })
    }
}
