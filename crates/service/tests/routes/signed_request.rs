//! Nonces of signed requests.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use std::collections::BTreeSet;
use testkit::House;

#[tokio::test]
async fn ids_of_nonces_rise_with_time_and_none_comes_twice_in_one_millisecond() {
    let house = House::new().await;
    let id = async |house: &House| {
        let nonce = house.service.nonce("key").await.unwrap();
        let bytes = Base64UrlUnpadded::decode_vec(&nonce).unwrap();
        u128::from_be_bytes(*bytes.first_chunk().unwrap())
    };
    let mut at_once = BTreeSet::new();
    for _ in 0..1_000 {
        at_once.insert(id(&house).await);
    }
    house.clock.advance_ms(1);
    let later = id(&house).await;

    assert_eq!(at_once.len(), 1_000);
    assert!(at_once.last().is_some_and(|last| *last < later));
}
