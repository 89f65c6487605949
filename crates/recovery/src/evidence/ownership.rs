//! Whether a document is the person's, and whether it suffices for a recovery (PROTOCOLS.md 6 and 11).

use chip::date::UnixTime;
use chip::verdict::{Presence, VerifiedChip};

use crate::case::ChipEvidence;
use crate::id::{PCodeId, PersonId};
use crate::p_code::PCode;
use crate::person::Person;
use crate::policy::{Policy, WithoutPresence};
use crate::route::RefusalReason;
use crate::sensitive::{KeyedHash, Sensitive};
use crate::time::Timestamp;

/// The person that a document is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub person: &'a Person,
    /// The person's national numbers, the current and all earlier ones, ten digits each.
    pub national_numbers: &'a [Sensitive<String>],
}

/// What the passport register says about an issuing state and a document number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterAnswer {
    /// The document was issued to this person.
    IssuedTo(PersonId),
    /// The register does not know the document, or no register was asked.
    Unknown,
}

/// The P code that was given with a document, as the store found it.
#[derive(Clone, Copy, Debug)]
pub enum PairedPCode<'a> {
    NotGiven,
    /// A P code was given, and no such code exists.
    GivenUnknown,
    Given(&'a PCode),
}

/// Whether a document is the person's, and what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ownership {
    /// The national number on the document is the person's.
    NationalNumber,
    /// The passport register says that the document was issued to the person.
    PassportRegister,
    /// The operator recorded the document as the person's, long enough ago.
    OperatorRecord,
    /// This P code is bound to the person and the document.
    PCode(PCodeId),
    /// Nothing shows that the document is the person's; names and birth dates never suffice.
    NotTheirs,
    /// Nothing shows that the document is the person's, and a P code was given that does not fit: it counts against the
    /// case and the app instance.
    WrongPCode,
}

/// What a document-status service said about a document, and when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusAnswer {
    pub status: DocumentStatus,
    pub asked_at: Timestamp,
}

/// The status of a document, as a [`StatusAnswer`] carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentStatus {
    Valid,
    Lost,
    Stolen,
    Revoked,
    /// There is no status service for this document, or it gave no answer.
    Unknown,
}

/// The judgement of a verified chip for one person; only [`ChipJudged::judge`] builds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipJudged {
    person: PersonId,
    outcome: JudgedChip,
}

/// What the judgement of a chip came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgedChip {
    /// The document is the person's and suffices.
    Theirs(ChipEvidence),
    /// The P code that was given does not fit the person and the document.
    WrongPCode,
    /// The document does not suffice, for this reason.
    Refused(RefusalReason),
}

/// Decides whether a document is the person's. Each of the four grounds of [`Ownership`] suffices, and nothing else
/// does.
///
/// A national number counts only on a document of the states that assign it, because a foreign issuer may write any ten
/// digits into its optional data.
#[must_use]
pub fn whose_document(
    chip: &VerifiedChip,
    around: &Circumstances<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Ownership {
    let Circumstances { subject, document, register, p_code, .. } = *around;
    let state = &chip.document().issuing_state;
    let assigns = policy.chip_face.national_number_states.iter().any(|code| code == state);
    let written = || {
        chip.personal_numbers().iter().any(|written| {
            subject.national_numbers.iter().any(|own| same_digits(written.expose(), own.expose()))
        })
    };
    if assigns && written() {
        return Ownership::NationalNumber;
    }
    if register == RegisterAnswer::IssuedTo(subject.person.id) {
        return Ownership::PassportRegister;
    }
    let mut recorded = subject.person.documents.iter();
    if recorded.any(|known| known.document == document && now >= known.counts_from(policy)) {
        return Ownership::OperatorRecord;
    }
    match p_code {
        PairedPCode::NotGiven => Ownership::NotTheirs,
        PairedPCode::GivenUnknown => Ownership::WrongPCode,
        PairedPCode::Given(code) => {
            if code.pairs(subject.person.id, document, policy, now) {
                Ownership::PCode(code.id)
            } else {
                Ownership::WrongPCode
            }
        }
    }
}

/// Compares national numbers, which may be written with or without a hyphen and with fillers.
fn same_digits(written: &str, own: &str) -> bool {
    let bare =
        |text: &str| -> String { text.chars().filter(|c| !matches!(c, '-' | ' ' | '<')).collect() };
    let (mut written, mut own) = (bare(written), bare(own));
    let same = own.len() == 10 && written == own;
    zeroize::Zeroize::zeroize(&mut written);
    zeroize::Zeroize::zeroize(&mut own);
    same
}

/// Everything besides the chip itself that its judgement depends on.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub subject: Subject<'a>,
    /// Keyed hash of issuing state and document number.
    pub document: KeyedHash,
    /// SHA-256 of the portrait on the chip.
    pub portrait: [u8; 32],
    /// The answer of the passport register.
    pub register: RegisterAnswer,
    pub p_code: PairedPCode<'a>,
    /// The answer of the document-status service.
    pub status: StatusAnswer,
}

