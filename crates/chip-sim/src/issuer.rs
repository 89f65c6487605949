//! An issuing state: its country signing CA, its document signer, and the documents they make.

mod personalisation;

use crate::certificate::{self, Authority, Extension, Request, Role};
use crate::cms::{self, SignerId};
use crate::curve::CurveForm;
use crate::date::Validity;
use crate::der;
use crate::key::{KeyError, KeyKind, KeyPair};
use crate::random::Random;
use crate::signature::Scheme;

const STORED_VERSION: u8 = 1;
const MASTER_LIST_CONTENT: &str = "2.23.136.1.1.2";

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

/// What a document signer's certificate has otherwise than Doc 9303-12 §7 wants it.
#[derive(Debug, Clone, Default)]
pub struct SignerOddities {
    /// Country of its subject; empty for none.
    pub country: Option<String>,
    /// Common name under which it names its issuer.
    pub issuer_name: Option<String>,
    /// Its validity.
    pub validity: Option<Validity>,
    /// Its key.
    pub key: Option<KeyPair>,
    /// How it signs documents.
    pub scheme: Option<Scheme>,
    /// How it is signed itself.
    pub certificate_scheme: Option<Scheme>,
    /// Extensions in place of the usual ones.
    pub extensions: Vec<Extension>,
}

/// Why key files did not make an issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A key file was not read.
    #[error("reading the {of} key")]
    Key {
        /// Which key.
        of: &'static str,
        /// What the layer below says.
        #[source]
        source: KeyError,
    },
    /// A certificate file was not read.
    #[error("the {of} file is not a certificate")]
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

/// The stored form is not one that this version wrote.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stored issuer is damaged or of another version")]
pub struct DamagedIssuer;

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

impl IssuerError {
    /// Whether the files are sound and locked with a passphrase.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Key { source: KeyError::Encrypted, .. })
    }
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
            role: Role::Country,
            validity,
            oddities: &[],
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
        let bytes = |(certificate, key): (&str, &str)| {
            (certificate.as_bytes().to_vec(), key.as_bytes().to_vec())
        };
        let ((csca, csca_key), (signer, signer_key)) = (bytes(csca), bytes(document_signer));
        Self::from_files((&csca, &csca_key), (&signer, &signer_key))
    }

    /// Takes certificates and keys from files: PEM or DER; keys as PKCS#8, PKCS#1 or SEC 1.
    ///
    /// # Errors
    ///
    /// An [`IssuerError`] that names the file that is wrong.
    pub fn from_files(
        csca: (&[u8], &[u8]),
        document_signer: (&[u8], &[u8]),
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
        let request = Request {
            subject: &name,
            subject_key: &key,
            role: Role::Country,
            validity,
            oddities: &[],
        };
        let root = certificate::certify(None, &request, algorithm.scheme, random);
        let link = certificate::certify(Some(&self.signing_ca), &request, algorithm.scheme, random);
        let old = std::mem::replace(
            &mut self.signing_ca,
            Authority { key, scheme: algorithm.scheme, certificate: root, name },
        );
        self.earlier.extend([link, old.certificate]);
        let signer = KeyPair::generate(algorithm.key, random);
        self.document_signer =
            self.signing_ca.sign_document_signer(&self.country, signer, validity, random);
    }

    /// The same state with another document signer.
    #[must_use]
    pub fn with_signer(&self, odd: &SignerOddities, random: &mut dyn Random) -> Self {
        let own = &self.signing_ca;
        let mut issuer = own.clone();
        if let Some(common) = &odd.issuer_name {
            issuer.name = certificate::name(&self.country, "Genvej test state", common);
        }
        let key = odd.key.clone().unwrap_or_else(|| self.document_signer.key.clone());
        let country = odd.country.as_deref().unwrap_or(&self.country);
        let name = certificate::name(country, "Genvej test state", "Document Signer");
        let request = Request {
            subject: &name,
            subject_key: &key,
            role: Role::Document,
            validity: odd.validity.unwrap_or(crate::PROFILE_VALIDITY),
            oddities: &odd.extensions,
        };
        let scheme = odd.certificate_scheme.unwrap_or(own.scheme);
        issuer.scheme = scheme;
        let certificate = certificate::certify(Some(&issuer), &request, scheme, random);
        let signs = odd.scheme.unwrap_or(own.scheme);
        let document_signer = Authority { key, scheme: signs, certificate, name };
        Self { document_signer, ..self.clone() }
    }

    /// The same state with another root of the same key: of this country, empty for none, and with these extensions.
    #[must_use]
    pub fn with_root(
        &self,
        country: &str,
        extensions: &[Extension],
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        let own = &self.signing_ca;
        let name = certificate::name(country, "Genvej test state", "Country Signing CA");
        let request = Request {
            subject: &name,
            subject_key: &own.key,
            role: Role::Country,
            validity,
            oddities: extensions,
        };
        let certificate = certificate::certify(None, &request, own.scheme, random);
        let signing_ca = Authority { certificate, name, ..own.clone() };
        let signer = self.document_signer.key.clone();
        let document_signer = signing_ca.sign_document_signer(country, signer, validity, random);
        Self { country: country.to_owned(), signing_ca, document_signer, earlier: Vec::new() }
    }

    /// The stored form: certificates and keys, as one DER value.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let earlier: Vec<Vec<u8>> = self.earlier.iter().map(|one| der::octets(one)).collect();
        der::sequence(&[
            &der::octets(&[STORED_VERSION]),
            &der::octets(self.country.as_bytes()),
            &self.signing_ca.to_bytes(),
            &self.document_signer.to_bytes(),
            &der::sequence(&[&earlier.concat()]),
        ])
    }

    /// Reads the stored form.
    ///
    /// # Errors
    ///
    /// [`DamagedIssuer`] where the bytes are not what [`Self::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedIssuer> {
        stored(bytes).ok_or(DamagedIssuer)
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
            (&self.country, "Master List Signer", Role::MasterList),
            KeyPair::generate(kind, random),
            validity,
            random,
        );
        let list =
            der::sequence(&[&der::small_integer(0), &der::set_of(der::SET, certificates.to_vec())]);
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
}

