//! Chips as they are in the wild: the 25 robustness cases, each as a scripted chip.

mod desk;
#[path = "wild/specs.rs"]
mod specs;

use std::collections::BTreeMap;

use chip::bac::BacError;
use chip::date::Date as ChipDate;
use chip::lds::security_info::Mapping as Mapped;
use chip::pace::PaceError;
use chip::passive::ChainError;
use chip::password::Password;
use chip::reader::{AccessControl, Cause, Offers, Plan, Reader, Retry};
use chip::verdict::{Access as Opened, Deviation, Presence, PresenceProof, VerifyError};
use chip_sim::{
    ActiveAnswer, ActiveAuthentication, AgreementAnswer, Algorithm, Card, ChipAuthentication,
    Cipher, Container, Curve, CurveForm, Date, Digest, DocumentDetails, DocumentSpec, Faults, File,
    Format, Group, Instead, IntegerForm, Issuer, IssuerDeviations, KeyKind, Mapping,
    MasterFileForm, Modp, PROFILE_VALIDITY, PaceOffer, ParameterPlace, PersonalDetails, Portrait,
    ReadLimit, Scheme, Seeded, SignerId, SpoiledResponse, Validity, utopian_passport,
};
use desk::{
    CHALLENGE, P256, agrees, by_mrz, card, go_on, issued_by, issuer, judge, random, read,
    read_whole, trusting,
};
use specs::{
    AA, BP256, accepted, bac_and_pace, content_type, deviating, gm, is_pace, pace, usual,
    with_active_authentication,
};

#[test]
fn case_01_documents_with_pace_alone_never_need_bac() {
    let (mut card_, _) = card(&pace(vec![gm()]), Faults::default());

    let read_ = read_whole(&mut card_);

    assert!(is_pace(&read_, Mapped::Generic));
    assert_eq!(read_.count(0x84), 0, "GET CHALLENGE belongs to BAC");

    // A relay that hides EF.CardAccess: the chip's own refusal of BAC says what is needed.
    for refusal in [0x6A88, 0x6985, 0x6A86] {
        let faults =
            Faults { bac_refusal: refusal, hidden_card_access: Some(0x6A82), ..Faults::default() };
        let (mut card_, _) = card(&pace(vec![gm()]), faults);
        let plan = by_mrz(&card_);

        let failure = read(&mut card_, plan).err().unwrap();

        let cause = &failure.error.cause;
        assert!(matches!(cause, Cause::PaceNeeded(BacError::NotSupported { .. })), "{cause:?}");
    }
}

#[test]
fn case_02_documents_with_bac_alone_need_no_card_access() {
    for missing in [0x6A82, 0x6D00, 0x6A88] {
        let faults = Faults { missing_file: missing, directory_kills: true, ..Faults::default() };
        let (mut card_, _) = card(&utopian_passport(), faults);

        let read_ = read_whole(&mut card_);

        assert_eq!(read_.reading.access, AccessControl::Bac);
        assert!(!read_.sent.iter().any(|command| command.ends_with(&[0x02, 0x2F, 0x00])));
    }
}

#[test]
fn case_03_a_hidden_offer_of_pace_is_reported() {
    let faults = Faults { hidden_card_access: Some(0x6A82), ..Faults::default() };
    let (mut card_, trust) = card(&bac_and_pace(), faults);

    let read_ = read_whole(&mut card_);
    assert_eq!(read_.reading.access, AccessControl::Bac);
    assert_eq!(read_.reading.offers, Offers::PaceHidden);
    let examination = judge(&read_.reading, &trust);

    assert!(examination.report.deviations.contains(&Deviation::AccessDowngraded));
    let opened = examination.result.map(|chip| chip.access());
    assert_eq!(opened, Ok(Opened::DowngradedToBac));

    let (mut honest, trust) = card(&bac_and_pace(), Faults::default());
    let read_ = read_whole(&mut honest);
    assert_eq!(read_.reading.offers, Offers::Agree);
    assert_eq!(judge(&read_.reading, &trust).result.map(|chip| chip.access()), Ok(Opened::Pace));
}

