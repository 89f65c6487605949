//! Where real documents stray from the standard, each with a name and a weight.

use crate::cms::SignerNotes;

/// How much a deviation weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Untidy, and harmless to what was proven.
    Note,
    /// Weakens what was proven, or hides a mistake of the issuer; worth counting.
    Warning,
    /// An attack could look like this; policy must allow it by name.
    Serious,
}

/// One way in which a document or its signer strays from Doc 9303.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deviation {
    /// The SOD is BER and not DER.
    SodNotDer,
    /// The SOD's content type is one of the known wrong ones (CHIP-CASES 18).
    SodContentType,
    /// The SOD names its signer in another spelling than the certificate does (CHIP-CASES 19).
    SignerNameSpelling,
    /// The SOD names another signer than the only certificate that it carries (CHIP-CASES 19).
    SignerIdentifierMismatch,
    /// The digest named by the signer is not the one that its signature uses (CHIP-CASES 20).
    SignatureAlgorithmMismatch,
    /// An ECDSA signature is two plain numbers where DER was due, or the reverse (CHIP-CASES 21).
    EcdsaEncoding,
    /// The declared curve is wrong and another one of the same size verifies (CHIP-CASES 21).
    WrongCurveDeclared,
    /// SHA-1 hashes the data groups or carries a signature, under a signer of the years in which that was usual.
    Sha1,
    /// The same under a signer that was made after those years: see [`super::ChipPolicy::weak_algorithms_before`].
    Sha1Recent,
    /// A key of RSA below 2048 bits or a curve below 224, under a signer of the years in which that was usual.
    WeakKey,
    /// The same under a signer that was made after those years.
    WeakKeyRecent,
    /// The SOD does not say when it was signed; the issuer's validity was judged by other dates.
    NoSigningTime,
    /// The document signer has no key usage for digital signatures.
    DocumentSignerKeyUsage,
    /// The document signer's key may also sign certificates or revocation lists.
    DocumentSignerMayIssue,
    /// The document signer's certificate has an extended key usage; Doc 9303-12 gives it none.
    DocumentSignerExtendedUsage,
    /// The document signer's certificate says that it is a certificate authority.
    DocumentSignerAuthority,
    /// The document signer signed, or the issuing state vouched for it, outside the usage period of the private key.
    PrivateKeyUsagePeriod,
    /// The document signer names its issuer by no key identifier and no name that fits; every certificate of the
    /// country was tried.
    IssuerNotNamed,
    /// The document signer's certificate names no country as issuer or subject.
    SignerCountryMissing,
    /// The issuing-state certificate says nothing of being a certificate authority.
    CscaBasicConstraints,
    /// The issuing-state certificate does not say what its key is for.
    CscaKeyUsage,
    /// The issuing-state certificate has an extended key usage; Doc 9303-12 gives it none.
    CscaExtendedUsage,
    /// The issuing-state certificate carries its own signature over SHA-1, which nothing rests on.
    CscaSha1,
    /// The document signer has expired since it signed, which is normal for old documents.
    DocumentSignerExpired,
    /// The issuing-state certificate has expired since, which is normal for old documents.
    CscaExpired,
    /// No revocation list of the issuing state is at hand.
    NoRevocationList,
    /// The revocation list at hand is past its next update.
    StaleRevocationList,
    /// The document signer and the issuing-state certificate spell the country differently.
    CountrySpelling,
    /// EF.COM lists other data groups than the signed SOD; it was not believed.
    EfComDisagrees,
    /// DG14 was delivered, and the SOD does not cover it; it was not believed.
    Dg14NotCovered,
    /// DG15 was delivered, and the SOD does not cover it; it was not believed.
    Dg15NotCovered,
    /// Active authentication verified under a hash that the document does not name (CHIP-CASES 23).
    ActiveAuthenticationHash,
    /// A chip-authentication key stands without its protocol, which was inferred (CHIP-CASES 24).
    ChipAuthenticationInferred,
    /// The document offers PACE and was opened by BAC (CHIP-CASES 3).
    AccessDowngraded,
    /// EF.CardAccess says something else than the signed DG14 (CHIP-CASES 3).
    CardAccessDiffers,
    /// The document signer's certificate lists document types, and not this one.
    DocumentTypeNotListed,
    /// The issuing state has published a defect of its own that covers this document.
    PublishedDefect,
}

impl Deviation {
    /// Every one, so that a configuration can name them.
    pub const ALL: [Self; 37] = [
        Self::SodNotDer,
        Self::SodContentType,
        Self::SignerNameSpelling,
        Self::SignerIdentifierMismatch,
        Self::SignatureAlgorithmMismatch,
        Self::EcdsaEncoding,
        Self::WrongCurveDeclared,
        Self::Sha1,
        Self::Sha1Recent,
        Self::WeakKey,
        Self::WeakKeyRecent,
        Self::NoSigningTime,
        Self::DocumentSignerKeyUsage,
        Self::DocumentSignerMayIssue,
        Self::DocumentSignerExtendedUsage,
        Self::DocumentSignerAuthority,
        Self::PrivateKeyUsagePeriod,
        Self::IssuerNotNamed,
        Self::SignerCountryMissing,
        Self::CscaBasicConstraints,
        Self::CscaKeyUsage,
        Self::CscaExtendedUsage,
        Self::CscaSha1,
        Self::DocumentSignerExpired,
        Self::CscaExpired,
        Self::NoRevocationList,
        Self::StaleRevocationList,
        Self::CountrySpelling,
        Self::EfComDisagrees,
        Self::Dg14NotCovered,
        Self::Dg15NotCovered,
        Self::ActiveAuthenticationHash,
        Self::ChipAuthenticationInferred,
        Self::AccessDowngraded,
        Self::CardAccessDiffers,
        Self::DocumentTypeNotListed,
        Self::PublishedDefect,
    ];