impl Authority {
    fn to_bytes(&self) -> Vec<u8> {
        der::sequence(&[
            &der::octets(&self.certificate),
            &der::octets(&self.key.to_pkcs8()),
            &self.scheme.algorithm_identifier(),
        ])
    }

    fn stored(value: &[u8]) -> Option<Self> {
        let parts = der::children(value)?;
        let [certificate, key, scheme] = parts.as_slice() else { return None };
        Some(Self {
            key: KeyPair::from_pkcs8(key.value).ok()?,
            scheme: Scheme::from_algorithm_identifier(scheme.value)?,
            name: certificate::parts(certificate.value)?.subject,
            certificate: certificate.value.to_vec(),
        })
    }

    fn sign_document_signer(
        &self,
        country: &str,
        key: KeyPair,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        self.certify_signer((country, "Document Signer", Role::Document), key, validity, random)
    }

    fn certify_signer(
        &self,
        (country, common, role): (&str, &str, Role),
        key: KeyPair,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Self {
        let name = certificate::name(country, "Genvej test state", common);
        let request = Request { subject: &name, subject_key: &key, role, validity, oddities: &[] };
        let certificate = certificate::certify(Some(self), &request, self.scheme, random);
        let scheme = match &key {
            KeyPair::Rsa(_) | KeyPair::Ec(_) if role == Role::Document => self.scheme,
            KeyPair::Rsa(_) => Scheme::RsaPkcs1(self.scheme.digest()),
            KeyPair::Ec(_) => Scheme::Ecdsa(self.scheme.digest()),
        };
        Self { key, scheme, certificate, name }
    }
}

fn stored(bytes: &[u8]) -> Option<Issuer> {
    let parts = der::open(bytes, der::SEQUENCE)?;
    let [version, country, signing_ca, document_signer, earlier] = parts.as_slice() else {
        return None;
    };
    if version.value != [STORED_VERSION] {
        return None;
    }
    let earlier = der::children(earlier.value)?;
    Some(Issuer {
        country: String::from_utf8(country.value.to_vec()).ok()?,
        signing_ca: Authority::stored(signing_ca.value)?,
        document_signer: Authority::stored(document_signer.value)?,
        earlier: earlier.iter().map(|one| one.value.to_vec()).collect(),
    })
}

fn authority(of: &'static str, files: (&[u8], &[u8])) -> Result<Authority, IssuerError> {
    let (certificate, key) = files;
    let key = KeyPair::from_file(key).map_err(|source| IssuerError::Key { of, source })?;
    let text = std::str::from_utf8(certificate).ok();
    let certificate = match text.filter(|text| text.contains("-----BEGIN")) {
        Some(text) => crate::key::pem(text).ok_or(IssuerError::Certificate { of })?.1,
        None => certificate.to_vec(),
    };
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
