//! Named documents: one for each thing that a reader must be able to do.

use std::collections::BTreeMap;

use crate::curve::{Curve, CurveForm};
use crate::date::{Date, Validity};
use crate::digest::Digest;
use crate::document::{Access, Document, DocumentSpec, IssuerDeviations};
use crate::issuer::{Algorithm, IssueError, Issuer};
use crate::key::KeyKind;
use crate::lds::{DocumentDetails, PersonalDetails};
use crate::modp::Modp;
use crate::mrz::Format;
use crate::portrait::Portrait;
use crate::protocol::{
    ActiveAuthentication, ChipAuthentication, Cipher, Group, Mapping, PaceOffer,
};
use crate::random::Random;
use crate::signature::Scheme;

/// A named document of a named issuer.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What `--profile` takes.
    pub name: &'static str,
    /// One line for people.
    pub description: &'static str,
    /// Two-letter country of the issuer.
    pub country: &'static str,
    /// How the issuer signs.
    pub algorithm: Algorithm,
    /// The document.
    pub spec: DocumentSpec,
}

/// Validity of the certificates of every profile.
pub const PROFILE_VALIDITY: Validity =
    Validity { from: Date::new(2020, 1, 1), until: Date::new(2045, 12, 31) };

const ECDSA_P256: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Explicit },
    scheme: Scheme::Ecdsa(Digest::Sha256),
};
const ECDSA_BRAINPOOL: Algorithm = Algorithm {
    key: KeyKind::Ec { curve: Curve::BrainpoolP384r1, form: CurveForm::Explicit },
    scheme: Scheme::Ecdsa(Digest::Sha384),
};
const RSA_PSS: Algorithm = Algorithm {
    key: KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65537 },
    scheme: Scheme::RsaPss { digest: Digest::Sha256, salt_bytes: 32 },
};
const AA_P256: KeyKind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
const CAN: &str = "123456";

impl Profile {
    /// Makes the issuer and the document. Profiles that sign with RSA take a second or two.
    ///
    /// # Errors
    ///
    /// Never for the profiles of [`profiles`]; an [`IssueError`] for a changed one that cannot be
    /// made.
    pub fn issue(&self, random: &mut dyn Random) -> Result<(Issuer, Document), IssueError> {
        let issuer = Issuer::generate(self.country, self.algorithm, PROFILE_VALIDITY, random);
        let document = issuer.issue(&self.spec, random)?;
        Ok((issuer, document))
    }
}

/// The profile with this name.
#[must_use]
pub fn profile(name: &str) -> Option<Profile> {
    profiles().into_iter().find(|profile| profile.name == name)
}

/// Every profile.
#[must_use]
pub fn profiles() -> Vec<Profile> {
    let mut all = access_profiles();
    all.extend(proof_profiles());
    all.extend(document_profiles());
    all
}

/// A passport of Utopia behind BAC, without any proof of the chip: what the others start from.
#[must_use]
pub fn utopian_passport() -> DocumentSpec {
    DocumentSpec {
        format: Format::Td3,
        document_code: "P".to_owned(),
        issuing_state: "UTO".to_owned(),
        number: "L898902C3".to_owned(),
        surname: "Eriksson".to_owned(),
        given_names: "Anna Maria".to_owned(),
        nationality: "UTO".to_owned(),
        birth: "740812".to_owned(),
        sex: 'F',
        expiry: Date::new(2034, 4, 15),
        optional_data: String::new(),
        portrait: Portrait::grey(413, 531, 13_000),
        personal_details: None,
        document_details: None,
        more_data_groups: BTreeMap::new(),
        access: Access { bac: true, pace: Vec::new(), can: None },
        active_authentication: None,
        chip_authentication: Vec::new(),
        signed_on: Some(Date::new(2024, 4, 15)),
        deviations: IssuerDeviations::default(),
    }
}

