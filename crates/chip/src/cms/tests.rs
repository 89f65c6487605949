use super::{CmsError, SignedData};
use crate::tlv::{self, Tag};

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv::constructed(Tag::new(0x30), parts)
}

fn signed_data(certificates: usize, signers: usize) -> Vec<u8> {
    let content = tlv::object(Tag::new(0xA0), &tlv::object(Tag::new(0x04), b"content"));
    let kind = tlv::object(Tag::new(0x06), b"\x67\x81\x08\x01\x01\x01");
    let body = sequence(&[
        tlv::object(Tag::new(0x02), &[3]),
        tlv::object(Tag::new(0x31), &[]),
        sequence(&[kind, content]),
        tlv::object(Tag::new(0xA0), &vec![vec![0x30, 0]; certificates].concat()),
        tlv::object(Tag::new(0x31), &vec![vec![0x30, 0]; signers].concat()),
    ]);
    sequence(&[tlv::object(Tag::new(0x06), super::SIGNED_DATA), tlv::object(Tag::new(0xA0), &body)])
}

#[test]
fn an_envelope_without_signers_reads_and_keeps_broken_certificates_apart() {
    let signed = SignedData::from_ber(&signed_data(2, 0)).unwrap();

    assert_eq!(signed.content(), b"content");
    assert_eq!(signed.content_type().to_string(), "2.23.136.1.1.1");
    assert_eq!((signed.certificates().len(), signed.unreadable_certificates().len()), (0, 2));
    assert!(signed.is_der());
}

#[test]
fn slack_behind_the_envelope_is_tolerated() {
    let padded = [signed_data(0, 0), vec![0; 40]].concat();

    assert!(SignedData::from_ber(&padded).unwrap().is_der());
}

#[test]
fn an_envelope_with_more_certificates_than_any_real_one_is_refused() {
    let refused = SignedData::from_ber(&signed_data(65, 0)).unwrap_err();

    assert_eq!(refused, CmsError::TooMany("certificates"));
}

#[test]
fn a_broken_signer_breaks_the_envelope() {
    assert!(matches!(SignedData::from_ber(&signed_data(0, 1)), Err(CmsError::Malformed(_))));
}

#[test]
fn another_kind_of_content_is_named() {
    let data = sequence(&[tlv::object(Tag::new(0x06), b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")]);

    let refused = SignedData::from_ber(&data).unwrap_err();

    assert_eq!(refused.to_string(), "the content is 1.2.840.113549.1.7.1 and not signed data");
}
