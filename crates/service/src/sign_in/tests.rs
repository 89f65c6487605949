use super::SignInId;
use super::waiting::{Waiting, WaitingSignIns};
use crate::tests::{NOW, in_memory, rows_come_back};
use crate::work::Work;

#[tokio::test]
async fn no_number_is_drawn_that_waits_already() {
    let (service, _) = in_memory();
    let work = Work::begin(&service).await.unwrap();
    let taken = |number| Waiting {
        sign_in: SignInId(u128::from(number)),
        client: "shop".to_owned(),
        number,
        until: NOW,
        wrong: 0,
    };
    let all_but_odd = (0..10_000).filter(|number| number % 2 == 0).map(taken).collect();
    let mut row = WaitingSignIns { id: 1, waiting: all_but_odd };

    for _ in 0..20 {
        assert_eq!(work.free_number(&row).unwrap() % 2, 1);
    }
    row.waiting.extend((0..10_000).map(taken));
    assert!(work.free_number(&row).is_err(), "none is left");
}

#[test]
fn rows_of_sign_ins_of_an_earlier_version_come_back() {
    rows_come_back::<crate::sign_in::row::SignIn>();
    rows_come_back::<crate::sign_in::waiting::WaitingSignIns>();
}
