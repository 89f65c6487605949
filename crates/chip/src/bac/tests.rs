use super::*;

fn bac() -> Bac {
    let password = Password::from_mrz_information("L898902C<369080619406236").unwrap();
    Bac::new(&password, BacRandom { challenge: [1; 8], key: [2; 16] }).unwrap()
}

fn authenticating() -> Authenticating {
    bac().authenticate(&Response::new([3; 8], StatusWord::SUCCESS)).unwrap().1
}

#[test]
fn a_wrong_key_is_told_from_a_chip_without_bac() {
    // It gave a challenge, so that it has basic access control, whatever it says now.
    for status in [0x6300, 0x63CF, 0x6982, 0x6983, 0x6985, 0x6988, 0x6A80, 0x6A86, 0x6A88] {
        let answer = Response::new([], StatusWord(status));
        let error = authenticating().finish(&answer).unwrap_err();
        assert!(matches!(error, BacError::WrongKey { .. }), "{status:04X}");
    }
    for status in [0x6A88, 0x6985, 0x6A86] {
        let answer = Response::new([], StatusWord(status));
        let error = bac().authenticate(&answer).unwrap_err();
        assert!(matches!(error, BacError::NotSupported { .. }), "{status:04X}");
    }
}

#[test]
fn challenges_of_another_length_are_refused() {
    for data in [&[][..], &[0; 7], &[0; 9]] {
        let error = bac().authenticate(&Response::new(data, StatusWord::SUCCESS)).unwrap_err();
        assert!(matches!(error, BacError::Proof));
    }
}

#[test]
fn a_chip_that_does_not_know_the_key_is_refused() {
    for bytes in [0, 32, 39, 40, 41, 80] {
        let answer = Response::new(vec![0x5A; bytes], StatusWord::SUCCESS);
        assert!(matches!(authenticating().finish(&answer), Err(BacError::Proof)), "{bytes}");
    }
}
