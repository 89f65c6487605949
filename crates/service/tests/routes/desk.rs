//! A visit to a centre, from the booking to the code.

use recovery::case::{Delivery, DeskRefusal, DeskStage};
use recovery::evidence::{CprProof, PictureDocument};
use recovery::id::{CaseId, PersonId};
use recovery::person::PastRecovery;
use recovery::questions::Expected as Right;
use recovery::route::{RefusalReason, Route};
use recovery::time::{Duration, Timestamp};
use service::Failure;
use service::appointment::{Wish, by_sms};
use service::desk::{Day, DeskStep, Issued, Shown, WitnessAsked};
use service::sign_in::{Decision, SignIn, SignInId};
use store::Id;
use store::case::StoredCase;
use testkit::house::{House, NOW, cpr, licence};
use zeroize::Zeroizing;

const OLD: Duration = Duration::from_days(30);

pub(crate) fn code(failure: Failure) -> &'static str {
    let Failure::Refused(refused) = failure else { panic!("{failure:?}") };
    refused.code.code()
}

pub(crate) async fn booked(house: &House, at: Timestamp) -> String {
    let wish = Wish {
        centre: "aarhus".to_owned(),
        at,
        contact: by_sms("12345678").unwrap(),
        language: "da".to_owned(),
        form: format!("{at:?}"),
    };
    let visit = house.service.book(&wish).await.unwrap();
    house.messages().await;
    visit.reference
}

/// A person who has just been checked in by clerk 1 of Aarhus.
pub(crate) async fn checked_in(house: &House) -> CaseId {
    checked_in_at(house, in_forty_minutes(house)).await
}

async fn checked_in_at(house: &House, at: Timestamp) -> CaseId {
    let reference = booked(house, at).await;
    house.service.check_in(&house.clerk(1, "aarhus").await, &reference).await.unwrap()
}

pub(crate) fn shown(n: usize) -> Shown {
    Shown {
        picture: PictureDocument::DrivingLicence,
        expires_on: Day::new(2035, 1, 1),
        document_number: Zeroizing::new(licence(n)),
        cpr_proof: None,
        national_number: Zeroizing::new(cpr(n).digits().to_owned()),
        picture_matches: true,
    }
}

async fn with_documents(house: &House, n: usize) -> CaseId {
    with_documents_at(house, n, in_forty_minutes(house)).await
}

async fn with_documents_at(house: &House, n: usize, at: Timestamp) -> CaseId {
    let case = checked_in_at(house, at).await;
    house.service.documents_seen(&house.clerk(1, "aarhus").await, case, &shown(n)).await.unwrap();
    case
}

/// What the register holds for the open question; only a test may look.
async fn right_answer(house: &House, case: CaseId) -> String {
    let stored: StoredCase = house.rows().load(Id(case.0)).await.unwrap();
    let Some(DeskStage::Asking { run, .. }) = stored.case.desk() else { panic!("no question") };
    match &run.open_question().unwrap().expected {
        Right::AnyName(texts) | Right::AnyPlace(texts) | Right::AnyAddress(texts) => {
            texts[0].expose().clone()
        }
        Right::Date(date) => {
            let [year, month, day] = *date.expose();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Right::Month(month) => format!("{}-{}", month.expose()[1], month.expose()[0]),
        Right::Year(number) | Right::Number(number) => number.expose().to_string(),
        Right::Nothing => panic!("a decoy at the desk"),
    }
}

pub(crate) async fn identified(house: &House, n: usize) -> CaseId {
    identified_at(house, n, in_forty_minutes(house)).await
}

/// A second visit on the same day has another time.
pub(crate) async fn identified_for(house: &House, n: usize, minutes: i64) -> CaseId {
    identified_at(house, n, Timestamp(NOW.0 + minutes * 60_000)).await
}

/// Forty minutes from the present moment on.
fn in_forty_minutes(house: &House) -> Timestamp {
    Timestamp(house.clock.now_ms() + 40 * 60_000)
}

/// The same, with a booking at this moment.
async fn identified_at(house: &House, n: usize, at: Timestamp) -> CaseId {
    let case = with_documents_at(house, n, at).await;
    let by = house.clerk(1, "aarhus").await;
    let mut view = house.service.ask_at_desk(&by, case).await.unwrap();
    while let DeskStep::Question { .. } = view.step {
        let answer = right_answer(house, case).await;
        view = house.service.answer_at_desk(&by, case, &answer).await.unwrap();
    }
    assert!(matches!(view.step, DeskStep::Identified { .. }), "{:?}", view.step);
    case
}

#[tokio::test]
async fn documents_and_questions_lead_to_a_code_by_sms_that_the_clerk_never_sees() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let case = identified(&house, 1).await;
    let by = house.clerk(1, "aarhus").await;

    let issued = house.service.issue_at_desk(&by, case, Delivery::Sms, None).await.unwrap();

    assert!(matches!(issued, Issued::Sent));
    let step = house.service.desk_case(&by, case).await.unwrap().step;
    assert!(matches!(step, DeskStep::CodeIssued));
    let sent = house.messages().await;
    assert!(sent.iter().any(|text| text.contains("midlertidige PIN-kode er")), "{sent:?}");
    assert!(sent.iter().any(|text| text.contains("/stop/")), "the notice with its link");
}