#[test]
fn case_04_every_way_to_refuse_the_master_file_is_tolerated() {
    use MasterFileForm::{Empty, WithAnswer, WithoutAnswer};
    for status in [0x6982, 0x6A81, 0x6A86, 0x6A87, 0x6D00] {
        for refused in [
            vec![WithoutAnswer],
            vec![WithoutAnswer, WithAnswer],
            vec![WithoutAnswer, Empty],
            vec![WithoutAnswer, WithAnswer, Empty],
        ] {
            // With one form left the master file can be reached from anywhere; with none, EF.CardAccess is found only
            // where it is current already.
            let faults = Faults {
                wakes_in_application: refused.len() < 3,
                refused_master_file: refused.into_iter().map(|form| (form, status)).collect(),
                short_ids_refused: Some(0x6A86),
                ..Faults::default()
            };
            let (mut with_pace, _) = card(&pace(vec![gm()]), faults.clone());
            assert!(is_pace(&read_whole(&mut with_pace), Mapped::Generic), "{status:04X}");
            // A second SELECT of the application is never sent, whatever came before.
            let faults = Faults {
                wakes_in_application: false,
                second_select_refused: Some(0x6A82),
                ..faults
            };
            let (mut strict, _) = card(&pace(vec![gm()]), faults.clone());
            assert!(is_pace(&read_whole(&mut strict), Mapped::Generic), "{status:04X}");

            let (mut with_bac, _) = card(&utopian_passport(), faults);
            assert_eq!(read_whole(&mut with_bac).reading.access, AccessControl::Bac);
        }
    }
}

#[test]
fn case_05_the_parameter_id_is_named_where_it_must_be() {
    let two = || {
        let other = Group::Curve(Curve::Secp256r1);
        pace(vec![PaceOffer::new(Mapping::Generic, other, Cipher::Aes128), gm()])
    };
    let refusing =
        Faults { parameter_id_required: Some(Instead::Status(0x6A87)), ..Faults::default() };
    let dying = Faults { parameter_id_required: Some(Instead::Silence), ..Faults::default() };

    for (spec, faults) in [
        (pace(vec![gm()]), refusing.clone()),
        (two(), refusing),
        // A card that dies of it is never asked without.
        (two(), dying),
        (two(), Faults::default()),
    ] {
        let (mut card_, _) = card(&spec, faults);
        assert!(is_pace(&read_whole(&mut card_), Mapped::Generic));
    }
}

#[test]
fn case_06_a_missing_parameter_id_is_found_elsewhere() {
    let p384 = Group::Curve(Curve::Secp384r1);
    let offers = [
        PaceOffer { parameters: ParameterPlace::Nowhere, ..gm() },
        PaceOffer { parameters: ParameterPlace::DomainInfo, ..gm() },
        PaceOffer { parameters: ParameterPlace::DomainInfo, group: p384, ..gm() },
    ];
    for offer in offers {
        let (mut card_, _) = card(&pace(vec![offer]), Faults::default());
        let read_ = read_whole(&mut card_);
        assert_eq!(read_.reading.offers, Offers::Agree, "{offer:?}");
    }
}

#[test]
fn case_07_pace_over_2048_bit_groups_with_and_without_extended_length() {
    for group in [Modp::Modp2048Q224, Modp::Modp2048Q256] {
        for no_extended_length in [false, true] {
            let offer = PaceOffer::new(Mapping::Generic, Group::Modp(group), Cipher::Aes128);
            let faults = Faults { no_extended_length, ..Faults::default() };
            let (mut card_, _) = card(&pace(vec![offer]), faults);

            let read_ = read_whole(&mut card_);

            assert!(is_pace(&read_, Mapped::Generic), "{group:?} {no_extended_length}");
        }
    }
}

#[test]
fn case_08_integrated_mapping_alone_or_first() {
    let integrated = PaceOffer { mapping: Mapping::Integrated, ..gm() };

    let (mut alone, _) = card(&pace(vec![integrated]), Faults::default());
    assert!(is_pace(&read_whole(&mut alone), Mapped::Integrated));

    let (mut first, _) = card(&pace(vec![integrated, gm()]), Faults::default());
    assert!(is_pace(&read_whole(&mut first), Mapped::Generic));
}

#[test]
fn case_09_no_length_is_asked_for_where_nothing_is_answered() {
    for spec in [utopian_passport(), bac_and_pace(), pace(vec![gm()])] {
        let faults = Faults { superfluous_le_refused: true, ..Faults::default() };
        let (mut card_, _) = card(&spec, faults);

        let read_ = read_whole(&mut card_);

        assert_eq!(read_.reading.sessions, 1);
    }
}

