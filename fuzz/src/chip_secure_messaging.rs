use chip::apdu::{Command, Response};
use chip::key_derivation::session_keys;
use chip::secure_messaging::{Counter, SecureMessaging};
use chip::symmetric::Cipher;

/// Answers and commands by somebody without the keys: none is ever opened.
pub fn run(data: &[u8]) {
    for cipher in [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes256] {
        let Ok(keys) = session_keys(cipher, b"a secret that the other side does not have") else {
            continue;
        };
        let session = SecureMessaging::new(keys, Counter::ZERO);
        if let Ok(command) = Command::parse(data) {
            assert!(session.take_apart(&command).is_err());
            assert_eq!(command.encode().ok().as_deref(), Some(data));
        }
        let read = Command::new(0x00, 0xB0, 0x00, 0x00).expecting(32);
        let Ok((_, awaiting)) = session.protect(&read) else { continue };
        if let Ok(answer) = Response::parse(data) {
            assert!(awaiting.open(&answer).is_err());
        }
    }
}
