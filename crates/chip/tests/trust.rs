//! What the trust store believes, and what it does not: lists, links, revocations, directories.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use chip::certificate::Certificate;
use chip::crl::CrlError;
use chip::csca::{ListError, ListTrust, MasterList, Statistics, Store, import_ldif, read_ldif};
use chip::date::{Date, UnixTime};
use chip::passive::{self, ChainError};
use chip::sod::Sod;
use chip::verdict::Deviation;
use chip_sim::{
    Algorithm, Curve, CurveForm, Digest, File, Issuer, KeyKind, PROFILE_VALIDITY, Random, Scheme,
    Seeded, Validity, utopian_passport,
};

const P256: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit },
    scheme: Scheme::Ecdsa(Digest::Sha256),
};

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

fn issuer(country: &str, seed: u8) -> Issuer {
    Issuer::generate(country, P256, PROFILE_VALIDITY, &mut Seeded::new([seed; 32]))
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

fn sod(issuer: &Issuer) -> Sod {
    let document = issuer.issue(&utopian_passport(), &mut Seeded::new([9; 32])).unwrap();
    Sod::from_file(document.file(File::Sod).unwrap()).unwrap()
}

fn chain(sod: &Sod, store: &Store, now: UnixTime) -> Result<passive::Chain, ChainError> {
    passive::chain(&passive::signed_by(sod.signed(), store).unwrap(), store, now)
}

fn list_of(signed_by: &Issuer, others: &[&Issuer]) -> Vec<u8> {
    let all: Vec<Vec<u8>> = others.iter().flat_map(|one| one.csca_certificates()).collect();
    signed_by.master_list(&all, PROFILE_VALIDITY, &mut Seeded::new([5; 32]))
}

#[test]
fn a_list_is_believed_under_its_anchor_and_nothing_else() {
    let (germany, utopia) = (issuer("DE", 1), issuer("UT", 2));
    let list = list_of(&germany, &[&utopia, &germany]);
    let anchor = certificate(germany.csca_der());
    let stranger = certificate(issuer("DE", 3).csca_der());

    let mut store = Store::new();
    let import = store
        .import_master_list(&list, ListTrust::Anchors(std::slice::from_ref(&anchor)), now())
        .unwrap();
    assert_eq!((import.certificates, import.added, store.len()), (2, 2, 2));
    let again = store.import_master_list(&list, ListTrust::Anchors(&[anchor]), now()).unwrap();
    assert_eq!((again.certificates, again.added, store.len()), (2, 0, 2));

    let mut empty = Store::new();
    for anchors in [vec![], vec![stranger], vec![certificate(utopia.csca_der())]] {
        let refused = empty.import_master_list(&list, ListTrust::Anchors(&anchors), now());
        assert_eq!(refused.unwrap_err(), ListError::NotAnchored);
    }
    assert!(empty.is_empty());
}

#[test]
fn a_list_is_believed_over_link_certificates() {
    let mut germany = issuer("DE", 1);
    let old = certificate(germany.csca_der());
    for seed in [4, 5] {
        germany.roll_over(P256, PROFILE_VALIDITY, &mut Seeded::new([seed; 32]));
    }
    let list = list_of(&germany, &[&germany]);

    let import = Store::new().import_master_list(&list, ListTrust::Anchors(&[old]), now()).unwrap();

    assert_eq!(import.signer.path.len(), 3);
}

#[test]
fn a_list_from_the_future_or_signed_after_its_signer_expired_is_refused() {
    let germany = issuer("DE", 1);
    let anchors = [certificate(germany.csca_der())];
    let list = list_of(&germany, &[&germany]);
    let long_ago = Date::new(2001, 1, 1).unwrap().start();

    let refused = Store::new().import_master_list(&list, ListTrust::Anchors(&anchors), long_ago);

    assert_eq!(refused.unwrap_err(), ListError::Validity);
}

#[test]
fn a_sod_is_no_master_list_and_a_master_list_is_no_sod() {
    let germany = issuer("DE", 1);
    let list = list_of(&germany, &[&germany]);
    let document = germany.issue(&utopian_passport(), &mut Seeded::new([9; 32])).unwrap();
    let file = document.file(File::Sod).unwrap();

    assert!(Sod::from_file(&list).is_err());
    assert!(matches!(MasterList::from_ber(&file[4..]), Err(ListError::ContentType(_))));
}

#[test]
fn a_signer_of_lists_may_not_sign_documents_nor_a_document_signer_lists() {
    let germany = issuer("DE", 1);
    let document_signer = certificate(germany.document_signer_der());
    let list = list_of(&germany, &[&germany]);
    let mut store = trusting(&germany);

    // The list's own signer is at hand, but a list believed by the fingerprint of another is not.
    let refused = store.import_master_list(
        &list,
        ListTrust::UnanchoredFingerprint(*document_signer.fingerprint()),
        now(),
    );

    assert_eq!(refused.unwrap_err(), ListError::Fingerprint);
}

#[test]
fn a_document_chains_to_its_own_state_alone() {
    let (utopia, germany) = (issuer("UT", 2), issuer("DE", 1));
    let sod = sod(&utopia);

    let found = chain(&sod, &trusting(&utopia), now()).unwrap();
    assert_eq!(found.country, "UT");
    assert_eq!(found.csca.der(), utopia.csca_der());
    assert!(found.deviations.contains(&Deviation::NoRevocationList));

    let unknown = chain(&sod, &trusting(&germany), now()).unwrap_err();
    assert!(matches!(unknown, ChainError::UnknownIssuer { .. }));
    // Another key under the very name of the state.
    let namesake = chain(&sod, &trusting(&issuer("UT", 7)), now()).unwrap_err();
    assert!(matches!(namesake, ChainError::NotSigned { .. }), "{namesake:?}");
}

#[test]
fn a_document_signer_in_the_store_vouches_for_nothing() {
    let utopia = issuer("UT", 2);
    let mut store = Store::new();
    store.add(certificate(utopia.document_signer_der()));

    assert!(chain(&sod(&utopia), &store, now()).is_err());
}

#[test]
fn a_document_signed_in_the_future_is_refused() {
    let utopia = issuer("UT", 2);
    let early = Date::new(2010, 1, 1).unwrap().start();

    let refused = chain(&sod(&utopia), &trusting(&utopia), early).unwrap_err();

    assert!(matches!(refused, ChainError::SignedInFuture | ChainError::SignerNotValid));
}

fn crl(issuer: &Issuer, revoked: &[&[u8]], number: u64, from: chip_sim::Date) -> Vec<u8> {
    let validity = Validity { from, until: chip_sim::Date::new(2027, 1, 1) };
    issuer.crl(revoked, number, validity, &mut Seeded::new([6; 32]))
}

#[test]
fn a_revoked_signer_signs_nothing_any_more() {
    let utopia = issuer("UT", 2);
    let mut store = trusting(&utopia);
    let sod = sod(&utopia);

    let empty = crl(&utopia, &[], 1, chip_sim::Date::new(2026, 1, 1));
    store.import_revocation_list(&empty, now()).unwrap();
    let found = chain(&sod, &store, now()).unwrap();
    assert!(!found.deviations.contains(&Deviation::NoRevocationList));

    let later = Date::new(2027, 6, 1).unwrap().start();
    let stale = chain(&sod, &store, later).unwrap();
    assert!(stale.deviations.contains(&Deviation::StaleRevocationList));

    let signer = utopia.document_signer_der();
    let full = crl(&utopia, &[signer], 2, chip_sim::Date::new(2026, 3, 1));
    store.import_revocation_list(&full, now()).unwrap();
    assert_eq!(store.revocation_list_count(), 1);
    assert!(matches!(chain(&sod, &store, now()), Err(ChainError::Revoked { .. })));

    // An older list must not take the revocation back.
    assert_eq!(store.import_revocation_list(&empty, now()), Err(CrlError::Older));
    assert!(matches!(chain(&sod, &store, now()), Err(ChainError::Revoked { .. })));
}

#[test]
fn revocation_lists_of_strangers_and_bent_ones_are_refused() {
    let utopia = issuer("UT", 2);
    let mut store = trusting(&utopia);
    let from = chip_sim::Date::new(2026, 1, 1);

    let foreign = crl(&issuer("DE", 1), &[], 1, from);
    assert_eq!(store.import_revocation_list(&foreign, now()), Err(CrlError::UnknownIssuer));
    let namesake = crl(&issuer("UT", 8), &[], 1, from);
    assert!(store.import_revocation_list(&namesake, now()).is_err());
    let genuine = crl(&utopia, &[utopia.document_signer_der()], 1, from);
    for at in (10..genuine.len()).step_by(7) {
        let mut bent = genuine.clone();
        bent[at] ^= 1;
        assert!(store.import_revocation_list(&bent, now()).is_err(), "offset {at}");
    }
    let before = Date::new(2025, 1, 1).unwrap().start();
    assert_eq!(store.import_revocation_list(&genuine, before), Err(CrlError::NotYet));
    assert_eq!(store.revocation_list_count(), 0);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .map(|chunk| {
            let number = chunk.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet))
                << (8 * (3 - chunk.len()));
            (0..4)
                .map(|at| {
                    if at > chunk.len() {
                        '='
                    } else {
                        char::from(DIGITS[(number >> (18 - 6 * at) & 63) as usize])
                    }
                })
                .collect::<String>()
        })
        .collect()
}

