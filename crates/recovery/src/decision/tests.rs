use super::*;
use crate::Rejection;
use crate::case::{
    Case, ChipFaceEvent, DeskEvent, Event, Ground, PhoneEvent, QuestionEvent, Stage,
};
use crate::id::{PCodeId, VetoId};
use crate::policy::{Policy, Profile};
use crate::specimen::events::{World, redeemed, spent};
use crate::specimen::{
    CASE, CODE, DOCUMENT, GRANT, NOW, PERSON, PROVEN, TEMPORARY_PIN, WITNESS, agent, app, case,
    chip_evidence, granted, person, stages,
};
use crate::temporary_pin::State;
use crate::veto::{About, Affected, Matter, Used, Veto};

fn world() -> World {
    World::new(Policy::of(Profile::PublicService))
}

fn in_state(code: &str) -> Case {
    case(stages().into_iter().find(|stage| stage.code() == code).unwrap())
}

fn phone() -> Ground {
    let Stage::Issued(at) = in_state("code-issued").stage else { unreachable!("a code is issued") };
    at.ground
}

#[test]
fn an_issue_puts_the_code_into_the_persons_place_and_says_so() {
    let (world, agent) = (world(), agent());
    let send = PhoneEvent::SendTemporaryPin { by: &agent, issue: world.issue() };

    let decision = in_state("enough-answers").apply(send, &world.policy, NOW).unwrap();

    let [Change::TemporaryPin(slot)] = decision.changes.as_slice() else { panic!("{decision:?}") };
    let State::Issued { code, .. } = &slot.state else { panic!("{slot:?}") };
    assert_eq!((code.id, code.case, code.hash), (TEMPORARY_PIN, CASE, CODE));
    assert_eq!(slot.issues.as_slice(), [NOW]);
    let said = JournalEvent::TemporaryPinIssued {
        temporary_pin: TEMPORARY_PIN,
        case: CASE,
        person: PERSON,
    };
    assert!(decision.journal.contains(&said));
}

#[test]
fn a_refusal_changes_nothing_else() {
    let (mut world, agent) = (world(), agent());
    world.person.channels.clear();
    let send = PhoneEvent::SendTemporaryPin { by: &agent, issue: world.issue() };

    let decision = in_state("enough-answers").apply(send, &world.policy, NOW).unwrap();

    assert!(
        decision.next.is_closed() && decision.changes.is_empty() && decision.effects.is_empty()
    );
}

#[test]
fn a_redeemed_code_makes_the_grant() {
    let world = world();
    let granted = crate::case::GrantOf { grant: GRANT, veto: VetoId(1) };
    let redeemed = redeemed(&world.policy).unwrap();
    let event = Event::Redeemed { redeemed, person: &world.person, granted };

    let decision = in_state("code-issued").apply(event, &world.policy, NOW).unwrap();

    let grant = Grant::of_case(&decision.next).unwrap();
    assert_eq!(decision.changes, [Change::Grant(grant)]);
}

#[test]
fn a_new_pin_counts_the_recovery_and_one_use_of_the_p_code_and_none_without_it() {
    let world = world();
    let id = PCodeId(80);
    let chip = crate::case::ChipEvidence { p_code: Some(id), ..chip_evidence(PROVEN) };
    let at = case(granted(Ground::ChipFace { chip, face_tries: 1 }));
    let p_code = PCode::issue(id, PERSON, DOCUMENT, NOW).next;
    let other = PCode::issue(PCodeId(81), PERSON, DOCUMENT, NOW).next;
    let set = |p_code| {
        let spent = spent(&world.policy).unwrap();
        let (person, veto) = (&world.person, VetoId(2));
        at.apply(Event::PinSet { spent, person, p_code, veto }, &world.policy, NOW)
    };

    let decision = set(Some(&p_code)).unwrap();

    let [Change::Person(after), Change::PCode(used)] = decision.changes.as_slice() else {
        panic!("{decision:?}")
    };
    assert_eq!(after.recoveries.len(), 1);
    assert_eq!(*used, p_code.count_use(&world.policy, NOW).unwrap().next);
    assert_eq!(set(None), Err(Rejection::PCodeInvalid));
    assert_eq!(set(Some(&other)), Err(Rejection::PCodeInvalid));
}

fn link(id: u128) -> Veto {
    let about = (About::Case(CASE), crate::specimen::PHONE);
    Veto::offer(VetoId(id), PERSON, about, CODE, NOW).next
}

fn pressed(stage: Stage, grant: Option<&Grant>) -> Used {
    let (policy, case, own) = (Policy::of(Profile::PublicService), case(stage), link(1));
    let slot = crate::specimen::no_temporary_pin();
    let slot = slot.issue(crate::specimen::code(), &policy, NOW).unwrap().next;
    let links = [own.clone(), link(2)];
    let (person, app) = (person(), app());
    let affected = Affected { person: &person, slot: &slot, grant, app: Some(&app), links: &links };
    own.press(Matter::Case(&case), affected, &policy, NOW).unwrap()
}

