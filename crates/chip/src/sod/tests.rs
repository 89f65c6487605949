use super::{CONTENT_TYPE, List, ODD_CONTENT_TYPES, SOD_BYTES_MAX, Sod, SodError};
use crate::asn1::Oid;
use crate::signature::HashAlgorithm;
use crate::tlv::{self, Tag};

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv::constructed(Tag::new(0x30), parts)
}

fn list(version: u8, entries: &[(u8, usize)], more: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[tlv::object(Tag::new(0x06), HashAlgorithm::Sha256.oid())]);
    let entries: Vec<Vec<u8>> = entries
        .iter()
        .map(|(number, length)| {
            let number = tlv::object(Tag::new(0x02), &[*number]);
            sequence(&[number, tlv::object(Tag::new(0x04), &vec![0xA5; *length])])
        })
        .collect();
    let version = tlv::object(Tag::new(0x02), &[version]);
    sequence(&[version, algorithm, sequence(&entries), more.to_vec()])
}

#[test]
fn lists_of_both_versions_read() {
    let zero = List::read(&list(0, &[(2, 32), (1, 32)], &[])).unwrap();
    assert_eq!(zero.hashes.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(zero.lds_version, None);

    let printable = |text: &[u8]| tlv::object(Tag::new(0x13), text);
    let info = sequence(&[printable(b"0108"), printable(b"040000")]);
    let one = List::read(&list(1, &[(1, 32), (16, 32)], &info)).unwrap();
    assert_eq!(one.lds_version.as_deref(), Some("0108"));
}

#[test]
fn entries_that_could_mean_two_things_are_refused() {
    for (entries, number) in [
        (&[(1, 32), (1, 32)][..], 1),
        (&[(0, 32)], 0),
        (&[(17, 32)], 17),
        (&[(1, 20)], 1),
        (&[(1, 0)], 1),
    ] {
        let refused = List::read(&list(0, entries, &[])).err();
        assert_eq!(refused, Some(SodError::Entry(number)), "{entries:?}");
    }
    assert_eq!(List::read(&list(2, &[(1, 32)], &[])).err(), Some(SodError::Version(2)));
}

#[test]
fn the_content_types_of_real_documents_are_known_and_no_other() {
    for known in [CONTENT_TYPE, ODD_CONTENT_TYPES[0], ODD_CONTENT_TYPES[1]] {
        assert!(super::is_content_type(&Oid::new(known)));
    }
    assert_eq!(Oid::new(ODD_CONTENT_TYPES[0]).to_string(), "1.3.27.1.1.1");
    assert_eq!(Oid::new(ODD_CONTENT_TYPES[1]).to_string(), "1.2.528.1.1006.1.20.1");
    // A master list must never pass for a SOD.
    assert!(!super::is_content_type(&Oid::new(b"\x67\x81\x08\x01\x01\x02")));
}

#[test]
fn the_largest_file_is_refused_unread() {
    let refused = Sod::from_file(&vec![0x77; SOD_BYTES_MAX + 1]).unwrap_err();

    assert_eq!(refused, SodError::TooLarge);
}