#[tokio::test]
async fn the_desk_accepts_exactly_what_the_page_says() {
    use CprProof::{HealthCard, MunicipalIdCard, TemporaryHealthCard};
    use PictureDocument as P;
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let case = checked_in(&house).await;
    let by = house.clerk(1, "aarhus").await;
    let refused = [
        (P::TemporaryDocument, Some(HealthCard), "document-never-accepted"),
        (P::EmergencyPassport, Some(HealthCard), "document-never-accepted"),
        (P::ForeignPassport, None, "cpr-proof-missing"),
        (P::ForeignIdCard, None, "cpr-proof-missing"),
        (P::ForeignDrivingLicence, Some(TemporaryHealthCard), "cpr-proof-never-accepted"),
        (P::ResidencePermitWithoutCpr, None, "cpr-proof-missing"),
        (P::MunicipalIdCard, Some(MunicipalIdCard), "same-document-twice"),
    ];

    for (picture, cpr_proof, expected) in refused {
        let shown = Shown { picture, cpr_proof, ..shown(1) };
        let failure = house.service.documents_seen(&by, case, &shown).await.unwrap_err();
        assert_eq!(code(failure), expected, "{picture:?}");
    }
    let foreign = Shown { picture: P::ForeignPassport, cpr_proof: Some(HealthCard), ..shown(1) };
    let view = house.service.documents_seen(&by, case, &foreign).await.unwrap();
    assert!(matches!(view.step, DeskStep::SecondProof { .. }));
}

#[tokio::test]
async fn documents_that_do_not_count_leave_the_case_open() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    house.enrolled(9, OLD).await;
    let case = checked_in(&house).await;
    let by = house.clerk(1, "aarhus").await;
    let wrong = [
        (Shown { expires_on: Day::new(2026, 11, 22), ..shown(1) }, "document-expired"),
        (Shown { picture_matches: false, ..shown(1) }, "picture-differs"),
        (shown(9), "document-not-in-force"),
        (
            Shown { document_number: Zeroizing::new(licence(2)), ..shown(1) },
            "document-of-another-person",
        ),
        (
            Shown { document_number: Zeroizing::new("99999999".to_owned()), ..shown(1) },
            "document-not-known",
        ),
        (
            Shown { document_number: Zeroizing::new(String::new()), ..shown(1) },
            "document-number-invalid",
        ),
        (
            Shown { national_number: Zeroizing::new("123".to_owned()), ..shown(1) },
            "national-number-invalid",
        ),
        (shown(3), "person-not-found"),
    ];

    for (shown, expected) in wrong {
        let failure = house.service.documents_seen(&by, case, &shown).await.unwrap_err();
        assert_eq!(code(failure), expected);
    }

    let view = house.service.desk_case(&by, case).await.unwrap();
    assert!(matches!(view.step, DeskStep::Documents));
}

#[tokio::test]
async fn two_wrong_answers_are_not_enough() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let case = with_documents(&house, 1).await;
    let by = house.clerk(1, "aarhus").await;
    house.service.ask_at_desk(&by, case).await.unwrap();

    house.service.answer_at_desk(&by, case, "no idea").await.unwrap();
    let view = house.service.answer_at_desk(&by, case, "").await.unwrap();

    let DeskStep::Refused { reason } = view.step else { panic!("{:?}", view.step) };
    assert_eq!(reason, RefusalReason::NotEnoughAnswers);
}

/// The sign-in whose number the clerk reads out to the witness.
async fn asked(house: &House, case: CaseId) -> SignInId {
    let view = house.service.desk_case(&house.clerk(1, "aarhus").await, case).await.unwrap();
    let DeskStep::SecondProof { witness: Some(WitnessAsked::Waiting { number }), .. } = view.step
    else {
        panic!("{:?}", view.step)
    };
    let all = house.rows().all::<SignIn>().await;
    all.iter().find(|it| it.number_shown() == number).unwrap().id
}

