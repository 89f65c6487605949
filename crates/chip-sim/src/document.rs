//! What a document is ordered with, and what lies in its chip.

use std::collections::BTreeMap;

use num_bigint::BigUint;

use crate::cms::SignerId;
use crate::curve::{CurveForm, padded};
use crate::date::Date;
use crate::der::{self, SEQUENCE};
use crate::digest::Digest;
use crate::key::{EcKey, KeyPair};
use crate::lds::{DocumentDetails, File, PersonalDetails};
use crate::mrz::Format;
use crate::portrait::Portrait;
use crate::protocol::{
    ActiveAuthentication, AgreementKey, ChipAuthentication, Cipher, Group, IntegerForm, Mapping,
    PaceOffer, ParameterPlace,
};
use crate::signature::Scheme;
use crate::{curve::Curve, modp::Modp};

/// An order for a document.
#[derive(Debug, Clone)]
pub struct DocumentSpec {
    /// Size, and with it the layout of the machine readable zone.
    pub format: Format,
    /// `P`, `ID`, `AR` and the like: one or two letters.
    pub document_code: String,
    /// Three letters (`D` for Germany).
    pub issuing_state: String,
    /// Document number, without check digit.
    pub number: String,
    /// Surname, in any letters; transliterated in the machine readable zone.
    pub surname: String,
    /// Given names.
    pub given_names: String,
    /// Three letters.
    pub nationality: String,
    /// `YYMMDD`; unknown parts are `<<` or `00`.
    pub birth: String,
    /// `F`, `M` or `<`.
    pub sex: char,
    /// Last day of validity.
    pub expiry: Date,
    /// Optional data; a Danish passport has the CPR number here.
    pub optional_data: String,
    /// DG2.
    pub portrait: Portrait,
    /// DG11.
    pub personal_details: Option<PersonalDetails>,
    /// DG12.
    pub document_details: Option<DocumentDetails>,
    /// Further data groups by number, whole files with their tags: DG7, 13, 16; or DG3 and DG4,
    /// which the chip never gives.
    pub more_data_groups: BTreeMap<u8, Vec<u8>>,
    /// What the chip asks before it gives anything.
    pub access: Access,
    /// DG15 and its key.
    pub active_authentication: Option<ActiveAuthentication>,
    /// Keys in DG14.
    pub chip_authentication: Vec<ChipAuthentication>,
    /// Signing time stated in the SOD, and otherwise none.
    pub signed_on: Option<Date>,
    /// Departures of the issuer from the standard.
    pub deviations: IssuerDeviations,
}

/// Access control of a chip. With neither, everything is readable at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Basic Access Control.
    pub bac: bool,
    /// Offers of PACE in the order of EF.CardAccess.
    pub pace: Vec<PaceOffer>,
    /// The card access number printed on the document.
    pub can: Option<String>,
}

/// What issuers in the wild do otherwise than the standard says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerDeviations {
    /// LDS version of EF.COM.
    pub lds_version: String,
    /// A version-1 security object, which repeats the LDS version.
    pub security_object_v1: bool,
    /// Another content type of the SOD (case 18).
    pub sod_content_type: Option<String>,
    /// How the SOD names its signer (case 19).
    pub signer_id: SignerId,
    /// Another signature scheme of the SOD than of the signer's certificate (cases 20, 21).
    pub sod_scheme: Option<Scheme>,
    /// Hash of the data groups; otherwise that of the signature.
    pub data_group_digest: Option<Digest>,
    /// Data groups that the SOD does not list.
    pub unlisted_data_groups: Vec<u8>,
    /// DG14 says nothing about the hash of curve-based active authentication (case 23).
    pub without_active_authentication_info: bool,
    /// DG14 does not repeat the offers of EF.CardAccess.
    pub without_pace_in_dg14: bool,
    /// Optional-data check digit `0` where the field is empty (case 17).
    pub zero_for_empty_optional_data: bool,
    /// Bytes behind the last value inside a data group (case 25).
    pub trailing_bytes: BTreeMap<u8, Vec<u8>>,
    /// Lengths in the header of a data group that are too long by so many bytes (case 25).
    pub claimed_longer: BTreeMap<u8, u8>,
    /// No EF.COM at all (case 25).
    pub without_com: bool,
    /// EF.COM lists these instead of the truth (case 25).
    pub com_lists: Option<Vec<u8>>,
}

impl Default for IssuerDeviations {
    fn default() -> Self {
        Self {
            lds_version: "0107".to_owned(),
            security_object_v1: false,
            sod_content_type: None,
            signer_id: SignerId::default(),
            sod_scheme: None,
            data_group_digest: None,
            unlisted_data_groups: Vec::new(),
            without_active_authentication_info: false,
            without_pace_in_dg14: false,
            zero_for_empty_optional_data: false,
            trailing_bytes: BTreeMap::new(),
            claimed_longer: BTreeMap::new(),
            without_com: false,
            com_lists: None,
        }
    }
}

