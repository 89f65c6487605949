//! The tables of form fields with their errors.

use crate::Code;
use crate::staff::Site;
use recovery::Rejection;
use recovery::evidence::{DocumentsProblem, WitnessProblem};
use service::RefusalCode;

/// The fields of the forms for a call, by their ids, with the errors of each field.
const CALL: &[(&str, &[Code])] = &[
    (
        "first",
        &[
            Code::DocumentMissing,
            Code::rejected(Rejection::NumbersDiffer),
            Code::rejected(Rejection::NumberMalformed),
        ],
    ),
    ("answer", ANSWER),
];

/// The fields of the forms for a case at a desk, by their ids, with the errors of each field.
const CASE: &[(&str, &[Code])] = &[
    ("picture", &[Code::DocumentMissing, documents_problem(DocumentsProblem::NeverAccepted)]),
    (
        "document_number",
        &[
            Code::Service(RefusalCode::DocumentNumberInvalid),
            Code::Service(RefusalCode::DocumentNotKnown),
            Code::Service(RefusalCode::DocumentNotInForce),
            documents_problem(DocumentsProblem::AnotherPerson),
        ],
    ),
    ("expires_on", &[Code::ExpiryMissing, documents_problem(DocumentsProblem::Expired)]),
    (
        "cpr_proof",
        &[
            documents_problem(DocumentsProblem::CprProofMissing),
            documents_problem(DocumentsProblem::CprProofNeverAccepted),
            documents_problem(DocumentsProblem::SameDocumentTwice),
        ],
    ),
    (
        "national_number",
        &[
            Code::Service(RefusalCode::NationalNumberInvalid),
            Code::Service(RefusalCode::PersonNotFound),
        ],
    ),
    ("picture_matches", &[documents_problem(DocumentsProblem::PictureDiffers)]),
    ("photo", &[Code::Service(RefusalCode::Witness(WitnessProblem::NoPhotoDocument))]),
    ("answer", ANSWER),
    (
        "delivery",
        &[
            Code::DeliveryMissing,
            Code::Service(RefusalCode::ScreenNotPaired),
            Code::Service(RefusalCode::ScreenBusy),
            Code::rejected(Rejection::CodesShownCapReached),
        ],
    ),
    (
        "name",
        &[Code::Service(RefusalCode::ScreenNameInvalid), Code::Service(RefusalCode::PairingsFull)],
    ),
    (
        "check",
        &[
            Code::Service(RefusalCode::PairingCheckWrong),
            Code::Service(RefusalCode::PairingNotValid),
            Code::rejected(Rejection::SameClerk),
        ],
    ),
    ("reason", &[Code::ReasonMissing]),
    (
        "reference",
        &[Code::rejected(Rejection::NoSuchBooking), Code::rejected(Rejection::NotCheckInTime)],
    ),
];

const ANSWER: &[Code] = &[Code::AnswerMissing, Code::rejected(Rejection::AnswerTooLong)];

const fn documents_problem(problem: DocumentsProblem) -> Code {
    Code::Service(RefusalCode::Documents(problem))
}

/// The id of the form field in this console that has the error.
pub(crate) fn field_of(site: Site, code: Code) -> Option<&'static str> {
    let fields = if site == Site::Support { CALL } else { CASE };
    fields.iter().find(|(_, codes)| codes.contains(&code)).map(|(field, _)| *field)
}
