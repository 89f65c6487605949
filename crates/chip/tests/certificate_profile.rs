//! Certificates held to the profile of Doc 9303-12 §7: each cell of the table is accepted, a deviation, or refused.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip::certificate::Certificate;
use chip::cms::SignerError;
use chip::csca::Store;
use chip::date::{Date, UnixTime};
use chip::passive::{ChainError, SodSignatureError};
use chip::verdict::{
    ChipPolicy, Deviation, Evidence, Examination, OpenedBy, Severity, VerifyError, examine,
};
use chip_sim::{
    Algorithm, Curve, CurveForm, Date as SimDate, Digest, Document, DocumentSpec, Extension, File,
    Issuer, KeyKind, KeyPair, PROFILE_VALIDITY, Scheme, Seeded, SignerOddities, Validity,
    utopian_passport,
};

const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_USAGE: &str = "2.5.29.37";
const CONSTRAINTS: &str = "2.5.29.19";
const USAGE_PERIOD: &str = "2.5.29.16";
const AUTHORITY_KEY: &str = "2.5.29.35";
const CA_TRUE: &[u8] = &[0x30, 0x03, 0x01, 0x01, 0xFF];
const CA_FALSE: &[u8] = &[0x30, 0x00];

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

fn state() -> Issuer {
    let key = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit };
    let algorithm = Algorithm { key, scheme: Scheme::Ecdsa(Digest::Sha256) };
    Issuer::generate("UT", algorithm, PROFILE_VALIDITY, &mut Seeded::new([1; 32]))
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
    Extension { oid: oid.to_owned(), critical, value: value.to_vec() }
}

/// Extended key usages by the content octets of their identifiers.
fn purposes(critical: bool, identifiers: &[&[u8]]) -> Extension {
    let mut list = Vec::new();
    for identifier in identifiers {
        list.extend([0x06, u8::try_from(identifier.len()).unwrap()]);
        list.extend_from_slice(identifier);
    }
    let value = [&[0x30, u8::try_from(list.len()).unwrap()], list.as_slice()].concat();
    extension(EXTENDED_USAGE, critical, &value)
}

fn usage_period(from: &str, until: &str) -> Extension {
    let time = |tag: u8, day: &str| [&[tag, 15], format!("{day}000000Z").as_bytes()].concat();
    let both = [time(0x80, from), time(0x81, until)].concat();
    extension(USAGE_PERIOD, false, &[&[0x30, 34], both.as_slice()].concat())
}

fn judged(issuer: &Issuer, spec: &DocumentSpec) -> Examination {
    judged_under(issuer, spec, &ChipPolicy::default())
}

fn judged_under(issuer: &Issuer, spec: &DocumentSpec, policy: &ChipPolicy) -> Examination {
    let document = issuer.issue(spec, &mut Seeded::new([2; 32])).unwrap();
    let mut trust = Store::new();
    for der in issuer.csca_certificates() {
        trust.add(Certificate::from_der(&der).unwrap());
    }
    examined(&document, document.file(File::Sod).unwrap(), &trust, policy)
}

fn examined(document: &Document, sod: &[u8], trust: &Store, policy: &ChipPolicy) -> Examination {
    let groups: Vec<(u8, &[u8])> =
        [1, 2].map(|n| (n, document.file(File::DataGroup(n)).unwrap())).to_vec();
    let evidence = Evidence {
        sod,
        data_groups: &groups,
        com: None,
        card_access: None,
        card_security: None,
        opened_by: OpenedBy::Unknown,
        opened_with: None,
        proofs: &[],
    };
    examine(&evidence, trust, policy, now())
}

fn signer(odd: &SignerOddities) -> Issuer {
    state().with_signer(odd, &mut Seeded::new([3; 32]))
}

fn with(extensions: Vec<Extension>) -> SignerOddities {
    SignerOddities { extensions, ..SignerOddities::default() }
}

fn rsa(modulus_bits: u16) -> KeyPair {
    let kind = KeyKind::Rsa { modulus_bits, public_exponent: 65_537 };
    KeyPair::generate(kind, &mut Seeded::new([4; 32]))
}