/// What the witness does in the app.
async fn decide(house: &House, sign_in: SignInId, decision: Decision) {
    house.rows().change::<SignIn>(Id(sign_in.0), |it| it.decision = decision).await;
}

async fn approve(house: &House, case: CaseId) {
    decide(house, asked(house, case).await, Decision::Approved).await;
}

fn number(n: usize) -> Zeroizing<String> {
    Zeroizing::new(cpr(n).digits().to_owned())
}

#[tokio::test]
async fn a_witness_who_approves_in_an_own_app_stands_in_for_the_questions() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let witness = house.enrolled(2, OLD).await;
    let case = with_documents(&house, 1).await;
    let by = house.clerk(1, "aarhus").await;

    house.service.ask_witness(&by, case, &number(2), true).await.unwrap();
    let early = house.service.hear_witness(&by, case).await.unwrap_err();
    approve(&house, case).await;
    let view = house.service.hear_witness(&by, case).await.unwrap();

    assert_eq!(code(early), "witness-no-own-app");
    assert!(matches!(view.step, DeskStep::Identified { .. }));
    assert_eq!(house.person(witness).await.witnessed.as_slice().len(), 1);
}

#[tokio::test]
async fn the_rules_say_who_can_be_a_witness() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let witness = house.enrolled(2, OLD).await;
    let case = with_documents(&house, 1).await;
    let by = house.clerk(1, "aarhus").await;
    let service = &house.service;

    let no_photo = service.ask_witness(&by, case, &number(2), false).await.unwrap_err();
    assert_eq!(code(no_photo), "witness-no-photo-document");

    service.ask_witness(&by, case, &number(1), true).await.unwrap();
    approve(&house, case).await;
    let same = service.hear_witness(&by, case).await.unwrap_err();
    assert_eq!(code(same), "witness-themselves");

    service.ask_witness(&by, case, &number(300), true).await.unwrap();
    let nobody = service.hear_witness(&by, case).await.unwrap_err();
    assert_eq!(
        code(nobody),
        "witness-no-own-app",
        "a stranger looks like somebody who does not answer"
    );

    service.ask_witness(&by, case, &number(2), true).await.unwrap();
    let sign_in = asked(&house, case).await;
    decide(&house, sign_in, Decision::Refused).await;
    assert_eq!(code(service.hear_witness(&by, case).await.unwrap_err()), "witness-no-own-app");

    decide(&house, sign_in, Decision::Approved).await;
    house
        .change_person(witness, |it| it.instances[0].bound_at = NOW.minus(Duration::from_days(30)))
        .await;
    assert_eq!(code(service.hear_witness(&by, case).await.unwrap_err()), "witness-eid-too-new");

    house
        .change_person(witness, |it| {
            it.instances[0].bound_at = NOW.minus(Duration::from_days(90));
            for day in 1..=3 {
                it.witnessed = it
                    .witnessed
                    .with(NOW.minus(Duration::from_days(day)), Duration::from_days(120));
            }
        })
        .await;
    assert_eq!(code(service.hear_witness(&by, case).await.unwrap_err()), "witness-too-often");
}

#[tokio::test]
async fn a_centre_sees_and_touches_its_own_alone() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let reference = booked(&house, Timestamp(NOW.0 + 40 * 60_000)).await;
    let service = &house.service;
    let elsewhere = house.clerk(2, "nuuk").await;

    let refused = service.check_in(&elsewhere, &reference).await.unwrap_err();
    assert_eq!(code(refused), "no-such-booking");
    assert!(service.desk_today(&elsewhere).await.unwrap().expected.is_empty());
    let today = service.desk_today(&house.clerk(1, "aarhus").await).await.unwrap();
    assert_eq!(today.expected.len(), 1);
    assert!(today.expected[0].can_check_in);

    let case = service.check_in(&house.clerk(1, "aarhus").await, &reference).await.unwrap();
    let twice = service.check_in(&house.clerk(1, "aarhus").await, &reference).await.unwrap_err();
    assert_eq!(code(twice), "no-such-booking");
    let seen = service.documents_seen(&elsewhere, case, &shown(1)).await.unwrap_err();
    assert_eq!(code(seen), "not-found");
    assert_eq!(code(service.desk_case(&elsewhere, case).await.unwrap_err()), "not-found");

    let colleague = house.clerk(3, "aarhus").await;
    assert_eq!(code(service.desk_case(&colleague, case).await.unwrap_err()), "not-your-case");
    let seen = service.documents_seen(&colleague, case, &shown(1)).await.unwrap_err();
    assert_eq!(code(seen), "not-your-case");
    let open = service.desk_today(&colleague).await.unwrap().open;
    assert!(open.len() == 1 && !open[0].mine && !open[0].wants_second_clerk);
}

