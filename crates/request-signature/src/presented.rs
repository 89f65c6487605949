//! The server's side.

use std::sync::LazyLock;

use subtle::ConstantTimeEq;

use crate::base::{Message, signature_base};
use crate::digest;
use crate::header::{self, HeaderError, SignedBy};
use crate::key::{PublicKey, SIGNATURE_BYTES, SoftwareKey};

/// The key that stands in for one that nobody knows. It is computed once: to compute it takes longer than to verify with it.
static STAND_IN: LazyLock<Option<PublicKey>> =
    LazyLock::new(|| Some(SoftwareKey::from_bytes(&[1; 32]).ok()?.public_key()));

/// A request's signature headers: well formed, believed by nobody until verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    parameters: String,
    keyid: String,
    nonce: String,
    content_digest: String,
    idempotency_key: String,
    signature: [u8; SIGNATURE_BYTES],
    signed_by: SignedBy,
}

/// The headers do not belong to this message under this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The body is not the one that was signed.
    #[error("the body does not match its digest")]
    Digest,
    /// The signature is not this key's over this request.
    #[error("the signature does not match")]
    Signature,
}

impl Presented {
    /// Parses the headers; `values` gives every value of the header of that (lower-case) name.
    ///
    /// # Errors
    ///
    /// A [`HeaderError`] where one is missing, repeated or not in the profile's form.
    pub fn parse<'a, Values>(values: impl Fn(&str) -> Values) -> Result<Self, HeaderError>
    where
        Values: IntoIterator<Item = &'a [u8]>,
    {
        let value = |name: &'static str| header::single(name, values(name));
        let input = header::signature_input(value("signature-input")?)?;
        Ok(Self {
            parameters: input.parameters.to_owned(),
            keyid: input.keyid.to_owned(),
            nonce: input.nonce.to_owned(),
            content_digest: header::content_digest(value("content-digest")?)?.to_owned(),
            idempotency_key: header::idempotency_key(value("idempotency-key")?)?.to_owned(),
            signature: header::signature(value("signature")?)?,
            signed_by: input.signed_by,
        })
    }

    /// Who says to have signed: an instance id, or the thumbprint of a key that activates.
    #[must_use]
    pub fn keyid(&self) -> &str {
        &self.keyid
    }

    /// What sort of device says to have signed: the caller refuses the sort that it does not expect.
    #[must_use]
    pub const fn signed_by(&self) -> SignedBy {
        self.signed_by
    }

    /// The server's nonce; the caller spends it.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Names the command, so that a retry is not a second one.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// Checks body and signature.
    ///
    /// # Errors
    ///
    /// A [`VerifyError`]. Whoever called the API gets one answer for both, and for an unknown key.
    pub fn verify(&self, message: &Message<'_>, key: &PublicKey) -> Result<(), VerifyError> {
        let digest = digest::content_digest(message.body);
        let digest_fits = digest.as_bytes().ct_eq(self.content_digest.as_bytes());
        let base =
            signature_base(message, &self.content_digest, &self.idempotency_key, &self.parameters)
                .ok_or(VerifyError::Signature)?;
        // Both are always computed, so that time does not tell which one failed.
        let signature_fits = key.verifies(base.as_bytes(), &self.signature);
        if !bool::from(digest_fits) {
            return Err(VerifyError::Digest);
        }
        if signature_fits { Ok(()) } else { Err(VerifyError::Signature) }
    }

    /// Does the work of [`Self::verify`] for a key that nobody knows, so that time does not tell
    /// whether an instance exists.
    #[must_use]
    pub fn verify_unknown(&self, message: &Message<'_>) -> VerifyError {
        let Some(stand_in) = &*STAND_IN else {
            return VerifyError::Signature;
        };
        // That key is public: what it signs is refused all the same.
        self.verify(message, stand_in).err().unwrap_or(VerifyError::Signature)
    }
}