#[test]
fn a_signer_that_could_be_something_else_is_refused_by_default() {
    let tls_server = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
    let any = b"\x55\x1d\x25\x00";
    let mail = b"\x2b\x06\x01\x05\x05\x07\x03\x04";
    let weak = SignerOddities {
        key: Some(rsa(1_024)),
        scheme: Some(Scheme::RsaPkcs1(Digest::Sha256)),
        ..SignerOddities::default()
    };
    let sha1 = SignerOddities {
        certificate_scheme: Some(Scheme::Ecdsa(Digest::Sha1)),
        ..SignerOddities::default()
    };
    let cases = [
        (with(vec![purposes(true, &[tls_server])]), Deviation::DocumentSignerExtendedUsage),
        (with(vec![purposes(false, &[tls_server])]), Deviation::DocumentSignerExtendedUsage),
        (with(vec![purposes(false, &[any])]), Deviation::DocumentSignerExtendedUsage),
        (with(vec![purposes(true, &[mail, tls_server])]), Deviation::DocumentSignerExtendedUsage),
        // An extension that cannot be read limits the key all the same.
        (
            with(vec![extension(EXTENDED_USAGE, false, &[0x04, 0x00])]),
            Deviation::DocumentSignerExtendedUsage,
        ),
        (with(vec![extension(CONSTRAINTS, true, CA_TRUE)]), Deviation::DocumentSignerAuthority),
        (with(vec![extension(CONSTRAINTS, false, CA_TRUE)]), Deviation::DocumentSignerAuthority),
        (
            with(vec![extension(KEY_USAGE, true, &[0x03, 0x02, 0x02, 0x84])]),
            Deviation::DocumentSignerMayIssue,
        ),
        (
            with(vec![extension(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x82])]),
            Deviation::DocumentSignerMayIssue,
        ),
        (with(vec![usage_period("20200101", "20230101")]), Deviation::PrivateKeyUsagePeriod),
        (with(vec![usage_period("20250101", "20300101")]), Deviation::PrivateKeyUsagePeriod),
        (weak, Deviation::WeakKeyRecent),
        (sha1, Deviation::Sha1Recent),
    ];
    for (odd, deviation) in cases {
        let issuer = signer(&odd);

        let refused = judged(&issuer, &utopian_passport());

        assert_eq!(refused.result.err(), Some(VerifyError::Refused(deviation)), "{odd:?}");
        assert_eq!(deviation.severity(), Severity::Serious);
        let policy = ChipPolicy { accept: [deviation].into(), ..ChipPolicy::default() };
        let accepted = judged_under(&issuer, &utopian_passport(), &policy);
        assert!(accepted.result.is_ok(), "{odd:?}: {:?}", accepted.result);
    }
}

#[test]
fn what_the_profile_lets_a_signer_have_is_accepted_and_what_it_must_not_is_refused() {
    let accepted = [
        (with(vec![extension(CONSTRAINTS, true, CA_FALSE)]), None),
        (with(vec![usage_period("20240101", "20240501")]), None),
        // Local time: a day more or less is no other period.
        (with(vec![usage_period("20240416", "20240501")]), None),
        (with(vec![extension(KEY_USAGE, true, &[])]), Some(Deviation::DocumentSignerKeyUsage)),
        (
            SignerOddities { country: Some(String::new()), ..SignerOddities::default() },
            Some(Deviation::SignerCountryMissing),
        ),
        (
            SignerOddities {
                issuer_name: Some("Somebody".to_owned()),
                ..with(vec![extension(AUTHORITY_KEY, false, &[])])
            },
            Some(Deviation::IssuerNotNamed),
        ),
    ];
    for (odd, deviation) in accepted {
        let examination = judged(&signer(&odd), &utopian_passport());
        assert!(examination.result.is_ok(), "{odd:?}: {:?}", examination.result);
        let found = &examination.report.deviations;
        assert!(deviation.is_none_or(|it| found.contains(&it)), "{odd:?}: {found:?}");
    }

    let master_lists = b"\x67\x81\x08\x01\x01\x03";
    let refused = [
        (with(vec![extension(KEY_USAGE, true, &[0x03, 0x02, 0x06, 0x40])]), ChainError::Usage),
        (with(vec![purposes(true, &[master_lists])]), ChainError::Usage),
        (with(vec![extension("1.2.3.4", true, &[0x05, 0x00])]), ChainError::CriticalExtension),
        (
            SignerOddities { country: Some("XY".to_owned()), ..SignerOddities::default() },
            ChainError::Country,
        ),
    ];
    for (odd, error) in refused {
        let examination = judged(&signer(&odd), &utopian_passport());
        assert_eq!(examination.result.err(), Some(VerifyError::Issuer(error)), "{odd:?}");
    }
}

#[test]
fn weak_algorithms_are_said_of_old_signers_and_refused_of_new_ones() {
    let validity =
        |year| Validity { from: SimDate::new(year, 1, 1), until: SimDate::new(2030, 1, 1) };
    let root = |year| state().with_root("UT", &[], validity(year), &mut Seeded::new([5; 32]));
    for (year, deviation, accepted) in
        [(2015, Deviation::Sha1, true), (2016, Deviation::Sha1Recent, false)]
    {
        let odd = SignerOddities {
            validity: Some(validity(year)),
            scheme: Some(Scheme::Ecdsa(Digest::Sha1)),
            ..SignerOddities::default()
        };
        let issuer = root(2_010).with_signer(&odd, &mut Seeded::new([6; 32]));
        let examination = judged(&issuer, &utopian_passport());
        assert_eq!(examination.result.is_ok(), accepted, "{year}: {:?}", examination.result);
        assert!(examination.report.deviations.contains(&deviation), "{year}");
    }
    // The operator may draw the line elsewhere.
    let odd = SignerOddities {
        validity: Some(validity(2015)),
        scheme: Some(Scheme::Ecdsa(Digest::Sha1)),
        ..SignerOddities::default()
    };
    let issuer = root(2_010).with_signer(&odd, &mut Seeded::new([6; 32]));
    let strict = ChipPolicy {
        weak_algorithms_before: Date::new(2012, 1, 1).unwrap(),
        ..ChipPolicy::default()
    };
    let refused = judged_under(&issuer, &utopian_passport(), &strict).result.err();
    assert_eq!(refused, Some(VerifyError::Refused(Deviation::Sha1Recent)));
}

