use proptest::prelude::*;

use super::*;

fn message(payload: &[u8]) -> ShortMessage {
    ShortMessage {
        source: Address { ton: 5, npi: 0, text: "Genvej".to_owned() },
        destination: Address { ton: 1, npi: 1, text: "4520123456".to_owned() },
        validity: "000000003000000R".to_owned(),
        registered_delivery: 1,
        payload: Zeroizing::new(payload.to_vec()),
        parameters: vec![(0x001E, b"id\0".to_vec())],
        ..ShortMessage::default()
    }
}

#[test]
fn a_bind_is_laid_out_as_section_4_1_1_says() {
    let bind = Bind {
        kind: BindKind::Transceiver,
        system_id: "SMPP3TEST".to_owned(),
        password: Zeroizing::new("secret08".to_owned()),
        system_type: "SUBMIT1".to_owned(),
    };

    let bytes = Pdu::request(1, Body::Bind(bind)).encode();

    let mut expected = vec![0, 0, 0, 0x2F, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
    expected.extend_from_slice(b"SMPP3TEST\0secret08\0SUBMIT1\0\x34\0\0\0");
    assert_eq!(*bytes, expected);
}

#[test]
fn every_unit_comes_back_as_it_was() {
    let kind = BindKind::Transceiver;
    let bodies = [
        Body::BindResp { kind, system_id: "centre".to_owned() },
        Body::SubmitSm(Box::new(message(b"hello"))),
        Body::SubmitSm(Box::new(message(&[b'a'; 254]))),
        Body::DeliverSm(Box::new(message(&[b'a'; 255]))),
        Body::SubmitSmResp { message_id: "42".to_owned() },
        Body::DeliverSmResp,
        Body::EnquireLink,
        Body::EnquireLinkResp,
        Body::Unbind,
        Body::UnbindResp,
        Body::GenericNack,
        Body::Unknown { command: 0x103 },
    ];
    for body in bodies {
        let pdu = Pdu { status: 0, sequence: 7, body };

        assert_eq!(Pdu::decode(&pdu.encode()), Ok(pdu));
    }
}

#[test]
fn a_refusal_may_come_without_a_body() {
    let header = [0, 0, 0, 16, 0x80, 0, 0, 4, 0, 0, 0, 0x58, 0, 0, 0, 7];

    let pdu = Pdu::decode(&header).unwrap();

    assert_eq!(pdu.status, status::THROTTLED);
    assert_eq!(pdu.body, Body::SubmitSmResp { message_id: String::new() });
}

/// What stands between the header and the text of a message from the centre, up to the kind of message.
fn addresses(source: &[u8]) -> Vec<u8> {
    [b"\0\x01\x01", source, b"\0\x05\0Genvej\0"].concat()
}

fn unit(command: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let words = [length, command, status::OK, 7].map(u32::to_be_bytes);
    [words.as_flattened(), body].concat()
}

#[test]
fn what_centres_write_beside_the_standard_ends_no_session() {
    let sent = |body: &[u8]| Pdu::decode(&unit(0x8000_0004, body)).unwrap().body;
    let id = |id: &str| Body::SubmitSmResp { message_id: id.to_owned() };
    assert_eq!(sent(b"m1\0more"), id("m1"), "bytes behind the last field");
    assert_eq!(sent(b"m\xe61\0"), id("m?1"), "a letter outside of ASCII");

    let delivered = |body: &[u8]| {
        let Body::DeliverSm(message) = Pdu::decode(&unit(0x05, body)).unwrap().body else {
            panic!("no message");
        };
        message
    };
    // A name with a letter outside of ASCII; times of fewer letters than 16; an identifier that does not end in zero.
    let kind = [ESM_RECEIPT, 0, 0];
    let times = b"261201150000000\x00260\0";
    let rest = [0, 0, 0, 0, 2, b'h', b'i', 0x00, 0x1E, 0, 2, b'm', b'1', 0x04, 0x27, 0, 1, 2];
    let receipt = delivered(&[&addresses(b"45\xe620"), &kind[..], times, &rest].concat());
    assert_eq!(receipt.source.text, "45?20");
    assert_eq!(receipt.validity, "260");
    assert_eq!(*receipt.payload, *b"hi");
    assert_eq!(receipt.parameters, [(0x001E, b"m1".to_vec()), (0x0427, vec![2])]);
}

#[test]
fn impossible_lengths_are_refused_before_anything_is_kept() {
    for length in [0_u32, 15, 8_193, u32::MAX] {
        assert_eq!(unit_length(&length.to_be_bytes()), Err(PduError::Length), "{length}");
    }
    assert_eq!(unit_length(&[0, 0, 0]), Ok(None));
}

#[test]
fn debug_shows_neither_number_nor_text() {
    let pdu = Pdu::request(1, Body::SubmitSm(Box::new(message(b"01234567"))));

    let text = format!("{pdu:?}");

    assert!(!text.contains("4520123456") && !text.contains("48, 49"), "{text}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 16..300), command in 0..10_u8) {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        bytes[..4].copy_from_slice(&length);
        let answer = bytes[4] & 0x80;
        bytes[4..8].copy_from_slice(&[answer, 0, 0, command]);
        if let Ok(pdu) = Pdu::decode(&bytes) {
            prop_assert_eq!(Pdu::decode(&pdu.encode()).is_ok(), true);
        }
    }
}