#[test]
fn case_10_the_longest_read_that_the_chip_takes_is_found_and_kept() {
    let limits = [
        (240, 0x6B00),
        (192, 0x6700),
        (160, 0x6282),
        (128, 0x6700),
        (231, 0x6282),
        (1_000, 0x6700),
        (1_000, 0x6282),
    ];
    for (bytes_max, status) in limits {
        for no_extended_length in [true, false] {
            let limit = ReadLimit { bytes_max, status, naked: false, ends_session: false };
            let faults =
                Faults { read_limit: Some(limit), no_extended_length, ..Faults::default() };
            let (mut card_, _) = card(&bac_and_pace(), faults);

            let read_ = read_whole(&mut card_);

            assert!(is_pace(&read_, Mapped::Generic), "{bytes_max} {status:04X}");
            let bytes: usize = read_.reading.files.values().map(Vec::len).sum();
            let taken = bytes_max.min(223) * 7 / 10;
            let reads = read_.count(0xB0);
            assert!(reads < bytes / taken + 25, "{bytes_max} {status:04X}: {reads} reads");
        }
    }
    the_offer_of_pace_is_read_in_whatever_length_the_chip_takes();
}

/// Case 10 outside a session: a refused length must not look like a chip without PACE, or BAC would be used instead.
fn the_offer_of_pace_is_read_in_whatever_length_the_chip_takes() {
    for (bytes_max, status) in
        [(128, 0x6700), (96, 0x6B00), (64, 0x6A86), (16, 0x6700), (50, 0x9000)]
    {
        for short_ids_refused in [None, Some(0x6A86)] {
            let limit = ReadLimit { bytes_max, status, naked: false, ends_session: false };
            let faults =
                Faults { open_read_limit: Some(limit), short_ids_refused, ..Faults::default() };
            let offers = [BP256, Group::Curve(Curve::Secp256r1), Group::Curve(Curve::Secp384r1)]
                .into_iter()
                .flat_map(|group| Cipher::ALL.map(|c| PaceOffer::new(Mapping::Generic, group, c)));
            let mut spec = bac_and_pace();
            spec.access.pace = offers.collect();
            let (mut card_, _) = card(&spec, faults);
            assert!(card_.document().file(File::CardAccess).is_some_and(|file| file.len() > 200));

            let read_ = read_whole(&mut card_);

            assert!(is_pace(&read_, Mapped::Generic), "{bytes_max} {status:04X}");
            assert_eq!(read_.reading.offers, Offers::Agree);
        }
    }
}

#[test]
fn case_11_a_naked_error_does_not_advance_the_counter() {
    for ends_session in [false, true] {
        let limit = ReadLimit { bytes_max: 160, status: 0x6700, naked: true, ends_session };
        let faults =
            Faults { read_limit: Some(limit), no_extended_length: true, ..Faults::default() };
        for spec in [utopian_passport(), pace(vec![gm()])] {
            let (mut card_, trust) = card(&spec, faults.clone());

            let read_ = read_whole(&mut card_);

            assert!(judge(&read_.reading, &trust).result.is_ok());
            assert_eq!(read_.reading.sessions > 1, ends_session);
        }
    }
}

#[test]
fn case_12_an_answer_that_is_not_protected_as_agreed_is_refused() {
    use SpoiledResponse::{
        OtherStatusOutside, Plain, PlainStatus, Replayed, WithoutMac, WithoutStatusObject, WrongMac,
    };
    for spec in [utopian_passport(), pace(vec![gm()])] {
        for spoiled in [
            Plain,
            PlainStatus,
            WithoutMac,
            WithoutStatusObject,
            WrongMac,
            Replayed,
            OtherStatusOutside,
        ] {
            let faults = Faults { spoiled_from: Some((5, spoiled)), ..Faults::default() };
            let (mut card_, _) = card(&spec, faults);
            let plan = by_mrz(&card_);

            let failure = read(&mut card_, plan).err();

            let cause = failure.map(|failure| failure.error.cause);
            assert!(matches!(cause, Some(Cause::SecureMessaging(_))), "{spoiled:?}: {cause:?}");
        }
    }
}

#[test]
fn case_13_files_beyond_32_kib_are_read() {
    let spec = DocumentSpec { portrait: Portrait::grey(413, 531, 90_000), ..bac_and_pace() };
    for no_extended_length in [true, false] {
        let faults = Faults { no_extended_length, ..Faults::default() };
        let (mut card_, trust) = card(&spec, faults);

        let read_ = read_whole(&mut card_);

        assert!(read_.count(0xB1) > 0, "READ BINARY with odd instruction");
        assert!(judge(&read_.reading, &trust).result.is_ok());
    }
}

