use super::*;
use crate::key_derivation::session_keys;
use proptest::prelude::*;

const CIPHERS: [Cipher; 4] = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];

fn session(cipher: Cipher) -> SecureMessaging {
    SecureMessaging::new(session_keys(cipher, b"secret").unwrap(), Counter::ZERO)
}

/// A protected answer as a card would write it, for the first command of a session.
fn answer(cipher: Cipher, data: &[u8], status: u16, odd: bool) -> Response {
    let keys = session_keys(cipher, b"secret").unwrap();
    let counter = Counter::ZERO.next().next();
    let mut objects = Vec::new();
    if !data.is_empty() {
        let mut padded = data.to_vec();
        pad(&mut padded, cipher.block_bytes());
        keys.encryption.encrypt(&vector(&keys.encryption, counter).unwrap(), &mut padded).unwrap();
        if odd {
            tlv::write(&mut objects, CRYPTOGRAM_ODD, &padded);
        } else {
            padded.insert(0, 1);
            tlv::write(&mut objects, CRYPTOGRAM, &padded);
        }
    }
    tlv::write(&mut objects, STATUS, &status.to_be_bytes());
    let mac = keys.mac.mac(&authenticated(cipher, counter, None, &objects)).unwrap();
    tlv::write(&mut objects, MAC, &mac);
    Response::new(objects, StatusWord(status))
}

fn awaiting(cipher: Cipher) -> Awaiting {
    session(cipher).protect(&Command::new(0, 0xB0, 0, 0).expecting(8)).unwrap().1
}

#[test]
fn a_plain_success_inside_a_session_is_never_believed() {
    for answer in [
        Response::new([], StatusWord::SUCCESS),
        Response::new([], StatusWord(0x6110)),
        Response::new([], StatusWord::END_OF_FILE),
    ] {
        let error = awaiting(Cipher::Aes128).open(&answer).unwrap_err();
        assert!(matches!(error, OpenError::Stripped(_)));
    }
    let data = Response::new([0x61, 0x02, 0x01, 0x01], StatusWord::SUCCESS);
    assert!(matches!(awaiting(Cipher::Aes128).open(&data), Err(OpenError::Malformed(_))));
}

#[test]
fn status_and_mac_objects_are_required_in_order_and_nothing_else() {
    let good = answer(Cipher::Aes128, b"data", 0x9000, false);
    let mut reader = Reader::new(&good.data);
    let mut parts = Vec::new();
    while let Some(part) = reader.read().unwrap() {
        parts.push(part.raw().to_vec());
    }
    let [cryptogram, status, mac] = <[Vec<u8>; 3]>::try_from(parts).unwrap();
    let extra = vec![0x04, 0x00];
    for objects in [
        vec![&cryptogram, &mac],
        vec![&cryptogram, &status],
        vec![&status, &cryptogram, &mac],
        vec![&mac, &cryptogram, &status],
        vec![&cryptogram, &status, &mac, &extra],
        vec![&extra, &cryptogram, &status, &mac],
        vec![&cryptogram, &cryptogram, &status, &mac],
    ] {
        let bytes: Vec<u8> = objects.into_iter().flatten().copied().collect();
        let result = awaiting(Cipher::Aes128).open(&Response::new(bytes, StatusWord::SUCCESS));
        assert!(result.is_err());
    }
    // Without the cryptogram the MAC no longer fits.
    let stripped: Vec<u8> = [status, mac].concat();
    let result = awaiting(Cipher::Aes128).open(&Response::new(stripped, StatusWord::SUCCESS));
    assert!(matches!(result, Err(OpenError::Mac)));
}

#[test]
fn every_bit_of_an_answer_is_guarded() {
    for cipher in CIPHERS {
        let good = answer(cipher, b"0123456789", 0x9000, false).encode();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);

            let result = awaiting(cipher).open(&Response::parse(&bad).unwrap());

            assert!(result.is_err(), "{cipher:?} bit {bit}");
        }
    }
}

