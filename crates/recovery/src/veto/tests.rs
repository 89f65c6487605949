use super::{About, Matter, State, Stop, Veto};
use crate::case::{Closed, DeskProof, Granted, Ground, Issued, Stage, Wait};
use crate::effect::{Alarm, Effect, SecurityEvent};
use crate::evidence::Witness;
use crate::id::{ChannelId, ForeignDocumentId, VetoId};
use crate::person::{ForeignDocument, PastRecovery, Person};
use crate::policy::{Policy, Profile};
use crate::route::Route;
use crate::specimen::{
    CASE, CODE, DOCUMENT, INSTANCE, NOW, PERSON, PHONE, PROVEN, WITNESS, call, case, chip_evidence,
    granted, issued, person, seen, stages, visit,
};
use crate::time::{Duration, Timestamp};
use chip::verdict::Presence;

fn policy() -> Policy {
    Policy::of(Profile::PublicService)
}

fn link(about: About) -> Veto {
    Veto::offer(VetoId(1), PERSON, (about, PHONE), CODE, NOW).next
}

/// The specimen's phone was removed at that instant.
fn removed(at: Timestamp) -> Person {
    let mut person = person();
    person.channels[0].removed_at = Some(at);
    person
}

fn before(span: Duration) -> Timestamp {
    NOW.minus(span)
}

fn hour() -> Duration {
    Duration::from_hours(1)
}

/// Each ground with whether the person was shown to be there.
fn grounds() -> Vec<(Ground, bool)> {
    let desk = Ground::Desk {
        visit: visit(),
        seen: seen(),
        proof: DeskProof::Witness(Witness::assume_verified(WITNESS, NOW)),
        second_clerk: None,
    };
    let chip = |presence| Ground::ChipFace { chip: chip_evidence(presence), face_tries: 0 };
    vec![
        (Ground::Phone { call: call() }, false),
        (Ground::SelfService, false),
        (chip(Presence::NotOffered), false),
        (chip(PROVEN), true),
        (desk, true),
    ]
}

/// Code issued, granted and completed on a ground, at that instant.
fn after_proof(ground: &Ground, at: Timestamp) -> Vec<Stage> {
    let (person, instance) = (PERSON, INSTANCE);
    vec![
        Issued { issued_at: at, ..issued(ground.clone()) }.into(),
        Granted { at, ..granted(ground.clone()) }.into(),
        Closed::Completed { person, ground: ground.clone(), instance, at }.into(),
    ]
}

fn full_stop(stage: &Stage) -> Option<Stop> {
    let Stage::Closed(Closed::Completed { instance, .. }) = stage else {
        return Some(Stop::Before);
    };
    Some(Stop::After { instance: *instance })
}

fn did(veto: &Veto, matter: Matter<'_>, person: &Person) -> Option<Stop> {
    veto.act(matter, person, &policy(), NOW).map(|(_, stop)| stop)
}

#[test]
fn before_completion_it_stops_the_case_and_after_it_blocks_the_app() {
    let veto = link(About::Case(CASE));

    for state in stages() {
        let acted = did(&veto, Matter::Case(&case(state.clone())), &person());
        let expected = if let Stage::Closed(Closed::Completed { .. }) = state {
            Some(Stop::After { instance: INSTANCE })
        } else if case(state.clone()).is_closed() {
            None
        } else {
            Some(Stop::Before)
        };
        assert_eq!(acted, expected, "{}", state.code());
    }
}

#[test]
fn a_link_works_once_and_for_seven_days() {
    let veto = link(About::Case(CASE));
    let completed = stages().into_iter().find(|it| it.code() == "completed").unwrap();
    let completed = case(completed);
    let (policy, person) = (policy(), person());
    let over = NOW.plus(Duration::from_days(7));
    let act = |veto: &Veto, now| veto.act(Matter::Case(&completed), &person, &policy, now);

    let (used, _) = act(&veto, over.minus(Duration::from_millis(1))).unwrap();

    let event = SecurityEvent::CredentialChangeRequired;
    assert!(used.effects.contains(&Effect::EmitSecurityEvent { person: PERSON, event }));
    assert!(act(&used.next, NOW).is_none());
    assert!(act(&veto, over).is_none());
}