#[test]
fn case_14_a_lost_tag_costs_nothing_that_was_read() {
    let spec = DocumentSpec {
        access: bac_and_pace().access,
        ..with_active_authentication(AA, Digest::Sha256)
    };
    let faults =
        Faults { lost_after_bytes: Some(6_000), no_extended_length: true, ..Faults::default() };
    let (mut card_, trust) = card(&spec, faults);
    let plan = by_mrz(&card_);
    let mut challenge = CHALLENGE;
    let mut result = go_on(&mut card_, Reader::begin(plan.clone(), random(1), None), challenge);
    let mut done = 0;
    let mut tries = 1;
    while let Err(failure) = result {
        assert!(matches!(failure.error.cause, Cause::TagLost), "{:?}", failure.error);
        assert_eq!(failure.error.retry(), Retry::HoldAgain);
        assert!(failure.resume.bytes_done() > done, "every session gets further");
        done = failure.resume.bytes_done();
        tries += 1;
        challenge[0] += 1;
        card_.reset();
        let step = Reader::begin(plan.clone(), random(tries), Some(failure.resume));
        result = go_on(&mut card_, step, challenge);
    }
    let read_ = result.unwrap_or_else(|_| unreachable!());

    let bytes: usize = read_.reading.files.values().map(Vec::len).sum();
    assert!(read_.reading.bytes < 3 * bytes as u64, "nothing is read twice");
    assert!(read_.reading.sessions >= 3);
    // The chip proved itself anew, over the challenge of the last session.
    let proof = read_.reading.active_authentication.as_ref().unwrap();
    assert_eq!(proof.challenge, challenge);
    assert!(judge(&read_.reading, &trust).result.is_ok());
}

#[test]
fn case_15_short_numbers_are_filled_and_wrong_keys_are_told_from_lost_tags() {
    let short = DocumentSpec { number: "AB12345".to_owned(), ..utopian_passport() };
    let (mut card_, _) = card(&short, Faults::default());
    for typed in ["AB12345", "AB12345<<", "ab 12345"] {
        card_.reset();
        let password = Password::mrz(typed, "740812", "340415").unwrap();
        assert!(read(&mut card_, Plan::new(password)).is_ok(), "{typed}");
    }
    for wrong_key in [0x6300, 0x63CF, 0x63C2, 0x6982, 0x6988] {
        for spec in [utopian_passport(), pace(vec![gm()])] {
            let faults = Faults { wrong_key, ..Faults::default() };
            let (mut card_, _) = card(&spec, faults);
            let password = Password::mrz("L898902C4", "740812", "340415").unwrap();

            let failure = read(&mut card_, Plan::new(password)).err().unwrap();

            let cause = &failure.error.cause;
            assert!(
                matches!(
                    cause,
                    Cause::Bac(BacError::WrongKey { .. })
                        | Cause::Pace(PaceError::WrongPassword { .. })
                ),
                "{wrong_key:04X}: {cause:?}"
            );
            assert_eq!(failure.error.retry(), Retry::OtherPassword);
        }
    }
}

#[test]
fn case_16_long_document_numbers_of_td1_cards() {
    for number in ["D231458907", "D23145890734", "A0123456789B0123456789"] {
        for access in [utopian_passport().access, pace(vec![gm()]).access] {
            let spec = DocumentSpec {
                format: Format::Td1,
                document_code: "I".to_owned(),
                number: number.to_owned(),
                access,
                ..utopian_passport()
            };
            let (mut card_, trust) = card(&spec, Faults::default());
            let password = Password::mrz(number, "740812", "340415").unwrap();

            let read_ = read(&mut card_, Plan::new(password)).unwrap_or_else(|f| panic!("{f:?}"));

            let chip = judge(&read_.reading, &trust).result.unwrap();
            assert_eq!(chip.document().number.expose(), number);
        }
    }
}

#[test]
fn case_17_empty_check_digits_short_states_and_partial_birth_dates() {
    for zero_for_empty_optional_data in [false, true] {
        let spec = deviating(IssuerDeviations {
            zero_for_empty_optional_data,
            ..IssuerDeviations::default()
        });
        let (mut card_, trust) = card(&spec, Faults::default());
        assert!(judge(&read_whole(&mut card_).reading, &trust).result.is_ok());
    }

    for (birth, month, day) in
        [("7408<<", Some(8), None), ("740800", Some(8), None), ("74<<<<", None, None)]
    {
        let spec = DocumentSpec { birth: birth.to_owned(), ..utopian_passport() };
        let (mut card_, trust) = card(&spec, Faults::default());
        let chip = judge(&read_whole(&mut card_).reading, &trust).result.unwrap();
        let read_ = *chip.document().birth_date.expose();
        assert_eq!((read_.year, read_.month, read_.day), (Some(1974), month, day), "{birth}");
    }

    let german = DocumentSpec {
        issuing_state: "D".to_owned(),
        nationality: "D".to_owned(),
        ..utopian_passport()
    };
    let mut seed = Seeded::new([61; 32]);
    let germany = Issuer::generate("DE", P256, PROFILE_VALIDITY, &mut seed);
    let mut card_ = issued_by(&germany, &german);
    let trust = trusting(&germany.csca_certificates());
    let chip = judge(&read_whole(&mut card_).reading, &trust).result.unwrap();
    assert_eq!(chip.document().issuing_state, "DEU");
}

