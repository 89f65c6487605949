//! Personalising a chip: data groups, security object, master file, secrets.

use std::collections::BTreeMap;

use crate::cms::{self, SignerId};
use crate::curve::CurveForm;
use crate::der;
use crate::document::{Document, DocumentSpec};
use crate::issuer::{IssueError, Issuer};
use crate::key::{EcKey, KeyPair};
use crate::lds::{self, File};
use crate::mrz;
use crate::protocol::{
    self, ActiveAuthentication, AgreementKey, ChipAuthentication, Group, Mapping,
};
use crate::random::{self, Random};

const SOD_CONTENT: &str = "2.23.136.1.1.1";
const CARD_SECURITY_CONTENT: &str = "0.4.0.127.0.7.3.2.1";
const EXTENDED_BYTES_MAX: u16 = 0x8000;

impl Issuer {
    /// Personalises a chip.
    ///
    /// # Errors
    ///
    /// An [`IssueError`] for an order that cannot be made.
    pub fn issue(
        &self,
        spec: &DocumentSpec,
        random: &mut dyn Random,
    ) -> Result<Document, IssueError> {
        let zone = zone(spec)?;
        check_offers(spec)?;
        let active_key = spec.active_authentication.as_ref().map(|order| match order {
            ActiveAuthentication::Generate(kind, digest) => {
                (KeyPair::generate(*kind, random), *digest)
            }
            ActiveAuthentication::Key(key, digest) => (key.clone(), *digest),
        });
        let agreement_keys: Vec<AgreementKey> =
            spec.chip_authentication.iter().map(|offer| agreement_key(*offer, random)).collect();
        let mapping_key = mapping_key(spec, random);
        let mut document = Document {
            files: BTreeMap::new(),
            mrz: zone.text,
            mrz_information: zone.information,
            access: spec.access.clone(),
            active_key,
            agreement_keys,
            mapping_key,
        };
        add_data_groups(&mut document, spec);
        self.add_sod(&mut document, spec, random);
        self.add_master_file(&mut document, spec, random);
        Ok(document)
    }

    fn add_sod(&self, document: &mut Document, spec: &DocumentSpec, random: &mut dyn Random) {
        let deviations = &spec.deviations;
        let listed: Vec<(u8, Vec<u8>)> = data_groups(document)
            .into_iter()
            .filter(|number| !deviations.unlisted_data_groups.contains(number))
            .filter_map(|number| {
                Some((number, document.files.get(&File::DataGroup(number))?.clone()))
            })
            .collect();
        let scheme = deviations.sod_scheme.unwrap_or(self.document_signer.scheme);
        let digest = deviations.data_group_digest.unwrap_or(scheme.digest());
        let version = deviations.security_object_v1.then_some(deviations.lds_version.as_str());
        let object = lds::security_object(digest, &listed, version);
        let content = cms::Content {
            content_type: deviations.sod_content_type.as_deref().unwrap_or(SOD_CONTENT),
            content: &object,
            signed_on: spec.signed_on,
            signer_id: deviations.signer_id,
            scheme,
            more_certificates: &[],
        };
        let sod = der::tlv(0x77, &cms::signed_data(&self.document_signer, &content, random));
        document.files.insert(File::Sod, sod);
    }

    fn add_master_file(
        &self,
        document: &mut Document,
        spec: &DocumentSpec,
        random: &mut dyn Random,
    ) {
        document.files.insert(File::Dir, lds::directory());
        document.files.insert(File::AtrInfo, lds::atr_info(EXTENDED_BYTES_MAX));
        if !spec.access.pace.is_empty() {
            document.files.insert(File::CardAccess, lds::card_access(&spec.access.pace));
        }
        let Some(key) = &document.mapping_key else { return };
        let mut infos: Vec<Vec<u8>> =
            spec.access.pace.iter().flat_map(protocol::PaceOffer::infos).collect();
        infos.push(protocol::mapping_key_info(key));
        let content = cms::Content {
            content_type: CARD_SECURITY_CONTENT,
            content: &der::set_of(der::SET, infos),
            signed_on: spec.signed_on,
            signer_id: SignerId::IssuerAndSerial,
            scheme: self.document_signer.scheme,
            more_certificates: &[],
        };
        let file = cms::signed_data(&self.document_signer, &content, random);
        document.files.insert(File::CardSecurity, file);
    }
}

