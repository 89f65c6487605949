//! The documents that a person shows at the desk, and the check whose they are (SERVICE.md section 5).

use crate::caller::Clerk;
use crate::desk::{AtDesk, DeskCase};
use crate::facts::away;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use chip::date::Date;
use recovery::case::{Case, DeskEvent};
use recovery::evidence::DocumentsProblem;
use recovery::evidence::{Class, CprProof, PictureDocument, SeenAtDesk, ShownDocuments};
use recovery::id::CaseId;
use recovery::rejection::Rejection;
use registers::{Cpr, DocumentKind, DocumentNumber, DocumentStatus, IssuingState};
use zeroize::Zeroizing;

/// What the clerk typed from the documents on the desk.
#[derive(Clone)]
pub struct Shown {
    /// The document with a picture that was shown.
    pub picture: PictureDocument,
    /// The last day on which the document is valid, where it names one.
    pub expires_on: Option<Date>,
    /// The document number, which is needed for documents that a Danish register knows.
    pub document_number: Zeroizing<String>,
    /// The proof of the national number that was shown beside it.
    pub cpr_proof: Option<CprProof>,
    /// The national number on the document or on the proof.
    pub national_number: Zeroizing<String>,
    /// Whether the clerk found that the picture shows the person.
    pub picture_matches: bool,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown")
            .field("picture", &self.picture)
            .field("cpr_proof", &self.cpr_proof)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Takes what the clerk saw of the documents. The rules say whether they are enough, and the registers say whose they
    /// are.
    ///
    /// # Errors
    ///
    /// A code of `DocumentsProblem`, `document-not-in-force`, `document-not-known`, `national-number-invalid`,
    /// `document-number-invalid`, `person-not-found`. The case stays open, so that the clerk can correct a mistake or refuse
    /// the case.
    pub async fn documents_seen(
        &self,
        clerk: &Clerk,
        case: CaseId,
        shown: &Shown,
    ) -> Result<DeskCase, Failure> {
        let outcome = attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.documents_seen(clerk, &at_desk, shown).await?;
            Ok(())
        });
        self.noting_own_case(outcome, case, clerk.member().id).await?;
        self.desk_case(clerk, case).await
    }
}