#[test]
fn case_18_the_wrong_content_types_that_are_known_are_named_and_others_refused() {
    for known in ["1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"] {
        let (mut card_, trust) = card(&content_type(known), Faults::default());
        let examination = judge(&read_whole(&mut card_).reading, &trust);
        assert!(examination.result.is_ok(), "{known}: {:?}", examination.result);
        assert!(examination.report.deviations.contains(&Deviation::SodContentType));
    }
    let (mut card_, trust) = card(&content_type("1.2.840.113549.1.7.1"), Faults::default());
    let examination = judge(&read_whole(&mut card_).reading, &trust);
    assert!(matches!(examination.result, Err(VerifyError::Sod(_))));
}

#[test]
fn case_19_signers_named_in_another_spelling_are_found() {
    for (signer_id, deviates) in [
        (SignerId::IssuerAndSerial, false),
        (SignerId::IssuerRespelled, true),
        (SignerId::KeyIdentifier, false),
    ] {
        let spec = deviating(IssuerDeviations { signer_id, ..IssuerDeviations::default() });
        let (mut card_, trust) = card(&spec, Faults::default());

        let examination = judge(&read_whole(&mut card_).reading, &trust);

        assert!(examination.result.is_ok(), "{signer_id:?}: {:?}", examination.result);
        let named = examination.report.deviations.contains(&Deviation::SignerNameSpelling);
        assert_eq!(named, deviates, "{signer_id:?}");
    }
}

#[test]
fn case_20_pss_parameters_come_from_the_signer_info() {
    let key = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65537 };
    let pss = |digest, salt_bytes| Scheme::RsaPss { digest, salt_bytes };
    let schemes = [
        (pss(Digest::Sha256, 32), pss(Digest::Sha256, 32)),
        (pss(Digest::Sha256, 32), pss(Digest::Sha384, 48)),
        (pss(Digest::Sha256, 32), pss(Digest::Sha512, 64)),
        // Salt of another length than the hash.
        (pss(Digest::Sha256, 32), pss(Digest::Sha256, 20)),
        (pss(Digest::Sha256, 20), pss(Digest::Sha512, 20)),
        // The certificate is signed with PSS and the SOD with PKCS#1, and the reverse.
        (pss(Digest::Sha256, 32), Scheme::RsaPkcs1(Digest::Sha256)),
        (Scheme::RsaPkcs1(Digest::Sha256), pss(Digest::Sha256, 32)),
    ];
    let mut seed = Seeded::new([62; 32]);
    let keys = [(); 2].map(|()| chip_sim::KeyPair::generate(key, &mut seed));
    for (certificate, sod) in schemes {
        let [root, signer] = keys.clone();
        let issuer =
            Issuer::from_keys("UT", (root, signer), certificate, PROFILE_VALIDITY, &mut seed);
        let spec =
            deviating(IssuerDeviations { sod_scheme: Some(sod), ..IssuerDeviations::default() });
        let mut card_ = issued_by(&issuer, &spec);
        let trust = trusting(&issuer.csca_certificates());

        let examination = judge(&read_whole(&mut card_).reading, &trust);

        assert!(examination.result.is_ok(), "{certificate:?} {sod:?}: {:?}", examination.result);
    }
}

