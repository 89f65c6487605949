use super::*;
use proptest::prelude::*;

#[test]
fn all_cases_of_iso_7816_4_5_2_are_encoded_and_parsed() {
    let plain = Command::new(0x00, 0xB0, 0x00, 0x00);
    let cases: [(Command, &[u8]); 9] = [
        (plain.clone(), &[0, 0xB0, 0, 0]),
        (plain.clone().expecting(4), &[0, 0xB0, 0, 0, 4]),
        (plain.clone().expecting(256), &[0, 0xB0, 0, 0, 0]),
        (plain.clone().expecting(257).extended(), &[0, 0xB0, 0, 0, 0, 1, 1]),
        (plain.clone().expecting(65_536).extended(), &[0, 0xB0, 0, 0, 0, 0, 0]),
        (plain.clone().with_data([1, 2]), &[0, 0xB0, 0, 0, 2, 1, 2]),
        (plain.clone().with_data([1, 2]).expecting(256), &[0, 0xB0, 0, 0, 2, 1, 2, 0]),
        (plain.clone().with_data([1]).extended(), &[0, 0xB0, 0, 0, 0, 0, 1, 1]),
        (plain.with_data([1]).expecting(65_536).extended(), &[0, 0xB0, 0, 0, 0, 0, 1, 1, 0, 0]),
    ];
    for (command, bytes) in cases {
        assert_eq!(command.encode().unwrap(), bytes);
        assert_eq!(Command::parse(bytes).unwrap(), command);
    }
}

#[test]
fn lengths_that_do_not_fit_the_bytes_are_refused() {
    for bytes in [
        &[0, 0xB0, 0][..],
        &[0, 0xB0, 0, 0, 3, 1, 2],
        &[0, 0xB0, 0, 0, 1, 1, 0, 0],
        &[0, 0xB0, 0, 0, 0, 0, 2, 1],
        &[0, 0xB0, 0, 0, 0, 0, 0, 1, 1],
    ] {
        assert!(Command::parse(bytes).is_err(), "{bytes:02X?}");
    }
}

#[test]
fn a_long_command_becomes_a_chain_whose_last_link_asks_for_the_answer() {
    let data: Vec<u8> = (0..=255).chain(0..=4).collect();

    let chain = Command::new(0, 0x86, 0, 0).with_data(data.clone()).expecting(256).chain();

    assert_eq!(chain.iter().map(|link| link.cla).collect::<Vec<_>>(), [0x10, 0x00]);
    assert_eq!(chain.iter().map(|link| link.expected).collect::<Vec<_>>(), [None, Some(256)]);
    assert_eq!(chain.iter().flat_map(|link| link.data.clone()).collect::<Vec<_>>(), data);
}

#[test]
fn status_words_say_how_much_is_left() {
    assert_eq!(StatusWord(0x6100).more_bytes(), Some(256));
    assert_eq!(StatusWord(0x6C10).right_length(), Some(16));
    assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
    assert_eq!(StatusWord(0x6300).tries_left(), None);
}

proptest! {
    #[test]
    fn any_bytes_that_parse_as_a_command_encode_to_themselves(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        if let Ok(command) = Command::parse(&bytes) {
            prop_assert_eq!(command.encode().unwrap(), bytes);
        }
    }
}
