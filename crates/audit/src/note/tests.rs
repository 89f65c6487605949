use super::*;

/// The key, the text and the signature of the reference implementation's example (golang.org/x/mod/sumdb/note).
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signer(name: &str, fill: u8) -> SignerKey {
    SignerKey::new(KeyName::new(name).unwrap(), &[fill; 32])
}

#[test]
fn signed_note_the_reference_example_is_read_checked_and_made_again() {
    let key = VerifierKey::parse(KEY).unwrap();
    let text = format!("{TEXT}\n{SIGNATURE}");
    let note = Note::parse(&text).unwrap();

    assert_eq!(key.check(&note), Ok(Signed { time: None }));
    assert_eq!((note.text(), note.to_string()), (TEXT, text));
    assert_eq!(key.to_string(), KEY);
    let secret = Base64::decode_vec(SECRET).unwrap();
    let secret =
        SignerKey::new(KeyName::new("PeterNeumann").unwrap(), &secret[1..].try_into().unwrap());
    assert_eq!(secret.verifier(Algorithm::Ed25519), key);
    assert_eq!(Note::sign(TEXT, &secret).unwrap(), note, "Ed25519 signs a text in one way");
}

/// The public key of the Go checksum database, as every Go installation has it.
#[test]
fn signed_note_the_key_of_sum_golang_org_has_its_id() {
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    assert_eq!(VerifierKey::parse(key).unwrap().to_string(), key);
    for at in 0..key.len() {
        let mut other = key.to_owned().into_bytes();
        other[at] = if other[at] == b'1' { b'2' } else { b'1' };
        let other = String::from_utf8(other).unwrap();
        assert!(VerifierKey::parse(&other).is_err(), "{other}");
        assert!(VerifierKey::parse(&key[..at]).is_err(), "{at} bytes");
    }
}

#[test]
fn a_key_that_signs_everything_is_no_key() {
    // The neutral point is a point of the curve, and fits signatures over any text.
    let weak = VerifyingKey::from_bytes(&{
        let mut neutral = [0; 32];
        neutral[0] = 1;
        neutral
    })
    .unwrap();
    let name = KeyName::new("weak").unwrap();
    let text = VerifierKey { name, algorithm: Algorithm::Ed25519, key: weak }.to_string();

    assert_eq!(VerifierKey::parse(&text), Err(NoteError::Key));
}

#[test]
fn a_signature_counts_for_its_key_and_its_text_alone() {
    let (log, other) = (signer("log.example", 1), signer("log.example", 2));
    let key = log.verifier(Algorithm::Ed25519);
    let note = Note::sign("one\n", &log).unwrap();

    assert!(key.check(&note).is_ok());
    assert_eq!(other.verifier(Algorithm::Ed25519).check(&note), Err(NoteError::Unsigned));
    let renamed = signer("other.example", 1).verifier(Algorithm::Ed25519);
    assert_eq!(renamed.check(&note), Err(NoteError::Unsigned));
    let changed = Note { text: "two\n".to_owned(), ..note.clone() };
    assert_eq!(key.check(&changed), Err(NoteError::Wrong));
    // A right and a wrong one of the same key: the note is refused.
    let mut both = note;
    both.signatures.push(Signature { bytes: vec![0; 64], ..both.signatures[0].clone() });
    assert_eq!(key.check(&both), Err(NoteError::Wrong));
}

#[test]
fn a_witness_signs_the_time_too_and_its_line_is_no_line_of_a_log() {
    let (log, witness) = (signer("log.example", 1), signer("witness.example", 2));
    let mut note = Note::sign("log.example\n1\nAAAA\n", &log).unwrap();
    let key = witness.verifier(Algorithm::Cosignature);
    let line = witness.cosign(note.text(), 1_679_315_147);

    note.add(line.clone(), &key).unwrap();
    note.add(line, &key).unwrap();

    assert_eq!(note.signatures().len(), 2, "one of each key");
    let read = Note::parse(&note.to_string()).unwrap();
    assert_eq!(read, note);
    assert_eq!(key.check(&read), Ok(Signed { time: Some(1_679_315_147) }));
    assert_eq!(witness.verifier(Algorithm::Ed25519).check(&read), Err(NoteError::Unsigned));
    // Another time than the signed one.
    let mut later = read.clone();
    later.signatures[1].bytes[7] ^= 1;
    assert_eq!(key.check(&later), Err(NoteError::Wrong));
    let wrong = later.signatures[1].clone();
    assert_eq!(note.add(wrong, &key), Err(NoteError::Wrong));
    assert_eq!(note, read, "what is wrong is not taken in");
}

/// C2SP tlog-cosignature, "Ed25519 signed message".
#[test]
fn tlog_cosignature_the_message_has_a_header_a_time_and_the_text() {
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    assert_eq!(
        cosigned(text, 1_679_315_147),
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
         CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    );
}

/// The example of C2SP tlog-cosignature: two lines, of which the second carries a time.
#[test]
fn tlog_cosignature_the_example_is_read() {
    let example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    let note = Note::parse(example).unwrap();

    let [log, witness] = note.signatures() else { panic!("two lines") };
    assert_eq!((log.key_id, log.bytes.len()), ([0x03, 0x3d, 0xe0, 0xae], 64));
    assert_eq!((witness.key_id, witness.bytes.len()), ([0x8d, 0x66, 0xcf, 0x3f], 8 + 64));
    assert_eq!(witness.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(note.to_string(), example);
}

#[test]
fn what_has_not_the_form_of_a_note_is_refused() {
    let note = format!("{TEXT}\n{SIGNATURE}");
    for bad in [
        String::new(),
        "\n\n".to_owned(),
        TEXT.to_owned(),
        format!("\n{SIGNATURE}"),
        note.trim_end().to_owned(),
        format!("{note}\n"),
        format!("{note}x\n"),
        note.replace('\u{2014}', "-"),
        note.replace("PeterNeumann ", " "),
        note.replace("PeterNeumann ", "Peter\u{a0}Neumann "),
        note.replace("PeterNeumann ", "Peter+Neumann "),
        note.replace("nAM=", "nAM"),
        note.replace("problem,", "problem,\r"),
        "a\n\n\u{2014} b AAAAAA==\n".to_owned(),
        format!("a\n\n{}", SIGNATURE.repeat(SIGNATURES_MAX + 1)),
        format!("{}\n\n{SIGNATURE}", "a".repeat(NOTE_BYTES_MAX)),
    ] {
        assert!(Note::parse(&bad).is_err(), "{bad}");
    }
    let many = format!("a\n\nb\n\n{}", SIGNATURE.repeat(SIGNATURES_MAX));
    assert_eq!(Note::parse(&many).unwrap().text(), "a\n\nb\n", "the last empty line parts them");
    assert!(Note::sign("no end", &signer("a", 1)).is_err());
    for name in ["", "a b", "a+b", "a\tb", &"a".repeat(NAME_BYTES_MAX + 1)] {
        assert_eq!(KeyName::new(name), Err(NoteError::Name), "{name}");
    }
}