#[tokio::test]
async fn who_comes_too_early_or_without_a_booking_is_not_checked_in() {
    let house = House::new().await;
    let tomorrow = booked(&house, Timestamp(NOW.0 + 24 * 3_600_000 + 40 * 60_000)).await;
    let by = house.clerk(1, "aarhus").await;

    assert_eq!(
        code(house.service.check_in(&by, &tomorrow).await.unwrap_err()),
        "not-check-in-time"
    );
    assert_eq!(code(house.service.check_in(&by, "ABCDEFGH").await.unwrap_err()), "no-such-booking");
    house.clock.advance_secs(24 * 3_600 + 40 * 60 + 30 * 60 + 1);
    assert_eq!(
        code(house.service.check_in(&by, &tomorrow).await.unwrap_err()),
        "not-check-in-time"
    );
}

async fn recovered_in_person(house: &House, person: PersonId) {
    let past = PastRecovery {
        case: CaseId(77),
        route: Route::Desk,
        at: NOW.minus(Duration::from_hours(3)),
        without_presence: None,
    };
    house.change_person(person, |it| it.recoveries.push(past)).await;
}

#[tokio::test]
async fn soon_after_a_visit_two_clerks_have_to_see_the_same() {
    let house = House::new().await;
    let person = house.enrolled(1, OLD).await;
    recovered_in_person(&house, person).await;
    let case = identified(&house, 1).await;
    let (by, colleague) = (house.clerk(1, "aarhus").await, house.clerk(3, "aarhus").await);
    let service = &house.service;

    let alone = service.issue_at_desk(&by, case, Delivery::Sms, None).await.unwrap_err();
    assert_eq!(code(alone), "second-clerk-needed");
    assert_eq!(code(service.second_clerk(&by, case).await.unwrap_err()), "same-clerk");
    assert_eq!(
        code(service.second_clerk(&house.clerk(4, "nuuk").await, case).await.unwrap_err()),
        "not-found"
    );
    house.employ(5, Some(cpr(1).digits()), None).await;
    let themselves = house.clerk(5, "aarhus").await;
    assert_eq!(code(service.second_clerk(&themselves, case).await.unwrap_err()), "own-case");

    assert!(service.desk_today(&colleague).await.unwrap().open[0].wants_second_clerk);
    service.second_clerk(&colleague, case).await.unwrap();
    assert!(matches!(
        service.issue_at_desk(&by, case, Delivery::Sms, None).await.unwrap(),
        Issued::Sent
    ));
}

#[tokio::test]
async fn a_colleague_cannot_issue() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let case = identified(&house, 1).await;

    let refused = house
        .service
        .issue_at_desk(&house.clerk(3, "aarhus").await, case, Delivery::Sms, None)
        .await
        .unwrap_err();

    assert_eq!(code(refused), "not-your-case");
}

#[tokio::test]
async fn a_code_for_a_named_app_must_be_one_of_the_person_s() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let other = house.enrolled(2, OLD).await;
    let case = identified(&house, 1).await;
    let theirs = Some(recovery::id::InstanceId(other.0));

    let refused = house
        .service
        .issue_at_desk(&house.clerk(1, "aarhus").await, case, Delivery::Sms, theirs)
        .await
        .unwrap_err();

    assert_eq!(code(refused), "unbound");
}

#[tokio::test]
async fn a_refused_person_is_told_why_and_the_case_is_over() {
    let house = House::new().await;
    house.enrolled(1, OLD).await;
    let case = with_documents(&house, 1).await;
    let by = house.clerk(1, "aarhus").await;

    let view = house.service.refuse_at_desk(&by, case, DeskRefusal::NoSecondProof).await.unwrap();

    let DeskStep::Refused { reason } = view.step else { panic!("{:?}", view.step) };
    assert_eq!(reason, RefusalReason::NoSecondProof);
    assert_eq!(code(house.service.ask_at_desk(&by, case).await.unwrap_err()), "out-of-order");
}
