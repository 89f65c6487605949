//! What an issuer makes, judged by the `chip` crate: lists, revocations, stored forms, forgeries.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use chip::certificate::Certificate;
use chip::csca::{ListTrust, Store};
use chip::date::UnixTime;
use chip::passive::{self, ChainError};
use chip::sod::Sod;
use chip_sim::{
    Algorithm, Card, Curve, CurveForm, Date, Digest, DocumentSpec, File, Issuer, KeyKind,
    PROFILE_VALIDITY, Scheme, Seeded, Validity, utopian_passport,
};

/// 2026-11-22T12:00:00Z
const NOW: UnixTime = UnixTime::from_secs(1_795_348_800);

fn algorithm(curve: Curve, digest: Digest) -> Algorithm {
    Algorithm {
        key: KeyKind::Ec { curve, form: CurveForm::Explicit },
        scheme: Scheme::Ecdsa(digest),
    }
}

fn issuer() -> Issuer {
    let algorithm = algorithm(Curve::BrainpoolP384r1, Digest::Sha384);
    Issuer::generate("UT", algorithm, PROFILE_VALIDITY, &mut Seeded::new([51; 32]))
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

fn trusting(issuer: &Issuer) -> Store {
    let mut store = Store::new();
    for der in issuer.csca_certificates() {
        store.add(certificate(&der));
    }
    store
}

fn chain(issuer: &Issuer, store: &Store) -> Result<(), ChainError> {
    let document = issuer.issue(&utopian_passport(), &mut Seeded::new([52; 32])).unwrap();
    let sod = Sod::from_file(document.file(File::Sod).unwrap()).unwrap();
    let signed = passive::signed_by(sod.signed(), store).unwrap();
    passive::chain(&signed, store, NOW).map(|_| ())
}

#[test]
fn a_master_list_is_taken_under_its_own_anchor_alone() {
    let own = issuer();
    let others: Vec<Vec<u8>> = [(Curve::Secp521r1, 53), (Curve::BrainpoolP512r1, 54)]
        .map(|(curve, seed)| {
            let algorithm = algorithm(curve, Digest::Sha512);
            let mut random = Seeded::new([seed; 32]);
            let other = Issuer::generate("NO", algorithm, PROFILE_VALIDITY, &mut random);
            other.csca_der().to_vec()
        })
        .into();
    let list = own.master_list(&others, PROFILE_VALIDITY, &mut Seeded::new([55; 32]));
    let anchor = [certificate(own.csca_der())];
    let stranger = [certificate(&others[0])];

    let mut store = Store::new();
    assert!(store.import_master_list(&list, ListTrust::Anchors(&stranger), NOW).is_err());
    assert!(store.is_empty());
    let import = store.import_master_list(&list, ListTrust::Anchors(&anchor), NOW).unwrap();

    assert_eq!((import.certificates, import.added), (2, 2));
}

#[test]
fn a_revocation_list_ends_the_trust_in_a_document_signer() {
    let issuer = issuer();
    let validity = Validity { from: Date::new(2026, 11, 1), until: Date::new(2027, 2, 1) };
    let mut random = Seeded::new([56; 32]);
    let empty = issuer.crl(&[], 1, validity, &mut random);
    let full = issuer.crl(&[issuer.document_signer_der()], 2, validity, &mut random);
    let mut store = trusting(&issuer);

    store.import_revocation_list(&empty, NOW).unwrap();
    assert_eq!(chain(&issuer, &store), Ok(()));
    store.import_revocation_list(&full, NOW).unwrap();

    assert!(matches!(chain(&issuer, &store), Err(ChainError::Revoked { .. })));
}

#[test]
fn a_stored_issuer_makes_documents_that_the_first_ones_csca_vouches_for() {
    let mut first = issuer();
    first.roll_over(
        algorithm(Curve::Secp256r1, Digest::Sha256),
        PROFILE_VALIDITY,
        &mut Seeded::new([57; 32]),
    );

    let again = Issuer::from_bytes(&first.to_bytes()).unwrap();

    assert_eq!(again.csca_certificates(), first.csca_certificates());
    assert_eq!(chain(&again, &trusting(&first)), Ok(()));
    assert!(Issuer::from_bytes(&first.to_bytes()[1..]).is_err());
}

#[test]
fn fingerprints_are_listed_and_never_given() {
    let more_data_groups = BTreeMap::from([(3, vec![0x63, 0x02, 1, 2]), (7, vec![0x67, 0x00])]);
    let access = chip_sim::Access::default();
    let spec = DocumentSpec { more_data_groups, access, ..utopian_passport() };
    let document = issuer().issue(&spec, &mut Seeded::new([58; 32])).unwrap();
    let mut card = Card::new(document, [59; 32]);
    let select = [0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1];
    assert_eq!(card.transmit(&select), [0x90, 0x00]);

    assert_eq!(card.transmit(&[0, 0xB0, 0x83, 0, 0]), [0x69, 0x82]);
    assert_eq!(card.transmit(&[0, 0xB0, 0x87, 0, 0]), [0x67, 0x00, 0x90, 0x00]);
    let sod = Sod::from_file(card.document().file(File::Sod).unwrap()).unwrap();
    assert_eq!(sod.data_groups().collect::<Vec<_>>(), [1, 2, 3, 7]);
}
