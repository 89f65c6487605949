use super::iso9796_2;
use crate::signature::HashAlgorithm::{self, Sha1, Sha224, Sha256, Sha384, Sha512};

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Doc 9303-11 Appendix F: `6A ‖ M1 ‖ H ‖ BC` for the challenge of the example.
#[test]
fn appendix_f_the_representative_of_the_worked_example_reads() {
    let vectors = include_str!("../../../../vectors/active_authentication.json");
    let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    let example = &vectors["appendix_f"];
    let representative = octets(example["f"].as_str().unwrap());
    let challenge: [u8; 8] = octets(example["rnd_ifd"].as_str().unwrap()).try_into().unwrap();

    assert_eq!(iso9796_2::read(&representative, challenge), Some((Sha1, true)));
    for at in [0, 1, 60, 120, representative.len() - 1] {
        let mut bent = representative.clone();
        bent[at] ^= 1;
        assert_eq!(iso9796_2::read(&bent, challenge), None, "{at}");
    }
}

#[test]
fn every_trailer_names_its_hash_function() {
    let challenge = [9; 8];
    type Case = (&'static [u8], HashAlgorithm, Option<(HashAlgorithm, bool)>);
    let cases: [Case; 9] = [
        (&[0xBC], Sha1, Some((Sha1, true))),
        (&[0xBC], Sha256, Some((Sha256, false))),
        (&[0x33, 0xCC], Sha1, Some((Sha1, true))),
        (&[0x34, 0xCC], Sha256, Some((Sha256, true))),
        (&[0x35, 0xCC], Sha512, Some((Sha512, true))),
        (&[0x36, 0xCC], Sha384, Some((Sha384, true))),
        (&[0x38, 0xCC], Sha224, Some((Sha224, true))),
        // A trailer that names another hash function than the one that was used.
        (&[0x34, 0xCC], Sha224, None),
        // RIPEMD-160, which Doc 9303 does not permit.
        (&[0x31, 0xCC], Sha1, None),
    ];
    for (trailer, hash, expected) in cases {
        let nonce = [7; 40];
        let digest = hash.digest(&[&nonce, &challenge]);
        let representative = [&[0x6A], &nonce[..], &digest, trailer].concat();

        assert_eq!(iso9796_2::read(&representative, challenge), expected, "{trailer:x?}");
    }
}