impl Work<'_> {
    async fn documents_seen(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
        shown: &Shown,
    ) -> Result<Case, Failure> {
        if clerk.member().id != at_desk.notes.clerk {
            return Err(Rejection::NotYourCase.into());
        }
        // What the desk never accepts is said before anything is looked up.
        if shown.picture.class() == Class::Never {
            return Err(Failure::refused(DocumentsProblem::NeverAccepted));
        }
        if shown.cpr_proof == Some(CprProof::TemporaryHealthCard)
            && shown.picture.class() == Class::NeedsCprProof
        {
            return Err(Failure::refused(DocumentsProblem::CprProofNeverAccepted));
        }
        let number = Cpr::parse(&shown.national_number)
            .map_err(|_| Failure::refused(RefusalCode::NationalNumberInvalid))?;
        let found = self.identity_by_national_number(number.digits()).await?;
        let names_the_person = match &found {
            Some(identity) => self.is_theirs(shown, identity.operator_id.expose()).await?,
            None => true,
        };
        let documents = ShownDocuments {
            picture: shown.picture,
            expires_on: shown.expires_on,
            cpr_proof: shown.cpr_proof,
            picture_matches: shown.picture_matches,
            names_the_person,
        };
        let seen = SeenAtDesk::check(&documents, self.now()).map_err(Failure::refused)?;
        let person = found.ok_or_else(|| Failure::refused(RefusalCode::PersonNotFound))?.person;
        let person = self.load_person(person).await?;
        let by = self.beside(clerk.member(), person.id).await?;
        self.apply_desk(at_desk, DeskEvent::DocumentsSeen { by: &by, person: &person, seen })
    }

    /// Whether the register of that document knows it as the document of this person. A document that no register here knows
    /// is judged by the clerk's eyes and the proof beside it alone.
    async fn is_theirs(&mut self, shown: &Shown, operator_id: &str) -> Result<bool, Failure> {
        let Some((kind, known_here)) = registered_as(shown.picture) else { return Ok(true) };
        if shown.document_number.trim().is_empty() && !known_here {
            return Ok(true);
        }
        let number = DocumentNumber::parse(&shown.document_number)
            .map_err(|_| Failure::refused(RefusalCode::DocumentNumberInvalid))?;
        if !known_here {
            return Ok(true);
        }
        let registers = &self.service.parts().registers;
        let state = IssuingState::DENMARK;
        let holder = match kind {
            DocumentKind::DrivingLicence => registers.licences.licence_holder(&number).await,
            DocumentKind::Passport
            | DocumentKind::EmergencyPassport
            | DocumentKind::IdentityCard
            | DocumentKind::MunicipalIdCard
            | DocumentKind::ForeignMinistryCard
            | DocumentKind::ResidencePermit
            | DocumentKind::HealthCard
            | DocumentKind::SpecialHealthCard
            | DocumentKind::Certificate => {
                registers.passports.passport_holder(state, &number).await
            }
        }
        .map_err(away)?
        .ok_or_else(|| Failure::refused(RefusalCode::DocumentNotKnown))?;
        let now =
            jiff::Timestamp::from_millisecond(self.now().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let answer = registers
            .document_status
            .document_status(kind, state, &number, now)
            .await
            .map_err(away)?;
        match answer.map(|answer| answer.status) {
            Some(DocumentStatus::Valid) => Ok(holder.as_str() == operator_id),
            Some(DocumentStatus::Expired) => Err(Failure::refused(DocumentsProblem::Expired)),
            Some(DocumentStatus::Lost | DocumentStatus::Stolen | DocumentStatus::Revoked) => {
                Err(Failure::refused(RefusalCode::DocumentNotInForce))
            }
            None => Err(Failure::refused(RefusalCode::DocumentNotKnown)),
        }
    }
}

/// The kind under which the registers know a document, and whether a Danish register has it.
const fn registered_as(picture: PictureDocument) -> Option<(DocumentKind, bool)> {
    match picture {
        PictureDocument::DrivingLicence => Some((DocumentKind::DrivingLicence, true)),
        PictureDocument::PassportWithCpr | PictureDocument::DanishPassportWithoutCpr => {
            Some((DocumentKind::Passport, true))
        }
        PictureDocument::ForeignPassport => Some((DocumentKind::Passport, false)),
        PictureDocument::ForeignIdCard => Some((DocumentKind::IdentityCard, false)),
        PictureDocument::ForeignDrivingLicence => Some((DocumentKind::DrivingLicence, false)),
        PictureDocument::ResidencePermitWithCpr | PictureDocument::ResidencePermitWithoutCpr => {
            Some((DocumentKind::ResidencePermit, false))
        }
        PictureDocument::ForeignMinistryCard => Some((DocumentKind::ForeignMinistryCard, false)),
        PictureDocument::MunicipalIdCard => Some((DocumentKind::MunicipalIdCard, false)),
        PictureDocument::TemporaryDocument | PictureDocument::EmergencyPassport => None,
    }
}

/// The kinds of the documents on the desk, about which no question may ask.
pub(crate) fn kinds_on_the_desk(seen: &SeenAtDesk) -> Vec<DocumentKind> {
    let proof = seen.cpr_proof().map(|proof| match proof {
        CprProof::HealthCard | CprProof::TemporaryHealthCard => DocumentKind::HealthCard,
        CprProof::ResidenceCertificate
        | CprProof::PersonalCertificate
        | CprProof::BaptismCertificate
        | CprProof::BirthCertificate => DocumentKind::Certificate,
        CprProof::MunicipalIdCard => DocumentKind::MunicipalIdCard,
    });
    registered_as(seen.picture()).map(|(kind, _)| kind).into_iter().chain(proof).collect()
}
