//! What people present as evidence, as types that only the checks in this module can build.

mod desk_documents;
mod ownership;
mod quoted;
mod witness;

#[cfg(test)]
mod tests;

pub use desk_documents::{
    Class, CprProof, DocumentsProblem, PictureDocument, SeenAtDesk, ShownDocuments,
};
pub use ownership::{
    ChipJudged, Circumstances, DocumentStatus, JudgedChip, Ownership, PairedPCode, RegisterAnswer,
    StatusAnswer, Subject, whose_document,
};
pub use quoted::{QuotedDocument, TypedNumber};
pub use witness::{Witness, WitnessOffer, WitnessProblem};
