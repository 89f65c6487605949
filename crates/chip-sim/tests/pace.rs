//! The `chip` crate's PACE against the card's: every mapping, every group, every cipher.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use chip::apdu::{Command, Response};
use chip::lds::security_info::SecurityInfos;
use chip::pace::{Opened, Pace, PaceError, PaceSecrets};
use chip::password::Password;
use chip_sim::{
    Access, Algorithm, Card, Cipher, Curve, CurveForm, Digest, DocumentSpec, File, Group, Issuer,
    KeyKind, Mapping, Modp, PROFILE_VALIDITY, PaceOffer, Random as _, Scheme, Seeded,
    utopian_passport,
};

const P256: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named },
    scheme: Scheme::Ecdsa(Digest::Sha256),
};

fn card_offering(offers: Vec<PaceOffer>) -> Card {
    let mut random = Seeded::new([11; 32]);
    let issuer = Issuer::generate("UT", P256, PROFILE_VALIDITY, &mut random);
    let access = Access { bac: false, pace: offers, can: Some("123456".to_owned()) };
    let spec = DocumentSpec { access, ..utopian_passport() };
    Card::new(issuer.issue(&spec, &mut random).unwrap(), [12; 32])
}

fn ask(card: &mut Card, command: &Command) -> Response {
    Response::parse(&card.transmit(&command.encode().unwrap())).unwrap()
}

fn open(card: &mut Card, password: &Password) -> Result<Opened, PaceError> {
    let file = card.document().file(File::CardAccess).unwrap().to_vec();
    let infos = SecurityInfos::parse(&file).unwrap();
    let offer = infos.pace().first().unwrap();
    let mut random = Seeded::new([13; 32]);
    let secrets = PaceSecrets::draw(offer, &mut |bytes| random.fill(bytes))?;
    let pace = Pace::new(offer, password, secrets)?;
    let command = pace.select_command(infos.pace().len() > 1);
    let (command, pace) = pace.selected(&ask(card, &command))?;
    let (command, pace) = pace.mapped(&ask(card, &command))?;
    let (command, pace) = pace.agreed(&ask(card, &command))?;
    let (command, pace) = pace.token(&ask(card, &command))?;
    pace.finish(&ask(card, &command))
}

fn reads_dg1(card: &mut Card, opened: Opened) {
    let select = Command::new(0, 0xA4, 4, 0x0C).with_data([0xA0, 0, 0, 2, 0x47, 0x10, 1]);
    let (command, waiting) = opened.session.protect(&select).unwrap();
    let (answer, session) = waiting.open(&ask(card, &command)).unwrap();
    assert!(answer.status.is_success());
    let (command, waiting) =
        session.protect(&Command::new(0, 0xB0, 0x81, 0).expecting(200)).unwrap();
    let (answer, _) = waiting.open(&ask(card, &command)).unwrap();
    assert_eq!(Some(answer.data.as_slice()), card.document().file(File::DataGroup(1)));
}

fn opens_with_can(offer: PaceOffer) -> Opened {
    let mut card = card_offering(vec![offer]);
    let password = Password::card_access_number("123456").unwrap();
    let opened = open(&mut card, &password).unwrap_or_else(|e| panic!("{offer:?}: {e:?}"));
    reads_dg1(&mut card, Opened { session: opened.session, chip_authentication: None });
    let again = open(&mut card, &password).unwrap();
    Opened { session: again.session, chip_authentication: opened.chip_authentication }
}

#[test]
fn generic_mapping_opens_on_every_curve() {
    for curve in Curve::ALL {
        opens_with_can(PaceOffer::new(Mapping::Generic, Group::Curve(curve), Cipher::Aes128));
    }
}

#[test]
fn integrated_mapping_opens_on_every_curve_that_has_it() {
    for curve in Curve::ALL.into_iter().filter(|curve| *curve != Curve::Secp224r1) {
        opens_with_can(PaceOffer::new(Mapping::Integrated, Group::Curve(curve), Cipher::Aes256));
    }
}

#[test]
fn both_mappings_open_over_every_group_of_integers() {
    for group in Modp::ALL {
        for mapping in [Mapping::Generic, Mapping::Integrated] {
            opens_with_can(PaceOffer::new(mapping, Group::Modp(group), Cipher::Aes128));
        }
    }
}

#[test]
fn every_cipher_opens_with_every_mapping() {
    let group = Group::Curve(Curve::BrainpoolP256r1);
    for cipher in Cipher::ALL {
        for mapping in [Mapping::Generic, Mapping::Integrated, Mapping::ChipAuthentication] {
            if mapping != Mapping::ChipAuthentication || cipher != Cipher::TripleDes {
                opens_with_can(PaceOffer::new(mapping, group, cipher));
            }
        }
    }
}

#[test]
fn the_mrz_opens_too() {
    let group = Group::Curve(Curve::BrainpoolP256r1);
    let mut card = card_offering(vec![PaceOffer::new(Mapping::Generic, group, Cipher::Aes128)]);
    let password = Password::from_mrz_information(card.document().mrz_information()).unwrap();

    let opened = open(&mut card, &password).unwrap();

    reads_dg1(&mut card, opened);
}

#[test]
fn a_wrong_number_does_not_open() {
    let group = Group::Curve(Curve::Secp256r1);
    for mapping in [Mapping::Generic, Mapping::Integrated] {
        let mut card = card_offering(vec![PaceOffer::new(mapping, group, Cipher::Aes128)]);
        let password = Password::card_access_number("654321").unwrap();

        let error = open(&mut card, &password).unwrap_err();

        assert!(matches!(error, PaceError::WrongPassword { .. }), "{error:?}");
    }
}

#[test]
fn chip_authentication_mapping_proves_the_key_of_card_security() {
    let group = Group::Curve(Curve::BrainpoolP384r1);
    let offer = PaceOffer::new(Mapping::ChipAuthentication, group, Cipher::Aes192);
    let card = card_offering(vec![offer]);
    let file = card.document().file(File::CardSecurity).unwrap().to_vec();
    let proof = opens_with_can(offer).chip_authentication.unwrap();
    // The static key is the one uncompressed point of this curve in EF.CardSecurity that proves.
    let candidates: Vec<_> = file
        .windows(97)
        .filter(|window| window[0] == 0x04)
        .filter_map(|window| {
            chip::curve::Point::from_sec1(chip::curve::Curve::BrainpoolP384r1, window).ok()
        })
        .collect();

    assert!(candidates.iter().any(|key| proof.proves(key)));
}
