//! What an authenticator may not say.

use super::*;
use ciborium::{Value, cbor};
use testkit::passkey::{Authenticator, attestation_object, bytes};

const PARTY: &str = "desk.example";

#[test]
fn what_an_authenticator_says_is_read_to_its_last_byte_or_refused() {
    let device = Authenticator::es256(1);
    let read = |data: Vec<u8>| AuthenticatorData::read(&data, SignedBy::Registration).is_some();
    let good = device.new_credential(PARTY, 0x45);
    assert!(read(good.clone()));

    for end in 0..good.len() {
        assert!(!read(good[..end].to_vec()), "cut at {end}");
    }
    assert!(!read([good.clone(), vec![0]].concat()), "bytes left over");
    assert!(!read(device.data(PARTY, 0x05)), "no credential");
    assert!(!read(device.new_credential(PARTY, 0x55)), "backed up, and not eligible for it");
    let with_extensions =
        [device.new_credential(PARTY, 0xC5), bytes(&cbor!({"credProtect" => 2}).unwrap())];
    assert!(read(with_extensions.concat()));
    assert!(!read(device.new_credential(PARTY, 0xC5)), "extensions that are not there");
    assert!(AuthenticatorData::read(&good, SignedBy::Passkey).is_none());

    assert_eq!(attestation::data_of(&attestation_object(good.clone())).unwrap(), good);
    let mut twice: Value =
        ciborium::from_reader(attestation_object(good.clone()).as_slice()).unwrap();
    twice.as_map_mut().unwrap().push((Value::Text("authData".into()), Value::Bytes(vec![1])));
    assert!(attestation::data_of(&bytes(&twice)).is_none());
    assert!(attestation::data_of(&[attestation_object(good), vec![0]].concat()).is_none());
    let deep = [vec![0x81; 20_000], vec![0]].concat();
    assert!(attestation::data_of(&deep).is_none(), "nested without end");
    assert!(
        attestation::data_of(&[0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]).is_none()
    );
}

#[test]
fn a_key_is_of_one_of_our_algorithms_or_none() {
    let parsed = |key: &Value| StoredKey::from_cose(&bytes(key)).is_some();
    let changed = |device: &Authenticator, label: i64, value: Option<Value>| {
        let mut key = device.key();
        let members = key.as_map_mut().unwrap();
        members.retain(|(name, _)| *name != Value::from(label));
        members.extend(value.map(|value| (Value::from(label), value)));
        key
    };
    let (es256, rs256, ed_dsa) =
        (Authenticator::es256(1), Authenticator::rs256(2), Authenticator::ed_dsa(3));
    assert!([&es256, &rs256, &ed_dsa].iter().all(|device| parsed(&device.key())));

    for (device, label, value) in [
        (&es256, 3, Some((-257).into())),
        (&es256, 3, Some((-35).into())),
        (&es256, 3, None),
        (&es256, -1, Some(2.into())),
        (&es256, -2, Some(Value::Bytes(vec![1; 32]))),
        (&es256, -3, None),
        (&rs256, -1, Some(Value::Bytes(vec![0xFF; 128]))),
        (&rs256, -1, Some(Value::Bytes(vec![0xFF; 700]))),
        (&rs256, -2, Some(Value::Bytes(vec![]))),
        (&ed_dsa, -1, Some(4.into())),
        (&ed_dsa, -2, Some(Value::Bytes(vec![0; 32]))),
        (&ed_dsa, -2, Some(Value::Bytes(vec![1; 31]))),
        (&ed_dsa, 1, Some(2.into())),
    ] {
        assert!(!parsed(&changed(device, label, value.clone())), "{label} {value:?}");
    }
    let mut twice = es256.key();
    twice.as_map_mut().unwrap().push((Value::from(3), (-7).into()));
    assert!(!parsed(&twice), "a label that stands there twice");
}
