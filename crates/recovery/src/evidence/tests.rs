use chip::date::Date;
use chip::verdict::Presence;

use super::{
    ChipJudged, Circumstances, Class, CprProof, DocumentStatus, DocumentsProblem, JudgedChip,
    PairedPCode, PictureDocument, QuotedDocument, RegisterAnswer, SeenAtDesk, ShownDocuments,
    StatusAnswer, TypedNumber, WitnessOffer, WitnessProblem,
};
use crate::Rejection;
use crate::id::{CaseId, PCodeId, PersonId};
use crate::p_code::PCode;
use crate::person::PastRecovery;
use crate::policy::{Policy, Profile};
use crate::route::{RefusalReason, Route};
use crate::sensitive::{KeyedHash, Sensitive};
use crate::specimen::{
    DOCUMENT, NOW, PERSON, PROVEN, WITNESS, circumstances, judged, person, verified_chip,
};
use crate::time::Duration;

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn judge(around: Circumstances<'_>, presence: Presence) -> JudgedChip {
    ChipJudged::judge(&verified_chip(presence), around, &policy(), NOW).outcome().clone()
}

fn refused(reason: RefusalReason) -> JudgedChip {
    JudgedChip::Refused(reason)
}

#[test]
fn a_document_is_theirs_by_national_number_register_or_p_code_and_by_nothing_else() {
    let person = person();
    let stranger = circumstances(&person, &[]);
    assert_eq!(judge(stranger, PROVEN), refused(RefusalReason::DocumentNotTheirs));

    // An earlier number of the person does as well, with or without its hyphen.
    let numbers = ["6201701234", "610170-1234"].map(|it| Sensitive::new(it.to_owned()));
    assert!(matches!(judge(circumstances(&person, &numbers), PROVEN), JudgedChip::Theirs(_)));

    let register = Circumstances { register: RegisterAnswer::IssuedTo(PERSON), ..stranger };
    assert!(matches!(judge(register, PROVEN), JudgedChip::Theirs(_)));
    let other = Circumstances { register: RegisterAnswer::IssuedTo(PersonId(99)), ..stranger };
    assert_eq!(judge(other, PROVEN), refused(RefusalReason::DocumentNotTheirs));

    let code = PCode::issue(PCodeId(1), PERSON, DOCUMENT, NOW).next;
    let given = |code| Circumstances { p_code: PairedPCode::Given(code), ..stranger };
    match judge(given(&code), PROVEN) {
        JudgedChip::Theirs(chip) => assert_eq!(chip.p_code, Some(PCodeId(1))),
        other @ (JudgedChip::WrongPCode | JudgedChip::Refused(_)) => panic!("{other:?}"),
    }
    // Another document's, another person's, an old and an unknown code look alike.
    let wrong = PCode { document: KeyedHash([0; 32]), ..code.clone() };
    let others = PCode { person: PersonId(99), ..code.clone() };
    let old = PCode { issued_at: NOW.minus(Duration::from_days(60)), ..code };
    for code in [&wrong, &others, &old] {
        assert_eq!(judge(given(code), PROVEN), JudgedChip::WrongPCode);
    }
    let unknown = Circumstances { p_code: PairedPCode::GivenUnknown, ..stranger };
    assert_eq!(judge(unknown, PROVEN), JudgedChip::WrongPCode);
}

#[test]
fn a_foreign_issuer_cannot_write_a_national_number() {
    let person = person();
    let numbers = [Sensitive::new("6101701234".to_owned())];
    let mut policy = policy();
    policy.chip_face.national_number_states = vec!["GRL".to_owned()];

    let chip = verified_chip(PROVEN);
    let judged = ChipJudged::judge(&chip, circumstances(&person, &numbers), &policy, NOW);

    assert_eq!(judged.outcome(), &refused(RefusalReason::DocumentNotTheirs));
}

#[test]
fn expired_lost_stolen_and_revoked_documents_are_refused() {
    let person = person();
    let numbers = [Sensitive::new("6101701234".to_owned())];
    let around = circumstances(&person, &numbers);
    for status in [DocumentStatus::Lost, DocumentStatus::Stolen, DocumentStatus::Revoked] {
        let status = StatusAnswer { status, asked_at: NOW };
        let outcome = judge(Circumstances { status, ..around }, PROVEN);
        assert_eq!(outcome, refused(RefusalReason::DocumentLostOrStolen));
    }
    let expired = |day: i64| {
        let now = crate::time::Timestamp(1_893_456_000_000 + day * 86_400_000);
        ChipJudged::judge(&verified_chip(PROVEN), around, &policy(), now).outcome().clone()
    };
    // 2030-01-01 is the last day, and counts whole.
    assert!(matches!(expired(0), JudgedChip::Theirs(_)));
    assert_eq!(expired(1), refused(RefusalReason::DocumentExpired));
}