#[test]
fn a_link_ends_the_case_its_code_its_grant_and_the_other_links_and_freezes_the_person() {
    let grant = Grant::of_case(&case(granted(phone()))).unwrap();

    let used = pressed(granted(phone()).into(), Some(&grant));

    let [Change::Person(frozen), Change::TemporaryPin(slot)] = used.link.changes.as_slice() else {
        panic!("{used:?}")
    };
    assert!(frozen.freeze.is_some());
    assert_eq!(slot.state, State::Empty);
    let stopped = used.case.unwrap();
    assert_eq!(stopped.next.stage.code(), "stopped");
    assert_eq!(stopped.changes, [Change::Grant(grant.withdraw().unwrap().next)]);
    assert_eq!(used.others.len(), 1);
    assert_eq!(used.others[0].next.id, VetoId(2));
    assert_eq!(used.app, None);
}

#[test]
fn after_a_recovery_a_link_blocks_the_app_and_stops_no_case() {
    let completed = in_state("completed").stage;

    let used = pressed(completed, None);

    assert_eq!(used.app, app().block_by_veto());
    assert_eq!((used.case, used.others.len()), (None, 1));
    assert!(matches!(used.link.changes.as_slice(), [Change::Person(_)]), "the code is past");
}

#[test]
fn two_events_in_a_row_are_one_decision() {
    let first = Decision::to(1)
        .with(Step::to(crate::specimen::no_temporary_pin()))
        .saying(JournalEvent::CaseLapsed { case: CASE });
    let second =
        Decision::to(2).with(Step::to(person())).saying(JournalEvent::ChipRefused { case: CASE });

    let both = first.clone().then(second.clone());

    assert_eq!(both.next, 2);
    assert_eq!(both.changes, [first.changes, second.changes].concat());
    assert_eq!(both.journal, [first.journal, second.journal].concat());
}

#[test]
fn a_failed_call_counts_for_the_caller_and_is_not_decided_without_them() {
    let (world, agent) = (world(), agent());
    let run = crate::specimen::run_with(0, 1, true);
    let asking = crate::case::PhoneStage::Asking { person: Some(PERSON), run };
    let asking = case(crate::specimen::on_the_phone(asking));
    let stranger = Person { id: crate::id::PersonId(99), ..person() };
    let answer = |person| {
        let wrong = QuestionEvent::Answered { by: &agent, given: "1900", person };
        asking.apply(wrong, &world.policy, NOW)
    };

    let decision = answer(Some(&world.person)).unwrap();

    assert!(decision.next.is_closed());
    let counted = world.person.count_failed_call(&world.policy, NOW).next;
    assert_eq!(decision.changes, [Change::Person(counted)]);
    assert_eq!(answer(None), Err(Rejection::OutOfOrder));
    assert_eq!(answer(Some(&stranger)), Err(Rejection::OutOfOrder));
}

#[test]
fn a_p_code_that_does_not_fit_counts_for_the_app_that_read_the_chip() {
    let world = world();
    let chip = crate::specimen::verified_chip(PROVEN);
    let around = crate::evidence::Circumstances {
        p_code: crate::evidence::PairedPCode::GivenUnknown,
        ..crate::specimen::circumstances(&world.person, &[])
    };
    let verified = |app| {
        let judged = crate::evidence::ChipJudged::judge(&chip, around, &world.policy, NOW);
        let event = ChipFaceEvent::ChipVerified { judged, app };
        in_state("awaiting-chip").apply(event, &world.policy, NOW)
    };
    let own = app();

    let decision = verified(&own).unwrap();

    let counted = own.count_wrong_p_code(&world.policy, NOW).unwrap().next;
    assert_eq!(decision.changes, [Change::App(counted)]);
    let others = Authenticator { person: crate::id::PersonId(99), ..app() };
    assert_eq!(verified(&others), Err(Rejection::OutOfOrder));
}

#[test]
fn who_is_heard_as_a_witness_is_counted_as_one() {
    let (world, clerk) = (world(), crate::specimen::clerk());
    let witness = Person { id: WITNESS, ..person() };
    let hear = |heard| {
        let proof = crate::evidence::Witness::assume_verified(WITNESS, NOW);
        let event = DeskEvent::WitnessHeard { by: &clerk, witness: proof, heard };
        in_state("documents-accepted").apply(event, &world.policy, NOW)
    };

    let decision = hear(&witness).unwrap();

    let counted = witness.count_witnessed(&world.policy, NOW).next;
    assert_eq!(decision.changes, [Change::Person(counted)]);
    assert_eq!(hear(&world.person), Err(Rejection::OutOfOrder));
}
