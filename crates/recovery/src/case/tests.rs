use std::collections::{HashMap, VecDeque};

use chip::verdict::Presence;
use face::{Comparison, ComparisonParts, FaceResult, LightSeen, Liveness, Missing, Scores};

use super::{
    Case, ChipFaceEvent, Closed, Delivery, DeskEvent, Event, GrantOf, PhoneEvent, PhoneStage,
    QuestionEvent, Stage,
};
use crate::Rejection;
use crate::decision::Change;
use crate::effect::{Effect, Medium, Notice};
use crate::id::{GrantId, InstanceId, PersonId, StaffId, VetoId};
use crate::person::{PastRecovery, Person};
use crate::policy::{Policy, Profile};
use crate::route::{RefusalReason, Route};
use crate::specimen::events::{World, redeemed, spent};
use crate::specimen::{
    CASE, NOW, PERSON, PHONE, PORTRAIT, PROVEN, TEMPORARY_PIN, agent, app, case, clerk, comparison,
    judged, on_the_phone, person, run_with, stages,
};
use crate::staff::StaffMember;
use crate::time::Duration;

const GRANTED: GrantOf = GrantOf { grant: GrantId(5), veto: VetoId(1) };

fn world() -> World {
    World::new(Policy::of(Profile::PublicService))
}

fn in_state(code: &str) -> Case {
    case(stages().into_iter().find(|stage| stage.code() == code).unwrap())
}

fn face<'a>(comparison: &'a Comparison, person: &'a Person) -> Event<'a> {
    ChipFaceEvent::FaceCompared { comparison, portrait: PORTRAIT, person, granted: GRANTED }.into()
}

fn refused(case: &Case) -> Option<RefusalReason> {
    if let Stage::Closed(Closed::Refused { reason, .. }) = case.stage { Some(reason) } else { None }
}

#[test]
fn closed_cases_stay_closed() {
    let world = world();
    for stage in stages() {
        let case = case(stage);
        for (name, event) in world.events() {
            let outcome = case.apply(event, &world.policy, NOW);
            if case.is_closed() {
                assert_eq!(outcome, Err(Rejection::CaseClosed), "{name}");
                assert!(case.elapse(&world.policy, NOW.plus(Duration::from_days(9_000))).is_none());
            }
        }
    }
}

#[test]
fn nothing_happens_in_a_case_whose_time_is_up() {
    let world = world();
    for stage in stages() {
        let case = case(stage);
        let Some(deadline) = case.deadline(&world.policy) else { continue };
        for (name, event) in world.events() {
            let late = case.apply(event, &world.policy, deadline);
            assert_eq!(late, Err(Rejection::CaseExpired), "{name}");
        }
    }
}

/// Plays every event on every state that can be reached from the four beginnings, and holds each
/// path that reaches a grant or code against the evidence that the policy asks for.
#[test]
fn no_path_reaches_a_grant_or_a_code_without_the_evidence_of_its_route() {
    for profile in Profile::ALL {
        let world = World::new(Policy::of(profile));
        let beginnings = ["awaiting-consent", "awaiting-number", "at-desk", "waiting"];
        let mut queue: VecDeque<(Case, Vec<&str>)> =
            beginnings.iter().map(|code| (in_state(code), Vec::new())).collect();
        let mut seen: HashMap<String, ()> = HashMap::new();
        while let Some((case, path)) = queue.pop_front() {
            let has = |event: &str| path.contains(&event);
            let face = ["consent given", "chip genuine and theirs", "face matches"];
            let clerk = path.iter().filter(|it| **it == "right answer to clerk").count();
            let second_proof = has("witness heard") || has("chip read at desk") || clerk >= 2;
            let holds = match case.stage.code() {
                "granted" => face.into_iter().all(has) || has("temporary PIN redeemed"),
                // No call is in here: the only number that is typed is unknown.
                "code-issued" => (has("documents seen") && second_proof) || has("wait over"),
                "completed" => has("new PIN set"),
                _ => true,
            };
            assert!(holds, "{path:?}");
            assert!(!has("send temporary PIN"), "a decoy led to a code: {path:?}");
            for (name, event) in world.events() {
                let Ok(step) = case.apply(event, &world.policy, NOW) else { continue };
                let next_path: Vec<_> = path.iter().copied().chain([name]).collect();
                let mut told = next_path.clone();
                told.sort_unstable();
                told.dedup();
                if seen.insert(format!("{:?} {told:?}", step.next.stage), ()).is_none() {
                    queue.push_back((step.next, next_path));
                }
            }
        }
        assert!(seen.keys().any(|stage| stage.starts_with("Closed(Completed")));
        assert!(seen.len() > 50, "{}", seen.len());
    }
}