#[test]
fn a_chip_without_proof_of_presence_buys_one_recovery_in_365_days_with_a_fresh_status() {
    let numbers = [Sensitive::new("6101701234".to_owned())];
    let person = person();
    let around = circumstances(&person, &numbers);
    let day = Duration::from_hours(24);
    let with = |status, asked_at| {
        judge(
            Circumstances { status: StatusAnswer { status, asked_at }, ..around },
            Presence::NotOffered,
        )
    };
    let fresh = NOW.minus(day).plus(Duration::from_millis(1));
    assert!(matches!(with(DocumentStatus::Valid, fresh), JudgedChip::Theirs(_)));
    let missing = refused(RefusalReason::DocumentStatusMissing);
    assert_eq!(with(DocumentStatus::Valid, NOW.minus(day)), missing);
    assert_eq!(with(DocumentStatus::Unknown, NOW), missing);

    let year = Duration::from_days(365);
    let used = |at| {
        let past = PastRecovery {
            case: CaseId(1),
            route: Route::ChipFace,
            at,
            without_presence: Some(DOCUMENT),
        };
        let mut person = person.clone();
        person.recoveries.push(past);
        judge(circumstances(&person, &numbers), Presence::NotOffered)
    };
    assert_eq!(
        used(NOW.minus(year).plus(Duration::from_millis(1))),
        refused(RefusalReason::DocumentUsedRecently)
    );
    assert!(matches!(used(NOW.minus(year)), JudgedChip::Theirs(_)));

    for profile in [Profile::NistAal2, Profile::Strict] {
        let judged = judged(Presence::NotOffered, &person, &Policy::of(profile));
        assert_eq!(judged.outcome(), &refused(RefusalReason::PresenceNotProven));
    }
}

fn shown(picture: PictureDocument, cpr_proof: Option<CprProof>) -> ShownDocuments {
    ShownDocuments {
        picture,
        expires_on: None,
        cpr_proof,
        picture_matches: true,
        names_the_person: true,
    }
}

#[test]
fn the_desk_accepts_exactly_the_table() {
    for picture in PictureDocument::ALL {
        for proof in CprProof::ALL.into_iter().map(Some).chain([None]) {
            let accepted = SeenAtDesk::check(&shown(picture, proof), NOW).is_ok();
            let good_proof = proof.is_some_and(|it| it != CprProof::TemporaryHealthCard)
                && !(picture == PictureDocument::MunicipalIdCard
                    && proof == Some(CprProof::MunicipalIdCard));
            let expected = match picture.class() {
                Class::OneIsEnough => true,
                Class::NeedsCprProof => good_proof,
                Class::Never => false,
            };
            assert_eq!(accepted, expected, "{} with {proof:?}", picture.code());
        }
    }
    let licence = shown(PictureDocument::DrivingLicence, None);
    let check = |shown| SeenAtDesk::check(&shown, NOW).unwrap_err();
    let expired = ShownDocuments { expires_on: Date::new(2026, 11, 21), ..licence.clone() };
    assert_eq!(check(expired), DocumentsProblem::Expired);
    let differs = ShownDocuments { picture_matches: false, ..licence.clone() };
    assert_eq!(check(differs), DocumentsProblem::PictureDiffers);
    let other = ShownDocuments { names_the_person: false, ..licence };
    assert_eq!(check(other), DocumentsProblem::AnotherPerson);
}

#[test]
fn a_witness_is_18_has_had_an_eid_for_more_than_30_days_and_vouches_three_times() {
    let mut witness = person();
    witness.id = WITNESS;
    let birthday = Date::new(2008, 11, 22).unwrap();
    let eid_since = NOW.minus(Duration::from_days(30)).minus(Duration::from_millis(1));
    let offer = WitnessOffer {
        witness: &witness,
        birth_date: birthday,
        eid_since,
        photo_document_seen: true,
        approved_in_own_app: true,
    };
    let check = |offer: WitnessOffer<'_>| offer.check(PERSON, &policy(), NOW).map(|it| it.person());

    assert_eq!(check(offer), Ok(WITNESS));
    let young = WitnessOffer { birth_date: Date::new(2008, 11, 23).unwrap(), ..offer };
    assert_eq!(check(young), Err(WitnessProblem::TooYoung));
    let new = WitnessOffer { eid_since: NOW.minus(Duration::from_days(30)), ..offer };
    assert_eq!(check(new), Err(WitnessProblem::EidTooNew));
    assert_eq!(
        check(WitnessOffer { photo_document_seen: false, ..offer }),
        Err(WitnessProblem::NoPhotoDocument)
    );
    assert_eq!(
        check(WitnessOffer { approved_in_own_app: false, ..offer }),
        Err(WitnessProblem::NoOwnApp)
    );
    let themselves = person();
    assert_eq!(
        check(WitnessOffer { witness: &themselves, ..offer }),
        Err(WitnessProblem::Themselves)
    );
    let tired = (0..3).fold(witness.clone(), |it, _| it.count_witnessed(&policy(), NOW).next);
    assert_eq!(check(WitnessOffer { witness: &tired, ..offer }), Err(WitnessProblem::TooOften));
}

#[test]
fn a_number_is_typed_twice_alike_and_in_form() {
    use QuotedDocument::{DrivingLicence, Passport};
    let typed = |document, first, second| TypedNumber::twice(document, first, second).map(|_| ());

    assert_eq!(typed(Passport, "200000001", "200 000 001"), Ok(()));
    assert_eq!(typed(Passport, "200000001", "200000010"), Err(Rejection::NumbersDiffer));
    assert_eq!(typed(Passport, "20000001", "20000001"), Err(Rejection::NumberMalformed));
    assert_eq!(typed(DrivingLicence, "20000001", "20000001"), Ok(()));
    assert_eq!(typed(DrivingLicence, "2000000x", "2000000x"), Err(Rejection::NumberMalformed));
}
