//! Valid documentation at the desk (SERVICE.md section 5).

use chip::date::{Date, UnixTime};

use crate::time::Timestamp;

crate::codes! {
    /// A document with a picture that a person can show at the desk.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum PictureDocument {
        // one is enough
        /// Danish or Greenlandic driving licence, card or app.
        DrivingLicence => "driving-licence",
        /// Danish, Greenlandic or Faroese passport with a national number.
        PassportWithCpr => "passport-with-cpr",
        /// Residence permit with photo and a national number.
        ResidencePermitWithCpr => "residence-permit-with-cpr",
        /// Identity card of the Danish Foreign Ministry.
        ForeignMinistryCard => "foreign-ministry-card",

        // needs a proof of the national number beside it
        ForeignPassport => "foreign-passport",
        ForeignIdCard => "foreign-id-card",
        ForeignDrivingLicence => "foreign-driving-licence",
        ResidencePermitWithoutCpr => "residence-permit-without-cpr",
        MunicipalIdCard => "municipal-id-card",
        DanishPassportWithoutCpr => "danish-passport-without-cpr",

        // never
        TemporaryDocument => "temporary-document",
        EmergencyPassport => "emergency-passport",
    }
}

crate::codes! {
    /// A document that proves the national number.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum CprProof {
        /// Health card or special health card, card or app.
        HealthCard => "health-card",
        ResidenceCertificate => "residence-certificate",
        PersonalCertificate => "personal-certificate",
        BaptismCertificate => "baptism-certificate",
        BirthCertificate => "birth-certificate",
        MunicipalIdCard => "municipal-id-card",

        // never
        TemporaryHealthCard => "temporary-health-card",
    }
}

/// How far a picture document goes as documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The document alone suffices.
    OneIsEnough,
    /// The document suffices together with a proof of the national number.
    NeedsCprProof,
    /// The document is not accepted.
    Never,
}

/// What the clerk states about the documents that were shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownDocuments {
    pub picture: PictureDocument,
    /// The last day of validity, where the document has one.
    pub expires_on: Option<Date>,
    pub cpr_proof: Option<CprProof>,
    /// Whether the picture shows the person, as the clerk has compared.
    pub picture_matches: bool,
    /// Whether the document names the person that the case is about.
    pub names_the_person: bool,
}

/// Valid documentation that a clerk has seen; only [`SeenAtDesk::check`] builds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAtDesk {
    picture: PictureDocument,
    cpr_proof: Option<CprProof>,
    at: Timestamp,
}

crate::codes! {
    /// Why documents are not valid documentation; the desk tells the person.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
    pub enum DocumentsProblem {
        #[error("this document is never accepted")]
        NeverAccepted => "document-never-accepted",
        #[error("a proof of the national number is missing")]
        CprProofMissing => "cpr-proof-missing",
        #[error("this proof of the national number is never accepted")]
        CprProofNeverAccepted => "cpr-proof-never-accepted",
        #[error("the same document cannot be both picture and proof")]
        SameDocumentTwice => "same-document-twice",
        #[error("the document has expired")]
        Expired => "document-expired",
        #[error("the picture does not show the person")]
        PictureDiffers => "picture-differs",
        #[error("the document is another person's")]
        AnotherPerson => "document-of-another-person",
    }
}

impl PictureDocument {
    /// How far the document goes as documentation.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::DrivingLicence
            | Self::PassportWithCpr
            | Self::ResidencePermitWithCpr
            | Self::ForeignMinistryCard => Class::OneIsEnough,
            Self::ForeignPassport
            | Self::ForeignIdCard
            | Self::ForeignDrivingLicence
            | Self::ResidencePermitWithoutCpr
            | Self::MunicipalIdCard
            | Self::DanishPassportWithoutCpr => Class::NeedsCprProof,
            Self::TemporaryDocument | Self::EmergencyPassport => Class::Never,
        }
    }
}

impl CprProof {
    const fn is_ever_accepted(self) -> bool {
        match self {
            Self::HealthCard
            | Self::ResidenceCertificate
            | Self::PersonalCertificate
            | Self::BaptismCertificate
            | Self::BirthCertificate
            | Self::MunicipalIdCard => true,
            Self::TemporaryHealthCard => false,
        }
    }
}

impl SeenAtDesk {
    /// Accepts exactly the documents that the booking page tells people to bring.
    ///
    /// # Errors
    ///
    /// The first [`DocumentsProblem`] that is found.
    pub fn check(shown: &ShownDocuments, now: Timestamp) -> Result<Self, DocumentsProblem> {
        let needs_proof = match shown.picture.class() {
            Class::Never => return Err(DocumentsProblem::NeverAccepted),
            Class::OneIsEnough => false,
            Class::NeedsCprProof => true,
        };
        let today = UnixTime::from_secs(now.0.div_euclid(1_000)).date();
        if shown.expires_on.is_some_and(|last_day| today > last_day) {
            return Err(DocumentsProblem::Expired);
        }
        if !shown.picture_matches {
            return Err(DocumentsProblem::PictureDiffers);
        }
        if !shown.names_the_person {
            return Err(DocumentsProblem::AnotherPerson);
        }
        match shown.cpr_proof {
            None if needs_proof => return Err(DocumentsProblem::CprProofMissing),
            Some(proof) if needs_proof && !proof.is_ever_accepted() => {
                return Err(DocumentsProblem::CprProofNeverAccepted);
            }
            // One card cannot stand beside itself.
            Some(CprProof::MunicipalIdCard)
                if needs_proof && shown.picture == PictureDocument::MunicipalIdCard =>
            {
                return Err(DocumentsProblem::SameDocumentTwice);
            }
            None | Some(_) => {}
        }
        let cpr_proof = shown.cpr_proof.filter(|_| needs_proof);
        Ok(Self { picture: shown.picture, cpr_proof, at: now })
    }

    /// Builds the value without any check: only for stores and tests.
    #[must_use]
    pub const fn assume_verified(
        picture: PictureDocument,
        cpr_proof: Option<CprProof>,
        at: Timestamp,
    ) -> Self {
        Self { picture, cpr_proof, at }
    }

    #[must_use]
    pub const fn picture(&self) -> PictureDocument {
        self.picture
    }

    #[must_use]
    pub const fn cpr_proof(&self) -> Option<CprProof> {
        self.cpr_proof
    }

    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}