impl ChipJudged {
    /// Judges a genuine chip: whether the document is the person's, is valid today, and suffices for a recovery.
    #[must_use]
    pub fn judge(
        chip: &VerifiedChip,
        around: Circumstances<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let person = around.subject.person.id;
        let outcome = match whose_document(chip, &around, policy, now) {
            Ownership::NotTheirs => JudgedChip::Refused(RefusalReason::DocumentNotTheirs),
            Ownership::WrongPCode => JudgedChip::WrongPCode,
            Ownership::NationalNumber | Ownership::PassportRegister | Ownership::OperatorRecord => {
                judge_theirs(chip, &around, None, policy, now)
            }
            Ownership::PCode(id) => judge_theirs(chip, &around, Some(id), policy, now),
        };
        Self { person, outcome }
    }

    /// The person that the chip was judged for.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// What the judgement came to.
    #[must_use]
    pub const fn outcome(&self) -> &JudgedChip {
        &self.outcome
    }

    pub(crate) fn into_outcome(self) -> JudgedChip {
        self.outcome
    }
}

fn judge_theirs(
    chip: &VerifiedChip,
    around: &Circumstances<'_>,
    p_code: Option<PCodeId>,
    policy: &Policy,
    now: Timestamp,
) -> JudgedChip {
    let document = chip.document();
    // The last day of validity counts whole.
    if UnixTime::from_secs(now.0.div_euclid(1_000)).date() > document.expires_on {
        return JudgedChip::Refused(RefusalReason::DocumentExpired);
    }
    match around.status.status {
        DocumentStatus::Lost | DocumentStatus::Stolen | DocumentStatus::Revoked => {
            return JudgedChip::Refused(RefusalReason::DocumentLostOrStolen);
        }
        DocumentStatus::Valid | DocumentStatus::Unknown => {}
    }
    if chip.presence() == Presence::NotOffered
        && let Err(reason) = allow_without_presence(around, policy, now)
    {
        return JudgedChip::Refused(reason);
    }
    JudgedChip::Theirs(ChipEvidence {
        issuing_state: document.issuing_state.clone(),
        number: document.number.clone(),
        document: around.document,
        expires_on: document.expires_on,
        presence: chip.presence(),
        portrait: around.portrait,
        p_code,
        verified_at: now,
    })
}

/// Allows a document without proof of presence for one recovery in 365 days, with a fresh status (PROTOCOLS.md 11).
fn allow_without_presence(
    around: &Circumstances<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), RefusalReason> {
    let WithoutPresence::OncePerDocument { period, status_age_max } =
        policy.chip_face.without_presence
    else {
        return Err(RefusalReason::PresenceNotProven);
    };
    let fresh = around.status.status == DocumentStatus::Valid
        && now < around.status.asked_at.plus(status_age_max);
    if !fresh {
        return Err(RefusalReason::DocumentStatusMissing);
    }
    let used =
        around.subject.person.recoveries.iter().any(|past| {
            past.without_presence == Some(around.document) && now < past.at.plus(period)
        });
    if used { Err(RefusalReason::DocumentUsedRecently) } else { Ok(()) }
}