#[test]
fn chip_and_face_lead_to_a_grant_and_the_grant_to_a_recovery() {
    let world = world();
    let opened = Case::open_chip_face(CASE, &world.person, &app(), &world.policy, NOW).unwrap();
    let [Change::Person(counted)] = opened.changes.as_slice() else { panic!("{opened:?}") };
    assert_eq!(counted.chip_cases.as_slice(), [NOW]);
    let consent = ChipFaceEvent::ConsentGiven { text_version: 1, p_code_given: false };
    let case = opened.next.apply(consent, &world.policy, NOW).unwrap().next;
    let judged = judged(PROVEN, &world.person, &world.policy);
    let case = case
        .apply(ChipFaceEvent::ChipVerified { judged, app: &app() }, &world.policy, NOW)
        .unwrap()
        .next;
    let matching = comparison(FaceResult::Match);
    let granted = case.apply(face(&matching, &world.person), &world.policy, NOW).unwrap();
    let notice = Notice::NewPinAllowed { veto: VetoId(1) };
    assert_eq!(
        granted.effects,
        [Effect::NotifyEveryChannel { person: PERSON, case: CASE, notice }]
    );

    let spent = spent(&world.policy).unwrap();
    let set = Event::PinSet { spent, person: &world.person, p_code: None, veto: VetoId(2) };
    let completed = granted.next.apply(set, &world.policy, NOW).unwrap().next;

    assert_eq!(completed.past_recovery().unwrap().route, Route::ChipFace);
}

#[test]
fn the_third_face_ends_the_case_and_a_broken_read_costs_nothing() {
    let world = world();
    let mut reading = in_state("awaiting-chip");
    for _ in 0..100 {
        reading = reading.apply(ChipFaceEvent::ChipReadBroken, &world.policy, NOW).unwrap().next;
    }
    assert_eq!(reading, in_state("awaiting-chip"));

    let other = comparison(FaceResult::NoMatch);
    let mut case = in_state("awaiting-face");
    for _ in 0..2 {
        case = case.apply(face(&other, &world.person), &world.policy, NOW).unwrap().next;
        assert_eq!(refused(&case), None);
    }
    case = case.apply(face(&other, &world.person), &world.policy, NOW).unwrap().next;
    assert_eq!(refused(&case), Some(RefusalReason::FaceTriesUsed));
}

#[test]
fn a_match_that_is_not_live_not_checked_or_of_another_portrait_grants_nothing() {
    let world = world();
    let with = |liveness, missing| {
        Comparison::assume_verified(ComparisonParts {
            result: FaceResult::Match,
            liveness,
            scores: Scores { fused: None, embeddings: Vec::new(), pad: None },
            models: Vec::new(),
            missing,
            covered: Vec::new(),
            light: None,
        })
    };
    let case = in_state("awaiting-face");
    let apply = |comparison: &Comparison, policy: &Policy| {
        case.apply(face(comparison, &world.person), policy, NOW).map(|step| step.next.stage.code())
    };
    let unchecked = with(Liveness::NotChecked, Vec::new());
    assert_eq!(apply(&unchecked, &world.policy), Err(Rejection::LivenessNotChecked));
    let failed = with(Liveness::Failed(vec![face::LivenessReason::FlatPicture]), Vec::new());
    assert_eq!(apply(&failed, &world.policy), Ok("awaiting-face"));
    let mut sandbox = world.policy.clone();
    sandbox.chip_face.liveness_required = false;
    assert_eq!(apply(&unchecked, &sandbox), Ok("granted"));
    let mut careful = world.policy.clone();
    careful.chip_face.passive_pad_required = true;
    let without_pad = with(Liveness::Passed, vec![Missing::PassivePad]);
    assert_eq!(apply(&without_pad, &careful), Err(Rejection::PassivePadMissing));
    careful.chip_face.second_embedding_required = true;
    let one_opinion = with(Liveness::Passed, vec![Missing::SecondEmbedding]);
    assert_eq!(apply(&one_opinion, &careful), Err(Rejection::SecondEmbeddingMissing));

    let matching = comparison(FaceResult::Match);
    let swapped = ChipFaceEvent::FaceCompared {
        comparison: &matching,
        portrait: [0; 32],
        person: &world.person,
        granted: GRANTED,
    };
    let swapped = case.apply(swapped, &world.policy, NOW);
    assert_eq!(swapped, Err(Rejection::AnotherPortrait));
}