#[test]
fn an_issuing_state_is_held_to_the_profile_too() {
    let tls_server = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
    let root = |country: &str, extensions: &[Extension]| {
        state().with_root(country, extensions, PROFILE_VALIDITY, &mut Seeded::new([7; 32]))
    };
    let serious = [
        (purposes(false, &[tls_server]), Deviation::CscaExtendedUsage),
        (usage_period("20210101", "20230101"), Deviation::PrivateKeyUsagePeriod),
    ];
    for (odd, deviation) in serious {
        let result = judged(&root("UT", std::slice::from_ref(&odd)), &utopian_passport()).result;
        assert_eq!(result.err(), Some(VerifyError::Refused(deviation)), "{odd:?}");
    }
    for (odd, deviation) in [
        (extension(KEY_USAGE, true, &[]), Deviation::CscaKeyUsage),
        (extension(CONSTRAINTS, true, &[]), Deviation::CscaBasicConstraints),
    ] {
        let examination = judged(&root("UT", &[odd]), &utopian_passport());
        assert!(examination.result.is_ok(), "{:?}", examination.result);
        assert!(examination.report.deviations.contains(&deviation));
    }
    let critical = root("UT", &[extension("1.2.3.4", true, &[0x05, 0x00])]);
    let refused = judged(&critical, &utopian_passport()).result.err();
    assert_eq!(refused, Some(VerifyError::Issuer(ChainError::CriticalExtension)));
    for odd in [
        extension(CONSTRAINTS, true, CA_FALSE),
        extension(KEY_USAGE, true, &[0x03, 0x02, 0x07, 0x80]),
    ] {
        let refused = judged(&root("UT", &[odd]), &utopian_passport()).result.err();
        let expected =
            matches!(refused, Some(VerifyError::Issuer(ChainError::IssuerNotValid { .. })));
        assert!(expected, "{refused:?}");
    }

    let nowhere = judged(&root("", &[]), &utopian_passport()).result.err();
    assert_eq!(nowhere, Some(VerifyError::Issuer(ChainError::IssuerCountry)));
    assert_eq!(nowhere.unwrap().code(), "issuer-without-country");
}

#[test]
fn organisations_sign_under_the_code_of_none() {
    let root = state().with_root("ZZ", &[], PROFILE_VALIDITY, &mut Seeded::new([8; 32]));
    for state in ["UNO", "UNA", "XPO", "XOM", "EUE", "XBA", "XDC"] {
        let spec = DocumentSpec { issuing_state: state.to_owned(), ..utopian_passport() };
        let examination = judged(&root, &spec);
        assert!(examination.result.is_ok(), "{state}: {:?}", examination.result);
    }
    let spec = DocumentSpec { issuing_state: "DNK".to_owned(), ..utopian_passport() };
    assert_eq!(judged(&root, &spec).result.err(), Some(VerifyError::Country));
    // Kosovo in its several spellings.
    let root = state().with_root("XK", &[], PROFILE_VALIDITY, &mut Seeded::new([8; 32]));
    for state in ["RKS", "XKX"] {
        let spec = DocumentSpec { issuing_state: state.to_owned(), ..utopian_passport() };
        assert!(judged(&root, &spec).result.is_ok(), "{state}");
    }
}

#[test]
fn signed_attributes_without_a_content_type_are_no_signature() {
    let issuer = state();
    let document = issuer.issue(&utopian_passport(), &mut Seeded::new([2; 32])).unwrap();
    let mut trust = Store::new();
    trust.add(Certificate::from_der(issuer.csca_der()).unwrap());
    let sod = document.file(File::Sod).unwrap();
    // The identifier of the attribute is made another one: what is signed changes with it, and is refused before that.
    let content_type = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
    let at = sod.windows(9).position(|part| part == content_type).unwrap();
    let mut bent = sod.to_vec();
    bent[at + 8] = 0x0F;

    let refused = examined(&document, &bent, &trust, &ChipPolicy::default()).result.err();

    let expected = SodSignatureError::Signer(SignerError::NoContentType);
    assert_eq!(refused, Some(VerifyError::Signature(expected)));
}
