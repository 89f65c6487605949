//! The sweeper.

use recovery::time::Duration;
use store::kinds::USED_NONCE;
use store::{Id, Record, Transaction};
use testkit::house::{House, NOW};

/// An hour of a busy service leaves thousands of used nonces; one pass saw 256 of them.
#[tokio::test]
async fn a_sweep_goes_on_until_nothing_is_due() {
    let house = House::new().await;
    let due = NOW.plus(Duration::from_secs(120));
    for id in 0..900 {
        let record = Record::new(USED_NONCE, Id(id), 1, Vec::new()).deadline(due);
        let transaction = Transaction::new(NOW).insert(record);
        house.service.parts().store.commit(transaction).await.unwrap();
    }
    house.clock.advance_ms(120_000);

    let swept = house.service.sweep().await.unwrap();

    assert_eq!(swept.deleted, 900);
    assert_eq!(house.rows().count(USED_NONCE).await, 0);
}