fn zone(spec: &DocumentSpec) -> Result<mrz::Zone, IssueError> {
    let number_max = match spec.format {
        mrz::Format::Td1 => 22,
        mrz::Format::Td2 => 14,
        mrz::Format::Td3 => 9,
    };
    if spec.number.is_empty() || spec.number.chars().count() > number_max {
        return Err(IssueError::Field("document number"));
    }
    let birth_fits =
        spec.birth.len() == 6 && spec.birth.chars().all(|c| c.is_ascii_digit() || c == '<');
    if !birth_fits {
        return Err(IssueError::Field("birth date"));
    }
    if !matches!(spec.sex, 'F' | 'M' | '<') {
        return Err(IssueError::Field("sex"));
    }
    Ok(mrz::zone(&mrz::Fields {
        format: spec.format,
        document_code: &spec.document_code,
        issuing_state: &spec.issuing_state,
        number: &spec.number,
        surname: &spec.surname,
        given_names: &spec.given_names,
        nationality: &spec.nationality,
        birth: &spec.birth,
        sex: spec.sex,
        expiry: &spec.expiry.mrz(),
        optional_data: &spec.optional_data,
        zero_for_empty: spec.deviations.zero_for_empty_optional_data,
    }))
}

fn check_offers(spec: &DocumentSpec) -> Result<(), IssueError> {
    for offer in &spec.access.pace {
        let exists = match (offer.mapping, offer.group) {
            (Mapping::Generic, _) | (Mapping::Integrated, Group::Modp(_)) => true,
            (Mapping::Integrated, Group::Curve(curve)) => curve.domain().p.bit(1),
            (Mapping::ChipAuthentication, Group::Curve(_)) => {
                offer.cipher != crate::Cipher::TripleDes
            }
            (Mapping::ChipAuthentication, Group::Modp(_)) => false,
        };
        if !exists {
            return Err(IssueError::Pace);
        }
    }
    Ok(())
}

fn agreement_key(offer: ChipAuthentication, random: &mut dyn Random) -> AgreementKey {
    let secret = match offer.group {
        Group::Curve(curve) => curve.domain().random_scalar(random),
        Group::Modp(group) => random::scalar(random, &group.domain().order),
    };
    AgreementKey { offer, secret }
}

fn mapping_key(spec: &DocumentSpec, random: &mut dyn Random) -> Option<EcKey> {
    spec.access.pace.iter().find_map(|offer| match (offer.mapping, offer.group) {
        (Mapping::ChipAuthentication, Group::Curve(curve)) => {
            Some(EcKey::generate(curve, CurveForm::Named, random))
        }
        (Mapping::ChipAuthentication, Group::Modp(_))
        | (Mapping::Generic | Mapping::Integrated, _) => None,
    })
}

fn data_groups(document: &Document) -> Vec<u8> {
    (1..=16).filter(|number| document.files.contains_key(&File::DataGroup(*number))).collect()
}

fn add_data_groups(document: &mut Document, spec: &DocumentSpec) {
    let deviations = &spec.deviations;
    let mut groups =
        vec![(1, lds::machine_readable_zone(&document.mrz)), (2, spec.portrait.data_group())];
    groups.extend(spec.personal_details.iter().map(|d| (11, lds::personal_details(d))));
    groups.extend(spec.document_details.iter().map(|d| (12, lds::document_details(d))));
    let mut infos: Vec<Vec<u8>> =
        document.agreement_keys.iter().flat_map(AgreementKey::infos).collect();
    if let Some((KeyPair::Ec(_), digest)) = &document.active_key
        && !deviations.without_active_authentication_info
    {
        infos.push(protocol::active_authentication_info(*digest));
    }
    if !deviations.without_pace_in_dg14 {
        infos.extend(spec.access.pace.iter().flat_map(protocol::PaceOffer::infos));
    }
    if !infos.is_empty() {
        groups.push((14, lds::security_infos(infos)));
    }
    if let Some((key, _)) = &document.active_key {
        groups.push((15, der::tlv(0x6F, &key.public_key_info())));
    }
    groups.extend(spec.more_data_groups.iter().map(|(number, file)| (*number, file.clone())));
    for (number, mut content) in groups {
        if let Some(more) = deviations.claimed_longer.get(&number) {
            content = claiming_more(&content, *more);
        }
        if let Some(bytes) = deviations.trailing_bytes.get(&number)
            && let Some(node) = der::read(&mut content.as_slice())
        {
            content = der::joined(node.tag, &[node.value, bytes]);
        }
        document.files.insert(File::DataGroup(number), content);
    }
    if !deviations.without_com {
        let truth = data_groups(document);
        let listed = deviations.com_lists.as_ref().unwrap_or(&truth);
        document.files.insert(File::Com, lds::com(&deviations.lds_version, listed));
    }
}

/// The same file with a length in its header that is too long by so many bytes.
fn claiming_more(file: &[u8], more: u8) -> Vec<u8> {
    let Some(node) = der::read(&mut { file }) else { return file.to_vec() };
    let claimed = node.value.len().saturating_add(usize::from(more));
    let tag = u8::try_from(node.tag).unwrap_or(0);
    [&[tag][..], &der::length(claimed), node.value].concat()
}