/// Whoever let the screen light the face and shows nothing of it goes on only where the policy just notes it; whoever declined
/// always does.
#[test]
fn light_that_does_not_show_counts_where_the_policy_says_so_and_to_decline_costs_nothing() {
    let world = world();
    let with = |light| {
        Comparison::assume_verified(ComparisonParts {
            result: FaceResult::Match,
            liveness: Liveness::Passed,
            scores: Scores { fused: None, embeddings: Vec::new(), pad: None },
            models: Vec::new(),
            missing: Vec::new(),
            covered: Vec::new(),
            light,
        })
    };
    let after = |policy: &Policy, light| {
        let comparison = with(light);
        let step = in_state("awaiting-face").apply(face(&comparison, &world.person), policy, NOW);
        step.unwrap().next.stage.code()
    };
    let noted = world.policy.clone();
    let mut decides = world.policy.clone();
    decides.chip_face.coloured_light = crate::policy::ColouredLight::Decides;

    assert_eq!(after(&noted, Some(LightSeen::NotSeen)), "granted");
    assert_eq!(after(&decides, Some(LightSeen::NotSeen)), "awaiting-face");
    assert_eq!(after(&decides, Some(LightSeen::Followed)), "granted");
    assert_eq!(after(&decides, None), "granted");
}

#[test]
fn the_third_wrong_p_code_ends_the_case_and_another_persons_document_at_once() {
    let world = world();
    let chip = crate::specimen::verified_chip(PROVEN);
    let judge = |p_code| {
        let around = crate::evidence::Circumstances {
            p_code,
            ..crate::specimen::circumstances(&world.person, &[])
        };
        crate::evidence::ChipJudged::judge(&chip, around, &world.policy, NOW)
    };
    let mut case = in_state("awaiting-chip");
    for wrong in 1..=3 {
        let judged = judge(crate::evidence::PairedPCode::GivenUnknown);
        case = case
            .apply(ChipFaceEvent::ChipVerified { judged, app: &app() }, &world.policy, NOW)
            .unwrap()
            .next;
        assert_eq!(refused(&case), (wrong == 3).then_some(RefusalReason::PCodeTriesUsed));
    }

    let judged = judge(crate::evidence::PairedPCode::NotGiven);
    let step = in_state("awaiting-chip").apply(
        ChipFaceEvent::ChipVerified { judged, app: &app() },
        &world.policy,
        NOW,
    );
    assert_eq!(refused(&step.unwrap().next), Some(RefusalReason::DocumentNotTheirs));
    let other = Person { id: PersonId(99), ..person() };
    let judged = judged_for(&other, &world.policy);
    let event = ChipFaceEvent::ChipVerified { judged, app: &app() };
    let foreign = in_state("awaiting-chip").apply(event, &world.policy, NOW);
    assert_eq!(foreign, Err(Rejection::OutOfOrder));
}

fn judged_for(person: &Person, policy: &Policy) -> crate::evidence::ChipJudged {
    judged(Presence::NotOffered, person, policy)
}

#[test]
fn a_call_with_enough_answers_sends_a_code_that_nobody_sees() {
    let world = world();
    let agent = agent();
    let run = run_with(1, 0, true);
    let asking = case(on_the_phone(PhoneStage::Asking { person: Some(PERSON), run }));
    let right = QuestionEvent::Answered { by: &agent, given: "2002", person: None };
    let enough = asking.apply(right, &world.policy, NOW).unwrap().next;

    let send = PhoneEvent::SendTemporaryPin { by: &agent, issue: world.issue() };
    let step = enough.apply(send, &world.policy, NOW).unwrap();

    let until = NOW.plus(Duration::from_mins(30));
    let (temporary_pin, person, channel) = (TEMPORARY_PIN, PERSON, PHONE);
    let digits = crate::specimen::drawn_code().digits;
    let sent = Effect::SendTemporaryPin { temporary_pin, person, channel, digits, until };
    assert!(step.effects.contains(&sent));
    assert_eq!(step.next.stage.code(), "code-issued");
}

#[test]
fn a_call_is_refused_neutrally_with_the_reason_in_the_journal() {
    let mut new_number = world();
    new_number.person.channels[0].changed_at = NOW;
    let mut recent = world();
    let past = PastRecovery { case: CASE, route: Route::Phone, at: NOW, without_presence: None };
    recent.person = recent.person.recovered(past).next;
    let mut no_app = world();
    no_app.person.instances.clear();
    let mut capped = world();
    for _ in 0..3 {
        let issued = capped.slot.issue(crate::specimen::code(), &capped.policy, NOW);
        capped.slot = issued.unwrap().next;
    }
    for (world, reason) in [
        (new_number, RefusalReason::NumberTooNew),
        (recent, RefusalReason::RecoveredRecently),
        (no_app, RefusalReason::NoAppBound),
        (capped, RefusalReason::IssueCapReached),
    ] {
        let agent = agent();
        let send = PhoneEvent::SendTemporaryPin { by: &agent, issue: world.issue() };
        let step = in_state("enough-answers").apply(send, &world.policy, NOW).unwrap();
        assert_eq!(refused(&step.next), Some(reason));
        assert_eq!(step.effects, [], "a refusal sends nothing");
    }
}