/// A personalised chip: its files and its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub(crate) files: BTreeMap<File, Vec<u8>>,
    pub(crate) mrz: String,
    pub(crate) mrz_information: String,
    pub(crate) access: Access,
    pub(crate) active_key: Option<(KeyPair, Digest)>,
    pub(crate) agreement_keys: Vec<AgreementKey>,
    /// The static key of PACE-CAM, published in EF.CardSecurity.
    pub(crate) mapping_key: Option<EcKey>,
}

/// The stored form is not one that this version wrote.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stored document is damaged or of another version")]
pub struct DamagedDocument;

impl Document {
    /// The machine readable zone, lines joined without a separator.
    #[must_use]
    pub fn mrz(&self) -> &str {
        &self.mrz
    }

    /// Number, birth date and expiry date with their check digits: what access keys come from.
    #[must_use]
    pub fn mrz_information(&self) -> &str {
        &self.mrz_information
    }

    /// The card access number.
    #[must_use]
    pub fn can(&self) -> Option<&str> {
        self.access.can.as_deref()
    }

    /// The content of a file.
    #[must_use]
    pub fn file(&self, file: File) -> Option<&[u8]> {
        self.files.get(&file).map(Vec::as_slice)
    }

    /// Replaces or adds a file after issuing: a forged chip, or a manufacturer's mistake.
    pub fn replace_file(&mut self, file: File, content: Vec<u8>) {
        self.files.insert(file, content);
    }

    /// Takes a file away.
    pub fn remove_file(&mut self, file: File) {
        self.files.remove(&file);
    }

    /// All files with their content.
    pub fn files(&self) -> impl Iterator<Item = (File, &[u8])> {
        self.files.iter().map(|(file, content)| (*file, content.as_slice()))
    }

    /// A copy of the files without the secrets of the chip: what a cloner can make who has read
    /// the document.
    #[must_use]
    pub fn cloned_without_secrets(&self, mut random: impl FnMut(&mut [u8])) -> Self {
        let mut copy = self.clone();
        if let Some((KeyPair::Ec(key), digest)) = &self.active_key {
            let other = EcKey::generate(key.curve, key.form, &mut random);
            copy.active_key = Some((KeyPair::Ec(other), *digest));
        } else if let Some((KeyPair::Rsa(key), digest)) = &self.active_key {
            let mut other = key.clone();
            other.secret_exponent += 2u32;
            copy.active_key = Some((KeyPair::Rsa(other), *digest));
        }
        for key in &mut copy.agreement_keys {
            key.secret += 1u32;
        }
        if let Some(key) = &mut copy.mapping_key {
            key.secret += 1u32;
        }
        copy
    }

    /// The files of this document on a programmable card that opens like `host`: what somebody can make who holds
    /// `host` and a copy of this document. The card has none of the secrets; EF.COM lists one data group more than
    /// there is, so that a reader asks for something when everything else is read.
    #[must_use]
    pub fn copied_onto(&self, host: &Self) -> Self {
        let mut copy = Self {
            mrz_information: host.mrz_information.clone(),
            access: host.access.clone(),
            active_key: None,
            agreement_keys: Vec::new(),
            mapping_key: host.mapping_key.clone().map(|mut key| {
                key.secret += 1u32;
                key
            }),
            ..self.clone()
        };
        for file in [File::CardAccess, File::CardSecurity] {
            copy.files.remove(&file);
            copy.files.extend(host.files.get(&file).map(|content| (file, content.clone())));
        }
        let groups = (1..=16).filter(|number| self.files.contains_key(&File::DataGroup(*number)));
        let absent = (11..=12).find(|number| !self.files.contains_key(&File::DataGroup(*number)));
        let listed: Vec<u8> = groups.chain(absent).collect();
        copy.files.insert(File::Com, crate::lds::com("0107", &listed));
        copy
    }

    /// The stored form: everything, secrets too, as one DER value.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let files: Vec<Vec<u8>> = self
            .files
            .iter()
            .map(|(file, content)| der::sequence(&[&byte(file.code()), &der::octets(content)]))
            .collect();
        let pace: Vec<Vec<u8>> = self.access.pace.iter().map(offer_bytes).collect();
        let active = self.active_key.as_ref().map(|(key, digest)| {
            der::sequence(&[&der::octets(&key.to_pkcs8()), &byte(digest_code(*digest))])
        });
        let agreement: Vec<Vec<u8>> = self.agreement_keys.iter().map(agreement_bytes).collect();
        let mapping =
            self.mapping_key.as_ref().map(|key| der::octets(&KeyPair::Ec(key.clone()).to_pkcs8()));
        der::sequence(&[
            &byte(STORED_VERSION),
            &der::sequence(&[&files.concat()]),
            &der::octets(self.mrz.as_bytes()),
            &der::octets(self.mrz_information.as_bytes()),
            &byte(u8::from(self.access.bac)),
            &der::sequence(&[&pace.concat()]),
            &der::octets(self.access.can.as_deref().unwrap_or("").as_bytes()),
            &der::sequence(&[&active.unwrap_or_default()]),
            &der::sequence(&[&agreement.concat()]),
            &der::sequence(&[&mapping.unwrap_or_default()]),
        ])
    }

    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// [`DamagedDocument`] where the bytes are not what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedDocument> {
        stored(bytes).ok_or(DamagedDocument)
    }
}

