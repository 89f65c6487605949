//! Deviation lists (Doc 9303-12 §10): a state's signed statement of defects in documents that it
//! has issued, so that others do not take them for forgeries.

use super::{CLOCK_SKEW_SECS, Store, same_country, two_letters};
use crate::asn1::{self, INTEGER, OID, Oid, SEQUENCE, SET};
use crate::certificate::{Certificate, DEVIATION_LISTS, Name, Role, Unfit};
use crate::cms::{CmsError, SignedData, SignerError};
use crate::date::UnixTime;
use crate::signature::HashAlgorithm;
use crate::tlv::{Reader, TlvError};
use crate::verdict::Severity;

/// `id-icao-DeviationList`, 2.23.136.1.1.7
const CONTENT_TYPE: &[u8] = b"\x67\x81\x08\x01\x01\x07";

/// The largest list that is read.
pub const DEVIATION_LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Defects of one list, at most.
pub const DEVIATIONS_MAX: usize = 4_096;

/// Why a list is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviationListError {
    /// Larger than [`DEVIATION_LIST_BYTES_MAX`], or with more than [`DEVIATIONS_MAX`] defects.
    #[error("the deviation list is too large")]
    TooLarge,
    /// The signed data is broken.
    #[error("the signed data of the deviation list cannot be read")]
    Cms(#[source] CmsError),
    /// The content is something else.
    #[error("the content is {0} and not a deviation list")]
    ContentType(Oid),
    /// The content is broken.
    #[error("the content of the deviation list is malformed")]
    Malformed(#[from] TlvError),
    /// The list does not carry the certificate of its signer.
    #[error("the deviation list carries no certificate of its signer")]
    NoSigner,
    /// The signature over the list does not count.
    #[error("the deviation list is not signed by the certificate that it names")]
    Signature(#[source] SignerError),
    /// The signer's certificate is not one for signing deviation lists.
    #[error("the signer's certificate is not for deviation lists")]
    Purpose,
    /// The signer's certificate was not valid when the list was signed.
    #[error("the signer's certificate was not valid when the deviation list was signed")]
    Validity,
    /// No trusted certificate of the state signed the signer's.
    #[error("the signer of the deviation list is not trusted")]
    Issuer,
}

/// One defect: which documents have it, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedDefect {
    /// Two letters, of the state that published it: it speaks for its own documents alone.
    pub country: String,
    /// Document type as in the machine-readable zone; all types where absent.
    pub document_type: Option<String>,
    /// Signer of the documents; all signers where absent.
    pub signer: Option<DefectSigner>,
    /// First and last day of issue; all days where absent.
    pub issued: Option<(UnixTime, UnixTime)>,
    /// Document numbers; all numbers where empty.
    pub document_numbers: Vec<String>,
    /// Kinds of defects.
    pub kinds: Vec<Oid>,
}

/// How a list names the document signer of defective documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefectSigner {
    /// By issuer and the content octets of the serial number.
    IssuerAndSerial(Name, Box<[u8]>),
    /// By the subject's key identifier.
    SubjectKey(Box<[u8]>),
    /// By the digest of the certificate.
    Digest(HashAlgorithm, Box<[u8]>),
}

impl DefectSigner {
    fn names(&self, signer: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial(issuer, serial) => {
                issuer.key() == signer.issuer().key() && **serial == *signer.serial()
            }
            Self::SubjectKey(key) => signer.extensions().subject_key.as_ref() == Some(key),
            Self::Digest(hash, digest) => hash.digest(&[signer.der()]) == **digest,
        }
    }
}

impl PublishedDefect {
    /// Whether a document of this signer, type, number and time of signing has the defect.
    #[must_use]
    pub fn covers(
        &self,
        signer: &Certificate,
        document_type: &str,
        number: &str,
        signed_at: Option<UnixTime>,
    ) -> bool {
        let same_type = self.document_type.as_ref().is_none_or(|own| own == document_type);
        let same_signer = self.signer.as_ref().is_none_or(|own| own.names(signer));
        let same_number =
            self.document_numbers.is_empty() || self.document_numbers.iter().any(|n| n == number);
        let same_time = self
            .issued
            .is_none_or(|(from, until)| signed_at.is_some_and(|at| from <= at && at <= until));
        same_type && same_signer && same_number && same_time
    }
}