fn folded(attribute: &str, bytes: &[u8]) -> String {
    let text = base64(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(70).map(|c| std::str::from_utf8(c).unwrap()).collect();
    format!("{attribute}:: {}\n", lines.join("\n "))
}

#[test]
fn a_directory_brings_lists_signers_and_revocations() {
    let (germany, utopia) = (issuer("DE", 1), issuer("UT", 2));
    let anchors = [certificate(germany.csca_der())];
    let from = chip_sim::Date::new(2026, 1, 1);
    let file = [
        "version: 1\n\n# a comment\n# that\n  goes on\ndn: o=ml,c=DE,dc=data\nobjectClass: top\n"
            .to_owned(),
        folded("pkdMasterListContent", &list_of(&germany, &[&utopia])),
        "\ndn:: Zm9v\n".to_owned(),
        folded("userCertificate;binary", utopia.document_signer_der()),
        "\ndn: o=crl\n".to_owned(),
        folded("certificateRevocationList;binary", &crl(&utopia, &[], 1, from)),
        "\n".to_owned(),
    ]
    .concat();
    for text in [file.clone(), file.replace('\n', "\r\n")] {
        let mut store = Store::new();

        let import =
            import_ldif(&mut store, text.as_bytes(), ListTrust::Anchors(&anchors), now()).unwrap();

        assert_eq!(import.master_lists.len(), 1, "{import:?}");
        assert_eq!((import.document_signers, import.revocation_lists), (1, 1), "{import:?}");
        assert_eq!((store.len(), store.document_signers().len()), (1, 1));
    }
    let mut store = Store::new();
    let import = import_ldif(&mut store, file.as_bytes(), ListTrust::Anchors(&[]), now()).unwrap();
    assert_eq!(import.refused_lists.len(), 1);
    assert!(store.is_empty(), "single certificates of a directory are never trusted");
    let held = read_ldif(file.as_bytes()).unwrap();
    assert_eq!((held.lists.len(), held.certificates.len()), (1, 1));
}

#[test]
fn statistics_tell_roots_from_links_and_count_shared_names() {
    let mut germany = issuer("DE", 1);
    germany.roll_over(P256, PROFILE_VALIDITY, &mut Seeded::new([4; 32]));
    let list = MasterList::from_ber(&list_of(&germany, &[&germany])).unwrap();

    let statistics = Statistics::of(&[list], &[certificate(issuer("UT", 2).csca_der())], now());

    assert_eq!((statistics.certificates, statistics.distinct), (4, 4));
    assert_eq!((statistics.self_signed, statistics.link_certificates), (3, 1));
    assert_eq!(statistics.countries["DE"], 3);
    assert_eq!(statistics.shared_names.values().copied().collect::<Vec<_>>(), [3]);
    assert_eq!((statistics.explicit_curves, statistics.named_curves), (4, 0));
    assert_eq!(statistics.failures, []);
}

#[test]
fn a_changed_bit_anywhere_in_a_sod_never_leaves_the_same_verdict() {
    let utopia = issuer("UT", 2);
    let store = trusting(&utopia);
    let document = utopia.issue(&utopian_passport(), &mut Seeded::new([9; 32])).unwrap();
    let file = document.file(File::Sod).unwrap().to_vec();
    let mut random = Seeded::new([3; 32]);
    for _ in 0..300 {
        let mut octets = [0; 3];
        random.fill(&mut octets);
        let at = (usize::from(octets[0]) << 8 | usize::from(octets[1])) % file.len();
        let mut bent = file.clone();
        bent[at] ^= 1 << (octets[2] % 8);

        let Ok(sod) = Sod::from_file(&bent) else { continue };
        let Ok(signed) = passive::signed_by(sod.signed(), &store) else { continue };
        if passive::chain(&signed, &store, now()).is_err() {
            continue;
        }
        // What is not signed may change and be tolerated; what was signed is the same.
        let genuine = Sod::from_file(&file).unwrap();
        assert_eq!(sod.signed().content(), genuine.signed().content(), "offset {at}");
        assert_eq!(
            signed.document_signer.der(),
            genuine.signed().certificates()[0].der(),
            "offset {at}"
        );
    }
}
