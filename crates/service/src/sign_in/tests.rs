use super::waiting::{Waiting, WaitingId, WaitingSignIns};
use super::{Decision, SignInId};
use crate::Failure;
use crate::house::{House, NOW};
use crate::work::Work;
use recovery::time::Duration;

fn code<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    let failure = outcome.unwrap_err();
    let Failure::Refused(refused) = failure else { panic!("{failure:?}") };
    refused.code.code()
}

#[tokio::test]
async fn a_client_hears_of_its_own_sign_ins_alone() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    let shop = house.operator("k1", "one").await;
    let mut bank = house.operator("k2", "two").await;
    bank.client = "bank".to_owned();

    let (asked, _) = house.service.request_sign_in(&shop, "person-1", "The shop").await.unwrap();

    assert_eq!(code(house.service.sign_in_status(&bank, asked.id).await), "not-found");
    let (seen, _) = house.service.sign_in_status(&shop, asked.id).await.unwrap();
    assert_eq!(seen.decision, Decision::None);
}

#[tokio::test]
async fn no_number_is_drawn_that_waits_already() {
    let house = House::new().await;
    let work = Work::begin(&house.service).await.unwrap();
    let taken = |number| Waiting {
        sign_in: SignInId(u128::from(number)),
        client: "shop".to_owned(),
        number,
        until: NOW,
        wrong: 0,
    };
    let all_but_odd = (0..10_000).filter(|number| number % 2 == 0).map(taken).collect();
    let mut row = WaitingSignIns { id: WaitingId(1), waiting: all_but_odd };

    for _ in 0..20 {
        assert_eq!(work.free_number(&row).unwrap() % 2, 1);
    }
    row.waiting.extend((0..10_000).map(taken));
    assert!(work.free_number(&row).is_err(), "none is left");
}

#[tokio::test]
async fn what_waits_is_swept_once_it_is_over() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    for n in 0..3 {
        let shop = house.operator(&format!("k{n}"), "one").await;
        house.service.request_sign_in(&shop, "person-1", "The shop").await.unwrap();
    }
    house.service.sweep().await.unwrap();
    assert_eq!(house.rows(store::kinds::WAITING_SIGN_INS).await, 1);

    house.clock.advance_ms(3_600_000);
    house.service.sweep().await.unwrap();

    assert_eq!(house.rows(store::kinds::WAITING_SIGN_INS).await, 0);
    assert_eq!(house.rows(store::kinds::SIGN_IN).await, 0);
}

#[test]
fn rows_of_sign_ins_of_an_earlier_version_come_back() {
    crate::house::rows_come_back::<crate::sign_in::SignIn>();
    crate::house::rows_come_back::<crate::sign_in::waiting::WaitingSignIns>();
}
