//! What people show, made into types that only the checks here can build.

mod desk_documents;
mod ownership;
mod quoted;

pub use desk_documents::{
    CprProof, DocumentsProblem, PictureDocument, SeenAtDesk, ShownDocuments, Witness, WitnessOffer,
    WitnessProblem,
};
pub use ownership::{
    ChipJudged, Circumstances, DocumentStatus, JudgedChip, Ownership, PairedPCode, RegisterAnswer,
    StatusAnswer, Subject, whose_document,
};
pub use quoted::{QuotedDocument, TypedNumber};
