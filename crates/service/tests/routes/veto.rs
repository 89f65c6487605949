//! Links of channels, from the message to what they stop (PROTOCOLS.md section 12).

use crate::phone_call::sent_to;
use recovery::case::{Closed, Stage};
use recovery::id::{CaseId, PersonId};
use recovery::person::{ChannelKind, NumberRefusal, PastRecovery};
use recovery::route::Route;
use recovery::sensitive::Sensitive;
use recovery::time::Duration;
use service::enrolment::NewChannel;
use service::phone_call::CallStep;
use store::Id;
use store::case::StoredCase;
use testkit::house::{self, House, NOW, OTHER_OPERATOR};

/// The length of the token in a link.
const TOKEN_CHARS: usize = 22;

fn number(address: &str) -> NewChannel {
    let since = NOW.minus(Duration::from_days(400));
    NewChannel {
        kind: ChannelKind::Phone,
        address: Sensitive::new(address.to_owned()),
        changed_at: since,
        confirmed_at: since,
        sim_changed_at: None,
    }
}

fn mail(address: &str) -> NewChannel {
    NewChannel { kind: ChannelKind::Email, ..number(address) }
}

/// The tokens of the links in these messages, in their order.
fn tokens(messages: &[String]) -> Vec<String> {
    messages
        .iter()
        .filter_map(|text| text.split_once("/stop/"))
        .map(|(_, rest)| rest.chars().take(TOKEN_CHARS).collect())
        .collect()
}

async fn set(house: &House, key: &str, channels: &[NewChannel]) -> Vec<String> {
    let operator = house.operator(key).await;
    house.service.set_channels(&operator, "person-1", channels).await.unwrap();
    house.messages().await
}

/// A code is issued by telephone, of which every channel hears.
async fn issued(house: &House) -> (CaseId, Vec<String>) {
    let (call, messages) = sent_to(house, 1).await;
    assert_eq!(call.step, CallStep::Sent);
    (call.id, messages)
}

async fn recovered(house: &House, id: PersonId, route: Route) {
    let at = house.service.now().await.unwrap();
    house
        .change_person(id, |person| {
            let past = PastRecovery { case: CaseId(9), route, at, without_presence: None };
            *person = person.recovered(past).next;
        })
        .await;
}

#[tokio::test]
async fn a_removed_number_pauses_the_change_and_neither_number_gets_codes_until_a_visit_decides() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    let policy = house.service.parts().policy.clone();
    let heard = set(&house, "swap", &[number("+4530123456")]).await;
    let token = tokens(&heard).remove(0);
    house.clock.advance_ms(6 * 86_400_000);
    let now = house.service.now().await.unwrap();
    assert!(house.person(id).await.number_for_code(&policy, now).is_ok(), "old enough by now");

    house.service.act_on_veto(&token).await.unwrap();

    let paused = house.person(id).await;
    assert_eq!(paused.number_for_code(&policy, now), Err(NumberRefusal::Paused));
    assert!(paused.freeze.is_none(), "nothing else is stopped");
    assert_eq!(
        paused.channels.iter().filter(|it| it.removed_at.is_none()).count(),
        1,
        "the old number does not come back"
    );
    recovered(&house, id, Route::Phone).await;
    assert!(house.person(id).await.number_pause.is_some(), "a code by phone decides nothing");
    recovered(&house, id, Route::Desk).await;
    assert!(house.person(id).await.number_for_code(&policy, now).is_ok());
}

#[tokio::test]
async fn a_channel_that_is_added_to_a_known_person_ages_from_now_whatever_date_comes_with_it() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    let policy = house.service.parts().policy.clone();

    set(&house, "new", &[number("+4530123456"), mail("new@example.dk")]).await;

    let after = house.person(id).await;
    let added: Vec<_> = after.channels.iter().filter(|it| it.removed_at.is_none()).collect();
    assert_eq!(added.len(), 2);
    assert!(added.iter().all(|it| it.changed_at == NOW && it.confirmed_at == Some(NOW)));
    let refused = after.number_for_code(&policy, NOW.plus(Duration::from_hours(119)));
    assert_eq!(refused, Err(NumberRefusal::TooNew));
}

#[tokio::test]
async fn one_key_of_two_clients_is_two_commands() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    set(&house, "one key", &[number("+4530123456")]).await;
    let other = house::operator(&house.service, OTHER_OPERATOR, "one key").await;

    house.service.set_channels(&other, "person-1", &[mail("anna@example.dk")]).await.unwrap();

    let after = house.person(id).await;
    let kinds = after.channels.iter().filter(|it| it.removed_at.is_none()).map(|it| it.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [ChannelKind::Email], "the second was carried out too");
}

#[tokio::test]
async fn the_link_of_a_removed_number_only_reports_once_the_person_was_there() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    let token = tokens(&set(&house, "swap", &[number("+4530123456")]).await).remove(0);
    house.clock.advance_ms(3_600_000);
    recovered(&house, id, Route::ChipFace).await;

    house.service.act_on_veto(&token).await.unwrap();

    let after = house.person(id).await;
    assert!(after.number_pause.is_none() && after.freeze.is_none());
}

#[tokio::test]
async fn a_removed_channel_hears_for_30_days_by_a_link_of_its_own_that_stops_a_recovery() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    set(&house, "swap", &[number("+4530123456"), mail("anna@example.dk")]).await;
    house.clock.advance_ms(29 * 86_400_000);

    let (case, heard) = issued(&house).await;

    let links = tokens(&heard);
    assert_eq!(links.len(), 3, "the removed number too: {heard:?}");
    let distinct: std::collections::BTreeSet<_> = links.iter().collect();
    assert_eq!(distinct.len(), 3, "each its own");
    house.service.act_on_veto(&links[0]).await.unwrap();
    let stopped = house.rows().load::<StoredCase>(Id(case.0)).await.unwrap().case;
    assert!(matches!(stopped.stage, Stage::Closed(Closed::Stopped { .. })));
    let frozen = house.person(id).await;
    assert_eq!(frozen.vetoes.as_slice().len(), 1);
    // The others were about the same recovery: pressed as well, they are no second veto.
    for link in &links[1..] {
        house.service.act_on_veto(link).await.unwrap();
    }
    assert_eq!(house.person(id).await.vetoes.as_slice().len(), 1);
    house.clock.advance_ms(2 * 86_400_000);
    house.service.sweep().await.unwrap();
    house.change_person(id, |it| it.freeze = None).await;
    let (_, heard) = issued(&house).await;
    assert_eq!(tokens(&heard).len(), 2, "after 30 days it hears no more");
}

#[tokio::test]
async fn a_foreign_document_is_told_to_every_channel_and_taken_back_by_a_link() {
    let house = House::new().await;
    let id = house.enrolled(1, Duration::from_days(400)).await;
    let operator = house.operator("record").await;
    let record = house.service.record_foreign_document(&operator, "person-1", "SWE", "AA1234567");
    record.await.unwrap();
    let links = tokens(&house.messages().await);
    assert_eq!((links.len(), house.person(id).await.documents.len()), (1, 1));

    house.service.act_on_veto(&links[0]).await.unwrap();

    assert!(house.person(id).await.documents.is_empty());
    house.service.act_on_veto(&links[0]).await.unwrap();
}