const STORED_VERSION: u8 = 1;

fn byte(value: u8) -> Vec<u8> {
    der::octets(&[value])
}

fn digest_code(digest: Digest) -> u8 {
    match digest {
        Digest::Sha1 => 1,
        Digest::Sha224 => 2,
        Digest::Sha256 => 3,
        Digest::Sha384 => 4,
        Digest::Sha512 => 5,
    }
}

fn offer_bytes(offer: &PaceOffer) -> Vec<u8> {
    let mapping = match offer.mapping {
        Mapping::Generic => 1,
        Mapping::Integrated => 2,
        Mapping::ChipAuthentication => 3,
    };
    let id = offer.group.parameter_id();
    let place = match offer.parameters {
        ParameterPlace::Info => 0,
        ParameterPlace::DomainInfo => 1,
        ParameterPlace::Nowhere => 2,
    };
    der::octets(&[mapping, id, offer.cipher.arc(), place])
}

fn stored_offer(value: &[u8]) -> Option<PaceOffer> {
    let [mapping, id, cipher, place] = value else { return None };
    let mapping = match mapping {
        1 => Mapping::Generic,
        2 => Mapping::Integrated,
        3 => Mapping::ChipAuthentication,
        _ => return None,
    };
    Some(PaceOffer {
        mapping,
        group: group_of(*id)?,
        cipher: Cipher::from_arc(*cipher)?,
        parameters: match place {
            0 => ParameterPlace::Info,
            1 => ParameterPlace::DomainInfo,
            2 => ParameterPlace::Nowhere,
            _ => return None,
        },
    })
}

pub(crate) fn group_of(parameter_id: u8) -> Option<Group> {
    let curve = Curve::ALL.into_iter().find(|curve| curve.parameter_id() == parameter_id);
    let group = Modp::ALL.into_iter().find(|group| group.parameter_id() == parameter_id);
    curve.map(Group::Curve).or(group.map(Group::Modp))
}

fn agreement_bytes(key: &AgreementKey) -> Vec<u8> {
    let offer = key.offer;
    let mut head = vec![offer.group.parameter_id(), offer.cipher.arc()];
    head.push(u8::from(offer.without_info));
    head.extend(offer.key_id);
    der::sequence(&[&der::octets(&head), &der::octets(&padded(&key.secret, 1))])
}

fn stored_agreement(value: &[u8]) -> Option<AgreementKey> {
    let parts = der::children(value)?;
    let [head, secret] = parts.as_slice() else { return None };
    let [group, cipher, without_info, key_id @ ..] = head.value else { return None };
    Some(AgreementKey {
        offer: ChipAuthentication {
            group: group_of(*group)?,
            cipher: Cipher::from_arc(*cipher)?,
            key_id: key_id.first().copied(),
            without_info: *without_info != 0,
            // Its key is in DG14 already; the chip itself never looks at the form again.
            form: IntegerForm::default(),
        },
        secret: BigUint::from_bytes_be(secret.value),
    })
}

fn stored(bytes: &[u8]) -> Option<Document> {
    let parts = der::open(bytes, SEQUENCE)?;
    let [version, files, mrz, information, bac, pace, can, active, agreement, mapping] =
        parts.as_slice()
    else {
        return None;
    };
    if version.value != [STORED_VERSION] {
        return None;
    }
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).ok();
    let mut document = Document {
        files: BTreeMap::new(),
        mrz: text(mrz.value)?,
        mrz_information: text(information.value)?,
        access: Access {
            bac: bac.value == [1],
            pace: Vec::new(),
            can: text(can.value).filter(|can| !can.is_empty()),
        },
        active_key: None,
        agreement_keys: Vec::new(),
        mapping_key: None,
    };
    for file in der::children(files.value)? {
        let file = der::children(file.value)?;
        let [code, content] = file.as_slice() else { return None };
        document.files.insert(File::from_code(*code.value.first()?)?, content.value.to_vec());
    }
    for offer in der::children(pace.value)? {
        document.access.pace.push(stored_offer(offer.value)?);
    }
    if let [active] = der::children(active.value)?.as_slice() {
        let active = der::children(active.value)?;
        let [key, digest] = active.as_slice() else { return None };
        let digest =
            Digest::ALL.into_iter().find(|candidate| digest.value == [digest_code(*candidate)])?;
        document.active_key = Some((KeyPair::from_pkcs8(key.value).ok()?, digest));
    }
    for key in der::children(agreement.value)? {
        document.agreement_keys.push(stored_agreement(key.value)?);
    }
    if let [mapping] = der::children(mapping.value)?.as_slice() {
        let KeyPair::Ec(key) = KeyPair::from_pkcs8(mapping.value).ok()? else { return None };
        document.mapping_key = Some(EcKey { form: CurveForm::Named, ..key });
    }
    Some(document)
}