/// PROTOCOLS.md 12, each cell: what the link of a removed channel does to a recovery.
#[test]
fn the_link_of_a_removed_channel_stops_phone_and_self_service_and_reports_what_was_proven_since() {
    let veto = link(About::Case(CASE));
    let long_ago = removed(before(Duration::from_days(5)));

    for (ground, proven) in grounds() {
        for state in after_proof(&ground, NOW) {
            let acted = did(&veto, Matter::Case(&case(state.clone())), &long_ago);
            let expected = if proven { Some(Stop::Report) } else { full_stop(&state) };
            assert_eq!(acted, expected, "{} by {}", state.code(), ground.route().code());
            let of_today = did(&veto, Matter::Case(&case(state.clone())), &person());
            assert_eq!(of_today, full_stop(&state), "a channel of today stops everything");
        }
    }
    let waiting = Wait { person: PERSON, until: NOW };
    assert_eq!(did(&veto, Matter::Case(&case(waiting)), &long_ago), Some(Stop::Before));
}

#[test]
fn what_was_proven_before_the_channel_was_removed_can_be_stopped_by_its_link() {
    let veto = link(About::Case(CASE));

    for (ground, proven) in grounds() {
        for state in after_proof(&ground, before(Duration::from_hours(2))) {
            let act = |person: &Person| did(&veto, Matter::Case(&case(state.clone())), person);

            assert_eq!(act(&removed(before(hour()))), full_stop(&state));
            let since = act(&removed(before(Duration::from_hours(3))));
            assert_eq!(since, if proven { Some(Stop::Report) } else { full_stop(&state) });
        }
    }
}

#[test]
fn the_link_about_a_change_of_number_pauses_and_only_reports_once_the_person_was_there() {
    let veto = link(About::Channels);
    let proven = |route, without_presence, at| {
        let mut person = removed(before(Duration::from_days(2)));
        person.recoveries.push(PastRecovery { case: CASE, route, at, without_presence });
        person
    };
    let (since, earlier) = (before(hour()), before(Duration::from_days(3)));

    for (person, expected) in [
        (person(), Stop::PauseNumbers),
        (removed(before(hour())), Stop::PauseNumbers),
        (proven(Route::Phone, None, since), Stop::PauseNumbers),
        (proven(Route::SelfService, None, since), Stop::PauseNumbers),
        (proven(Route::ChipFace, Some(DOCUMENT), since), Stop::PauseNumbers),
        (proven(Route::ChipFace, None, earlier), Stop::PauseNumbers),
        (proven(Route::Desk, None, earlier), Stop::PauseNumbers),
        (proven(Route::ChipFace, None, since), Stop::Report),
        (proven(Route::Desk, None, since), Stop::Report),
    ] {
        assert_eq!(
            did(&veto, Matter::Channels, &person),
            Some(expected),
            "{:?}",
            person.recoveries
        );
    }
}

#[test]
fn an_objection_is_alarmed_and_checked_by_the_end_of_the_next_working_day() {
    let veto = link(About::Channels);

    let (step, _) = veto.act(Matter::Channels, &person(), &policy(), NOW).unwrap();

    assert_eq!(step.effects, [Effect::Alarm { alarm: Alarm::NumberChangePaused }]);
    assert_eq!(step.journal.len(), 1);
    assert_eq!(step.next.state, State::Used { at: NOW });
}

#[test]
fn a_foreign_document_is_forgotten_by_a_link_of_today_and_only_reported_by_a_removed_channel() {
    let id = ForeignDocumentId(70);
    let veto = link(About::Document(id));
    let document = ForeignDocument { id, document: DOCUMENT, recorded_at: NOW };
    let there = Matter::Document(Some(&document));

    assert_eq!(did(&veto, there, &person()), Some(Stop::ForgetDocument(id)));
    assert_eq!(did(&veto, there, &removed(NOW)), Some(Stop::Report));
    assert_eq!(did(&veto, Matter::Document(None), &person()), None, "it is gone already");
}

#[test]
fn a_channel_that_nobody_remembers_counts_as_removed() {
    let mut stranger = link(About::Document(ForeignDocumentId(70)));
    stranger.channel = ChannelId(999);
    let document =
        ForeignDocument { id: ForeignDocumentId(70), document: DOCUMENT, recorded_at: NOW };

    assert_eq!(did(&stranger, Matter::Document(Some(&document)), &person()), Some(Stop::Report));
}