#[test]
fn case_21_explicit_curves_mistaken_curves_and_plain_signatures() {
    let algorithm = |curve, form, digest| Algorithm {
        key: KeyKind::Ec { curve, form },
        scheme: Scheme::Ecdsa(digest),
    };
    for curve in Curve::ALL {
        for form in [CurveForm::Explicit, CurveForm::Named] {
            let issuer = issuer(algorithm(curve, form, Digest::Sha256));
            let mut card_ = issued_by(&issuer, &utopian_passport());
            let trust = trusting(&issuer.csca_certificates());
            let examination = judge(&read_whole(&mut card_).reading, &trust);
            // Curves below 224 bits are read, and refused under a signer of these years.
            let weak = matches!(curve, Curve::Secp192r1 | Curve::BrainpoolP192r1);
            let expected = weak.then_some(VerifyError::Refused(Deviation::WeakKeyRecent));
            assert_eq!(examination.result.err(), expected, "{curve:?} {form:?}");
        }
    }

    // A Lithuanian signer: its key is on one curve of 224 bits and names another.
    let mut seed = Seeded::new([63; 32]);
    let root = chip_sim::KeyPair::generate(P256.key, &mut seed);
    let form = CurveForm::Mistaken(Curve::Secp224r1);
    let signer =
        chip_sim::KeyPair::generate(KeyKind::Ec { curve: Curve::BrainpoolP224r1, form }, &mut seed);
    let mistaken =
        Issuer::from_keys("UT", (root, signer), P256.scheme, PROFILE_VALIDITY, &mut seed);
    let mut card_ = issued_by(&mistaken, &utopian_passport());
    let trust = trusting(&mistaken.csca_certificates());
    let examination = judge(&read_whole(&mut card_).reading, &trust);
    // The signature verifies on the other curve: a deviation that policy must allow by name.
    let refused = Some(VerifyError::Refused(Deviation::WrongCurveDeclared));
    assert_eq!(examination.result.err(), refused);

    let plain = deviating(IssuerDeviations {
        sod_scheme: Some(Scheme::EcdsaPlain(Digest::Sha256)),
        ..IssuerDeviations::default()
    });
    let (mut card_, trust) = card(&plain, Faults::default());
    let examination = judge(&read_whole(&mut card_).reading, &trust);
    assert!(examination.result.is_ok(), "{:?}", examination.result);
    assert!(examination.report.deviations.contains(&Deviation::EcdsaEncoding));
}

#[test]
fn case_22_unknown_issuers_link_certificates_expired_signers_and_foreign_states() {
    let first = issuer(P256);
    let mut old = issued_by(&first, &utopian_passport());
    let old = read_whole(&mut old).reading;

    let unknown = judge(&old, &trusting(&[])).result;
    assert!(matches!(unknown, Err(VerifyError::Issuer(ChainError::UnknownIssuer { .. }))));

    // The state changes its key and keeps its name.
    let mut second = first.clone();
    second.roll_over(P256, PROFILE_VALIDITY, &mut Seeded::new([64; 32]));
    let mut new = issued_by(&second, &utopian_passport());
    let new = read_whole(&mut new).reading;
    let all = second.csca_certificates();
    let [root, link, old_root] = all.as_slice() else { panic!() };
    for reading in [&old, &new] {
        assert!(judge(reading, &trusting(&all)).result.is_ok());
    }
    assert!(judge(&new, &trusting(&[old_root.clone(), link.clone()])).result.is_ok());
    assert!(judge(&new, &trusting(std::slice::from_ref(old_root))).result.is_err());
    assert!(judge(&old, &trusting(std::slice::from_ref(root))).result.is_err());

    // Both certificates have expired since; they were valid when they signed.
    let validity = Validity { from: Date::new(2012, 1, 1), until: Date::new(2018, 12, 31) };
    let expired = Issuer::generate("UT", P256, validity, &mut Seeded::new([65; 32]));
    let spec = DocumentSpec { signed_on: Some(Date::new(2016, 5, 1)), ..utopian_passport() };
    let mut card_ = issued_by(&expired, &spec);
    let trust = trusting(&expired.csca_certificates());
    let examination = judge(&read_whole(&mut card_).reading, &trust);
    assert!(examination.result.is_ok(), "{:?}", examination.result);
    for deviation in [Deviation::DocumentSignerExpired, Deviation::CscaExpired] {
        assert!(examination.report.deviations.contains(&deviation), "{deviation:?}");
    }

    // A signer of one state makes a document that names another.
    let forged = DocumentSpec { issuing_state: "DNK".to_owned(), ..utopian_passport() };
    let (mut card_, trust) = card(&forged, Faults::default());
    let result = judge(&read_whole(&mut card_).reading, &trust).result;
    assert_eq!(result.err(), Some(VerifyError::Country));
}

