//! An issuing state: its country signing CA, its document signer, and the documents they make.

use std::collections::BTreeMap;

use crate::certificate::{self, Authority, Request, Role};
use crate::cms::{self, SignerId};
use crate::curve::CurveForm;
use crate::date::Validity;
use crate::der;
use crate::document::{Document, DocumentSpec};
use crate::key::{EcKey, KeyError, KeyKind, KeyPair};
use crate::lds::{self, File};
use crate::mrz;
use crate::protocol::{
    self, ActiveAuthentication, AgreementKey, ChipAuthentication, Group, Mapping,
};
use crate::random::{self, Random};
use crate::signature::Scheme;

const SOD_CONTENT: &str = "2.23.136.1.1.1";
const MASTER_LIST_CONTENT: &str = "2.23.136.1.1.2";
const CARD_SECURITY_CONTENT: &str = "0.4.0.127.0.7.3.2.1";
const EXTENDED_BYTES_MAX: u16 = 0x8000;

/// Kind of key and way of signing, which belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// The key.
    pub key: KeyKind,
    /// How it signs.
    pub scheme: Scheme,
}

/// The PKI of an issuing state.
#[derive(Debug, Clone)]
pub struct Issuer {
    country: String,
    signing_ca: Authority,
    document_signer: Authority,
    /// Link certificates and roots of earlier keys.
    earlier: Vec<Vec<u8>>,
}

/// Why key files did not make an issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A key file was not read.
    #[error("reading the {of} key")]
    Key {
        /// Which key.
        of: &'static str,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// A certificate file was not read.
    #[error("the {of} certificate is not a PEM certificate")]
    Certificate {
        /// Which certificate.
        of: &'static str,
    },
    /// The certificate is signed with an algorithm that cannot be signed with here.
    #[error("the {of} certificate is signed with an unknown algorithm")]
    Algorithm {
        /// Which certificate.
        of: &'static str,
    },
}

/// Why a document was not issued.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IssueError {
    /// A field does not fit the machine readable zone.
    #[error("the {0} does not fit the machine readable zone")]
    Field(&'static str),
    /// PACE-CAM needs a curve and AES; integrated mapping a prime that is 3 modulo 4.
    #[error("the offered PACE protocol does not exist")]
    Pace,
}

impl Issuer {
    /// Makes a PKI: a self-signed CSCA and one document signer, both with the same algorithm.
    #[must_use]
    pub fn generate(
        country: &str,
        algorithm: Algorithm,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        let key = KeyPair::generate(algorithm.key, random);
        let signer = KeyPair::generate(algorithm.key, random);
        Self::from_keys(country, (key, signer), algorithm.scheme, validity, random)
    }

    /// The same with keys that were made before: CSCA, then document signer.
    #[must_use]
    pub fn from_keys(
        country: &str,
        (key, signer): (KeyPair, KeyPair),
        scheme: Scheme,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        let name = certificate::name(country, "Genvej test state", "Country Signing CA");
        let request = Request {
            subject: &name,
            subject_key: &key,
            role: Role::CountrySigner,
            validity,
        };
        let certificate = certificate::certify(None, &request, scheme, random);
        let signing_ca = Authority { key, scheme, certificate, name };
        let document_signer = signing_ca.sign_document_signer(country, signer, validity, random);
        Self { country: country.to_owned(), signing_ca, document_signer, earlier: Vec::new() }
    }

    /// Takes certificates and keys from PEM files.
    ///
    /// # Errors
    ///
    /// An [`IssuerError`] that names the file that is wrong.
    pub fn from_pem(
        csca: (&str, &str),
        document_signer: (&str, &str),
    ) -> Result<Self, IssuerError> {
        let signing_ca = authority("CSCA", csca)?;
        let document_signer = authority("document signer", document_signer)?;
        let country = country_of(&signing_ca.name).unwrap_or_else(|| "XX".to_owned());
        Ok(Self { country, signing_ca, document_signer, earlier: Vec::new() })
    }

    /// The self-signed certificate of the CSCA in force.
    #[must_use]
    pub fn csca_der(&self) -> &[u8] {
        &self.signing_ca.certificate
    }

    /// The certificate of the document signer.
    #[must_use]
    pub fn document_signer_der(&self) -> &[u8] {
        &self.document_signer.certificate
    }

    /// Every CSCA certificate: the one in force, then link certificates and earlier roots.
    #[must_use]
    pub fn csca_certificates(&self) -> Vec<Vec<u8>> {
        let mut all = vec![self.signing_ca.certificate.clone()];
        all.extend(self.earlier.iter().cloned());
        all
    }

    /// The two-letter country.
    #[must_use]
    pub fn country(&self) -> &str {
        &self.country
    }

    /// Changes the CSCA key: a new root of the same name, a link certificate by the old key, and a
    /// new document signer. Documents issued before still chain to the old root.
    pub fn roll_over(&mut self, algorithm: Algorithm, validity: Validity, random: &mut dyn Random) {
        let key = KeyPair::generate(algorithm.key, random);
        let name = self.signing_ca.name.clone();
        let request =
            Request { subject: &name, subject_key: &key, role: Role::CountrySigner, validity };
        let root = certificate::certify(None, &request, algorithm.scheme, random);
        let link =
            certificate::certify(Some(&self.signing_ca), &request, algorithm.scheme, random);
        let old = std::mem::replace(
            &mut self.signing_ca,
            Authority { key, scheme: algorithm.scheme, certificate: root, name },
        );
        self.earlier.extend([link, old.certificate]);
        let signer = KeyPair::generate(algorithm.key, random);
        self.document_signer =
            self.signing_ca.sign_document_signer(&self.country, signer, validity, random);
    }