fn utopian(name: &'static str, description: &'static str, spec: DocumentSpec) -> Profile {
    Profile { name, description, country: "UT", algorithm: ECDSA_P256, spec }
}

fn with_pace(mapping: Mapping, group: Group, cipher: Cipher) -> DocumentSpec {
    let access = Access {
        bac: false,
        pace: vec![PaceOffer::new(mapping, group, cipher)],
        can: Some(CAN.to_owned()),
    };
    DocumentSpec { access, ..utopian_passport() }
}

fn access_profiles() -> Vec<Profile> {
    let bp256 = Group::Curve(Curve::BrainpoolP256r1);
    let p256 = Group::Curve(Curve::Secp256r1);
    let bp384 = Group::Curve(Curve::BrainpoolP384r1);
    let dh = Group::Modp(Modp::Modp2048Q256);
    let open = DocumentSpec { access: Access::default(), ..utopian_passport() };
    vec![
        utopian("plain", "TD3, no access control", open),
        utopian("bac", "TD3, BAC, no proof of the chip", utopian_passport()),
        utopian(
            "pace-gm",
            "TD3, PACE generic mapping on brainpoolP256r1, AES-128",
            with_pace(Mapping::Generic, bp256, Cipher::Aes128),
        ),
        utopian(
            "pace-gm-3des",
            "TD3, PACE generic mapping on P-256, 3DES",
            with_pace(Mapping::Generic, p256, Cipher::TripleDes),
        ),
        utopian(
            "pace-gm-dh",
            "TD3, PACE generic mapping on the 2048-bit group, AES-128",
            with_pace(Mapping::Generic, dh, Cipher::Aes128),
        ),
        utopian(
            "pace-im",
            "TD3, PACE integrated mapping on P-256, AES-256",
            with_pace(Mapping::Integrated, p256, Cipher::Aes256),
        ),
        utopian(
            "pace-im-dh",
            "TD3, PACE integrated mapping on the 2048-bit group, AES-192",
            with_pace(Mapping::Integrated, dh, Cipher::Aes192),
        ),
        utopian(
            "pace-cam",
            "TD3, PACE chip authentication mapping on brainpoolP384r1, AES-256",
            with_pace(Mapping::ChipAuthentication, bp384, Cipher::Aes256),
        ),
    ]
}

fn proof_profiles() -> Vec<Profile> {
    let bp256 = Group::Curve(Curve::BrainpoolP256r1);
    let dh = Group::Modp(Modp::Modp2048Q224);
    let rsa = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65537 };
    let active = |kind, digest| DocumentSpec {
        active_authentication: Some(ActiveAuthentication::Generate(kind, digest)),
        ..utopian_passport()
    };
    let agreement = |group, cipher| DocumentSpec {
        chip_authentication: vec![ChipAuthentication::new(group, cipher)],
        ..utopian_passport()
    };
    vec![
        utopian("aa", "TD3, BAC, active authentication on P-256", active(AA_P256, Digest::Sha256)),
        utopian("aa-rsa", "TD3, BAC, active authentication, RSA", active(rsa, Digest::Sha1)),
        utopian("ca", "TD3, BAC, chip authentication, AES-128", agreement(bp256, Cipher::Aes128)),
        utopian(
            "ca-3des",
            "TD3, BAC, chip authentication, 3DES",
            agreement(bp256, Cipher::TripleDes),
        ),
        utopian("ca-dh", "TD3, BAC, chip authentication, integers", agreement(dh, Cipher::Aes256)),
    ]
}