#[test]
fn case_23_active_authentication_as_chips_do_it() {
    // No DG15: skipped cleanly.
    for missing_file in [0x6A88, 0x6A81, 0x6D00, 0x6A82] {
        let faults = Faults { missing_file, ..Faults::default() };
        let (mut card_, trust) = card(&utopian_passport(), faults);
        let read_ = read_whole(&mut card_);
        assert_eq!(read_.count(0x88), 0);
        let presence = judge(&read_.reading, &trust).result.map(|chip| chip.presence());
        assert_eq!(presence, Ok(Presence::NotOffered));
    }

    let proven = Ok(Presence::Proven(PresenceProof::ActiveAuthentication));
    let rsa = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65537 };
    let p384 = KeyKind::Ec { curve: Curve::Secp384r1, form: CurveForm::Explicit };
    let undeclared = |kind, digest| DocumentSpec {
        deviations: IssuerDeviations {
            without_active_authentication_info: true,
            ..IssuerDeviations::default()
        },
        ..with_active_authentication(kind, digest)
    };
    let rsa_key = chip_sim::KeyPair::generate(rsa, &mut Seeded::new([66; 32]));
    let with_rsa = |digest| DocumentSpec {
        active_authentication: Some(ActiveAuthentication::Key(rsa_key.clone(), digest)),
        ..utopian_passport()
    };
    let usual = Faults::default;
    let answering = |active_answer| Faults { active_answer, ..usual() };
    let short = || Faults { no_extended_length: true, ..usual() };
    let chips: Vec<(&str, DocumentSpec, Faults)> = vec![
        ("declared hash", with_active_authentication(p384, Digest::Sha384), usual()),
        ("P-384 with an undeclared SHA-256", undeclared(p384, Digest::Sha256), usual()),
        ("trailer BC", with_rsa(Digest::Sha1), usual()),
        ("trailer 33CC", with_rsa(Digest::Sha1), answering(ActiveAnswer::LongTrailer)),
        ("trailer 38CC", with_rsa(Digest::Sha224), usual()),
        ("trailer 34CC", with_rsa(Digest::Sha256), usual()),
        ("trailer 36CC", with_rsa(Digest::Sha384), usual()),
        ("trailer 35CC", with_rsa(Digest::Sha512), usual()),
        ("256 bytes without extended length", with_rsa(Digest::Sha256), short()),
    ];
    for (name, spec, faults) in chips {
        let (mut card_, trust) = card(&spec, faults);
        let read_ = read_whole(&mut card_);
        let result = judge(&read_.reading, &trust).result;
        assert_eq!(result.map(|chip| chip.presence()), proven, "{name}");
    }

    let (mut card_, trust) =
        card(&with_rsa(Digest::Sha256), answering(ActiveAnswer::OtherChallenge));
    assert!(judge(&read_whole(&mut card_).reading, &trust).result.is_err());

    // DG15 that the SOD does not list proves nothing.
    let spec = DocumentSpec {
        deviations: IssuerDeviations {
            unlisted_data_groups: vec![15],
            ..IssuerDeviations::default()
        },
        ..with_active_authentication(AA, Digest::Sha256)
    };
    let (mut card_, trust) = card(&spec, usual());
    let examination = judge(&read_whole(&mut card_).reading, &trust);
    assert!(examination.report.deviations.contains(&Deviation::Dg15NotCovered));
    let presence = examination.result.map(|chip| chip.presence());
    assert_ne!(presence, proven);
}

#[test]
fn case_24_chip_authentication_as_chips_do_it() {
    let with = |keys: Vec<ChipAuthentication>| DocumentSpec {
        chip_authentication: keys,
        ..bac_and_pace()
    };
    let p521 = Group::Curve(Curve::Secp521r1);
    let dh = Group::Modp(Modp::Modp2048Q256);
    let inferred = ChipAuthentication {
        without_info: true,
        ..ChipAuthentication::new(BP256, Cipher::TripleDes)
    };
    let keyed = |id, group, cipher| ChipAuthentication {
        key_id: Some(id),
        ..ChipAuthentication::new(group, cipher)
    };
    let answering = |agreement_answer| Faults { agreement_answer, ..Faults::default() };
    let proven = Ok(Presence::Proven(PresenceProof::ChipAuthentication));
    let usual = Faults::default;
    let chips: Vec<(&str, DocumentSpec, Faults)> = vec![
        ("key alone", with(vec![inferred]), usual()),
        (
            "6F00 to the other variant",
            with(vec![inferred]),
            answering(AgreementAnswer::OnlyKeyAgreementTemplate),
        ),
        ("521 bit", with(vec![ChipAuthentication::new(p521, Cipher::Aes256)]), usual()),
        ("integers", with(vec![ChipAuthentication::new(dh, Cipher::Aes128)]), usual()),
        (
            "integers as PKCS #3 has them",
            with(vec![ChipAuthentication {
                form: IntegerForm::Pkcs3,
                ..ChipAuthentication::new(dh, Cipher::Aes256)
            }]),
            usual(),
        ),
        (
            "two keys",
            with(vec![keyed(1, BP256, Cipher::Aes128), keyed(2, p521, Cipher::Aes256)]),
            usual(),
        ),
    ];
    for (name, spec, faults) in chips {
        for at in 0..spec.chip_authentication.len() {
            let (mut card_, trust) = card(&spec, faults.clone());
            let read_ = read_whole(&mut card_);
            let unproven = judge(&read_.reading, &trust).result;
            assert!(matches!(unproven, Err(VerifyError::Presence(_))), "{name}: owed and not done");

            let examination = agrees(&mut card_, read_, at, &trust)
                .unwrap_or_else(|| panic!("{name}: key {at} does not agree"));

            assert_eq!(examination.result.map(|chip| chip.presence()), proven, "{name} {at}");
        }
    }

    // A clone says 9000 and cannot answer under the new keys.
    let spec = with(vec![ChipAuthentication::new(BP256, Cipher::Aes128)]);
    let (mut lying, trust) = card(&spec, answering(AgreementAnswer::OldKeysKept));
    let read_ = read_whole(&mut lying);
    assert!(agrees(&mut lying, read_, 0, &trust).is_none());
    let (original, trust) = card(&spec, usual());
    let mut seed = Seeded::new([67; 32]);
    let copy = original.document().cloned_without_secrets(|bytes| {
        chip_sim::Random::fill(&mut seed, bytes);
    });
    let mut clone = Card::new(copy, [68; 32]);
    let read_ = read_whole(&mut clone);
    assert!(agrees(&mut clone, read_, 0, &trust).is_none());
}