impl Store {
    /// Takes a state's deviation list in, in place of its earlier one; returns how many defects it
    /// names.
    ///
    /// # Errors
    ///
    /// [`DeviationListError`] where it is broken, or not signed under a certificate of this store.
    pub fn import_deviation_list(
        &mut self,
        bytes: &[u8],
        now: UnixTime,
    ) -> Result<usize, DeviationListError> {
        if bytes.len() > DEVIATION_LIST_BYTES_MAX {
            return Err(DeviationListError::TooLarge);
        }
        let signed = SignedData::from_ber(bytes).map_err(DeviationListError::Cms)?;
        if signed.content_type().as_bytes() != CONTENT_TYPE {
            let kind = signed.content_type().clone();
            return Err(DeviationListError::ContentType(kind));
        }
        let country = self.trusted_country(&signed, now)?;
        let defects = read(signed.content(), &country)?;
        let count = defects.len();
        self.defects.retain(|defect| defect.country != country);
        self.defects.extend(defects);
        Ok(count)
    }

    /// The country whose trusted certificate vouches for a signer of the list.
    fn trusted_country(
        &self,
        signed: &SignedData,
        now: UnixTime,
    ) -> Result<String, DeviationListError> {
        let mut failure = DeviationListError::NoSigner;
        for signer in signed.signers() {
            for (certificate, _) in signed.certificates_of(signer, &[]) {
                let verified = signer
                    .verify(signed.content_type(), signed.content(), certificate)
                    .map_err(DeviationListError::Signature)
                    .and_then(|_| self.trust_deviations(certificate, signer.signing_time(), now));
                match verified {
                    Ok(country) => return Ok(country),
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    fn trust_deviations(
        &self,
        signer: &Certificate,
        signed_at: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<String, DeviationListError> {
        let signed_at = signed_at.unwrap_or(now);
        let role = Role::ListSigner(DEVIATION_LISTS);
        signer.fits(role, Some(signed_at)).map_err(|unfit| match unfit {
            Unfit::Usage | Unfit::CriticalExtension | Unfit::Weak => DeviationListError::Purpose,
            Unfit::Period => DeviationListError::Validity,
        })?;
        let ahead = signed_at.as_secs() > now.as_secs().saturating_add(CLOCK_SKEW_SECS);
        if ahead || !signer.valid_at(signed_at) {
            return Err(DeviationListError::Validity);
        }
        let issued_at = signer.validity().from;
        let found = self
            .issuer_of(signer, |issuer| issuer.may_issue() && issuer.valid_at(issued_at))
            .map_err(|_| DeviationListError::Issuer)?;
        let issuer = found.certificate;
        // What a document would be refused for, a list is refused for.
        let odd = issuer.fits(Role::Country, Some(issued_at));
        let odd = odd.map_err(|_| DeviationListError::Issuer)?;
        let serious = odd.iter().any(|deviation| deviation.severity() == Severity::Serious);
        if serious || !found.named || found.irregularities.wrong_curve {
            return Err(DeviationListError::Issuer);
        }
        let country = issuer.subject().country().ok_or(DeviationListError::Issuer)?;
        let same = |named: Option<String>| named.is_none_or(|named| same_country(&named, &country));
        if !same(signer.issuer().country()) || !same(signer.subject().country()) {
            return Err(DeviationListError::Issuer);
        }
        Ok(two_letters(&country).unwrap_or(country))
    }

    /// Published defects that a document has.
    pub fn defects_of<'a>(
        &'a self,
        country: &'a str,
        signer: &'a Certificate,
        document_type: &'a str,
        number: &'a str,
        signed_at: Option<UnixTime>,
    ) -> impl Iterator<Item = &'a PublishedDefect> {
        self.defects.iter().filter(move |defect| {
            defect.country == country && defect.covers(signer, document_type, number, signed_at)
        })
    }
}

/// `DeviationList ::= SEQUENCE { version, digestAlg OPTIONAL, deviations SET OF Deviation }`
fn read(content: &[u8], country: &str) -> Result<Vec<PublishedDefect>, DeviationListError> {
    let mut parts = Reader::new(content).expect(SEQUENCE)?.children()?;
    parts.expect(INTEGER)?;
    let digest = parts.optional(SEQUENCE)?;
    let digest = digest
        .map(|algorithm| asn1::algorithm(&mut Reader::new(algorithm.raw())))
        .transpose()?
        .and_then(|algorithm| HashAlgorithm::from_oid(algorithm.oid));
    let mut items = parts.expect(SET)?.children()?;
    let mut defects = Vec::new();
    while let Some(item) = items.read()? {
        if defects.len() >= DEVIATIONS_MAX {
            return Err(DeviationListError::TooLarge);
        }
        let mut fields = item.children()?;
        let documents = fields.expect(SEQUENCE)?;
        let mut defect = read_documents(&mut documents.children()?, digest, country)?;
        let mut descriptions = fields.expect(SET)?.children()?;
        while let Some(description) = descriptions.read()? {
            let mut parts = description.children()?;
            if let Some(kind) = parts.find(OID)? {
                defect.kinds.push(Oid::new(kind.value()));
            }
        }
        defects.push(defect);
    }
    Ok(defects)
}

/// `DeviationDocuments`: `[0]` type, `[1]`, `[2]` or `[3]` signer, `[4]` period, `[5]` numbers.
fn read_documents(
    fields: &mut Reader<'_>,
    digest: Option<HashAlgorithm>,
    country: &str,
) -> Result<PublishedDefect, TlvError> {
    let mut defect = PublishedDefect {
        country: country.to_owned(),
        document_type: None,
        signer: None,
        issued: None,
        document_numbers: Vec::new(),
        kinds: Vec::new(),
    };
    while let Some(field) = fields.read()? {
        match field.tag().number() {
            0x80 => defect.document_type = Some(text(field.value())),
            0xA1 => {
                let mut named = field.children()?;
                let issuer = Name::read(&mut named)?;
                let serial = named.expect(INTEGER)?.value().into();
                defect.signer = Some(DefectSigner::IssuerAndSerial(issuer, serial));
            }
            0x82 => defect.signer = Some(DefectSigner::SubjectKey(field.value().into())),
            0x83 => {
                // Without a known hash function nothing can be compared, and nothing may match.
                let hash = digest.unwrap_or(HashAlgorithm::Sha256);
                defect.signer = Some(DefectSigner::Digest(hash, field.value().into()));
            }
            0xA4 => {
                let mut period = field.children()?;
                defect.issued = Some((asn1::time(&mut period)?, asn1::time(&mut period)?));
            }
            0xA5 => {
                let mut numbers = field.children()?;
                while let Some(number) = numbers.read()? {
                    defect.document_numbers.push(text(number.value()));
                }
            }
            // A limit that is not understood must not widen the defect to all documents.
            _ => return Err(field.malformed()),
        }
    }
    Ok(defect)
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).trim_matches(['<', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::{Tag, constructed, object};

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        constructed(SEQUENCE, parts)
    }

    fn list(documents: &[Vec<u8>]) -> Vec<u8> {
        let kind = object(OID, b"\x67\x81\x08\x01\x01\x07\x01\x01");
        let descriptions = constructed(SET, [sequence(&[kind])]);
        let deviation = sequence(&[sequence(documents), descriptions]);
        sequence(&[object(INTEGER, &[0]), constructed(SET, [deviation])])
    }

    #[test]
    fn limits_of_a_defect_are_read() {
        let period = object(
            Tag::new(0xA4),
            &[
                object(asn1::GENERALIZED_TIME, b"20200101000000Z"),
                object(asn1::GENERALIZED_TIME, b"20201231235959Z"),
            ]
            .concat(),
        );
        let numbers = object(Tag::new(0xA5), &object(Tag::new(0x13), b"L898902C3"));
        let documents =
            [object(Tag::new(0x80), b"P<"), object(Tag::new(0x82), &[1, 2, 3]), period, numbers];

        let defects = read(&list(&documents), "UT").unwrap();

        let [defect] = defects.as_slice() else { panic!() };
        assert_eq!(defect.country, "UT");
        assert_eq!(defect.document_type.as_deref(), Some("P"));
        assert_eq!(defect.signer, Some(DefectSigner::SubjectKey([1, 2, 3].into())));
        assert_eq!(defect.document_numbers, ["L898902C3"]);
        assert_eq!(defect.kinds[0].to_string(), "2.23.136.1.1.7.1.1");
        assert!(defect.issued.is_some_and(|(from, until)| from < until));
    }

    #[test]
    fn a_limit_that_is_not_understood_refuses_the_list() {
        assert!(read(&list(&[object(Tag::new(0x86), b"?")]), "UT").is_err());
        assert!(read(b"\x30\x00", "UT").is_err());
    }

    #[test]
    fn another_content_is_no_deviation_list() {
        let mut store = Store::new();
        let now = UnixTime::from_secs(0);

        assert!(matches!(
            store.import_deviation_list(b"\x30\x00", now),
            Err(DeviationListError::Cms(_))
        ));
    }
}