#[test]
fn staff_handle_neither_other_peoples_cases_nor_their_familys() {
    let world = world();
    let stranger = StaffMember { id: StaffId(99), ..agent() };
    let kin = StaffMember { kin: vec![PERSON], ..agent() };
    let asking = in_state("asking");
    let answer = |by| {
        asking.apply(QuestionEvent::Answered { by, given: "x", person: None }, &world.policy, NOW)
    };

    assert_eq!(answer(&stranger), Err(Rejection::NotYourCase));
    assert_eq!(answer(&kin), Err(Rejection::OwnCase));
    assert_eq!(answer(&clerk()), Err(Rejection::RoleNotAllowed));
    let related = StaffMember { kin: vec![PERSON], ..clerk() };
    let seen = crate::specimen::seen();
    let event = DeskEvent::DocumentsSeen { by: &related, person: &world.person, seen };
    assert_eq!(in_state("at-desk").apply(event, &world.policy, NOW), Err(Rejection::OwnCase));
}

#[test]
fn at_the_desk_a_new_number_gets_paper_and_a_visit_after_a_visit_needs_two_clerks() {
    let mut world = world();
    // Changed before the visit began, which is at NOW.
    world.person.channels[0].changed_at = NOW.minus(Duration::from_hours(1));
    let past = PastRecovery { case: CASE, route: Route::Desk, at: NOW, without_presence: None };
    world.person = world.person.recovered(past).next;
    let (clerk, issue) = (clerk(), world.issue());
    let apply = |case: &Case, delivery| {
        let event = DeskEvent::Issue { by: &clerk, issue, delivery, instance: None };
        case.apply(event, &world.policy, NOW).unwrap()
    };
    let paper = Delivery::Reveal(Medium::Paper);

    let alone = apply(&in_state("identified"), paper).next;
    assert_eq!(refused(&alone), Some(RefusalReason::RecoveredRecently));
    let same =
        in_state("identified").apply(DeskEvent::SecondClerk { by: &clerk }, &world.policy, NOW);
    assert_eq!(same, Err(Rejection::SameClerk));
    let second = DeskEvent::SecondClerk { by: &world.other_clerk };
    let two = in_state("identified").apply(second, &world.policy, NOW).unwrap().next;
    assert_eq!(refused(&apply(&two, Delivery::Sms).next), Some(RefusalReason::NumberTooNew));
    assert_eq!(apply(&two, paper).next.stage.code(), "code-issued");
}

#[test]
fn a_redeemed_code_grants_in_a_bound_app_of_the_person_and_once() {
    let world = world();
    let redeemed = redeemed(&world.policy).unwrap();
    let apply = |person: &Person| {
        let event = Event::Redeemed { redeemed, person, granted: GRANTED };
        in_state("code-issued").apply(event, &world.policy, NOW).map(|step| step.next)
    };

    let granted = apply(&world.person).unwrap();
    assert_eq!(granted.stage.code(), "granted");
    let unbound = Person { instances: Vec::new(), ..person() };
    assert_eq!(apply(&unbound), Err(Rejection::TemporaryPinInvalid));
    let past = PastRecovery { case: CASE, route: Route::Phone, at: NOW, without_presence: None };
    let recovered = world.person.recovered(past).next;
    assert_eq!(refused(&apply(&recovered).unwrap()), Some(RefusalReason::RecoveredRecently));
    let frozen = world.person.freeze_by_veto(VetoId(1), &world.policy, NOW).next;
    assert_eq!(refused(&apply(&frozen).unwrap()), Some(RefusalReason::RecoveryFrozen));

    let mut named = in_state("code-issued");
    if let Stage::Issued(issued) = &mut named.stage {
        issued.instance = Some(InstanceId(99));
    }
    let person = &world.person;
    let event = Event::Redeemed { redeemed, person, granted: GRANTED };
    assert_eq!(named.apply(event, &world.policy, NOW), Err(Rejection::TemporaryPinInvalid));
}

#[test]
fn self_service_waits_24_hours() {
    let world = world();
    let opened = Case::open_self_service(CASE, &world.person, VetoId(1), &world.policy, NOW);
    let case = opened.unwrap().next;
    let over = NOW.plus(Duration::from_hours(24));
    let apply = |now| {
        let event = Event::WaitOver { issue: world.issue() };
        case.apply(event, &world.policy, now).map(|step| step.next.stage.code())
    };

    assert_eq!(apply(over.minus(Duration::from_millis(1))), Err(Rejection::StillWaiting));
    assert_eq!(apply(over), Ok("code-issued"));
}
