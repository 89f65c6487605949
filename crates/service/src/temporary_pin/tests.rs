//! A temporary PIN as an app redeems it: when, where, how often.

use super::*;
use crate::house::{House, NOW};
use recovery::authenticator::{Authenticator, State};
use recovery::case::{self, Case, Ground};
use recovery::id::{InstanceId, PersonId};
use recovery::time::Duration;

struct Issued {
    app: App,
    digits: String,
}

fn app(person: PersonId, key: &str) -> App {
    App::of(InstanceId(person.0), person, key)
}

impl Issued {
    /// A person of the house with a bound app and a code that was just issued.
    async fn to(house: &House, n: usize, case: u128) -> Self {
        let person = house.enrolled(n, Duration::from_days(30)).await;
        let mut work = Work::begin(&house.service).await.unwrap();
        work.ensure_key(person).await.unwrap();
        work.insert(&Authenticator {
            id: InstanceId(person.0),
            person,
            bound_at: NOW,
            device_key: vec![u8::try_from(n).unwrap(); 65],
            state: State::AwaitingFirstPin,
            wrong_p_codes: recovery::time::Instants::EMPTY,
        });
        work.commit().await.unwrap();
        let digits = Self::again(house, person, case).await;
        Self { app: app(person, "first"), digits }
    }

    async fn again(house: &House, person: PersonId, case: u128) -> String {
        let (id, pin) = (CaseId(case), TemporaryPinId(case));
        let mut work = Work::begin(&house.service).await.unwrap();
        work.ensure_key(person).await.unwrap();
        let issued_at = work.now();
        let issued = case::Issued {
            person,
            ground: Ground::SelfService,
            temporary_pin: pin,
            instance: None,
            issued_at,
        };
        let stage = issued.into();
        work.insert(&StoredCase::begin(Case { id, opened_at: issued_at, stage }));
        let digits = work.place_code(person, id, pin, None).await.unwrap().to_string();
        work.commit().await.unwrap();
        digits
    }

    fn wrong(&self) -> String {
        let last = self.digits.chars().last().unwrap();
        let other = if last == '0' { '1' } else { '0' };
        format!("{}{other}", &self.digits[..self.digits.len() - 1])
    }
}

async fn redeemed(house: &House, app: &App, digits: &str) -> Result<(), &'static str> {
    match house.service.redeem_temporary_pin(app, digits).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refused)) => Err(refused.code.code()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_is_redeemed_until_the_last_millisecond_of_its_thirtieth_minute() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1, 1).await;
    house.clock.advance_ms(30 * 60_000 - 1);

    assert_eq!(redeemed(&house, &issued.app, &issued.digits).await, Ok(()));
}

#[tokio::test]
async fn in_the_31st_minute_it_is_over() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1, 1).await;
    house.clock.advance_ms(30 * 60_000);

    let outcome = redeemed(&house, &issued.app, &issued.digits).await;

    assert_eq!(outcome, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn it_works_once() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1, 1).await;
    redeemed(&house, &issued.app, &issued.digits).await.unwrap();

    let again = redeemed(&house, &app(issued.app.person, "second"), &issued.digits).await;

    assert_eq!(again, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn in_the_app_of_somebody_else_it_opens_nothing_and_stays_good_in_its_own() {
    let house = House::new().await;
    let mine = Issued::to(&house, 1, 1).await;
    let theirs = Issued::to(&house, 2, 2).await;

    let stolen = redeemed(&house, &theirs.app, &mine.digits).await;

    assert_eq!(stolen, Err("temporary-pin-wrong"));
    assert_eq!(redeemed(&house, &mine.app, &mine.digits).await, Ok(()));
}

#[tokio::test]
async fn after_the_third_wrong_try_the_right_one_does_not_help() {
    let house = House::new().await;
    let issued = Issued::to(&house, 1, 1).await;
    let person = issued.app.person;
    let try_with =
        async |key: &str, digits: &str| redeemed(&house, &app(person, key), digits).await;

    assert_eq!(try_with("a", &issued.wrong()).await, Err("temporary-pin-wrong"));
    assert_eq!(try_with("b", &issued.wrong()).await, Err("temporary-pin-wrong"));
    assert_eq!(try_with("c", &issued.wrong()).await, Err("temporary-pin-not-valid"));
    assert_eq!(try_with("d", &issued.digits).await, Err("temporary-pin-not-valid"));
}

#[tokio::test]
async fn a_newer_one_takes_the_place_of_the_old_one() {
    let house = House::new().await;
    let old = Issued::to(&house, 1, 1).await;
    let new = Issued::again(&house, old.app.person, 2).await;

    assert_eq!(redeemed(&house, &old.app, &old.digits).await, Err("temporary-pin-wrong"));
    assert_eq!(redeemed(&house, &app(old.app.person, "new"), &new).await, Ok(()));
}