    /// A stable name for logs and interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SodNotDer => "sod-not-der",
            Self::SodContentType => "sod-content-type",
            Self::SignerNameSpelling => "signer-name-spelling",
            Self::SignerIdentifierMismatch => "signer-identifier-mismatch",
            Self::SignatureAlgorithmMismatch => "signature-algorithm-mismatch",
            Self::EcdsaEncoding => "ecdsa-encoding",
            Self::WrongCurveDeclared => "wrong-curve-declared",
            Self::Sha1 => "sha-1",
            Self::Sha1Recent => "sha-1-recent",
            Self::WeakKey => "weak-key",
            Self::WeakKeyRecent => "weak-key-recent",
            Self::NoSigningTime => "no-signing-time",
            Self::DocumentSignerKeyUsage => "document-signer-key-usage",
            Self::DocumentSignerMayIssue => "document-signer-may-issue",
            Self::DocumentSignerExtendedUsage => "document-signer-extended-usage",
            Self::DocumentSignerAuthority => "document-signer-authority",
            Self::PrivateKeyUsagePeriod => "private-key-usage-period",
            Self::IssuerNotNamed => "issuer-not-named",
            Self::SignerCountryMissing => "signer-country-missing",
            Self::CscaBasicConstraints => "csca-basic-constraints",
            Self::CscaKeyUsage => "csca-key-usage",
            Self::CscaExtendedUsage => "csca-extended-usage",
            Self::CscaSha1 => "csca-sha-1",
            Self::DocumentSignerExpired => "document-signer-expired",
            Self::CscaExpired => "csca-expired",
            Self::NoRevocationList => "no-revocation-list",
            Self::StaleRevocationList => "stale-revocation-list",
            Self::CountrySpelling => "country-spelling",
            Self::EfComDisagrees => "ef-com-disagrees",
            Self::Dg14NotCovered => "dg14-not-covered",
            Self::Dg15NotCovered => "dg15-not-covered",
            Self::ActiveAuthenticationHash => "active-authentication-hash",
            Self::ChipAuthenticationInferred => "chip-authentication-inferred",
            Self::AccessDowngraded => "access-downgraded",
            Self::CardAccessDiffers => "card-access-differs",
            Self::DocumentTypeNotListed => "document-type-not-listed",
            Self::PublishedDefect => "published-defect",
        }
    }

    /// The same, for a signer that was made when nobody should have used such an algorithm any more.
    pub(crate) const fn in_recent_signer(self) -> Self {
        if matches!(self, Self::Sha1) {
            Self::Sha1Recent
        } else if matches!(self, Self::WeakKey) {
            Self::WeakKeyRecent
        } else {
            self
        }
    }

    /// How much it weighs.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::SodNotDer
            | Self::SodContentType
            | Self::SignerNameSpelling
            | Self::SignatureAlgorithmMismatch
            | Self::EcdsaEncoding
            | Self::NoSigningTime
            | Self::DocumentSignerExpired
            | Self::CscaExpired
            | Self::CscaSha1
            | Self::CountrySpelling
            | Self::EfComDisagrees
            | Self::ActiveAuthenticationHash
            | Self::ChipAuthenticationInferred => Severity::Note,
            Self::SignerIdentifierMismatch
            | Self::Sha1
            | Self::WeakKey
            | Self::DocumentSignerKeyUsage
            | Self::IssuerNotNamed
            | Self::SignerCountryMissing
            | Self::CscaBasicConstraints
            | Self::CscaKeyUsage
            | Self::NoRevocationList
            | Self::StaleRevocationList
            | Self::Dg14NotCovered
            | Self::Dg15NotCovered
            | Self::AccessDowngraded
            | Self::CardAccessDiffers
            | Self::DocumentTypeNotListed
            | Self::PublishedDefect => Severity::Warning,
            Self::WrongCurveDeclared
            | Self::Sha1Recent
            | Self::WeakKeyRecent
            | Self::DocumentSignerMayIssue
            | Self::DocumentSignerExtendedUsage
            | Self::DocumentSignerAuthority
            | Self::PrivateKeyUsagePeriod
            | Self::CscaExtendedUsage => Severity::Serious,
        }
    }
}

/// The deviations among what was noted of a signature.
pub(super) fn deviations_of(notes: SignerNotes) -> impl Iterator<Item = Deviation> {
    [
        (notes.name_spelling, Deviation::SignerNameSpelling),
        (notes.identifier_mismatch, Deviation::SignerIdentifierMismatch),
        (notes.algorithm_mismatch, Deviation::SignatureAlgorithmMismatch),
        (notes.ecdsa_encoding, Deviation::EcdsaEncoding),
        (notes.wrong_curve, Deviation::WrongCurveDeclared),
    ]
    .into_iter()
    .filter_map(|(found, deviation)| found.then_some(deviation))
}