#[test]
fn after_a_naked_error_the_counter_stands_where_it_stood() {
    let read = Command::new(0, 0xB0, 0, 0).expecting(192);
    let error =
        awaiting(Cipher::Aes128).open(&Response::new([], StatusWord::WRONG_LENGTH)).unwrap_err();
    let OpenError::Unprotected { status, session: uncounted } = error else { panic!("{error:?}") };

    let (again, _) = uncounted.resume_reading().protect(&read).unwrap();

    assert_eq!(status, StatusWord::WRONG_LENGTH);
    assert_eq!(again, session(Cipher::Aes128).protect(&read).unwrap().0);
}

#[test]
fn commands_protected_ahead_are_those_protected_one_by_one() {
    let commands: Vec<Command> =
        (0..4).map(|index| Command::new(0, 0xB0, index, 0).expecting(16)).collect();
    for cipher in CIPHERS {
        let (ahead, pending) = session(cipher).protect_ahead(&commands).unwrap();

        let (first, awaiting) = session(cipher).protect(&commands[0]).unwrap();
        let reply = answer(cipher, b"first", 0x9000, false);
        let (_, next) = awaiting.open(&reply).unwrap();
        let (second, _) = next.protect(&commands[1]).unwrap();

        assert_eq!(ahead[..2], [first, second]);
        let (opened, pending) = pending.open_next(&reply).unwrap();
        assert_eq!(opened.data, b"first");
        let (third, _) = pending.finish().protect(&commands[1]).unwrap();
        assert_eq!(third, ahead[1]);
    }
}

#[test]
fn short_answers_carry_what_clear_bytes_max_says() {
    for (cipher, due) in [(Cipher::TripleDes, 231), (Cipher::Aes128, 223)] {
        assert_eq!(session(cipher).clear_bytes_max(256), due);
        assert!(answer(cipher, &vec![1; due], 0x9000, false).data.len() <= 256);
        assert!(answer(cipher, &vec![1; due + 1], 0x9000, false).data.len() > 256);
    }
    for bytes in [32, 140, 141, 160, 269, 270, 1_024, 65_536] {
        for cipher in CIPHERS {
            let due = session(cipher).clear_bytes_max(bytes);
            assert!(answer(cipher, &vec![1; due], 0x9000, false).data.len() <= bytes);
        }
    }
}

#[test]
fn a_protected_command_is_not_protected_again() {
    let result = session(Cipher::Aes128).protect(&Command::new(0x0C, 0xB0, 0, 0));

    assert!(matches!(result, Err(ProtectError::Command)));
}

proptest! {
    #[test]
    fn what_is_protected_is_taken_apart_again(
        cipher in proptest::sample::select(&CIPHERS[..]),
        ins in any::<u8>(),
        data in proptest::collection::vec(any::<u8>(), 0..600),
        expected in proptest::option::of(1_u32..=65_536),
    ) {
        let command = Command { expected, ..Command::new(0, ins, 1, 2).with_data(data) };
        let (protected, _) = session(cipher).protect(&command).unwrap();
        let parsed = Command::parse(&protected.encode().unwrap()).unwrap();

        let apart = session(cipher).take_apart(&parsed).unwrap();
        let (again, _) = session(cipher).protect_in_form(&apart.command, apart.form).unwrap();

        prop_assert_eq!(&apart.command.data, &command.data);
        prop_assert_eq!(apart.command.expected, command.expected);
        prop_assert_eq!(again.encode().unwrap(), protected.encode().unwrap());
    }

    #[test]
    fn what_a_card_answers_is_opened(
        cipher in proptest::sample::select(&CIPHERS[..]),
        data in proptest::collection::vec(any::<u8>(), 0..600),
        odd in any::<bool>(),
    ) {
        let (opened, _) =
            awaiting(cipher).open(&answer(cipher, &data, 0x9000, odd)).unwrap();

        prop_assert_eq!(opened.data, data);
    }

    #[test]
    fn any_answer_is_opened_or_refused(bytes in proptest::collection::vec(any::<u8>(), 2..80)) {
        let _ = awaiting(Cipher::TripleDes).open(&Response::parse(&bytes).unwrap());
    }
}
