use super::{CrlError, RevocationList};
use crate::tlv::{self, Tag};

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv::constructed(Tag::new(0x30), parts)
}

fn oid(content: &[u8]) -> Vec<u8> {
    tlv::object(Tag::new(0x06), content)
}

fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(kind)];
    if critical {
        parts.push(tlv::object(Tag::new(0x01), &[0xFF]));
    }
    parts.push(tlv::object(Tag::new(0x04), value));
    sequence(&parts)
}

/// A list over the given serial numbers with the given extensions; its signature is empty.
fn list(serials: &[&[u8]], extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = sequence(&[oid(b"\x2a\x86\x48\xce\x3d\x04\x03\x02")]);
    let time = |text: &[u8]| tlv::object(Tag::new(0x17), text);
    let revoked: Vec<Vec<u8>> = serials
        .iter()
        .map(|serial| sequence(&[tlv::object(Tag::new(0x02), serial), time(b"260101000000Z")]))
        .collect();
    let mut parts = vec![
        tlv::object(Tag::new(0x02), &[1]),
        algorithm.clone(),
        sequence(&[]),
        time(b"260101000000Z"),
        time(b"260401000000Z"),
    ];
    if !revoked.is_empty() {
        parts.push(sequence(&revoked));
    }
    if !extensions.is_empty() {
        parts.push(tlv::object(Tag::new(0xA0), &sequence(extensions)));
    }
    sequence(&[sequence(&parts), algorithm, tlv::object(Tag::new(0x03), &[0])])
}

#[test]
fn serial_numbers_are_found_with_and_without_their_sign_octet() {
    let list = RevocationList::from_der(&list(&[&[0x00, 0x9A, 0x01], &[5]], &[])).unwrap();

    assert_eq!(list.revoked_count(), 2);
    for revoked in [&[0x00, 0x9A, 0x01][..], &[0x9A, 0x01], &[5]] {
        assert!(list.revoked_since(revoked).is_some(), "{revoked:x?}");
    }
    assert_eq!(list.revoked_since(&[0x9A]), None);
}

#[test]
fn an_empty_list_revokes_nothing() {
    let list = RevocationList::from_der(&list(&[], &[])).unwrap();

    assert_eq!(list.revoked_count(), 0);
    assert!(list.next_update() > Some(list.this_update()));
}

#[test]
fn a_delta_list_is_refused_since_what_it_leaves_out_would_pass_for_good() {
    let number = extension(b"\x55\x1d\x14", false, &[2, 1, 1]);
    let delta = extension(b"\x55\x1d\x1b", true, &[2, 1, 1]);

    assert!(RevocationList::from_der(&list(&[], std::slice::from_ref(&number))).is_ok());
    let refused = RevocationList::from_der(&list(&[], &[number, delta])).unwrap_err();
    assert!(matches!(refused, CrlError::Critical(kind) if kind.to_string() == "2.5.29.27"));
}

#[test]
fn the_issuers_key_is_read() {
    let key = sequence(&[tlv::object(Tag::new(0x80), &[1, 2, 3])]);

    let list = RevocationList::from_der(&list(&[], &[extension(b"\x55\x1d\x23", false, &key)]));

    assert_eq!(list.unwrap().authority_key(), Some(&[1, 2, 3][..]));
}