#[test]
fn case_25_data_groups_with_the_mistakes_of_real_ones() {
    // Lengths off by a few bytes; bytes behind the last value.
    for more in 1..=8 {
        let claimed_longer = BTreeMap::from([(2, more)]);
        accepted("long header", deviating(IssuerDeviations { claimed_longer, ..usual() }));
    }
    let trailing_bytes = BTreeMap::from([(14, vec![0; 6])]);
    let spec = DocumentSpec {
        deviations: IssuerDeviations { trailing_bytes, ..usual() },
        ..bac_and_pace()
    };
    let (mut card_, trust) = card(&spec, Faults::default());
    let plan = by_mrz(&card_);
    let read_ = read(&mut card_, plan).unwrap_or_else(|failure| panic!("{:?}", failure.error));
    assert!(read_.has(14));
    let result = judge(&read_.reading, &trust).result;
    assert!(result.is_ok(), "trailing data in DG14: {result:?}");

    // The image is found by its own first bytes, whatever the header says.
    let jpeg = Portrait::grey(64, 64, 400).image;
    let mut codestream = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0, 0, 0, 0, 64, 0, 0, 0, 64];
    codestream.extend([0; 300]);
    let jp2 = [&b"\0\0\0\x0CjP  \r\n\x87\n"[..], &codestream].concat();
    let padded = [&jp2[..], &[0; 64]].concat();
    for container in [Container::Iso19794, Container::Iso39794] {
        for image in [&jpeg, &codestream, &jp2, &padded] {
            for lies_about_format in [false, true] {
                let portrait = Portrait { image: image.clone(), container, lies_about_format };
                let spec = DocumentSpec { portrait, ..utopian_passport() };
                let chip = accepted("image", spec);
                assert!(chip.portrait().image().starts_with(&image[..300]));
            }
        }
    }

    // Tag lists and dates of DG11 and DG12.
    for (packed_dates, other_names_unlisted) in [(true, false), (false, true), (true, true)] {
        let spec = DocumentSpec {
            birth: "740800".to_owned(),
            personal_details: Some(PersonalDetails {
                birth_date: Some(Date::new(1974, 8, 12)),
                personal_number: Some("740812-0042".to_owned()),
                other_names: vec!["ERIKSDOTTER<<ANNA".to_owned()],
                packed_dates,
                other_names_unlisted,
                ..PersonalDetails::default()
            }),
            document_details: Some(DocumentDetails {
                issued_on: Some(Date::new(2024, 4, 15)),
                packed_dates,
                ..DocumentDetails::default()
            }),
            ..utopian_passport()
        };
        let chip = accepted("DG11", spec);
        let birth = chip.document().birth_date.expose().whole();
        assert_eq!(birth, ChipDate::new(1974, 8, 12), "{packed_dates}");
        let numbers: Vec<&String> =
            chip.personal_numbers().iter().map(|number| number.expose()).collect();
        assert!(numbers.iter().any(|number| number.as_str() == "740812-0042"));
    }

    // EF.COM is missing, or lies.
    accepted("no EF.COM", deviating(IssuerDeviations { without_com: true, ..usual() }));
    for com_lists in [vec![1], vec![1, 2, 3, 4, 14, 15]] {
        let spec = DocumentSpec {
            deviations: IssuerDeviations { com_lists: Some(com_lists), ..usual() },
            ..with_active_authentication(AA, Digest::Sha256)
        };
        let chip = accepted("lying EF.COM", spec);
        assert!(chip.deviations().contains(&Deviation::EfComDisagrees));
    }
}