fn document_profiles() -> Vec<Profile> {
    let offer =
        PaceOffer::new(Mapping::Generic, Group::Curve(Curve::BrainpoolP256r1), Cipher::Aes256);
    let both = Access { bac: true, pace: vec![offer], can: Some(CAN.to_owned()) };
    let pace = Access { bac: false, ..both.clone() };
    let active = Some(ActiveAuthentication::Generate(AA_P256, Digest::Sha256));
    let card = |format, code: &str, number: &str| DocumentSpec {
        format,
        document_code: code.to_owned(),
        number: number.to_owned(),
        access: pace.clone(),
        active_authentication: active.clone(),
        ..utopian_passport()
    };
    let td3 = DocumentSpec {
        access: both.clone(),
        active_authentication: active.clone(),
        ..utopian_passport()
    };
    vec![
        utopian("td1", "TD1 card, PACE, AA", card(Format::Td1, "I", "D23145890")),
        utopian("td1-long", "TD1 card with a long number", card(Format::Td1, "I", "D23145890734")),
        utopian("td2", "TD2 card, PACE, AA", card(Format::Td2, "I", "D23145890")),
        utopian("td3", "TD3 passport, BAC and PACE, AA", td3),
        Profile {
            name: "dk-passport",
            description: "Danish passport with CPR number: RSA-PSS, BAC and PACE, AA",
            country: "DK",
            algorithm: RSA_PSS,
            spec: danish_passport(both, active.clone()),
        },
        Profile {
            name: "residence-card",
            description: "Danish residence card: TD1, PACE by card access number, CA",
            country: "DK",
            algorithm: ECDSA_P256,
            spec: DocumentSpec {
                document_code: "IR".to_owned(),
                issuing_state: "DNK".to_owned(),
                nationality: "UKR".to_owned(),
                optional_data: "7408120042".to_owned(),
                active_authentication: None,
                chip_authentication: vec![ChipAuthentication::new(
                    Group::Curve(Curve::BrainpoolP256r1),
                    Cipher::Aes256,
                )],
                ..card(Format::Td1, "IR", "RK1234567")
            },
        },
        Profile {
            name: "foreign-id",
            description: "German identity card: TD1, PACE alone, PACE-CAM, brainpool",
            country: "DE",
            algorithm: ECDSA_BRAINPOOL,
            spec: DocumentSpec {
                issuing_state: "D".to_owned(),
                nationality: "D".to_owned(),
                active_authentication: None,
                access: Access {
                    bac: false,
                    pace: vec![offer, PaceOffer { mapping: Mapping::ChipAuthentication, ..offer }],
                    can: Some(CAN.to_owned()),
                },
                ..card(Format::Td1, "ID", "LZ6311T47")
            },
        },
    ]
}

fn danish_passport(access: Access, active: Option<ActiveAuthentication>) -> DocumentSpec {
    DocumentSpec {
        issuing_state: "DNK".to_owned(),
        nationality: "DNK".to_owned(),
        number: "209800123".to_owned(),
        surname: "Østergård".to_owned(),
        given_names: "Søren Ægir".to_owned(),
        birth: "720521".to_owned(),
        sex: 'M',
        // Day plus 60: a replacement number, which can be nobody's.
        optional_data: "8105720013".to_owned(),
        personal_details: Some(PersonalDetails {
            full_name: Some("ØSTERGÅRD<<SØREN<ÆGIR".to_owned()),
            place_of_birth: Some("Nuuk".to_owned()),
            ..PersonalDetails::default()
        }),
        document_details: Some(DocumentDetails {
            issuing_authority: Some("Genvej test state".to_owned()),
            issued_on: Some(Date::new(2024, 4, 15)),
            packed_dates: false,
        }),
        access,
        active_authentication: active,
        ..utopian_passport()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;

    #[test]
    fn every_profile_has_its_own_name_and_issues() {
        let mut random = Seeded::new([3; 32]);
        let mut names: Vec<&str> = profiles().iter().map(|profile| profile.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);

        for profile in profiles() {
            if matches!(profile.name, "aa-rsa" | "dk-passport") {
                // RSA keys; the integration tests issue these.
                continue;
            }
            let (_, document) = profile.issue(&mut random).unwrap();
            assert_eq!(Document::from_bytes(&document.to_bytes()).as_ref(), Ok(&document));
        }
    }
}