    /// A revocation list over the given certificates.
    #[must_use]
    pub fn crl(
        &self,
        revoked: &[&[u8]],
        number: u64,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        let serials: Vec<Vec<u8>> = revoked
            .iter()
            .filter_map(|certificate| certificate::parts(certificate))
            .map(|parts| parts.serial)
            .collect();
        certificate::revocation_list(&self.signing_ca, &serials, number, validity, random)
    }

    /// A master list of CSCA certificates, signed by a list signer under this state's CSCA.
    #[must_use]
    pub fn master_list(
        &self,
        certificates: &[Vec<u8>],
        validity: Validity,
        random: &mut dyn Random,
    ) -> Vec<u8> {
        let kind = KeyKind::Ec { curve: crate::Curve::Secp256r1, form: CurveForm::Explicit };
        let signer = self.signing_ca.certify_signer(
            (&self.country, "Master List Signer", Role::MasterListSigner),
            KeyPair::generate(kind, random),
            validity,
            random,
        );
        let list = der::sequence(&[
            &der::small_integer(0),
            &der::set_of(der::SET, certificates.to_vec()),
        ]);
        let content = cms::Content {
            content_type: MASTER_LIST_CONTENT,
            content: &list,
            signed_on: Some(validity.from),
            signer_id: SignerId::IssuerAndSerial,
            scheme: Scheme::Ecdsa(crate::Digest::Sha256),
            more_certificates: std::slice::from_ref(&self.signing_ca.certificate),
        };
        cms::signed_data(&signer, &content, random)
    }

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
        let agreement_keys: Vec<AgreementKey> = spec
            .chip_authentication
            .iter()
            .map(|offer| agreement_key(*offer, random))
            .collect();
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
            spec.access.pace.iter().map(protocol::PaceOffer::info).collect();
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

impl Authority {
    fn sign_document_signer(
        &self,
        country: &str,
        key: KeyPair,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        self.certify_signer((country, "Document Signer", Role::DocumentSigner), key, validity, random)
    }

    fn certify_signer(
        &self,
        (country, common, role): (&str, &str, Role),
        key: KeyPair,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        let name = certificate::name(country, "Genvej test state", common);
        let request = Request { subject: &name, subject_key: &key, role, validity };
        let certificate = certificate::certify(Some(self), &request, self.scheme, random);
        let scheme = match &key {
            KeyPair::Rsa(_) | KeyPair::Ec(_) if role == Role::DocumentSigner => self.scheme,
            KeyPair::Rsa(_) => Scheme::RsaPkcs1(self.scheme.digest()),
            KeyPair::Ec(_) => Scheme::Ecdsa(self.scheme.digest()),
        };
        Self { key, scheme, certificate, name }
    }
}

fn authority(of: &'static str, files: (&str, &str)) -> Result<Authority, IssuerError> {
    let (certificate, key) = files;
    let key = KeyPair::from_pem(key).map_err(|source| IssuerError::Key { of, source })?;
    let (_, certificate) =
        crate::key::pem(certificate).ok_or(IssuerError::Certificate { of })?;
    let parts = certificate::parts(&certificate).ok_or(IssuerError::Certificate { of })?;
    let scheme = parts.scheme.ok_or(IssuerError::Algorithm { of })?;
    // The stated scheme is the issuer's; where the signer's own key is of the other family, only
    // the hash is taken over.
    let scheme = match (&key, scheme) {
        (KeyPair::Rsa(_), Scheme::Ecdsa(digest) | Scheme::EcdsaPlain(digest)) => {
            Scheme::RsaPkcs1(digest)
        }
        (KeyPair::Ec(_), Scheme::RsaPkcs1(digest) | Scheme::RsaPss { digest, .. }) => {
            Scheme::Ecdsa(digest)
        }
        (KeyPair::Rsa(_) | KeyPair::Ec(_), scheme) => scheme,
    };
    Ok(Authority { key, scheme, certificate, name: parts.subject })
}

fn country_of(name: &[u8]) -> Option<String> {
    for set in der::open(name, der::SEQUENCE)? {
        let attribute = der::open(set.value, der::SEQUENCE)?;
        if let [oid, value] = attribute.as_slice()
            && oid.value == der::oid_content("2.5.4.6")
        {
            return String::from_utf8(value.value.to_vec()).ok();
        }
    }
    None
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
    let mut groups = vec![
        (1, lds::machine_readable_zone(&document.mrz)),
        (2, spec.portrait.data_group()),
    ];
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
        infos.extend(spec.access.pace.iter().map(protocol::PaceOffer::info));
    }
    if !infos.is_empty() {
        groups.push((14, lds::security_infos(infos)));
    }
    if let Some((key, _)) = &document.active_key {
        groups.push((15, der::tlv(0x6F, &key.public_key_info())));
    }
    for (number, mut content) in groups {
        content.extend(deviations.trailing_bytes.get(&number).into_iter().flatten());
        document.files.insert(File::DataGroup(number), content);
    }
    if !deviations.without_com {
        let truth = data_groups(document);
        let listed = deviations.com_lists.as_ref().unwrap_or(&truth);
        document.files.insert(File::Com, lds::com(&deviations.lds_version, listed));
    }
}
