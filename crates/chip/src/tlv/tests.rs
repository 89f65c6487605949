use super::*;
use proptest::prelude::*;

const BYTES: Tag = Tag::new(0x04);

#[test]
fn a_claimed_length_of_four_gigabytes_is_truncated_and_allocates_nothing() {
    let claim = [0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x00];

    assert_eq!(Reader::new(&claim).read(), Err(TlvError::Truncated { offset: 0 }));
    assert_eq!(header(&claim).unwrap().total_bytes(), 0xFFFF_FFFF + 6);
}

#[test]
fn indefinite_and_five_octet_lengths_are_refused() {
    for bytes in [&[0x30, 0x80, 0x00, 0x00][..], &[0x30, 0x85, 0, 0, 0, 0, 0]] {
        assert_eq!(Reader::new(bytes).read(), Err(TlvError::Length { offset: 0 }));
    }
}

#[test]
fn long_lengths_pass_for_a_chip_and_fail_as_der() {
    let bytes = [0x04, 0x82, 0x00, 0x01, 0xAB];

    assert_eq!(Reader::new(&bytes).expect(BYTES).unwrap().value(), [0xAB]);
    assert_eq!(Reader::der(&bytes).expect(BYTES), Err(TlvError::Length { offset: 0 }));
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut bytes = Vec::new();
    for _ in 0..=DEPTH_MAX {
        bytes = object(Tag::new(0x30), &bytes);
    }
    let mut reader = Reader::new(&bytes);
    for _ in 0..DEPTH_MAX {
        reader = reader.read().unwrap().unwrap().children().unwrap();
    }

    let deepest = reader.read().unwrap().unwrap();

    assert!(matches!(deepest.children(), Err(TlvError::Depth { .. })));
}

#[test]
fn offsets_count_from_the_outermost_start() {
    let bytes = constructed(Tag::new(0x30), [object(BYTES, &[1]), vec![0x04, 0x05, 0x00]]);
    let mut inner = Reader::new(&bytes).read().unwrap().unwrap().children().unwrap();
    assert_eq!(inner.expect(BYTES).unwrap().value_offset(), 4);

    assert_eq!(inner.read(), Err(TlvError::Truncated { offset: 5 }));
}

#[test]
fn tags_have_at_most_three_octets() {
    assert_eq!(header(&[0x7F, 0x61, 0x00]).unwrap().tag, Tag::new(0x7F61));
    assert_eq!(header(&[0x7F, 0x80, 0x01, 0x00]), Err(TlvError::Tag { offset: 0 }));
    assert_eq!(header(&[0x7F, 0x81, 0x81, 0x01, 0x00]), Err(TlvError::Tag { offset: 0 }));
}

#[test]
fn leftovers_and_wrong_tags_are_named_with_their_place() {
    assert_eq!(single(&[0x04, 0x00, 0x00], BYTES), Err(TlvError::Trailing { offset: 2 }));
    assert_eq!(
        single(&[0x05, 0x00], BYTES),
        Err(TlvError::Unexpected { offset: 0, expected: BYTES, found: Tag::new(5) })
    );
    assert_eq!(single(&[], BYTES), Err(TlvError::Missing { offset: 0, expected: BYTES }));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        tag in prop_oneof![Just(0x04_u32), Just(0x61), Just(0x5F1F), Just(0x7F2E), Just(0x7F_8101)],
        value in proptest::collection::vec(any::<u8>(), 0..70_000),
    ) {
        let bytes = object(Tag::new(tag), &value);

        let read = Reader::der(&bytes).expect(Tag::new(tag)).unwrap();

        prop_assert_eq!(read.value(), &value[..]);
        prop_assert_eq!(read.raw(), &bytes[..]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        fn walk(mut reader: Reader<'_>, end: usize) {
            while let Ok(Some(object)) = reader.read() {
                assert!(object.offset() + object.raw().len() <= end);
                if object.tag().is_constructed() && let Ok(children) = object.children() {
                    walk(children, end);
                }
            }
        }
        walk(Reader::new(&bytes), bytes.len());
    }
}
