//! `/cases/{case}/documents`: the clerk records the documents that the person shows.

use super::{AtDesk, CaseShown};
use crate::console::Console;
use crate::staff::StaffForm;
use crate::{Code, Refusal};
use axum::response::Response;
use recovery::evidence::{CprProof, PictureDocument};
use service::desk::{Day, Shown};
use zeroize::Zeroizing;

/// The fields of the form, which are shown again for correction after an error.
#[derive(Clone, Default, serde::Deserialize)]
pub(super) struct DocumentsForm {
    #[serde(default)]
    picture: String,
    #[serde(default)]
    expires_on: String,
    #[serde(default)]
    no_expiry: String,
    #[serde(default)]
    document_number: String,
    #[serde(default)]
    national_number: String,
    #[serde(default)]
    cpr_proof: String,
    #[serde(default)]
    picture_matches: String,
}

struct Choice {
    code: &'static str,
    name: String,
    chosen: bool,
}

#[derive(askama::Template)]
#[template(path = "desk/documents.html")]
pub(super) struct DocumentsPage {
    frame: Console,
    case: CaseShown,
    pictures: Vec<Choice>,
    proofs: Vec<Choice>,
    typed: DocumentsForm,
}

pub(super) fn page(frame: Console, case: CaseShown, typed: DocumentsForm) -> DocumentsPage {
    let choice = |kind: &str, code: &'static str, typed: &str| {
        let name = frame.t(&format!("desk-{kind}-{code}"));
        Choice { code, name, chosen: typed == code }
    };
    let picture = |it: PictureDocument| choice("picture", it.code(), &typed.picture);
    let proof = |it: CprProof| choice("proof", it.code(), &typed.cpr_proof);
    let pictures = PictureDocument::ALL.into_iter().map(picture).collect();
    let proofs = CprProof::ALL.into_iter().map(proof).collect();
    DocumentsPage { frame, case, pictures, proofs, typed }
}

pub(super) async fn seen(
    at: AtDesk,
    StaffForm(typed): StaffForm<DocumentsForm>,
) -> Result<Response, Refusal> {
    let outcome = match shown(&typed) {
        Ok(shown) => {
            let seen = at.service().documents_seen(at.caller(), at.id, &shown).await;
            seen.map(|_| ()).map_err(Refusal::from)
        }
        Err(code) => Err(Refusal::new(code)),
    };
    at.back_with(outcome, typed).await
}

fn shown(typed: &DocumentsForm) -> Result<Shown, Code> {
    let picture = PictureDocument::from_code(&typed.picture).ok_or(Code::DocumentMissing)?;
    Ok(Shown {
        picture,
        expires_on: expires_on(&typed.expires_on, !typed.no_expiry.is_empty())?,
        document_number: Zeroizing::new(typed.document_number.clone()),
        cpr_proof: CprProof::from_code(&typed.cpr_proof),
        national_number: Zeroizing::new(typed.national_number.trim().to_owned()),
        picture_matches: typed.picture_matches == "yes",
    })
}

/// Parses an expiry date (`2030-12-31`); `None` for a document that does not expire.
fn expires_on(text: &str, none: bool) -> Result<Option<Day>, Code> {
    if none {
        return Ok(None);
    }
    let day = |date: jiff::civil::Date| {
        let (year, month) = (date.year().try_into().ok()?, date.month().try_into().ok()?);
        Day::new(year, month, date.day().try_into().ok()?)
    };
    text.trim().parse().ok().and_then(day).map(Some).ok_or(Code::ExpiryMissing)
}
