//! Sign-ins that a client of the operator asks for.

use recovery::time::Duration;
use service::Failure;
use service::sign_in::Decision;
use testkit::house::{self, House, OTHER_OPERATOR};

fn code<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> &'static str {
    let failure = outcome.unwrap_err();
    let Failure::Refused(refused) = failure else { panic!("{failure:?}") };
    refused.code.code()
}

#[tokio::test]
async fn a_client_hears_of_its_own_sign_ins_alone() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    let shop = house.operator("k1").await;
    let bank = house::operator(&house.service, OTHER_OPERATOR, "k2").await;

    let (asked, _) = house.service.request_sign_in(&shop, "person-1", "The shop").await.unwrap();

    assert_eq!(code(house.service.sign_in_status(&bank, asked.id).await), "not-found");
    let (seen, _) = house.service.sign_in_status(&shop, asked.id).await.unwrap();
    assert_eq!(seen.decision, Decision::None);
}

#[tokio::test]
async fn what_waits_is_swept_once_it_is_over() {
    let house = House::new().await;
    house.enrolled(1, Duration::from_days(400)).await;
    for n in 0..3 {
        let shop = house.operator(&format!("k{n}")).await;
        house.service.request_sign_in(&shop, "person-1", "The shop").await.unwrap();
    }
    house.service.sweep().await.unwrap();
    assert_eq!(house.rows().count(store::kinds::WAITING_SIGN_INS).await, 1);

    house.clock.advance_ms(3_600_000);
    house.service.sweep().await.unwrap();

    assert_eq!(house.rows().count(store::kinds::WAITING_SIGN_INS).await, 0);
    assert_eq!(house.rows().count(store::kinds::SIGN_IN).await, 0);
}
