//! A temporary PIN as an app redeems it: when, where, how often.

use crate::phone_call::sent_to;
use recovery::authenticator::Authenticator;
use recovery::id::PersonId;
use recovery::time::Duration;
use service::Failure;
use service::phone_call::CallStep;
use std::sync::Arc;
use store::keeper::{KeptStore, Known};
use store::keys::Keys;
use store::{MemoryStore, Store};
use testkit::SeededRandom;
use testkit::house::{Device, House, NOW, instance_of};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// A person with an app, who was just sent a code.
struct Issued {
    person: PersonId,
    phone: Device,
    digits: String,
}

impl Issued {
    /// A person of the house with a bound app and a code that was just issued.
    async fn to(house: &House, n: usize) -> Self {
        let person = house.enrolled(n, Duration::from_days(30)).await;
        let phone = Device::new(u8::try_from(n).unwrap());
        let key = phone.key().to_vec();
        let bound = Authenticator::bound(instance_of(person), person, key, NOW);
        house.rows().save(&bound).await;
        let digits = Self::again(house, n).await;
        Self { person, phone, digits }
    }

    /// The code of one more call.
    async fn again(house: &House, n: usize) -> String {
        let (call, messages) = sent_to(house, n).await;
        assert_eq!(call.step, CallStep::Sent);
        let codes = messages.iter().filter_map(|text| text.split_once("PIN-kode er "));
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(8).collect();
        codes.map(|(_, rest)| digits(rest)).next().unwrap()
    }

    fn wrong(&self) -> String {
        let last = self.digits.chars().last().unwrap();
        let other = if last == '0' { '1' } else { '0' };
        format!("{}{other}", &self.digits[..self.digits.len() - 1])
    }
}

/// Types these digits in the app of this person, under an idempotency key.
async fn redeemed(
    house: &House,
    issued: &Issued,
    key: &str,
    digits: &str,
) -> Result<(), &'static str> {
    let app = issued.phone.app(&house.service, instance_of(issued.person), key).await;
    match house.service.redeem_temporary_pin(&app, digits).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refused)) => Err(refused.code.code()),
        Err(other) => panic!("{other:?}"),
    }
}

/// The store of one server of several over the same rows: its evidence about them is its own.
fn of_a_server(rows: &Arc<MemoryStore>, seed: u64) -> Arc<dyn Store> {
    let random = SeededRandom::new(seed);
    let random = Arc::new(move |buffer: &mut [u8]| random.fill(buffer));
    Arc::new(KeptStore::new(Arc::clone(rows) as _, &keys(), random, Known::nothing(), None))
}

fn keys() -> Keys {
    Keys::generate(&Zeroizing::new([3; 96]))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_that_redeem_it_at_three_servers_at_once_one_gets_through() {
    let rows = Arc::new(MemoryStore::new());
    let house = House::with(|parts| parts.store(of_a_server(&rows, 11), Arc::new(keys()))).await;
    let issued = Issued::to(&house, 1).await;
    let mut servers = vec![house.service.clone()];
    for seed in [12, 13] {
        servers.push(house.served_with(|parts| parts.store = of_a_server(&rows, seed)));
    }
    let mut rivals = JoinSet::new();
    for n in 0..50 {
        let service = servers[n % servers.len()].clone();
        let (key, digits) = (format!("rival-{n}"), issued.digits.clone());
        let app = issued.phone.app(&service, instance_of(issued.person), &key).await;
        rivals.spawn(async move { service.redeem_temporary_pin(&app, &digits).await.is_ok() });
    }

    let outcomes = rivals.join_all().await;

    assert_eq!(outcomes.into_iter().filter(|won| *won).count(), 1);
}

#[tokio::test]
async fn it_is_redeemed_until_the_last_millisecond_of_its_thirtieth_minute() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1).await;
    house.clock.advance_ms(30 * 60_000 - 1);

    assert_eq!(redeemed(&house, &issued, "first", &issued.digits).await, Ok(()));
}

#[tokio::test]
async fn in_the_31st_minute_it_is_over() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1).await;
    house.clock.advance_ms(30 * 60_000);

    let outcome = redeemed(&house, &issued, "first", &issued.digits).await;

    assert_eq!(outcome, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn it_works_once() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1).await;
    redeemed(&house, &issued, "first", &issued.digits).await.unwrap();

    let again = redeemed(&house, &issued, "second", &issued.digits).await;

    assert_eq!(again, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn in_the_app_of_somebody_else_it_opens_nothing_and_stays_good_in_its_own() {
    let house = House::new().await;
    let mine = Issued::to(&house, 1).await;
    let theirs = Issued::to(&house, 2).await;

    let stolen = redeemed(&house, &theirs, "first", &mine.digits).await;

    assert_eq!(stolen, Err("temporary-pin-wrong"));
    assert_eq!(redeemed(&house, &mine, "first", &mine.digits).await, Ok(()));
}

#[tokio::test]
async fn after_the_third_wrong_try_the_right_one_does_not_help() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1).await;
    let try_with = async |key: &str, digits: &str| redeemed(&house, &issued, key, digits).await;

    assert_eq!(try_with("a", &issued.wrong()).await, Err("temporary-pin-wrong"));
    assert_eq!(try_with("b", &issued.wrong()).await, Err("temporary-pin-wrong"));
    assert_eq!(try_with("c", &issued.wrong()).await, Err("temporary-pin-not-valid"));
    assert_eq!(try_with("d", &issued.digits).await, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn a_newer_one_takes_the_place_of_the_old_one() {
    let house = House::new().await;
    let old = Issued::to(&house, 1).await;
    let new = Issued::again(&house, 1).await;

    assert_eq!(redeemed(&house, &old, "first", &old.digits).await, Err("temporary-pin-wrong"));
    assert_eq!(redeemed(&house, &old, "new", &new).await, Ok(()));
}
