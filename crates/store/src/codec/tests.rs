use super::*;
use crate::{Id, Kind, Record, Version};
use proptest::prelude::*;

const CASE: Kind = Kind::new(900, "test case");

#[test]
fn every_kind_of_value_comes_back() {
    let mut writer = Writer::new();
    writer.u8(7);
    writer.bool(true);
    writer.u16(513);
    writer.u32(70_000);
    writer.u64(u64::MAX);
    writer.i64(-5);
    writer.u128(1 << 100);
    writer.time(Timestamp(99));
    writer.array(&[1, 2, 3]);
    writer.bytes(b"bytes");
    writer.str("blåbær");
    writer.option(Some(&4_u16), |w, v| w.u16(*v));
    writer.option(None::<&u16>, |w, v| w.u16(*v));
    writer.seq([1_u32, 2].iter(), |w, v| w.u32(*v));
    let bytes = writer.finish();

    let mut reader = Reader::new(&bytes);

    assert_eq!(reader.u8("a"), Ok(7));
    assert_eq!(reader.bool("b"), Ok(true));
    assert_eq!(reader.u16("c"), Ok(513));
    assert_eq!(reader.u32("d"), Ok(70_000));
    assert_eq!(reader.u64("e"), Ok(u64::MAX));
    assert_eq!(reader.i64("f"), Ok(-5));
    assert_eq!(reader.u128("g"), Ok(1 << 100));
    assert_eq!(reader.time("h"), Ok(Timestamp(99)));
    assert_eq!(reader.array("i"), Ok([1, 2, 3]));
    assert_eq!(reader.bytes("j", 5), Ok(&b"bytes"[..]));
    assert_eq!(reader.str("k", 100), Ok("blåbær"));
    assert_eq!(reader.option("l", |r| r.u16("l")), Ok(Some(4)));
    assert_eq!(reader.option("m", |r| r.u16("m")), Ok(None));
    assert_eq!(reader.seq("n", 2, |r| r.u32("n")), Ok(vec![1, 2]));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn a_length_over_its_limit_is_refused_before_anything_is_read() {
    let mut writer = Writer::new();
    writer.len(u32::MAX as usize);
    let bytes = writer.finish();

    let found = Reader::new(&bytes).bytes("name", 64);
    let seq = Reader::new(&bytes).seq("names", 64, |r| r.u8("one"));

    let max = u32::MAX as usize;
    assert_eq!(found, Err(CodecError::TooLong { what: "name", len: max, max: 64 }));
    assert_eq!(seq, Err(CodecError::TooLong { what: "names", len: max, max: 64 }));
}

#[test]
fn a_state_that_does_not_decode_is_reported_with_kind_id_and_schema() {
    let record = Record::new(CASE, Id(0xab), 3, vec![0, 0, 0, 9, 1]);
    let row = Row { version: Version::FIRST, record };

    let error = decode(&row, |_, reader| reader.bytes("name", 16).map(<[u8]>::to_vec)).unwrap_err();

    assert_eq!(
        error.to_string(),
        "test case 000000000000000000000000000000ab (schema 3) does not decode"
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "name: 9 bytes wanted at byte 4, 1 left");
}

#[test]
fn bytes_left_over_are_an_error() {
    let row = Row { version: Version::FIRST, record: Record::new(CASE, Id(1), 1, vec![1, 2]) };

    let error = decode(&row, |_, reader| reader.u8("one")).unwrap_err();

    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "1 bytes left over at the end");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = Reader::new(&bytes);
        let _ = reader.seq("outer", 10, |r| {
            r.option("inner", |r| r.str("text", 40).map(str::len))
        });
        let _ = reader.bool("flag");
        let _ = reader.finish();
    }

    #[test]
    fn text_comes_back(text in ".{0,600}") {
        let mut writer = Writer::new();
        writer.str(&text);
        let bytes = writer.finish_hidden();

        let mut reader = Reader::new(&bytes);

        prop_assert_eq!(reader.str("text", 4_000), Ok(text.as_str()));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}
