use request_signature::{HEADERS, Message, Presented, SoftwareKey};

/// The four headers, a line each: parsing never panics, what parses was ASCII, and it never verifies
/// under a key that signed nothing.
pub fn run(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let values: Vec<(&str, &[u8])> = HEADERS.iter().copied().zip(lines.by_ref()).collect();
    let Ok(presented) = Presented::parse(|name| {
        values.iter().filter(|(of, _)| *of == name).map(|(_, value)| *value).collect::<Vec<_>>()
    }) else {
        return;
    };
    assert!(values.iter().all(|(_, value)| value.is_ascii()));
    let message = Message {
        method: "POST",
        target_uri: "https://genvej.example/",
        body: lines.next().unwrap_or(b""),
    };
    let key = SoftwareKey::from_bytes(&[9; 32]).expect("a small scalar is a key").public_key();
    assert!(presented.verify(&message, &key).is_err());
}
